import { type Contestant, OURS, type Result, THEIRS } from "./matching/contestants.ts";
import { type MarketResult, timeMarket } from "./matching/market.ts";
import { CANCEL, MARKET, type Mix, REPLACE, type Stream, makeStream } from "./matching/stream.ts";
import type { BenchReport } from "./run.ts";
import { percentile, round } from "./support.ts";

const TARGET_PER_SECOND = 1_000_000;

/** Mixes of which every contestant gets the same operations. */
function mixes(isQuick: boolean): Readonly<Record<string, Mix>> {
  const scale = isQuick ? 0.05 : 1;
  const of = (mix: Mix): Mix => ({
    ...mix,
    setUp: mix.setUp * scale,
    operations: mix.operations * scale,
  });
  return {
    touch: of({
      seed: 1,
      setUp: 5_000,
      operations: 400_000,
      cancels: 0.46,
      replaces: 0.05,
      takers: 0.04,
      distance: 5,
    }),
    deep: of({
      seed: 2,
      setUp: 100_000,
      operations: 400_000,
      cancels: 0.45,
      replaces: 0.05,
      takers: 0.04,
      distance: 1_000,
    }),
    cancelHeavy: of({
      seed: 3,
      setUp: 60_000,
      operations: 200_000,
      cancels: 0.6,
      replaces: 0.04,
      takers: 0.04,
      distance: 50,
    }),
  };
}

const WARM_UP: Mix = {
  seed: 5,
  setUp: 500,
  operations: 20_000,
  cancels: 0.46,
  replaces: 0.05,
  takers: 0.04,
  distance: 5,
};

interface Timed {
  readonly perSecond: number;
  readonly result: Result;
}

function time(contestant: Contestant, stream: Stream): Timed {
  const player = contestant.start(stream);
  player.play(0, stream.setUp);
  const { length } = stream.kinds;
  const startMs = performance.now();
  player.play(stream.setUp, length);
  const seconds = (performance.now() - startMs) / 1_000;
  return { perSecond: (length - stream.setUp) / seconds, result: player.result() };
}

/** @throws Error unless every run of every contestant made the same fills and left the same touch */
function check(expected: Result, found: Result, who: string): void {
  const [a, b] = [JSON.stringify(expected), JSON.stringify(found)];
  if (a !== b) throw new Error(`${who}: expected ${a}, found ${b}`);
}

/** All contestants in turn, several times over, each with a fresh book; medians. */
function race(stream: Stream, rounds: number): Map<string, Timed> {
  const contestants = [OURS, ...THEIRS];
  const runs = Array.from({ length: rounds }, () => contestants.map((who) => time(who, stream)));
  const expected = runs[0]?.[0]?.result;
  if (expected === undefined) throw new Error("expected a round, found none");
  return new Map(
    contestants.map(({ name }, n) => {
      const mine = runs.flatMap((turns) => turns[n] ?? []);
      for (const { result } of mine) check(expected, result, name);
      const median = percentile(
        mine.map(({ perSecond }) => perSecond),
        50,
      );
      return [name, { perSecond: Math.round(median), result: expected }];
    }),
  );
}

function shares({ kinds, setUp }: Stream): string {
  const timed = kinds.subarray(setUp);
  const share = (kind: number) => round(timed.filter((k) => k === kind).length / timed.length, 3);
  return `cancels ${share(CANCEL)}, replaces ${share(REPLACE)}, markets ${share(MARKET)}, the rest limits`;
}

/** The median of three runs, which must agree on everything but the time. */
function market(isQuick: boolean): MarketResult {
  const runs = Array.from({ length: 3 }, () => timeMarket(4, isQuick ? 50_000 : 1_000_000));
  const outcomes = new Set(
    runs.map(({ ownOrders, fills, filledLots }) => [ownOrders, fills, filledLots].join(" ")),
  );
  if (outcomes.size !== 1) throw new Error(`expected one outcome, found ${[...outcomes].join()}`);
  const [, median] = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  if (median === undefined) throw new Error("expected three runs");
  const { perSecond, ownOrders, fills, filledLots } = median;
  console.log(
    `market data around own orders: ${perSecond}/s; ${ownOrders} orders, ${fills} fills, ${filledLots} lots`,
  );
  return median;
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const figures: Record<string, unknown> = { target: { perSecond: TARGET_PER_SECOND } };
  const reference: Record<string, unknown> = {
    what: "operations/s of nodejs-order-book and hft-limit-order-book on the same operations",
  };
  let ratio = Infinity;
  // All of them are compiled before the clock runs.
  race(makeStream(WARM_UP), 2);
  for (const [name, mix] of Object.entries(mixes(isQuick))) {
    const stream = makeStream(mix);
    const timed = race(stream, isQuick ? 1 : 3);
    const ours = timed.get(OURS.name)?.perSecond ?? 0;
    const theirs = THEIRS.map((peer) => [peer.name, timed.get(peer.name)?.perSecond ?? 0] as const);
    const { result } = timed.get(OURS.name) ?? {};
    console.log(`${name}: ${mix.operations} operations on ${mix.setUp} orders; ${shares(stream)}`);
    for (const [who, { perSecond }] of timed) console.log(`  ${who.padEnd(22)} ${perSecond}/s`);
    console.log(
      `  all agree: ${result?.fills} fills, ${result?.tradedLots} lots, bid ${result?.bestBid}, ask ${result?.bestAsk}`,
    );
    figures[name] = { perSecond: ours, ...result };
    reference[name] = Object.fromEntries(theirs);
    ratio = Math.min(ratio, ours / Math.max(...theirs.map(([, perSecond]) => perSecond)));
  }
  figures["market"] = market(isQuick);
  // The worst of the mixes, against the better of the two.
  return { name: "matching", figures, reference, ratio: round(ratio) };
}
