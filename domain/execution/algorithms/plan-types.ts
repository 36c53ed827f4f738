import type { Side } from "../../order/new-order.ts";
import type { DecimalString } from "../../shared/decimal.ts";
import type { Allocation, Venue } from "../routing/venue.ts";
import type { Urgency } from "./choose.ts";
import type { InstrumentFacts, MarketFacts } from "./facts.ts";
import type { FieldFault } from "./fields.ts";
import type { Strategy } from "./parameters.ts";
import type { ExpectedCost } from "./plan-cost.ts";

export interface PlanTerms {
  readonly side: Side;
  readonly quantity: DecimalString;
  /** null: one is chosen */
  readonly strategy: Strategy | null;
  /** for smart routing, when its parameters name none */
  readonly venues: readonly Venue[] | null;
  readonly urgency: Urgency;
  readonly instrument: InstrumentFacts;
  readonly facts: MarketFacts;
  readonly nowMs: number;
  /** of random draws, unless the parameters have one */
  readonly seed: number;
}

/** A child; `atMs` is null where it waits for the market or for the child before it. */
export type PlannedChild = {
  readonly atMs: number | null;
  readonly quantity: DecimalString;
  readonly price?: DecimalString;
  readonly venue?: string;
};

export type Plan = ExpectedCost & {
  readonly strategy: Strategy;
  readonly reason: string;
  readonly schedule: readonly PlannedChild[];
  /** what the plan does not schedule, and `notes` says why */
  readonly unscheduled: DecimalString;
  readonly notes: readonly string[];
  /** of random draws; absent where there are none */
  readonly seed?: number;
  readonly kappa?: number;
  readonly halfLife?: number | null;
  readonly holdings?: readonly number[];
  readonly trades?: readonly number[];
  readonly variance?: number;
  readonly allocations?: readonly Allocation[];
  readonly saving?: DecimalString | null;
  readonly fees?: DecimalString;
  /** market order and what rests at the venues: together the order exactly, or more where it is oversubscribed */
  readonly split?: {
    readonly oversubscribed: boolean;
    readonly market: DecimalString;
    readonly limits: readonly { readonly venue: string; readonly quantity: DecimalString }[];
  };
};

export type Planned =
  | { readonly plan: Plan }
  | { readonly faults: readonly FieldFault[] }
  /** facts that the strategy needs and nobody has */
  | { readonly insufficient: string };

type Own = Omit<Plan, "strategy" | "reason">;
export type PlanResult = { readonly own: Own } | Exclude<Planned, { readonly plan: Plan }>;
