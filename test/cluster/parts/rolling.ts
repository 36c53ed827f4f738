import { setTimeout as sleep } from "node:timers/promises";
import { Balancer } from "../load/balancer.ts";
import type { Ended } from "../load/history.ts";
import type { Options } from "../options.ts";
import { type Percentiles, percentiles, table } from "../report.ts";
import { type World, openWorld } from "./stage.ts";
import { judgeWork, prepareWork } from "./work.ts";

const CLIENTS = 16;
const PAUSE_LIMIT_MS = 500;
/** Commands a second: on two cores that all processes share, more of them wait for each other and not for a hand-over. */
const RATE_MAX = 20;

interface RollingResult {
  readonly isGood: boolean;
  readonly commands: number;
  /** sent, and answered with a 5xx or not at all */
  readonly failed: number;
  /** how long requests took, by what was going on: its 99th percentile is the pause that is promised */
  readonly waits: Readonly<Record<Phase, Percentiles>>;
  readonly violations: number;
  readonly exitCodes: readonly (number | null)[];
}

/** `steady`: before the first restart. `leaving`: from SIGTERM to exit. `joining`: from the start to a second after ready. */
type Phase = "steady" | "leaving" | "joining";

interface Span {
  readonly phase: Phase;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * SIGTERM to one node after another while clients work, by way of a balancer as gateways have one before them; each node is
 * back before the next goes.
 */
export async function runRolling(options: Options): Promise<RollingResult> {
  const world = await openWorld(options, "rolling", {
    nodes: options.nodes,
    portfoliosPerNode: 4,
    symbolsPerNode: 2,
  });
  try {
    return await roll(options, world);
  } finally {
    await world.close();
  }
}

async function roll(options: Options, world: World): Promise<RollingResult> {
  const { cluster } = world;
  const balancer = new Balancer(cluster.members);
  const work = prepareWork(
    { ...options, rate: Math.min(options.rate, RATE_MAX) },
    world,
    CLIENTS,
    () => balancer.urls(),
  );
  const { history, workload } = work;
  const spans: Span[] = [];
  const span = async (phase: Phase, happening: () => Promise<unknown>): Promise<void> => {
    const fromMs = history.nowMs;
    await happening();
    spans.push({ phase, fromMs, untilMs: history.nowMs });
  };
  const exitCodes: (number | null)[] = [];
  workload.start();
  await sleep(2_000);
  await span("steady", () => sleep(5_000));
  for (const member of cluster.members) {
    console.log(`${(history.nowMs / 1_000).toFixed(1)} s  SIGTERM to ${member.nodeId}`);
    history.note(`SIGTERM to ${member.nodeId}`);
    await span("leaving", async () => exitCodes.push(await member.stop()));
    await span("joining", async () => {
      await member.start();
      await cluster.ready();
      await sleep(1_000);
    });
  }
  const { violations } = await judgeWork(world, work);
  balancer.stop();
  const failures = history.ended.flatMap((ended) => ended.failures);
  for (const { url, answer, detail } of failures) {
    const at = cluster.members.find((member) => member.url === url)?.nodeId;
    console.log(`failed at ${at}: ${answer} ${detail}`);
  }
  const waits = {
    steady: waitsIn("steady", spans, history.ended),
    leaving: waitsIn("leaving", spans, history.ended),
    joining: waitsIn("joining", spans, history.ended),
  };
  const rows = Object.entries(waits).map(([phase, figures]) => ({ requests: phase, ...figures }));
  console.log(`\n${table(rows)}\n\n${failures.length} failed`);
  const isSmooth = Math.max(waits.leaving.p99, waits.joining.p99) <= PAUSE_LIMIT_MS;
  return {
    isGood: failures.length === 0 && isSmooth && violations.length === 0,
    commands: history.ended.length,
    failed: failures.length,
    waits,
    violations: violations.length,
    exitCodes,
  };
}

/** Of the requests that were under way at some time of these spans. */
function waitsIn(phase: Phase, spans: readonly Span[], ended: readonly Ended[]): Percentiles {
  const wanted = spans.filter((span) => span.phase === phase);
  const during = ended.filter(({ invokedMs, endedMs }) =>
    wanted.some(({ fromMs, untilMs }) => endedMs >= fromMs && invokedMs <= untilMs),
  );
  return percentiles(during.map(({ invokedMs, endedMs }) => endedMs - invokedMs));
}
