import type { CashDividend, Split } from "../../../domain/market/adjust/corporate-action.ts";
import { addBusinessDays } from "../../../domain/market/calendars/calendars.ts";
import type { TradingCalendar } from "../../../domain/market/calendars/trading-calendar.ts";
import { civilDate, epochDay } from "../../../domain/market/civil-date.ts";
import type { Listing } from "../../../domain/market/listing.ts";
import { dec, Decimal, type DecimalString, text } from "../../../domain/shared/decimal.ts";

/** A row of a factor file: what the raw prices of dates up to this one, and after the row before, are multiplied by. */
export interface LeanFactor {
  /** days since 1970-01-01 */
  readonly day: number;
  readonly priceFactor: DecimalString;
  readonly splitFactor: DecimalString;
  /** the raw close of the date */
  readonly referencePrice: DecimalString;
}

/** A row of a map file: the ticker up to this date, and after the row before. */
export interface LeanTicker {
  readonly day: number;
  readonly ticker: string;
}

/** Which line is not one, counted from 1. */
export interface LeanFault {
  readonly line: number;
  readonly detail: string;
}

export type LeanFile<Row> = { readonly rows: readonly Row[] } | { readonly refused: LeanFault };

const FACTOR_ROW = /^(\d{8}),(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?$/;
const MAP_ROW = /^(\d{8}),([A-Za-z0-9][A-Za-z0-9.^=:_-]{0,31})(?:,\w*)?(?:,\w*)?$/;

/** Rows `yyyyMMdd,priceFactor,splitFactor[,referencePrice]`, oldest first. Empty lines are skipped. */
export function parseLeanFactorFile(file: string): LeanFile<LeanFactor> {
  return parse(file, (line, before: LeanFactor | undefined) => {
    const [, date = "", priceFactor = "", splitFactor = "", referencePrice = "0"] =
      FACTOR_ROW.exec(line) ?? [];
    const day = dayOf(date, before);
    if (day === null || !dec(priceFactor).isPositive() || dec(priceFactor).isZero()) return null;
    return dec(splitFactor).isZero() ? null : { day, priceFactor, splitFactor, referencePrice };
  });
}

/** Rows `yyyyMMdd,ticker[,exchange]`, oldest first: the first is the day on which the ticker's history begins. */
export function parseLeanMapFile(file: string): LeanFile<LeanTicker> {
  return parse(file, (line, before: LeanTicker | undefined) => {
    const [, date = "", ticker = ""] = MAP_ROW.exec(line) ?? [];
    const day = dayOf(date, before);
    return day === null ? null : { day, ticker: ticker.toUpperCase() };
  });
}

function parse<Row>(
  file: string,
  rowOf: (line: string, before: Row | undefined) => Row | null,
): LeanFile<Row> {
  const rows: Row[] = [];
  for (const [index, line] of file.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const row = rowOf(line.trim(), rows.at(-1));
    if (row === null) {
      return { refused: { line: index + 1, detail: `cannot be read: ${line.slice(0, 60)}` } };
    }
    rows.push(row);
  }
  return { rows };
}

/** Null when the text is no date, or not after the row before. */
function dayOf(date: string, before: { readonly day: number } | undefined): number | null {
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)].map(Number);
  if (date === "" || year === undefined || month === undefined || day === undefined) return null;
  const found = epochDay({ year, month, day });
  const real = civilDate(found);
  const isReal = real.month === month && real.day === day;
  return isReal && found > (before?.day ?? -Infinity) ? found : null;
}

/**
 * The actions between the rows of a factor file: where the factors of two neighbours differ, something went ex in the session
 * after the first one's date. An instrument's dividends are in the currency of its prices.
 */
export function actionsOfFactors(
  rows: readonly LeanFactor[],
  calendar: TradingCalendar,
  currency: string,
): readonly (Split | CashDividend)[] {
  return rows.flatMap((row, index) => {
    const next = rows[index + 1];
    if (next === undefined) return [];
    const exDay = addBusinessDays(calendar, row.day, 1);
    const split = splitBetween(row, next);
    const amount = dividendBetween(row, next);
    return [
      ...(split === null ? [] : [{ kind: "split" as const, exDay, ...split }]),
      ...(amount === null
        ? []
        : [
            {
              kind: "dividend" as const,
              exDay,
              amount,
              currency,
              referencePrice: text(dec(row.referencePrice)),
            },
          ]),
    ];
  });
}

/** Ratios of numbers up to this are what companies announce; others stay decimals. */
const UNITS_MAX = 100;
/** The files keep seven decimals of a product of several ratios. */
const FACTOR_ERROR = 2e-7;

function splitBetween(
  row: LeanFactor,
  next: LeanFactor,
): Pick<Split, "newUnits" | "oldUnits"> | null {
  const ratio = dec(row.splitFactor).dividedBy(next.splitFactor);
  if (ratio.equals(1)) return null;
  const error = FACTOR_ERROR / Number(row.splitFactor) + FACTOR_ERROR / Number(next.splitFactor);
  for (let newUnits = 1; newUnits <= UNITS_MAX; newUnits += 1) {
    const oldUnits = ratio.times(newUnits).round();
    if (oldUnits.isZero() || oldUnits.greaterThan(UNITS_MAX)) continue;
    const difference = oldUnits.dividedBy(newUnits).dividedBy(ratio).minus(1).abs();
    if (difference.lessThan(error) && !oldUnits.equals(newUnits)) {
      return { newUnits: String(newUnits), oldUnits: text(oldUnits) };
    }
  }
  return { newUnits: "1", oldUnits: text(ratio.toSignificantDigits(9)) };
}

/** One unit of the last digit that the files keep of a price factor. */
const LAST_DIGIT = "0.0000001";
const AMOUNT_PLACES_MAX = 8;

/** The shortest amount that gives the row's factor to its last digit: the files keep factors, not amounts. */
function dividendBetween(row: LeanFactor, next: LeanFactor): DecimalString | null {
  if (dec(row.priceFactor).equals(next.priceFactor) || dec(row.referencePrice).isZero())
    return null;
  const ratio = dec(row.priceFactor).dividedBy(next.priceFactor);
  const amount = dec(row.referencePrice).times(dec(1).minus(ratio));
  if (!amount.isPositive()) return null;
  for (let places = 2; places <= AMOUNT_PLACES_MAX; places += 1) {
    const shorter = amount.toDecimalPlaces(places, Decimal.ROUND_HALF_EVEN);
    const factor = dec(next.priceFactor).times(dec(1).minus(shorter.dividedBy(row.referencePrice)));
    if (!shorter.isZero() && factor.minus(row.priceFactor).abs().lessThanOrEqualTo(LAST_DIGIT)) {
      return text(shorter);
    }
  }
  return text(amount.toDecimalPlaces(AMOUNT_PLACES_MAX, Decimal.ROUND_HALF_EVEN));
}

/** Beyond it a row says that the ticker goes on. */
const FOR_EVER_DAY = epochDay({ year: 2050, month: 1, day: 1 });

/** The listings of an instrument by its map file. Neighbouring rows with one ticker are one listing. */
export function listingsOfMap(rows: readonly LeanTicker[], symbol: string): readonly Listing[] {
  const listings: Listing[] = [];
  for (const [index, { day, ticker }] of rows.entries()) {
    const before = rows[index - 1];
    if (before === undefined) continue;
    const fromDay = index === 1 ? before.day : before.day + 1;
    const untilDay = day >= FOR_EVER_DAY ? null : day;
    const last = listings.at(-1);
    if (last?.ticker === ticker) listings[listings.length - 1] = { ...last, untilDay };
    else listings.push({ ticker, symbol, fromDay, untilDay });
  }
  return listings;
}
