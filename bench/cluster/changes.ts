import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../test/support/node-eventually.ts";
import { percentile, round } from "../support.ts";
import type { Driven } from "../driven/driven.ts";
import { ownerOf } from "./fleet.ts";
import type { Fleet } from "./fleet.ts";
import { keysWhere } from "./throughput.ts";

/** Each with a key of its own, on the node that has no actors. */
const CALLERS = 64;
const SAMPLE = 10_000;
const BEFORE_MS = 500;
const AFTER_MS = 500;
const STEADY_MS = 2_000;
/** Longer than any change takes. */
const LOAD_MS = 120_000;

export interface Join {
  readonly nodes: number;
  /** of the keys of actors */
  readonly movedShare: number;
  /** 1/N: what has to move */
  readonly fairShare: number;
  /** from the start of the process until every node owns its share */
  readonly tookMs: number;
  /** how long a caller of an actor that moved waited at most; of one that stayed */
  readonly longestMs: { readonly moved: number; readonly stayed: number };
  readonly acknowledged: number;
}

/** A node more, under load. @throws Error when a command fails, or counts otherwise than once */
export async function join(fleet: Fleet, nodeId: string): Promise<Join> {
  const before = await fleet.owners();
  let tookMs = 0;
  const { keys, longestMs, acknowledged } = await underLoad(fleet, false, async () => {
    const startMs = performance.now();
    await fleet.start(nodeId);
    await fleet.untilSpread();
    tookMs = Math.round(performance.now() - startMs);
  });
  const after = await fleet.owners();
  const isMoved = (key: string): boolean => ownerOf(before, key) !== ownerOf(after, key);
  const nodes = fleet.nodeIds.length;
  return {
    nodes,
    movedShare: round(movedShare(isMoved), 4),
    fairShare: round(1 / nodes, 4),
    tookMs,
    longestMs: {
      moved: longestOf(longestMs.filter((_, caller) => isMoved(keys[caller] ?? ""))),
      stayed: longestOf(longestMs.filter((_, caller) => !isMoved(keys[caller] ?? ""))),
    },
    acknowledged,
  };
}

function movedShare(isMoved: (key: string) => boolean): number {
  return keysWhere(SAMPLE, () => true).names.filter(isMoved).length / SAMPLE;
}

export interface Rolling {
  readonly nodes: number;
  /** the longest that any of the callers waited for one command: the pause of an actor */
  readonly pauseMs: number;
  /** the longest waits of half of the callers were shorter */
  readonly medianPauseMs: number;
  readonly acknowledged: number;
  readonly failed: 0;
  readonly tookMs: number;
}

/** Every node stopped in good order and started again, one after the other, under load. @throws Error when a command fails */
export async function rollingRestart(fleet: Fleet): Promise<Rolling> {
  const startMs = performance.now();
  const { longestMs, acknowledged } = await underLoad(fleet, false, async () => {
    for (const nodeId of fleet.nodeIds) {
      await fleet.stop(nodeId);
      await fleet.start(nodeId);
      await fleet.untilSpread();
    }
  });
  return {
    nodes: fleet.nodeIds.length,
    pauseMs: longestOf(longestMs),
    medianPauseMs: medianOf(longestMs),
    acknowledged,
    failed: 0,
    tookMs: Math.round(performance.now() - startMs),
  };
}

export interface Takeover {
  readonly how: "kill -9" | "SIGSTOP";
  /** from the fault until the first of its actors answered elsewhere, half of them, all of them */
  readonly firstMs: number;
  readonly medianMs: number;
  readonly allMs: number;
}

/** One node ends or freezes under load. It is back afterwards. @throws Error when a command counts otherwise than once */
export async function takeover(
  fleet: Fleet,
  nodeId: string,
  how: Takeover["how"],
): Promise<Takeover> {
  const owners = await fleet.owners();
  const { keys, longestMs } = await underLoad(fleet, true, () => FAULTS[how](fleet, nodeId));
  if (how === "kill -9") await fleet.start(nodeId);
  await fleet.untilSpread();
  const waits = longestMs.filter((_, caller) => ownerOf(owners, keys[caller] ?? "") === nodeId);
  return {
    how,
    firstMs: Math.round(Math.min(...waits)),
    medianMs: medianOf(waits),
    allMs: longestOf(waits),
  };
}

const FAULTS = {
  "kill -9": async (fleet: Fleet, nodeId: string): Promise<void> => {
    fleet.kill(nodeId);
    await untilNobodyIs(fleet, nodeId);
  },
  /** It wakes while the others are at work: what it still believes to own must do no harm. */
  SIGSTOP: async (fleet: Fleet, nodeId: string): Promise<void> => {
    const victim = fleet.node(nodeId);
    victim.signal("SIGSTOP");
    await untilNobodyIs(fleet, nodeId);
    victim.signal("SIGCONT");
  },
};

/** The longest that any caller waits while nothing changes: what the machine's own unrest adds to the figures above. */
export async function steady(fleet: Fleet): Promise<number> {
  const { longestMs } = await underLoad(fleet, false, () => sleep(STEADY_MS));
  return longestOf(longestMs);
}

interface UnderLoad {
  readonly keys: readonly string[];
  /** by caller, of one command until it was acknowledged */
  readonly longestMs: readonly number[];
  readonly acknowledged: number;
}

/**
 * Does a work while the node without actors calls those of the others, then compares the record with what was acknowledged.
 * @param isPatient whether commands that fail are sent again, instead of failing the benchmark
 */
async function underLoad(
  fleet: Fleet,
  isPatient: boolean,
  work: () => Promise<void>,
): Promise<UnderLoad> {
  const gate = await fleet.gate();
  const keys = keysWhere(CALLERS, () => true);
  const { sent } = await gate.measure(keys, BEFORE_MS);
  const measuring = gate.measure({ ...keys, sent }, LOAD_MS, { isPatient });
  const working = workBetween(work, gate);
  const [measured] = await Promise.all([measuring, working]);
  await gate.check({ ...keys, sent: measured.sent });
  const { acknowledged, longestMs } = measured;
  return { keys: keys.names, longestMs, acknowledged };
}

/** With load before and after it, so that what it changes shows. */
async function workBetween(work: () => Promise<void>, gate: Driven): Promise<void> {
  try {
    await sleep(BEFORE_MS);
    await work();
    await sleep(AFTER_MS);
  } finally {
    await gate.halt();
  }
}

async function untilNobodyIs(fleet: Fleet, nodeId: string): Promise<void> {
  const isGone = async (): Promise<boolean> =>
    ![...(await fleet.owners()).values()].includes(nodeId);
  await eventually("others to take over", async () => ((await isGone()) ? true : null));
}

function longestOf(waitsMs: readonly number[]): number {
  return Math.round(Math.max(0, ...waitsMs));
}

function medianOf(waitsMs: readonly number[]): number {
  return Math.round(percentile([...waitsMs], 50));
}
