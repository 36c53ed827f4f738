import type { Bar } from "../bar.ts";
import { barEndMs } from "../timeframe.ts";
import { dec } from "../../shared/decimal.ts";
import {
  addFixed,
  addProduct,
  type ExactSum,
  type Fixed,
  fixed,
  isApart,
  NO_SUM,
  reaches,
  sumFloat,
  sumText,
} from "./fixed.ts";
import {
  closeImbalance,
  countSigned,
  type Imbalance,
  isImbalanced,
  noImbalance,
} from "./imbalance.ts";
import { type Brick, bricksTo, gridAt, type RenkoGrid } from "./renko.ts";
import type { BarSpec, SpecialBar } from "./special-bar.ts";
import { count, type CountedTrade, type Instant, merge, type Tally, vwapOf } from "./tally.ts";

/** A series under construction. Plain JSON. */
export interface SpecialBuilder extends BarSpec {
  readonly symbol: string;
  /** of the bar that closes next */
  readonly sequence: number;
  readonly open: Tally | null;
  /** Σ |price| · size of the open bar, which is what a dollar bar fills: it grows with every trade, at any price */
  readonly filled: ExactSum;
  /** of renko bars; null before the first trade */
  readonly grid: RenkoGrid | null;
  /** of imbalance bars */
  readonly imbalance: Imbalance | null;
}

export interface Built {
  readonly builder: SpecialBuilder;
  readonly closed: readonly SpecialBar[];
}

const NOTHING: readonly SpecialBar[] = [];
const IMBALANCES: ReadonlySet<string> = new Set(["tickImbalance", "volumeImbalance"]);
/** of counts: an expectation of more trades than this is none */
const COUNT_MAX = 1e9;

/** Why a size is none for its kind; null when it is one. */
export function sizeFault({ kind, size }: BarSpec): string | null {
  const value = dec(size);
  if (!value.greaterThan(0)) return "must be above 0";
  const isCount = kind === "tick" || IMBALANCES.has(kind);
  if (!isCount) return null;
  return value.isInteger() && value.lessThanOrEqualTo(COUNT_MAX)
    ? null
    : `must be an integer of at most ${COUNT_MAX} for ${kind} bars`;
}

/** @throws RangeError when the size is none for the kind */
export function newBuilder(symbol: string, { kind, size }: BarSpec): SpecialBuilder {
  const fault = sizeFault({ kind, size });
  if (fault !== null) throw new RangeError(`size ${fault}, found ${size}`);
  return {
    symbol,
    kind,
    size,
    sequence: 0,
    open: null,
    filled: NO_SUM,
    grid: null,
    imbalance: IMBALANCES.has(kind) ? noImbalance(Number(size)) : null,
  };
}

/**
 * Counts a trade, in the order in which trades come. A trade belongs to one bar, whole: the bar that it fills closes with it,
 * however much it overshoots, so that Σ volume and Σ trades of the bars are those of the trades, and one large trade
 * cannot make any number of bars. Renko bricks alone may be several a trade: the first of them has the volume and the
 * trades since the last brick, the others have none.
 */
export function buildWith(builder: SpecialBuilder, trade: CountedTrade): Built {
  const open = count(builder.open, trade);
  const filled = builder.kind === "dollar" ? addTurnover(builder.filled, trade) : builder.filled;
  if (builder.imbalance !== null) return balance({ ...builder, open }, open, trade);
  return settle(builder, open, filled, trade.price, trade.at);
}

/**
 * Counts a whole bar as if it were one trade: what is possible where trades are not stored. Renko goes by closes. A bar without
 * a vwap is taken to have turned over at its close. Imbalance and tick bars cannot be made so.
 */
export function buildWithBar(builder: SpecialBuilder, bar: Bar): Built {
  const piece = pieceOf(bar);
  const open = merge(builder.open, piece);
  const filled = addFixed(builder.filled, fixed(sumText(piece.turnover).replace("-", "")));
  return settle(builder, open, filled, piece.close, piece.last);
}

function addTurnover(filled: ExactSum, { price, size }: CountedTrade): ExactSum {
  const isNegative = price.text.startsWith("-");
  return addProduct(filled, isNegative ? fixed(price.text.slice(1)) : price, size);
}

function settle(
  builder: SpecialBuilder,
  open: Tally,
  filled: ExactSum,
  price: Fixed,
  at: Instant,
): Built {
  if (builder.kind === "renko") return layBricks(builder, open, price, at);
  if (!isFull(builder, open, filled))
    return { builder: { ...builder, open, filled }, closed: NOTHING };
  return closeWith(builder, open);
}

function isFull({ kind, size }: SpecialBuilder, open: Tally, filled: ExactSum): boolean {
  switch (kind) {
    case "tick":
      return open.tradeCount >= Number(size);
    case "volume":
      return reaches(open.volume, fixed(size));
    case "dollar":
      return reaches(filled, fixed(size));
    case "range":
      return isApart(open.high, open.low, fixed(size));
    case "renko":
    case "tickImbalance":
    case "volumeImbalance":
      return false;
  }
}

function closeWith(builder: SpecialBuilder, open: Tally): Built {
  const closed = [barOf(builder, open)];
  const sequence = builder.sequence + 1;
  return { builder: { ...builder, sequence, open: null, filled: NO_SUM }, closed };
}

function balance(builder: SpecialBuilder, open: Tally, trade: CountedTrade): Built {
  const { kind, imbalance, size } = builder;
  if (imbalance === null) return { builder, closed: NOTHING };
  const weight = kind === "tickImbalance" ? 1 : sumFloat(addFixed(NO_SUM, trade.size));
  const span = Number(size);
  const counted = countSigned(imbalance, trade, weight, span);
  if (!isImbalanced(counted, open.tradeCount)) {
    return { builder: { ...builder, imbalance: counted }, closed: NOTHING };
  }
  const next = closeImbalance(counted, open.tradeCount, span);
  return closeWith({ ...builder, imbalance: next }, open);
}

function layBricks(builder: SpecialBuilder, open: Tally, price: Fixed, at: Instant): Built {
  if (builder.grid === null) {
    const grid = gridAt(price, builder.size);
    return { builder: { ...builder, open, grid }, closed: NOTHING };
  }
  const { grid, bricks } = bricksTo(builder.grid, price, builder.size);
  if (bricks.length === 0) return { builder: { ...builder, open, grid }, closed: NOTHING };
  const closed = bricks.map((brick, n) => brickBar(builder, brick, n, n === 0 ? open : null, at));
  const sequence = builder.sequence + bricks.length;
  return { builder: { ...builder, sequence, open: null, grid }, closed };
}

function brickBar(
  builder: SpecialBuilder,
  { open, close }: Brick,
  n: number,
  trades: Tally | null,
  at: Instant,
): SpecialBar {
  const [low, high] = dec(open).lessThan(close) ? [open, close] : [close, open];
  const vwap = trades === null ? null : vwapOf(trades);
  return {
    ...nameOf(builder, n),
    ...timesOf(trades?.first ?? at, at),
    open,
    high,
    low,
    close,
    volume: trades === null ? "0" : sumText(trades.volume),
    ...(vwap !== null && { vwap }),
    tradeCount: trades?.tradeCount ?? 0,
    source: trades?.source ?? builder.open?.source ?? "trades",
  };
}

function barOf(builder: SpecialBuilder, tally: Tally): SpecialBar {
  const vwap = vwapOf(tally);
  return {
    ...nameOf(builder, 0),
    ...timesOf(tally.first, tally.last),
    open: tally.open.text,
    high: tally.high.text,
    low: tally.low.text,
    close: tally.close.text,
    volume: sumText(tally.volume),
    ...(vwap !== null && { vwap }),
    tradeCount: tally.tradeCount,
    source: tally.source,
  };
}

function nameOf({ symbol, kind, size, sequence }: SpecialBuilder, later: number) {
  return { symbol, kind, size, sequence: sequence + later };
}

function timesOf(start: Instant, end: Instant) {
  return {
    startMs: start.ms,
    ...(start.micros > 0 && { startMicros: start.micros }),
    endMs: end.ms,
    ...(end.micros > 0 && { endMicros: end.micros }),
  };
}

/** The bar as a tally that ends with the bar's last millisecond. */
export function pieceOf(bar: Bar): Tally {
  const volume = fixed(bar.volume);
  return {
    open: fixed(bar.open),
    high: fixed(bar.high),
    low: fixed(bar.low),
    close: fixed(bar.close),
    volume: addFixed(NO_SUM, volume),
    turnover: addProduct(NO_SUM, fixed(bar.vwap ?? bar.close), volume),
    tradeCount: bar.tradeCount ?? 0,
    first: { ms: bar.startMs, micros: 0 },
    last: { ms: barEndMs(bar.timeframe, bar.startMs) - 1, micros: 0 },
    source: bar.source,
  };
}
