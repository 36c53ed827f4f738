import { type Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { InBase } from "./currency/messages.ts";
import type { FillApplied, PortfolioEvent } from "./messages.ts";

/** What happened to a portfolio beside its fills. */
export type Change = Extract<
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

/** In the base currency. */
export interface BookValue {
  readonly equity: DecimalString;
  readonly cash: DecimalString;
  readonly positionsValue: DecimalString;
}

/** A symbol that is, or was, held. Amounts in the base currency. */
export interface HeldUnits {
  readonly symbol: string;
  /** signed */
  readonly quantity: Decimal;
  /** what one is worth; null while its currency's rate is not known */
  readonly unitValue: Decimal | null;
  /** how many units of now were one at the beginning */
  readonly unitsPerFirst: Decimal;
  /** dividends so far, net */
  readonly income: Decimal;
}

interface Holding {
  readonly quantity: Decimal;
  readonly multiplier: DecimalString;
  readonly currency: string;
}

const ONE = dec(1);

/** Sums changes rather than reading balances: a fill that was reported late belongs to the time at which it happened. */
export class ValuedBook {
  private readonly baseCurrency: string;
  private readonly cash: Map<string, Decimal>;
  private readonly rates = new Map<string, Decimal>();
  private readonly holdings = new Map<string, Holding>();
  private readonly prices = new Map<string, Decimal>();
  /** of all symbols that were ever held */
  private readonly terms = new Map<string, Pick<Holding, "multiplier" | "currency">>();
  private readonly units = new Map<string, Decimal>();
  private readonly incomes = new Map<string, Decimal>();

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
        this.earn(event);
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
    if (event.isFurther !== true) {
      this.prices.set(position.symbol, price.times(oldUnits).dividedBy(newUnits));
      const units = this.units.get(position.symbol) ?? ONE;
      this.units.set(position.symbol, units.times(newUnits).dividedBy(oldUnits));
    }
    this.pay(cashInLieu, event.inBase);
    this.hold(position, dec(position.quantity).minus(quantityBefore));
  }

  private earn({ symbol, net, inBase }: Extract<Change, { type: "DividendPaid" }>): void {
    const income = dec(net).times(inBase?.rate ?? 1);
    this.incomes.set(symbol, income.plus(this.incomes.get(symbol) ?? ZERO));
  }

  private hold(
    {
      symbol,
      multiplier,
      currency,
    }: Pick<FillApplied["position"], "symbol" | "multiplier" | "currency">,
    change: Decimal,
  ): void {
    this.terms.set(symbol, { multiplier, currency });
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
  value(): BookValue | null {
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
      equity: text(cash.plus(value)),
      cash: text(cash),
      positionsValue: text(value),
    };
  }

  private rateOf(currency: string): Decimal | null {
    return currency === this.baseCurrency ? ONE : (this.rates.get(currency) ?? null);
  }

  /** All symbols that were ever held, in the order of their first trades. */
  held(): readonly HeldUnits[] {
    return [...this.terms].map(([symbol, { multiplier, currency }]) => {
      const rate = this.rateOf(currency);
      const price = this.prices.get(symbol) ?? ZERO;
      return {
        symbol,
        quantity: this.holdings.get(symbol)?.quantity ?? ZERO,
        unitValue: rate === null ? null : price.times(multiplier).times(rate),
        unitsPerFirst: this.units.get(symbol) ?? ONE,
        income: this.incomes.get(symbol) ?? ZERO,
      };
    });
  }

  /** Cash of each currency with what one of it is worth in the base currency. */
  money(): readonly {
    readonly currency: string;
    readonly amount: Decimal;
    readonly rate: Decimal | null;
  }[] {
    return [...this.cash].map(([currency, amount]) => ({
      currency,
      amount,
      rate: this.rateOf(currency),
    }));
  }
}
