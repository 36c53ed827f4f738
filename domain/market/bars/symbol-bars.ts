import type { Bar, Timeframe } from "../bar.ts";
import type { TradeTick } from "../quote.ts";
import { barEndMs, barStartMs } from "../timeframe.ts";
import { RepeatCheck, type SeenTrades } from "./seen-trades.ts";
import type { BarSpec, SpecialBar } from "./special-bar.ts";
import { buildWith, newBuilder, type SpecialBuilder } from "./special-builder.ts";
import { type CountedTrade, countedTrade, isBefore } from "./tally.ts";
import { barOf, countInBar, openBar, type OpenBar } from "./time-bar.ts";
import type { BarWatch } from "./watch.ts";

export type OpenBars = { readonly [T in Timeframe]?: OpenBar };
export type LateBars = { readonly [T in Timeframe]?: readonly OpenBar[] };
type StartMs = (timeframe: Timeframe) => number;

/** The bars of one symbol under construction. Plain JSON. */
export interface SymbolBars {
  readonly watch: BarWatch;
  readonly openBars: OpenBars;
  /** bars closed from trades not long ago, oldest first: a late trade is still counted in them */
  readonly lateBars: LateBars;
  readonly builders: readonly SpecialBuilder[];
  readonly seen: SeenTrades;
}

/** How a bar came to be stored. */
export type BarStep =
  | { readonly type: "closed"; readonly bar: Bar; readonly built: OpenBar }
  | { readonly type: "revised"; readonly bar: Bar };

/** What became of each trade. */
export type TradeFate =
  | "new"
  /** counted in the open bar, but older than the newest trade of it */
  | "outOfOrder"
  /** its bar of the finest timeframe was closed, and is revised */
  | "revising"
  /** its bar of the finest timeframe was closed too long ago, or by the vendor, to be counted in it */
  | "late"
  | "repeated";

export interface TradesTaken {
  readonly bars: SymbolBars;
  readonly steps: readonly BarStep[];
  readonly closed: readonly SpecialBar[];
  /** one a trade, in their order */
  readonly fates: readonly TradeFate[];
}

/** Per series of the watch, in its order: the number of its next bar, if it has not been watched until now. */
export type Sequences = readonly number[];

/** So many bars of each timeframe may still be revised by late trades. */
export const LATE_BARS = 3;

export function noBars(watch: BarWatch, symbol: string): SymbolBars {
  return {
    watch,
    openBars: {},
    lateBars: {},
    builders: watch.special.map((spec) => newBuilder(symbol, spec)),
    seen: {},
  };
}

/** Watches from now on. What was being built and still is watched goes on; a new series begins with the next trade. */
export function rewatch(
  bars: SymbolBars,
  watch: BarWatch,
  symbol: string,
  sequences: Sequences,
): SymbolBars {
  const isOther = watch.quotes !== bars.watch.quotes;
  return {
    watch,
    openBars: isOther ? {} : watched(bars.openBars, watch),
    lateBars: isOther ? {} : watched(bars.lateBars, watch),
    builders: watch.special.map(
      (spec, n) => bars.builders.find(isOf(spec)) ?? builderAt(symbol, spec, sequences[n] ?? 0),
    ),
    seen: bars.seen,
  };
}

/** A series that goes on after the bars that it has. */
export function builderAt(symbol: string, spec: BarSpec, sequence: number): SpecialBuilder {
  return { ...newBuilder(symbol, spec), sequence };
}

function watched<V>(
  values: { readonly [T in Timeframe]?: V },
  { timeframes }: BarWatch,
): { readonly [T in Timeframe]?: V } {
  const kept: { [T in Timeframe]?: V } = {};
  for (const timeframe of timeframes) {
    const value = values[timeframe];
    if (value !== undefined) kept[timeframe] = value;
  }
  return kept;
}

export function isOf({ kind, size }: BarSpec): (other: BarSpec) => boolean {
  return (other) => other.kind === kind && other.size === size;
}

/**
 * Counts trades in the order in which they came. Bars of the clock go by the time of each trade; all others count trades as
 * they come, late ones too.
 * @param closedMs opening time of the newest closed bar of a timeframe, whoever told it; −∞ when there is none
 */
export function takeTrades(
  bars: SymbolBars,
  trades: readonly TradeTick[],
  closedMs: StartMs,
): TradesTaken {
  const repeats = new RepeatCheck(bars.seen);
  const clock = new ClockBars(bars, closedMs);
  const builders = [...bars.builders];
  const closed: SpecialBar[] = [];
  const fates = trades.map((trade): TradeFate => {
    if (repeats.isRepeat(trade)) return "repeated";
    const counted = countedTrade(trade);
    for (let n = 0; n < builders.length; n++) {
      const builder = builders[n];
      if (builder === undefined) continue;
      const built = buildWith(builder, counted);
      builders[n] = built.builder;
      for (const bar of built.closed) closed.push(bar);
    }
    return bars.watch.quotes === null ? clock.take(trade.symbol, counted) : "new";
  });
  return {
    bars: { ...clock.bars(), builders, seen: repeats.after() },
    steps: clock.steps(),
    closed,
    fates,
  };
}

/** Counts what a quote stands for in the bars of the clock. */
export function takeQuote(
  bars: SymbolBars,
  symbol: string,
  counted: CountedTrade,
  closedMs: StartMs,
): Pick<TradesTaken, "bars" | "steps"> {
  const clock = new ClockBars(bars, closedMs);
  clock.take(symbol, counted);
  return { bars: clock.bars(), steps: clock.steps() };
}

/** The open bars that have ended by `nowMs`. */
export function endedBars({ openBars, watch }: SymbolBars, nowMs: number): readonly BarStep[] {
  return watch.timeframes.flatMap((timeframe) => {
    const open = openBars[timeframe];
    const isEnded = open !== undefined && barEndMs(timeframe, open.startMs) <= nowMs;
    return isEnded ? [{ type: "closed", bar: barOf(open), built: open } as const] : [];
  });
}

/** The open bar becomes one that late trades may still revise. */
export function withBuilt(bars: SymbolBars, built: OpenBar): SymbolBars {
  const { [built.timeframe]: open, ...others } = bars.openBars;
  const isSame = open?.startMs === built.startMs;
  const late = [...(bars.lateBars[built.timeframe] ?? []), built].slice(-LATE_BARS);
  return {
    ...bars,
    openBars: isSame ? others : bars.openBars,
    lateBars: { ...bars.lateBars, [built.timeframe]: late },
  };
}

/** A vendor has told a bar: it stands, whatever trades say of its time. */
export function withTold(bars: SymbolBars, { timeframe, startMs }: Bar): SymbolBars {
  const { [timeframe]: open, ...others } = bars.openBars;
  const late = bars.lateBars[timeframe];
  const isOver = open !== undefined && open.startMs <= startMs;
  const isRetold = late?.some((bar) => bar.startMs === startMs) ?? false;
  if (!isOver && !isRetold) return bars;
  return {
    ...bars,
    openBars: isOver ? others : bars.openBars,
    lateBars: {
      ...bars.lateBars,
      ...(late && { [timeframe]: late.filter((bar) => bar.startMs !== startMs) }),
    },
  };
}

/** The bars of the clock while trades are counted: copies of the state's, so that a batch copies them once. */
class ClockBars {
  readonly #from: SymbolBars;
  readonly #closedMs: StartMs;
  readonly #open: { [T in Timeframe]?: OpenBar };
  readonly #late: { [T in Timeframe]?: readonly OpenBar[] };
  readonly #lastMs = new Map<Timeframe, number>();
  readonly #closed: OpenBar[] = [];
  /** bars that were closed before these trades, and have changed */
  readonly #revised = new Map<string, OpenBar>();

  constructor(bars: SymbolBars, closedMs: StartMs) {
    this.#from = bars;
    this.#closedMs = closedMs;
    this.#open = { ...bars.openBars };
    this.#late = { ...bars.lateBars };
  }

  /** @returns what became of it in the finest timeframe */
  take(symbol: string, trade: CountedTrade): TradeFate {
    let finest: TradeFate = "new";
    const { timeframes } = this.#from.watch;
    for (let n = 0; n < timeframes.length; n++) {
      const timeframe = timeframes[n];
      if (timeframe === undefined) continue;
      const fate = this.#count(symbol, timeframe, trade);
      if (n === 0) finest = fate;
    }
    return finest;
  }

  bars(): SymbolBars {
    return { ...this.#from, openBars: this.#open, lateBars: this.#late };
  }

  /** A bar that closed in this batch and was then revised is told as it was when it closed, then as it is. */
  steps(): readonly BarStep[] {
    const closed = this.#closed.map(
      (built) => ({ type: "closed", bar: barOf(built), built }) as const,
    );
    const revised = [...this.#revised.values()].map(
      (built) => ({ type: "revised", bar: barOf(built) }) as const,
    );
    return [...closed, ...revised];
  }

  #count(symbol: string, timeframe: Timeframe, trade: CountedTrade): TradeFate {
    const open = this.#open[timeframe];
    const { ms } = trade.at;
    // The common case first, without asking the calendar.
    if (open !== undefined && ms >= open.startMs && ms < barEndMs(timeframe, open.startMs)) {
      this.#open[timeframe] = countInBar(open, trade);
      return isBefore(trade.at, open.last) ? "outOfOrder" : "new";
    }
    const startMs = barStartMs(timeframe, ms);
    if (startMs < (open?.startMs ?? -Infinity) || startMs <= this.#closedUpTo(timeframe)) {
      return this.#revise(symbol, timeframe, startMs, trade) ? "revising" : "late";
    }
    if (open !== undefined) this.#close(open);
    this.#open[timeframe] = openBar(symbol, timeframe, startMs, trade);
    return "new";
  }

  #closedUpTo(timeframe: Timeframe): number {
    return this.#lastMs.get(timeframe) ?? this.#closedMs(timeframe);
  }

  #close(open: OpenBar): void {
    const { timeframe, startMs } = open;
    this.#closed.push(open);
    this.#lastMs.set(timeframe, startMs);
    this.#late[timeframe] = [...(this.#late[timeframe] ?? []), open].slice(-LATE_BARS);
  }

  #revise(symbol: string, timeframe: Timeframe, startMs: number, trade: CountedTrade): boolean {
    const late = this.#late[timeframe] ?? [];
    const held = late.find((bar) => bar.startMs === startMs);
    if (held === undefined && !this.#isOurs(timeframe, startMs)) return false;
    const revised =
      held === undefined ? openBar(symbol, timeframe, startMs, trade) : countInBar(held, trade);
    const others = late.filter((bar) => bar !== held);
    this.#late[timeframe] = [...others, revised]
      .toSorted((a, b) => a.startMs - b.startMs)
      .slice(-LATE_BARS);
    this.#revised.set(`${timeframe} ${startMs}`, revised);
    return true;
  }

  /** Whether nobody traded in a bar until now, not long ago, and no vendor tells the bars of that time. */
  #isOurs(timeframe: Timeframe, startMs: number): boolean {
    const late = this.#late[timeframe] ?? [];
    const closedMs = this.#closedUpTo(timeframe);
    const isTold = startMs <= closedMs && !late.some((bar) => bar.startMs === closedMs);
    if (isTold) return false;
    const newestMs = this.#open[timeframe]?.startMs ?? closedMs;
    return startMs >= barsBefore(timeframe, newestMs, LATE_BARS);
  }
}

function barsBefore(timeframe: Timeframe, startMs: number, bars: number): number {
  let atMs = startMs;
  for (let n = 0; n < bars; n++) atMs = barStartMs(timeframe, atMs - 1);
  return atMs;
}
