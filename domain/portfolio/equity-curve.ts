import { type Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { RateClose } from "../market/currency-pair.ts";
import type { InBase } from "./currency/messages.ts";
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
  | { readonly timestampMs: number; readonly change: Change }
  | { readonly timestampMs: number; readonly currency: string; readonly rate: DecimalString };

/** By currency: what one was worth in the base currency, in any order. */
export type RateHistories = ReadonlyMap<string, readonly RateClose[]>;

/** What happened to a portfolio beside its fills. */
type Change = Extract<
  PortfolioEvent,
  {
    type:
      | "CashMoved"
      | "DividendPaid"
      | "FinancingAccrued"
      | "CurrencyConverted"
      | "PositionSplit"
      | "TradeAllocated"
      | "AllocationReturned";
  }
>;

interface Holding {
  readonly quantity: Decimal;
  readonly multiplier: DecimalString;
  readonly currency: string;
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
    if ("fill" in happening) book.fill(happening.fill);
    else if ("change" in happening) book.change(happening.change);
    else if ("close" in happening) book.mark(happening.close.symbol, happening.close.close);
    else book.rate(happening.currency, happening.rate);
    const isRate = "rate" in happening;
    if (isMovement || (isRate ? book.isHoldingIn(happening.currency) : book.isHolding()))
      put(points, book.point(happening.timestampMs));
  }
  return points;
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
function put(points: EquityPoint[], point: EquityPoint | null): void {
  if (point === null) return;
  if (points.at(-1)?.timestampMs === point.timestampMs) points.pop();
  points.push(point);
}

function bookOf(events: readonly PortfolioEvent[]): Book {
  const opened = events.find((event) => event.type === "PortfolioOpened");
  return new Book(opened?.baseCurrency ?? "", dec(opened?.initialCash ?? "0"));
}

/** Sums changes rather than reading balances: a fill that was reported late belongs to the time at which it happened. */
class Book {
  private readonly baseCurrency: string;
  private readonly cash: Map<string, Decimal>;
  private readonly rates = new Map<string, Decimal>();
  private readonly holdings = new Map<string, Holding>();
  private readonly prices = new Map<string, Decimal>();

  constructor(baseCurrency: string, cash: Decimal) {
    this.baseCurrency = baseCurrency;
    this.cash = new Map([[baseCurrency, cash]]);
  }

  fill({ cashChange, trade, position, inBase, conversion }: FillApplied): void {
    const { symbol, side } = trade;
    const change = side === "buy" ? dec(trade.quantity) : dec(trade.quantity).negated();
    this.pay(cashChange, inBase);
    if (conversion !== undefined) {
      this.pay(text(dec(conversion.sold).plus(conversion.fee).negated()), undefined);
      this.pay(conversion.bought, inBase);
    }
    this.mark(symbol, trade.price);
    this.hold(position, change);
  }

  change(event: Change): void {
    switch (event.type) {
      case "CashMoved":
        this.pay(event.amount, event.inBase);
        return;
      case "DividendPaid":
        this.pay(event.net, event.inBase);
        return;
      case "FinancingAccrued":
        this.pay(event.cashChange, undefined);
        return;
      case "CurrencyConverted":
        this.convert(event);
        return;
      case "PositionSplit":
        this.split(event);
        return;
      case "TradeAllocated":
      case "AllocationReturned":
        this.pay(event.cashChange, event.inBase);
        this.hold(event.position, dec(event.quantityChange));
    }
  }

  /** @param inBase of another currency than the base currency */
  private pay(amount: DecimalString, inBase: InBase | undefined): void {
    const currency = inBase?.currency ?? this.baseCurrency;
    if (inBase !== undefined) this.rate(currency, inBase.rate);
    this.cash.set(currency, dec(amount).plus(this.cash.get(currency) ?? ZERO));
  }

  private convert({
    from,
    to,
    sold,
    bought,
    inBase,
  }: Extract<Change, { type: "CurrencyConverted" }>) {
    const side = (currency: string) => inBase.find((one) => one.currency === currency);
    this.pay(text(dec(sold).negated()), side(from));
    this.pay(bought, side(to));
  }

  rate(currency: string, rate: DecimalString): void {
    this.rates.set(currency, dec(rate));
  }

  /** The price is in new units from here on, whether a close has said so yet or not. */
  private split(event: Extract<Change, { type: "PositionSplit" }>): void {
    const { position, quantityBefore, newUnits, oldUnits, cashInLieu } = event;
    const price = this.prices.get(position.symbol) ?? ZERO;
    // Of several positions in the symbol the first one brings its price into new units.
    if (event.isFurther !== true)
      this.prices.set(position.symbol, price.times(oldUnits).dividedBy(newUnits));
    this.pay(cashInLieu, event.inBase);
    this.hold(position, dec(position.quantity).minus(quantityBefore));
  }

  private hold(
    {
      symbol,
      multiplier,
      currency,
    }: Pick<FillApplied["position"], "symbol" | "multiplier" | "currency">,
    change: Decimal,
  ): void {
    const quantity = change.plus(this.holdings.get(symbol)?.quantity ?? ZERO);
    if (quantity.isZero()) this.holdings.delete(symbol);
    else this.holdings.set(symbol, { quantity, multiplier, currency });
  }

  mark(symbol: string, price: DecimalString): void {
    this.prices.set(symbol, dec(price));
  }

  isHolding(): boolean {
    return this.holdings.size > 0;
  }

  isHoldingIn(currency: string): boolean {
    if (!(this.cash.get(currency) ?? ZERO).isZero()) return true;
    return [...this.holdings.values()].some((holding) => holding.currency === currency);
  }

  /** Null while the rate of a currency that is held is not known. */
  point(timestampMs: number): EquityPoint | null {
    let [value, cash] = [ZERO, ZERO];
    for (const [currency, amount] of this.cash) {
      if (amount.isZero()) continue;
      const rate = this.rateOf(currency);
      if (rate === null) return null;
      cash = cash.plus(amount.times(rate));
    }
    for (const [symbol, { quantity, multiplier, currency }] of this.holdings) {
      const rate = this.rateOf(currency);
      if (rate === null) return null;
      const price = this.prices.get(symbol) ?? ZERO;
      value = value.plus(quantity.times(price).times(multiplier).times(rate));
    }
    return {
      timestampMs,
      equity: text(cash.plus(value)),
      cash: text(cash),
      positionsValue: text(value),
    };
  }

  private rateOf(currency: string): Decimal | null {
    return currency === this.baseCurrency ? dec(1) : (this.rates.get(currency) ?? null);
  }
}
