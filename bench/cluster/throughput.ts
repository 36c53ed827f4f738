import { randomUUID } from "node:crypto";
import type { Cell, Outcome } from "../closed-loop.ts";
import { newKeys } from "../driven/keys.ts";
import type { Keys } from "../driven/keys.ts";
import { percentile } from "../support.ts";
import { ownerOf } from "./fleet.ts";
import type { Fleet } from "./fleet.ts";
import type { BareCalls } from "./node.ts";

/** Enough to fill every group commit, shared by the nodes. */
const MANY = 256;
/** Few enough that what they wait for is the way of a command, not each other. */
const FEW = 8;
const WARM_UP_MS = 200;
/** Each kind of cell in turn, so often: what else the machine does hits all alike. */
const ROUNDS = 3;

/** Medians over the rounds. */
export interface Throughput {
  /** all nodes call actors wherever these are; p50 and p99 of the slowest node */
  readonly all: Cell;
  /** few callers on one node, on actors of its own */
  readonly local: Cell;
  /** the same callers, on actors of other nodes; null without others */
  readonly remote: Cell | null;
  /** the same callers, calls to an action of another node that does nothing: the way alone */
  readonly bare: Cell | null;
}

/** @throws Error unless what was acknowledged is what is on record */
export async function throughput(fleet: Fleet, cellMs: number): Promise<Throughput> {
  const [first = "", second] = fleet.nodeIds;
  const owners = await fleet.owners();
  const isHere = (key: string): boolean => ownerOf(owners, key) === first;
  const rounds: Throughput[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      all: await everywhere(fleet, cellMs),
      local: await drive(fleet, first, keysWhere(FEW, isHere), cellMs),
      remote: second
        ? await drive(
            fleet,
            first,
            keysWhere(FEW, (key) => !isHere(key)),
            cellMs,
          )
        : null,
      bare: second ? await bare(fleet, first, second, cellMs) : null,
    });
  }
  return {
    all: median(rounds.map(({ all }) => all)),
    local: median(rounds.map(({ local }) => local)),
    remote: second ? median(rounds.map(({ remote }) => remote)) : null,
    bare: second ? median(rounds.map((cells) => cells.bare)) : null,
  };
}

export function keysWhere(count: number, isWanted: (key: string) => boolean): Keys {
  const names: string[] = [];
  while (names.length < count) {
    const name = randomUUID();
    if (isWanted(name)) names.push(name);
  }
  return newKeys("counter", names);
}

async function everywhere(fleet: Fleet, cellMs: number): Promise<Cell> {
  const share = MANY / fleet.nodeIds.length;
  const outcomes = await Promise.all(
    fleet.nodeIds.map((id) =>
      drive(
        fleet,
        id,
        keysWhere(share, () => true),
        cellMs,
      ),
    ),
  );
  return {
    perSecond: outcomes.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p50Ms: Math.max(...outcomes.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...outcomes.map(({ p99Ms }) => p99Ms)),
  };
}

/** Warm first: actors are resident, and connections are open. */
async function drive(fleet: Fleet, nodeId: string, keys: Keys, cellMs: number): Promise<Outcome> {
  const node = fleet.node(nodeId);
  const { sent } = await node.measure(keys, WARM_UP_MS);
  const measured = await node.measure({ ...keys, sent }, cellMs);
  await node.check({ ...keys, sent: measured.sent });
  return measured;
}

async function bare(fleet: Fleet, from: string, to: string, durationMs: number): Promise<Cell> {
  const calls: BareCalls = { nodeId: to, callers: FEW, durationMs };
  // sound: what a node answers to that
  return (await fleet.node(from).ask("bare", calls)) as Outcome;
}

function median(cells: readonly (Cell | null)[]): Cell {
  const of = (field: keyof Cell): number =>
    percentile(
      cells.map((cell) => cell?.[field] ?? Number.NaN),
      50,
    );
  return { perSecond: of("perSecond"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms") };
}
