import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { PositionSummary } from "./position.ts";

/** Prices by symbol. A symbol that is missing or null has no price, and nothing that needs it has a value. */
export type Marks = { readonly [symbol: string]: DecimalString | null | undefined };

/** By currency: units of the base currency for one. One that is missing or null is not known. */
export type Rates = { readonly [currency: string]: DecimalString | null | undefined };

interface PositionValue {
  readonly symbol: string;
  readonly mark: DecimalString | null;
  /** signed: quantity × mark × multiplier, in the position's currency */
  readonly marketValue: DecimalString | null;
  /** market value − cost, in the position's currency; fees not counted */
  readonly unrealizedPnl: DecimalString | null;
  /** of a position in another currency; null while its price or rate is not known */
  readonly inBase?: BaseValue | null;
}

/**
 * A position in the base currency. Its profit is what its price did, at the rate of now, and what the rate did to its cost:
 *
 *     market value × rate − cost in base = (market value − cost) × rate + (cost × rate − cost in base)
 */
export interface BaseValue {
  readonly rate: DecimalString;
  readonly marketValue: DecimalString;
  readonly unrealizedPnl: DecimalString;
  readonly priceEffect: DecimalString;
  readonly fxEffect: DecimalString;
}

/** In the base currency. Null wherever a mark or a rate is missing: a guess at cost would look like a value. */
export interface Valuation {
  /** of all currencies */
  readonly cash: DecimalString | null;
  readonly positionsValue: DecimalString | null;
  readonly equity: DecimalString | null;
  readonly unrealizedPnl: DecimalString | null;
  readonly exposure: Exposure | null;
  readonly positions: readonly PositionValue[];
}

interface Exposure {
  readonly long: DecimalString;
  /** positive */
  readonly short: DecimalString;
  readonly gross: DecimalString;
  readonly net: DecimalString;
  /** gross over equity, rounded up at 8 decimals; null when equity is not positive */
  readonly leverage: DecimalString | null;
}

interface Valued {
  readonly baseCurrency?: string;
  /** of the base currency */
  readonly cash: DecimalString;
  readonly positions: readonly PositionSummary[];
  /** where it keeps several */
  readonly currencies?: {
    readonly balances: readonly { readonly currency: string; readonly cash: DecimalString }[];
  };
}

/** What a portfolio is worth at these marks, and rates where it keeps other currencies. */
export function valuePortfolio(summary: Valued, marks: Marks, rates: Rates = {}): Valuation {
  const positions = summary.positions.map((position) => valuePosition(position, marks, rates));
  const values = present(positions.map((one) => baseOf(one)?.marketValue ?? null));
  const profits = present(positions.map((one) => baseOf(one)?.unrealizedPnl ?? null));
  const cash = cashInBase(summary, rates);
  if (values === null || profits === null || cash === null)
    return {
      cash: cash && text(cash),
      positionsValue: null,
      equity: null,
      unrealizedPnl: null,
      exposure: null,
      positions,
    };
  const positionsValue = sum(values);
  const equity = positionsValue.plus(cash);
  return {
    cash: text(cash),
    positionsValue: text(positionsValue),
    equity: text(equity),
    unrealizedPnl: text(sum(profits)),
    exposure: expose(values, equity),
    positions,
  };
}

function valuePosition(position: PositionSummary, marks: Marks, rates: Rates): PositionValue {
  const { symbol, baseCost } = position;
  const mark = marks[symbol] ?? null;
  if (mark === null) {
    const inBase = baseCost === undefined ? {} : { inBase: null };
    return { symbol, mark, marketValue: null, unrealizedPnl: null, ...inBase };
  }
  const value = dec(mark).times(position.quantity).times(position.multiplier);
  return {
    symbol,
    mark,
    marketValue: text(value),
    unrealizedPnl: text(value.minus(position.cost)),
    ...(baseCost !== undefined && { inBase: valueInBase(position, baseCost, value, rates) }),
  };
}

function valueInBase(
  { cost, currency }: PositionSummary,
  baseCost: DecimalString,
  value: Decimal,
  rates: Rates,
): BaseValue | null {
  const rate = rates[currency] ?? null;
  if (rate === null) return null;
  const marketValue = value.times(rate);
  return {
    rate,
    marketValue: text(marketValue),
    unrealizedPnl: text(marketValue.minus(baseCost)),
    priceEffect: text(value.minus(cost).times(rate)),
    fxEffect: text(dec(cost).times(rate).minus(baseCost)),
  };
}

/** In the base currency; null while a price or rate is not known. */
export function baseOf(
  value: PositionValue,
): { readonly marketValue: DecimalString; readonly unrealizedPnl: DecimalString } | null {
  if (value.inBase !== undefined) return value.inBase;
  const { marketValue, unrealizedPnl } = value;
  return marketValue === null || unrealizedPnl === null ? null : { marketValue, unrealizedPnl };
}

/** A currency of which nothing is held needs no rate. */
function cashInBase({ baseCurrency, cash, currencies }: Valued, rates: Rates): Decimal | null {
  let value = dec(cash);
  for (const balance of currencies?.balances ?? []) {
    if (balance.currency === baseCurrency || balance.cash === "0") continue;
    const rate = rates[balance.currency] ?? null;
    if (rate === null) return null;
    value = value.plus(dec(balance.cash).times(rate));
  }
  return value;
}

function expose(values: readonly Decimal[], equity: Decimal): Exposure {
  const long = sum(values.filter((value) => !value.isNegative()));
  const short = sum(values.filter((value) => value.isNegative())).negated();
  const gross = long.plus(short);
  return {
    long: text(long),
    short: text(short),
    gross: text(gross),
    net: text(long.minus(short)),
    leverage: equity.greaterThan(ZERO)
      ? text(gross.dividedBy(equity).toDecimalPlaces(8, Decimal.ROUND_UP))
      : null,
  };
}

function present(values: readonly (DecimalString | null)[]): readonly Decimal[] | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? known.map((value) => dec(value)) : null;
}

function sum(values: readonly Decimal[]): Decimal {
  let total = ZERO;
  for (const value of values) total = total.plus(value);
  return total;
}
