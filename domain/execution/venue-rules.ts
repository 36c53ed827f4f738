import type { DecimalString } from "../shared/decimal.ts";

/** How a bar is read; the rules of each are in docs/PAPER.md. */
export const FILL_MODELS = ["default", "lean", "nautilus"] as const;
export type FillModel = (typeof FILL_MODELS)[number];

/** How much worse than the market an order without a limit is filled; see slippage.ts. A type alias, so that it is assignable to Json. */
export type Slippage =
  | { readonly model: "none" }
  | { readonly model: "fixed"; readonly amount: DecimalString }
  /** of the instrument's tick size */
  | { readonly model: "fixed"; readonly ticks: DecimalString }
  | { readonly model: "fixed"; readonly bps: DecimalString }
  | {
      readonly model: "volumeShare";
      readonly volumeLimit: DecimalString;
      readonly priceImpact: DecimalString;
    }
  /** `factor` is the Y of Y·σ·√(Q/V) */
  | { readonly model: "squareRoot"; readonly factor: DecimalString };

/** How the venue matches. A type alias, so that it is assignable to Json. */
export type VenueRules = {
  readonly fillModel: FillModel;
  readonly slippage: Slippage;
};

export const PLAIN_RULES: VenueRules = { fillModel: "default", slippage: { model: "none" } };

/**
 * What becomes of the venue's words on their way to us, by market time. Decided by the seed and the report's id, so that every
 * retry decides the same. A type alias, so that it is assignable to Json.
 */
export type Line = {
  readonly seed: string;
  /** every report takes so long */
  readonly reportMs: number;
  /** and up to so much longer, uniformly */
  readonly jitterMs: number;
  /** probability that a report is told twice */
  readonly duplicate: number;
  /** probability that a report is overtaken by those of the next bar or quote */
  readonly reorder: number;
  readonly delay: { readonly probability: number; readonly ms: number };
};

/** How one report travels; absent from its event: at once, and once. A type alias, so that it is assignable to Json. */
export type Passage = { readonly tellAtMs: number; readonly isTwice?: true };
