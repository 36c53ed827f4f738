import type { DecimalString } from "../../shared/decimal.ts";

/**
 * What a margin portfolio must have, as fractions of the market value of what it holds: to open a position, and to keep it.
 * An instrument's own rates go before these.
 */
export interface MarginTerms {
  readonly initial: DecimalString;
  readonly maintenance: DecimalString;
  /** of short positions, beside their proceeds, which stay in cash */
  readonly shortInitial: DecimalString;
  readonly shortMaintenance: DecimalString;
  /** from a call to the liquidation of what it is about */
  readonly callHours: number;
}

/**
 * Half of the value to open (Regulation T, 12 CFR 220.12: 50 % of a long position; 150 % of a short one, its proceeds
 * included), and 25 % of longs and 30 % of shorts to keep (FINRA Rule 4210(c)).
 */
export const DEFAULT_MARGIN: MarginTerms = {
  initial: "0.5",
  maintenance: "0.25",
  shortInitial: "0.5",
  shortMaintenance: "0.3",
  callHours: 24,
};

export const DAY_COUNTS = [360, 365] as const;

/** What cash costs and earns a year, as fractions; by calendar days over `dayCount` (money markets: 360, sterling: 365). */
export interface FinancingTerms {
  /** on what is owed */
  readonly debitRate: DecimalString;
  /** on what is there */
  readonly creditRate: DecimalString;
  readonly dayCount: (typeof DAY_COUNTS)[number];
}

/** An instrument as the margin of a portfolio needs it: as the last order in it saw it. */
export interface SymbolMargin {
  readonly multiplier: DecimalString;
  readonly currency: string;
  /** null: the portfolio's own */
  readonly initial: DecimalString | null;
  readonly maintenance: DecimalString | null;
}
