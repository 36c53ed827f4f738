import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { PortfolioSummary, PositionSummary } from "./messages.ts";

/** Prices by symbol. A symbol that is missing or null has no price, and nothing that needs it has a value. */
export type Marks = { readonly [symbol: string]: DecimalString | null | undefined };

interface PositionValue {
  readonly symbol: string;
  readonly mark: DecimalString | null;
  /** signed: quantity × mark × multiplier */
  readonly marketValue: DecimalString | null;
  /** market value − cost; fees not counted */
  readonly unrealizedPnl: DecimalString | null;
}

/** In the base currency. Null wherever a mark is missing: a guess at cost would look like a value. */
export interface Valuation {
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

/** What a portfolio is worth at these marks. */
export function valuePortfolio(
  summary: Pick<PortfolioSummary, "cash" | "positions">,
  marks: Marks,
): Valuation {
  const positions = summary.positions.map((position) => valuePosition(position, marks));
  const values = present(positions.map(({ marketValue }) => marketValue));
  const profits = present(positions.map(({ unrealizedPnl }) => unrealizedPnl));
  if (values === null || profits === null)
    return { positionsValue: null, equity: null, unrealizedPnl: null, exposure: null, positions };
  const positionsValue = sum(values);
  const equity = positionsValue.plus(summary.cash);
  return {
    positionsValue: text(positionsValue),
    equity: text(equity),
    unrealizedPnl: text(sum(profits)),
    exposure: expose(values, equity),
    positions,
  };
}

function valuePosition(position: PositionSummary, marks: Marks): PositionValue {
  const { symbol } = position;
  const mark = marks[symbol] ?? null;
  if (mark === null) return { symbol, mark, marketValue: null, unrealizedPnl: null };
  const value = dec(mark).times(position.quantity).times(position.multiplier);
  return {
    symbol,
    mark,
    marketValue: text(value),
    unrealizedPnl: text(value.minus(position.cost)),
  };
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
