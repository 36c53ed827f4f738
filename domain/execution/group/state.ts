import type { ChildReported } from "../../order/messages.ts";
import { type Decimal, type DecimalString, ZERO } from "../../shared/decimal.ts";
import type { CancelCause, ChildStanding, GroupAlarm, GroupTerms, LegDenial } from "./messages.ts";

/** Plain JSON. */
export type GroupState = UnstartedGroup | DeniedGroup | StartedGroup;

export interface UnstartedGroup {
  readonly phase: "unstarted";
  /** what children said before the group was told of itself */
  readonly early: readonly ChildReported[];
}

export interface DeniedGroup {
  readonly phase: "denied";
  readonly terms: GroupTerms;
  readonly denied: readonly LegDenial[];
  readonly createdAtMs: number;
}

export interface StartedGroup {
  readonly phase: "started";
  readonly terms: GroupTerms;
  /** in the order of the terms */
  readonly legs: readonly LegState[];
  readonly canceledBy: string | null;
  /** by how much the legs were filled together beyond what they were to be; 0 unless an alarm was raised */
  readonly excess: DecimalString;
  readonly alarms: readonly GroupAlarm[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface LegState {
  /** the newest last; each but the last is closed */
  readonly attempts: readonly Attempt[];
  /** in a row */
  readonly failures: number;
  /** neither placed nor made larger until it is woken, or its source is filled further */
  readonly isWaiting: boolean;
  /** a client cancels it: it is not placed again */
  readonly isGivenUp: boolean;
}

export interface Attempt extends ChildStanding {
  readonly orderId: string;
  /** the quantity that we gave it last, and what the others had filled by then: less than that is gone to them too */
  readonly asked: DecimalString;
  readonly gone: DecimalString;
  readonly request: ChildRequest | null;
}

/** What we asked of a child last. `isSeen`: the child has said that it is under way. */
export type ChildRequest =
  | {
      readonly what: "amend";
      readonly amendId: string;
      readonly orderQty: DecimalString;
      readonly gone: DecimalString;
      readonly isSeen: boolean;
    }
  | {
      readonly what: "cancel";
      readonly cause: CancelCause;
      readonly isSeen: boolean;
      readonly isRefused: boolean;
    };

/** Filled in all attempts of a leg. */
export function filledOf({ attempts }: LegState): Decimal {
  return attempts.reduce((sum, { cumQty }) => sum.plus(cumQty), ZERO);
}

/** The others wait for its fills. */
export function isPlacedAtStart(role: GroupTerms["legs"][number]["role"]): boolean {
  switch (role) {
    case "leg":
    case "first":
    case "entry":
    case "member":
      return true;
    case "then":
    case "takeProfit":
    case "stopLoss":
    case "unwind":
      return false;
  }
}

/** It never stood, or does not any more through no fill: what it says of its quantity means nothing. */
export function hasFailed({ ordStatus }: Pick<ChildStanding, "ordStatus">): boolean {
  return ordStatus === "denied" || ordStatus === "rejected";
}

/** After so many in a row a leg is left alone until its source is filled further. */
export const FAILURES_MAX = 6;
