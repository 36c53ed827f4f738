import type { RateClose } from "../market/currency-pair.ts";
import { dec, type DecimalString } from "../shared/decimal.ts";
import type { FillApplied, PortfolioEvent } from "./messages.ts";
import { type BookValue, type Change, ValuedBook } from "./valued-book.ts";

/** A bar's end: from then on its close is the price. */
export interface MarketClose {
  readonly symbol: string;
  /** epoch ms */
  readonly closeMs: number;
  readonly close: DecimalString;
}

/** In the base currency, at a time of the market's clock. */
export interface EquityPoint extends BookValue {
  readonly timestampMs: number;
}

type Happening =
  | { readonly timestampMs: number; readonly close: MarketClose }
  | { readonly timestampMs: number; readonly fill: FillApplied }
  | { readonly timestampMs: number; readonly change: Change }
  | { readonly timestampMs: number; readonly currency: string; readonly rate: DecimalString };

/** By currency: what one was worth in the base currency, in any order. */
export type RateHistories = ReadonlyMap<string, readonly RateClose[]>;

/** What a portfolio's past is drawn from: all its events, in stream order, and the market of what it held. */
export interface CurveInput {
  readonly events: readonly PortfolioEvent[];
  readonly closes: readonly MarketClose[];
  readonly rates: RateHistories;
}

/**
 * Equity over time: one point at each fill and at each bar's close while something is held, on the market's clock, so that a
 * replay of old bars draws the years it replays. A symbol is worth its last close, or its last fill when that is later; a
 * currency its last rate, or the rate that it was last booked at.
 * @param events of one portfolio, in stream order
 * @param closes of the symbols that it held, in any order
 * @param rates  of the currencies that it held beside its base currency
 * @returns oldest first, at most one point per millisecond; none before the first fill
 */
export function equityCurve(
  events: readonly PortfolioEvent[],
  closes: readonly MarketClose[],
  rates: RateHistories = new Map(),
): readonly EquityPoint[] {
  const book = bookOf(events);
  const points: EquityPoint[] = [];
  for (const happening of inTime(events, closes, rates)) {
    const isMovement = "fill" in happening || "change" in happening;
    apply(book, happening);
    const isRate = "rate" in happening;
    if (isMovement || (isRate ? book.isHoldingIn(happening.currency) : book.isHolding()))
      put(points, happening.timestampMs, book.value());
  }
  return points;
}

/**
 * What the book is at each of some instants, after all that happened then.
 * @param atMs ascending
 * @param read of the book, which goes on changing afterwards
 */
export function alongTheWay<T>(
  { events, closes, rates }: CurveInput,
  atMs: readonly number[],
  read: (book: ValuedBook) => T,
): readonly T[] {
  const book = bookOf(events);
  const happenings = inTime(events, closes, rates);
  let next = 0;
  return atMs.map((untilMs) => {
    for (; (happenings[next]?.timestampMs ?? Infinity) <= untilMs; next += 1) {
      const happening = happenings[next];
      if (happening !== undefined) apply(book, happening);
    }
    return read(book);
  });
}

function apply(book: ValuedBook, happening: Happening): void {
  if ("fill" in happening) book.fill(happening.fill);
  else if ("change" in happening) book.change(happening.change);
  else if ("close" in happening) book.mark(happening.close.symbol, happening.close.close);
  else book.rate(happening.currency, happening.rate);
}

/** Closes before what else happens at the same instant: what trades at the open of a bar trades after the close of the last. */
function inTime(
  events: readonly PortfolioEvent[],
  closes: readonly MarketClose[],
  rates: RateHistories,
): readonly Happening[] {
  const fills = events.filter((event) => event.type === "FillApplied");
  return [
    ...[...rates].flatMap(([currency, history]) =>
      history.map(({ closeMs, rate }) => ({ timestampMs: closeMs, currency, rate })),
    ),
    ...closes.map((close) => ({ timestampMs: close.closeMs, close })),
    ...fills.map((fill) => ({ timestampMs: fill.trade.executedAtMs, fill })),
    ...events.flatMap(changesOf),
  ].toSorted((a, b) => a.timestampMs - b.timestampMs);
}

/** An allocation counts from the trade on, as if what was bought for others had never been here. */
function changesOf(event: PortfolioEvent): readonly Happening[] {
  if (event.type === "TradeAllocated" || event.type === "AllocationReturned")
    return [{ timestampMs: event.trade.executedAtMs, change: event }];
  if (
    event.type === "CashMoved" ||
    event.type === "DividendPaid" ||
    event.type === "FinancingAccrued" ||
    event.type === "CurrencyConverted" ||
    event.type === "PositionSplit"
  )
    return [{ timestampMs: event.effectiveAtMs, change: event }];
  return [];
}

/** Of several happenings in one millisecond the last says how it ended. */
function put(points: EquityPoint[], timestampMs: number, value: BookValue | null): void {
  if (value === null) return;
  if (points.at(-1)?.timestampMs === timestampMs) points.pop();
  points.push({ timestampMs, ...value });
}

function bookOf(events: readonly PortfolioEvent[]): ValuedBook {
  const opened = events.find((event) => event.type === "PortfolioOpened");
  return new ValuedBook(opened?.baseCurrency ?? "", dec(opened?.initialCash ?? "0"));
}
