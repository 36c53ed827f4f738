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
  | { readonly timestampMs: number; readonly fill: FillApplied }
  | { readonly timestampMs: number; readonly change: Change };

/** What happened to a portfolio beside its fills. */
type Change = Extract<
  PortfolioEvent,
  { type: "CashMoved" | "DividendPaid" | "PositionSplit" | "TradeAllocated" | "AllocationReturned" }
>;

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
    else if ("change" in happening) book.change(happening.change);
    else book.mark(happening.close.symbol, happening.close.close);
    if (!("close" in happening) || book.isHolding()) put(points, book.point(happening.timestampMs));
  }
  return points;
}

/** Closes before what else happens at the same instant: what trades at the open of a bar trades after the close of the last. */
function inTime(
  events: readonly PortfolioEvent[],
  closes: readonly MarketClose[],
): readonly Happening[] {
  const fills = events.filter((event) => event.type === "FillApplied");
  return [
    ...closes.map((close) => ({ timestampMs: close.closeMs, close })),
    ...fills.map((fill) => ({ timestampMs: fill.trade.executedAtMs, fill })),
    ...events.flatMap(changesOf),
  ].toSorted((a, b) => a.timestampMs - b.timestampMs);
}

/** An allocation counts from the trade on, as if what was bought for others had never been here. */
function changesOf(event: PortfolioEvent): readonly Happening[] {
  if (event.type === "TradeAllocated" || event.type === "AllocationReturned")
    return [{ timestampMs: event.trade.executedAtMs, change: event }];
  if (event.type === "CashMoved" || event.type === "DividendPaid" || event.type === "PositionSplit")
    return [{ timestampMs: event.effectiveAtMs, change: event }];
  return [];
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
    this.cash = this.cash.plus(cashChange);
    this.mark(symbol, trade.price);
    this.hold(position, change);
  }

  change(event: Change): void {
    switch (event.type) {
      case "CashMoved":
        this.cash = this.cash.plus(event.amount);
        return;
      case "DividendPaid":
        this.cash = this.cash.plus(event.net);
        return;
      case "PositionSplit":
        this.split(event);
        return;
      case "TradeAllocated":
      case "AllocationReturned":
        this.cash = this.cash.plus(event.cashChange);
        this.hold(event.position, dec(event.quantityChange));
    }
  }

  /** The price is in new units from here on, whether a close has said so yet or not. */
  private split(event: Extract<Change, { type: "PositionSplit" }>): void {
    const { position, quantityBefore, newUnits, oldUnits, cashInLieu } = event;
    const price = this.prices.get(position.symbol) ?? ZERO;
    this.prices.set(position.symbol, price.times(oldUnits).dividedBy(newUnits));
    this.cash = this.cash.plus(cashInLieu);
    this.hold(position, dec(position.quantity).minus(quantityBefore));
  }

  private hold(
    { symbol, multiplier }: Pick<FillApplied["position"], "symbol" | "multiplier">,
    change: Decimal,
  ): void {
    const quantity = change.plus(this.holdings.get(symbol)?.quantity ?? ZERO);
    if (quantity.isZero()) this.holdings.delete(symbol);
    else this.holdings.set(symbol, { quantity, multiplier });
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
