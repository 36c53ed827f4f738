import type { Instrument } from "../../market/instrument.ts";

/** What a position is, for shocks that concern whole classes. Bonds are nobody's instrument here, but may be described by a caller. */
export const STRESS_CLASSES = [
  "equity",
  "index",
  "etf",
  "bond",
  "crypto",
  "fx",
  "future",
  "commodity",
] as const satisfies readonly (Instrument["assetClass"] | "bond")[];
export type StressClass = (typeof STRESS_CLASSES)[number];

/** A holding and what it is known to move with. Statistics of money: float64. */
export interface StressPosition {
  readonly symbol: string;
  /** signed, in the book's currency */
  readonly value: number;
  /** of its price */
  readonly currency: string;
  readonly assetClass: StressClass | null;
  readonly sector: string | null;
  readonly beta: Beta | null;
  /** modified, in years */
  readonly duration: number | null;
  /** in years² */
  readonly convexity: number | null;
  /** what it gains when volatility rises by one point (0.01), in the book's currency, signed as it is held */
  readonly vega: number | null;
  /** cash of another currency: nothing but its rate moves it */
  readonly isCash?: true;
}

/** @param value in the book's currency */
export function cashPosition(name: string, currency: string, value: number): StressPosition {
  const unknown = { assetClass: null, sector: null, beta: null, duration: null };
  return { ...unknown, convexity: null, vega: null, isCash: true, symbol: name, value, currency };
}

export interface Beta {
  readonly value: number;
  /** in words: given, or estimated from what */
  readonly source: string;
}

/** Classes that are taken to move as the market does where nothing better is known. */
const AS_THE_MARKET: ReadonlySet<StressClass> = new Set(["equity", "index", "etf"]);

/**
 * How a position follows the market: its own beta, else 0 of what is described by its duration alone, else 1 of equities,
 * indices and funds.
 * @returns null where nobody can say
 */
export function marketBeta({ beta, duration, assetClass }: StressPosition): Beta | null {
  if (beta !== null) return beta;
  if (duration !== null) return { value: 0, source: "of a duration and no beta: rates alone" };
  if (assetClass === null || !AS_THE_MARKET.has(assetClass)) return null;
  return { value: 1, source: `assumed of class ${assetClass}` };
}

/** The two currencies of a pair such as EURUSD, EUR-USD or EUR/USD; null of another symbol. */
export function pairOf(symbol: string): readonly [base: string, quote: string] | null {
  const [, base, quote] = /^([A-Z]{3})[-_./:]?([A-Z]{3})(?:=X)?$/.exec(symbol) ?? [];
  return base === undefined || quote === undefined ? null : [base, quote];
}
