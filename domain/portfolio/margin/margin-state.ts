import { Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import type { RiskBoard } from "../market-view.ts";
import type { PositionSummary } from "../position.ts";
import type { MarginTerms, SymbolMargin } from "./terms.ts";

/** Units of one symbol: what is held, and what open orders may add to either side. */
export interface Line {
  readonly symbol: string;
  /** of the units held long and short, both positive; a netting portfolio has but one of them */
  readonly long: DecimalString;
  readonly short: DecimalString;
  /** of open orders, still to be filled; those that name a position to close are not among them */
  readonly openBuy: DecimalString;
  readonly openSell: DecimalString;
  /** its sides exist side by side: neither offsets the other */
  readonly isHedged: boolean;
  readonly margin: SymbolMargin;
}

/** What the margin of a portfolio is worked out from. Money is in the base currency unless a line says otherwise. */
export interface MarginInput {
  readonly baseCurrency: string;
  /** by currency, as of the trade date */
  readonly cash: readonly { readonly currency: string; readonly amount: DecimalString }[];
  /** set aside for fees and slippage of open orders */
  readonly reserved: DecimalString;
  readonly lines: readonly Line[];
  readonly terms: MarginTerms;
}

export interface MarginLine {
  readonly symbol: string;
  /** signed, net; in the instrument's currency */
  readonly mark: DecimalString;
  readonly quantity: DecimalString;
  /** signed, in the base currency, as all that follows */
  readonly marketValue: DecimalString;
  /** the larger of what its units need long or short, once its open orders are filled */
  readonly initial: DecimalString;
  readonly maintenance: DecimalString;
}

export interface MarginState {
  readonly equity: DecimalString;
  readonly long: DecimalString;
  /** positive */
  readonly short: DecimalString;
  readonly initial: DecimalString;
  readonly maintenance: DecimalString;
  /** equity − initial − reserved: what may still be used to open positions */
  readonly excess: DecimalString;
  /** equity − maintenance: negative in a margin call */
  readonly maintenanceExcess: DecimalString;
  /** excess / initial rate of longs, rounded down at 8 decimals; 0 when there is none */
  readonly buyingPower: DecimalString;
  /** (long + short) / equity, rounded up at 8 decimals; null when equity is not positive */
  readonly leverage: DecimalString | null;
  readonly lines: readonly MarginLine[];
}

/** What is not known: `EUR` for a rate, a symbol for a mark. */
export interface Unknowns {
  readonly missing: readonly string[];
}

const RATIO_DECIMALS = 8;

/**
 * Margin at these marks. A requirement is rate × market value; of a symbol with open orders that of the worse outcome, all
 * buys filled or all sells filled, as the requirement between them is never larger. Equity is cash and positions at market.
 * @returns what is missing, where a price or rate of something held, ordered or owed is not known
 */
export function marginState(input: MarginInput, board: RiskBoard): MarginState | Unknowns {
  const missing = unknowns(input, board);
  if (missing.length > 0) return { missing };
  const lines = input.lines.map((line) => lineAt(line, input, board));
  const cash = input.cash.map(({ currency, amount }) =>
    dec(amount).times(rateOf(board, currency, input.baseCurrency) ?? ZERO),
  );
  const long = sum(lines.map((line) => line.longValue));
  const short = sum(lines.map((line) => line.shortValue));
  const equity = sum(cash).plus(long).minus(short);
  const initial = sum(lines.map((line) => line.initial));
  const maintenance = sum(lines.map((line) => line.maintenance));
  const excess = equity.minus(initial).minus(input.reserved);
  return {
    equity: text(equity),
    long: text(long),
    short: text(short),
    initial: text(initial),
    maintenance: text(maintenance),
    excess: text(excess),
    maintenanceExcess: text(equity.minus(maintenance)),
    buyingPower: text(
      Decimal.max(excess, ZERO)
        .dividedBy(input.terms.initial)
        .toDecimalPlaces(RATIO_DECIMALS, Decimal.ROUND_DOWN),
    ),
    leverage: equity.greaterThan(ZERO)
      ? text(long.plus(short).dividedBy(equity).toDecimalPlaces(RATIO_DECIMALS, Decimal.ROUND_UP))
      : null,
    lines: lines.map(shown),
  };
}

/**
 * The price of one symbol at which equity is just what maintenance needs, all other prices as they are. For one long position
 * bought with a loan it is loan / (1 − m) per unit; for one short position (equity + value) / (1 + m).
 * @returns rounded half to even at 8 decimals; null when no positive price leads to it
 */
export function callPrice(
  { mark, marketValue, maintenance, quantity }: MarginLine,
  { maintenanceExcess }: Pick<MarginState, "maintenanceExcess">,
): DecimalString | null {
  // Both are proportional to the price: a rise by one part takes this much more of the excess, or gives it.
  const perPrice = dec(marketValue).minus(maintenance).dividedBy(mark);
  if (perPrice.isZero() || dec(quantity).isZero()) return null;
  const price = dec(mark).minus(dec(maintenanceExcess).dividedBy(perPrice));
  const rounded = price.toDecimalPlaces(RATIO_DECIMALS, Decimal.ROUND_HALF_EVEN);
  return rounded.greaterThan(ZERO) ? text(rounded) : null;
}

/** Of whom no price or rate is known. */
function unknowns({ baseCurrency, cash, lines }: MarginInput, board: RiskBoard): string[] {
  const symbols = lines.filter(({ symbol }) => markOf(board, symbol) === null);
  const currencies = [
    ...lines.map(({ margin }) => margin.currency),
    ...cash.filter(({ amount }) => amount !== "0").map(({ currency }) => currency),
  ].filter((currency) => rateOf(board, currency, baseCurrency) === null);
  return [...symbols.map(({ symbol }) => symbol), ...new Set(currencies)];
}

/** Null: not known. A price that is not positive is no price. */
export function markOf({ marks }: Pick<RiskBoard, "marks">, symbol: string): Decimal | null {
  const mark = Object.hasOwn(marks, symbol) ? (marks[symbol] ?? null) : null;
  return mark !== null && dec(mark).greaterThan(ZERO) ? dec(mark) : null;
}

/** Units of the base currency for one. */
export function rateOf(
  { rates }: Pick<RiskBoard, "rates">,
  currency: string,
  baseCurrency: string,
): Decimal | null {
  if (currency === baseCurrency) return new Decimal(1);
  const rate = Object.hasOwn(rates, currency) ? (rates[currency] ?? null) : null;
  return rate !== null && dec(rate).greaterThan(ZERO) ? dec(rate) : null;
}

interface Valued {
  readonly line: Line;
  readonly mark: Decimal;
  readonly longValue: Decimal;
  readonly shortValue: Decimal;
  readonly initial: Decimal;
  readonly maintenance: Decimal;
}

function lineAt(line: Line, { terms, baseCurrency }: MarginInput, board: RiskBoard): Valued {
  const mark = markOf(board, line.symbol) ?? ZERO;
  const rate = rateOf(board, line.margin.currency, baseCurrency) ?? ZERO;
  const unit = mark.times(line.margin.multiplier).times(rate);
  const [longValue, shortValue] = [unit.times(line.long), unit.times(line.short)];
  const initial = initialUnits(line, terms).times(unit);
  const rates = maintenanceRates(line.margin, terms);
  const maintenance = longValue.times(rates.long).plus(shortValue.times(rates.short));
  return { line, mark, longValue, shortValue, initial, maintenance };
}

/** How many units' whole value the line must have as initial margin. */
export function initialUnits(line: Line, terms: MarginTerms): Decimal {
  const rates = initialRates(line.margin, terms);
  const long = dec(line.long).plus(line.openBuy);
  const short = dec(line.short).plus(line.openSell);
  if (line.isHedged) return long.times(rates.long).plus(short.times(rates.short));
  const ifBought = Decimal.max(long.minus(line.short), ZERO).times(rates.long);
  const ifSold = Decimal.max(short.minus(line.long), ZERO).times(rates.short);
  return Decimal.max(ifBought, ifSold);
}

export function initialRates({ initial }: SymbolMargin, terms: MarginTerms) {
  return { long: dec(initial ?? terms.initial), short: dec(initial ?? terms.shortInitial) };
}

export function maintenanceRates({ maintenance }: SymbolMargin, terms: MarginTerms) {
  return {
    long: dec(maintenance ?? terms.maintenance),
    short: dec(maintenance ?? terms.shortMaintenance),
  };
}

function shown({ line, mark, longValue, shortValue, initial, maintenance }: Valued): MarginLine {
  return {
    symbol: line.symbol,
    mark: text(mark),
    quantity: text(dec(line.long).minus(line.short)),
    marketValue: text(longValue.minus(shortValue)),
    initial: text(initial),
    maintenance: text(maintenance),
  };
}

function sum(values: readonly Decimal[]): Decimal {
  return values.reduce((total, value) => total.plus(value), ZERO);
}

/** The units of positions by symbol and side. */
export function heldBySymbol(
  positions: readonly Pick<PositionSummary, "symbol" | "quantity">[],
): ReadonlyMap<string, { readonly long: DecimalString; readonly short: DecimalString }> {
  const held = new Map<string, { long: DecimalString; short: DecimalString }>();
  for (const { symbol, quantity } of positions) {
    const { long, short } = held.get(symbol) ?? { long: "0", short: "0" };
    const units = dec(quantity);
    held.set(
      symbol,
      units.isNegative()
        ? { long, short: text(dec(short).minus(units)) }
        : { long: text(dec(long).plus(units)), short },
    );
  }
  return held;
}
