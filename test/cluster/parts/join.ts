import type { Options } from "../options.ts";
import { table } from "../report.ts";
import { openWorld } from "./stage.ts";

const POINTS = 3;

interface JoinResult {
  readonly isGood: boolean;
  readonly movedPct: number;
  readonly idealPct: number;
  /** that went to another than the newcomer */
  readonly strayed: number;
  readonly tookMs: number;
}

/** How many shards have another owner once one more node has joined. */
export async function runJoin(options: Options): Promise<JoinResult> {
  const world = await openWorld(options, "join", {
    nodes: options.nodes,
    portfoliosPerNode: 1,
    symbolsPerNode: 1,
  });
  try {
    const { cluster } = world;
    const before = await cluster.owners();
    const newcomer = await cluster.add();
    const startedMs = performance.now();
    await newcomer.start();
    await cluster.ready();
    const tookMs = Math.round(performance.now() - startedMs);
    const after = await cluster.owners();
    const owned = [...before].filter(([, owner]) => owner !== "");
    const moved = owned.filter(([shard, owner]) => after.get(shard) !== owner);
    const strayed = moved.filter(([shard]) => after.get(shard) !== newcomer.nodeId).length;
    const movedPct = round((100 * moved.length) / owned.length);
    const idealPct = round(100 / (options.nodes + 1));
    const shares = [...(await cluster.shares())].toSorted(([a], [b]) => a.localeCompare(b));
    console.log(`\n${table(shares.map(([node, shards]) => ({ node, shards })))}\n`);
    console.log(
      `moved ${movedPct} % of ${owned.length} shards, ideal ${idealPct} %, ${strayed} strayed`,
    );
    const isGood = Math.abs(movedPct - idealPct) <= POINTS && strayed === 0;
    return { isGood, movedPct, idealPct, strayed, tookMs };
  } finally {
    await world.close();
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
