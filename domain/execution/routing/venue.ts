import type { DecimalString } from "../../shared/decimal.ts";
import type { OutflowTerms } from "./outflow.ts";

/** What is offered at one price: asks for a buy, bids for a sell. A type alias, so that it is assignable to Json. */
export type Level = {
  readonly price: DecimalString;
  readonly size: DecimalString;
};

export type Venue = {
  readonly name: string;
  /** in any order */
  readonly levels: readonly Level[];
  /** money per unit; negative is a rebate */
  readonly feePerUnit: DecimalString;
  /** money for each order sent there, whatever its size */
  readonly feePerOrder?: DecimalString;
  /** the least that an order there may be */
  readonly minQuantity?: DecimalString;
  readonly latencyMs?: number;
  /** that what is shown will be had, in [0, 1]; absent: 1 */
  readonly fillProbability?: number;
  /** for routing by impact; absent: it is fitted from the levels */
  readonly impact?: LinearImpact;
  /** for the split between market and limit orders */
  readonly queue?: QueueTerms;
};

/** The first unit costs `a`, fees apart, and each makes the next worse by `b` ≥ 0: money per unit, float64. */
export type LinearImpact = { readonly a: number; readonly b: number };

/** What rests at the venue ahead of us, and what of it is expected to leave. Statistics, float64. */
export type QueueTerms = {
  /** units */
  readonly ahead: number;
  /** money per unit that fills; negative is a maker fee */
  readonly rebate: number;
  /** at which our order rests; absent: the venue's best displayed of the order's side */
  readonly price?: DecimalString;
  readonly outflow: OutflowTerms;
};

/** Part of an order for one venue at one of its levels. */
export type Allocation = {
  readonly venue: string;
  readonly price: DecimalString;
  readonly quantity: DecimalString;
};

/**
 * What may go wrong while an order is on its way, as money per unit. Without it latency decides between equal prices, and the
 * probability of a fill changes nothing but what is expected to be filled.
 */
export type FlightRisk = {
  /** adverse move of the price in √ms: a venue that takes ℓ ms costs this times √ℓ more */
  readonly perSqrtMs: DecimalString;
  /** what chasing a unit that was missed costs on top: a venue that fills with probability φ costs (1 − φ) of it more */
  readonly chase: DecimalString;
};
