import { type Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { FillApplied, PortfolioEvent } from "./messages.ts";

/** A bar's end: from then on its close is the price. */
export interface MarketClose {
  readonly symbol: string;
  /** epoch ms */
  readonly closeMs: number;
  readonly close: DecimalString;
}

/** In the base currency, at a time of the market's clock. */
export interface EquityPoint {
  readonly timestampMs: number;
  readonly equity: DecimalString;
  readonly cash: DecimalString;
  readonly positionsValue: DecimalString;
}

type Happening =
  | { readonly timestampMs: number; readonly close: MarketClose }
  | { readonly timestampMs: number; readonly fill: FillApplied };

interface Holding {
  readonly quantity: Decimal;
  readonly multiplier: DecimalString;
}

/**
 * Equity over time: one point at each fill and at each bar's close while something is held, on the market's clock, so that a
 * replay of old bars draws the years it replays. A symbol is worth its last close, or its last fill when that is later.
 * @param events of one portfolio, in stream order
 * @param closes of the symbols that it held, in any order
 * @returns oldest first, at most one point per millisecond; none before the first fill
 */
export function equityCurve(
  events: readonly PortfolioEvent[],
  closes: readonly MarketClose[],
): readonly EquityPoint[] {
  const book = new Book(initialCash(events));
  const points: EquityPoint[] = [];
  for (const happening of inTime(events, closes)) {
    if ("fill" in happening) book.fill(happening.fill);
    else book.mark(happening.close.symbol, happening.close.close);
    if ("fill" in happening || book.isHolding()) put(points, book.point(happening.timestampMs));
  }
  return points;
}

/** Closes before fills of the same instant: what trades at the open of a bar trades after the close of the last. */
function inTime(
  events: readonly PortfolioEvent[],
  closes: readonly MarketClose[],
): readonly Happening[] {
  const fills = events.filter((event) => event.type === "FillApplied");
  return [
    ...closes.map((close) => ({ timestampMs: close.closeMs, close })),
    ...fills.map((fill) => ({ timestampMs: fill.trade.executedAtMs, fill })),
  ].toSorted((a, b) => a.timestampMs - b.timestampMs);
}

/** Of several happenings in one millisecond the last says how it ended. */
function put(points: EquityPoint[], point: EquityPoint): void {
  if (points.at(-1)?.timestampMs === point.timestampMs) points.pop();
  points.push(point);
}

function initialCash(events: readonly PortfolioEvent[]): Decimal {
  const opened = events.find((event) => event.type === "PortfolioOpened");
  return opened === undefined ? ZERO : dec(opened.initialCash);
}

/** Sums changes rather than reading balances: a fill that was reported late belongs to the time at which it happened. */
class Book {
  private cash: Decimal;
  private readonly holdings = new Map<string, Holding>();
  private readonly prices = new Map<string, Decimal>();

  constructor(cash: Decimal) {
    this.cash = cash;
  }

  fill({ cashChange, trade, position }: FillApplied): void {
    const { symbol, side } = trade;
    const change = side === "buy" ? dec(trade.quantity) : dec(trade.quantity).negated();
    const quantity = change.plus(this.holdings.get(symbol)?.quantity ?? ZERO);
    this.cash = this.cash.plus(cashChange);
    this.mark(symbol, trade.price);
    if (quantity.isZero()) this.holdings.delete(symbol);
    else this.holdings.set(symbol, { quantity, multiplier: position.multiplier });
  }

  mark(symbol: string, price: DecimalString): void {
    this.prices.set(symbol, dec(price));
  }

  isHolding(): boolean {
    return this.holdings.size > 0;
  }

  point(timestampMs: number): EquityPoint {
    let value = ZERO;
    for (const [symbol, { quantity, multiplier }] of this.holdings)
      value = value.plus(quantity.times(this.prices.get(symbol) ?? ZERO).times(multiplier));
    return {
      timestampMs,
      equity: text(this.cash.plus(value)),
      cash: text(this.cash),
      positionsValue: text(value),
    };
  }
}
