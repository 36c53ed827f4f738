import type { Adjustment } from "../market/adjust/factors.ts";
import type { Timeframe } from "../market/bar.ts";

/** Features of a symbol's closed bars, each row of what was known at its close. */
export interface MatrixRequest {
  /** whose alternative data and formulas are seen */
  readonly tenantId: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** canonical names of columns, as `features.columns` gives them */
  readonly features: readonly string[];
  readonly adjust: Adjustment;
  /** bars that open in [startMs, endMs), epoch ms; absent: unbounded. Those before are taken in all the same. */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** nothing that became known later is seen, epoch ms; absent: all that is known now */
  readonly knownAtMs?: number | undefined;
}

/**
 * The columns of a matrix, a number a row, oldest bar first. Prices are in the units of the series' first bar: later splits and
 * dividends that are adjusted for change no earlier row.
 */
export const BAR_COLUMNS = [
  /** opening time, epoch ms */
  "startMs",
  /** when the bar closed, epoch ms: a day's with its session */
  "closeMs",
  /** as it was believed at its close */
  "open",
  "high",
  "low",
  "close",
  /** of the bar before, as believed at this one's close; NaN at the first */
  "closeBefore",
  /** as it is believed in the end: what labels are made of */
  "finalOpen",
  "finalHigh",
  "finalLow",
  "finalClose",
] as const;
export type BarColumn = (typeof BAR_COLUMNS)[number];

/** What is said of a matrix before its columns come. */
export interface MatrixHead {
  readonly symbol: string;
  /** the same while nothing has changed of what the matrix is made of; null of one as of an instant */
  readonly token: string | null;
  /** of whole histories: the same while no row of an earlier one has changed, so that only those behind it are new; null as of an instant */
  readonly lineage: string | null;
  readonly rows: number;
  readonly features: readonly string[];
}

export interface FeatureMatrix extends MatrixHead {
  readonly bars: { readonly [name in BarColumn]: Float64Array };
  /** in the order of `features`; NaN where one has no value */
  readonly values: readonly Float64Array[];
}

/** The rows from `from` to before `until`, without a copy. */
export function matrixPart(matrix: FeatureMatrix, from: number, until: number): FeatureMatrix {
  const { symbol, token, lineage, features, bars, values } = matrix;
  const part = (column: Float64Array): Float64Array => column.subarray(from, until);
  return {
    symbol,
    token,
    lineage,
    rows: Math.max(0, until - from),
    features,
    bars: {
      startMs: part(bars.startMs),
      closeMs: part(bars.closeMs),
      open: part(bars.open),
      high: part(bars.high),
      low: part(bars.low),
      close: part(bars.close),
      closeBefore: part(bars.closeBefore),
      finalOpen: part(bars.finalOpen),
      finalHigh: part(bars.finalHigh),
      finalLow: part(bars.finalLow),
      finalClose: part(bars.finalClose),
    },
    values: values.map(part),
  };
}
