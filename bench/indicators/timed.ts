import type { BarFloats } from "../../domain/features/kernel.ts";
import { toFloats } from "../../domain/features/pipeline.ts";
import { sp500Source } from "../../services/data/feeds/sp500.ts";
import { BATCH, LIBRARIES, ours, type Streaming } from "./contestants.ts";

export const OURS = "ours";
export const BATCHED = "@ixjb94/indicators";

export interface Timing {
  readonly nsPerUpdate: number;
  /** after one pass over the history */
  readonly value: number | null;
  readonly stateBytes: number | null;
}

const ROUNDS = 10;

/** A process of its own for each contestant and indicator, so that no one's types slow another's code. */
async function main(): Promise<void> {
  const [contestant = "", feature = "", updates = "0"] = process.argv.slice(2);
  const bars = await history();
  const timing =
    contestant === BATCHED
      ? timeBatch(feature, bars, Number(updates))
      : timeStream(() => starter(contestant, feature), bars, Number(updates));
  console.log(JSON.stringify(timing));
}

/** The packaged daily bars of the S&P 500. */
async function history(): Promise<readonly BarFloats[]> {
  const bars: BarFloats[] = [];
  for await (const row of sp500Source().rows(0, Date.now)) {
    if ("event" in row && row.event.kind === "bar") bars.push(toFloats(row.event.bar));
  }
  return bars;
}

function starter(contestant: string, feature: string): Streaming {
  const entry = LIBRARIES[contestant]?.[feature];
  return entry === undefined ? ours(feature) : entry.start();
}

function timeStream(start: () => Streaming, bars: readonly BarFloats[], updates: number): Timing {
  const once = start();
  let value: number | null = null;
  for (const bar of bars) value = once.next(bar);
  const stateBytes = once.stateBytes();
  const indicator = start();
  const samples = Array.from({ length: ROUNDS }, () => {
    const used = process.cpuUsage();
    play(indicator, bars, updates);
    return nsSince(used) / updates;
  });
  return { nsPerUpdate: Math.min(...samples), value, stateBytes };
}

/** Of processor time, which other work on the machine lengthens least; the best round is the least disturbed one. */
function nsSince(used: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(used);
  return (user + system) * 1_000;
}

/** @returns a number that depends on every value, so that none can be left out */
function play(indicator: Streaming, bars: readonly BarFloats[], updates: number): number {
  let sum = 0;
  let done = 0;
  while (done < updates) {
    for (const bar of bars) sum += indicator.next(bar) ?? 0;
    done += bars.length;
  }
  return sum;
}

function timeBatch(feature: string, bars: readonly BarFloats[], updates: number): Timing {
  const run = BATCH[feature];
  if (run === undefined) throw new Error(`expected a batch function for ${feature}`);
  const lists = {
    high: bars.map((bar) => bar.high),
    low: bars.map((bar) => bar.low),
    close: bars.map((bar) => bar.close),
  };
  const passes = Math.ceil(updates / bars.length);
  const samples = Array.from({ length: ROUNDS }, () => {
    const used = process.cpuUsage();
    for (let pass = 0; pass < passes; pass++) run(lists);
    return nsSince(used) / (passes * bars.length);
  });
  return { nsPerUpdate: Math.min(...samples), value: null, stateBytes: null };
}

if (process.argv[1] === import.meta.filename) await main();
