import type { ChildReported, OrderStatus } from "../../order/messages.ts";
import type { Denial, NewOrder, Side } from "../../order/new-order.ts";
import type { DecimalString } from "../../shared/decimal.ts";

/**
 * `oco`: legs of one quantity, all live at once, of which no more than that quantity shall be filled together. `oto`: the
 * first order's fills bring the others. `bracket`: the entry's fills bring a take-profit and a stop-loss, an OCO of what was
 * entered and not left yet. `basket`: orders that are asked for, seen and canceled together, and otherwise independent.
 */
export const GROUP_KINDS = ["oco", "oto", "bracket", "basket"] as const;
export type GroupKind = (typeof GROUP_KINDS)[number];

/** `first` and `then` of oto; `leg` of oco; `member` of baskets. */
export const LEG_ROLES = [
  "leg",
  "first",
  "then",
  "entry",
  "takeProfit",
  "stopLoss",
  "member",
  "unwind",
] as const;
export type LegRole = (typeof LEG_ROLES)[number];

/** When the orders after the first of an oto are placed: in proportion to its fills, or once it is filled. */
export const TRIGGERS = ["partial", "full"] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Of a basket: each order by itself, or all of them or none. What passes the check may still be rejected by its broker. */
export const BASKET_MODES = ["independent", "allOrNone"] as const;
export type BasketMode = (typeof BASKET_MODES)[number];

export interface GroupLeg {
  readonly role: LegRole;
  /** at its full quantity, under the id of its first attempt; the exits of a bracket grow up to it */
  readonly order: NewOrder;
  readonly lotSize: DecimalString;
  /** a live order can be changed at its broker; else a leg is resized by canceling it and placing it anew */
  readonly canReplace: boolean;
  /** of `unwind`: the place of the member whose fills it undoes */
  readonly undoes?: number;
}

/** What a group was asked for; it never changes. */
export interface GroupTerms {
  readonly groupId: string;
  readonly kind: GroupKind;
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly requestedBy: string;
  /** of oto */
  readonly trigger?: Trigger;
  /** of baskets */
  readonly mode?: BasketMode;
  readonly legs: readonly GroupLeg[];
}

/** Why an order was not placed; `reasons` is empty when another order of its basket was denied. */
export interface LegDenial {
  readonly orderId: string;
  readonly reasons: readonly Denial[];
}

export type GroupCommand =
  /** the portfolio has approved the orders that start it, and told their actors; `denied`: those that it has not */
  | {
      readonly type: "Start";
      readonly terms: GroupTerms;
      readonly denied: readonly LegDenial[];
    }
  /** none of its orders was placed */
  | {
      readonly type: "RecordDenial";
      readonly terms: GroupTerms;
      readonly denied: readonly LegDenial[];
    }
  | ChildReported
  /** an amendment that was not sent: denied by the portfolio, or refused by the order */
  | {
      readonly type: "ChildAmendRefused";
      readonly orderId: string;
      readonly amendId: string;
      readonly text: string;
      readonly reasons: readonly Denial[];
    }
  /** cancels what is open, and places nothing more */
  | { readonly type: "RequestCancel"; readonly requestedBy: string }
  /** by reminder: a leg's time to try again, or to look what became of a request */
  | { readonly type: "Wake"; readonly leg: number };

/** How a child stands, as it said last. */
export interface ChildStanding {
  readonly sequence: number;
  readonly ordStatus: OrderStatus;
  readonly orderQty: DecimalString;
  readonly cumQty: DecimalString;
  /** Σ lastQty · lastPx */
  readonly notional: DecimalString;
  readonly fees: DecimalString;
  readonly text: string | null;
  readonly reasons: readonly Denial[];
  readonly takenAmendId: string | null;
}

/** Why we want an order canceled: nothing is left for it to do, it comes again in another size, or a client asked for it. */
export type CancelCause = "excess" | "resize" | "requested";

/** What went wrong with a leg that depends on others. */
export type FailedStep = "placement" | "amendment" | "cancel";

export type GroupEvent =
  | {
      readonly type: "GroupStarted";
      readonly terms: GroupTerms;
      readonly denied: readonly LegDenial[];
    }
  | {
      readonly type: "GroupDenied";
      readonly terms: GroupTerms;
      readonly denied: readonly LegDenial[];
    }
  /** its word came before we were told of the group ourselves */
  | { readonly type: "EarlyReportKept"; readonly report: ChildReported }
  | {
      readonly type: "LegPlaced";
      readonly leg: number;
      readonly order: NewOrder;
      /** what the others had filled by then, as far as it was known */
      readonly gone: DecimalString;
    }
  | {
      readonly type: "ChildChanged";
      readonly leg: number;
      readonly orderId: string;
      readonly standing: ChildStanding;
    }
  | {
      readonly type: "LegAmendRequested";
      readonly leg: number;
      readonly orderId: string;
      readonly amendId: string;
      readonly orderQty: DecimalString;
      readonly gone: DecimalString;
    }
  | {
      readonly type: "LegCancelRequested";
      readonly leg: number;
      readonly orderId: string;
      readonly cause: CancelCause;
    }
  /** alarm once `retryAtMs` is null: for an exit, a position without its protection */
  | {
      readonly type: "LegFailed";
      readonly leg: number;
      readonly orderId: string;
      readonly step: FailedStep;
      readonly text: string;
      readonly reasons: readonly Denial[];
      readonly failures: number;
      readonly retryAtMs: number | null;
    }
  | { readonly type: "LegResumed"; readonly leg: number }
  /** alarm: together the legs were filled for more than they were to be; two of them met at the venue */
  | {
      readonly type: "LegsOverfilled";
      readonly filled: DecimalString;
      readonly wanted: DecimalString;
    }
  | { readonly type: "GroupCancelRequested"; readonly requestedBy: string };

/** `canceling`: a client wants it ended, and not all orders have closed yet. */
export const GROUP_STATUSES = ["active", "canceling", "closed", "denied"] as const;
export type GroupStatus = (typeof GROUP_STATUSES)[number];

export interface LegSummary {
  readonly role: LegRole;
  /** of the newest attempt; before the first, the id that it will have */
  readonly orderId: string;
  /** attempts so far, oldest first; none while it is not placed */
  readonly orderIds: readonly string[];
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: NewOrder["ordType"];
  readonly timeInForce: NewOrder["timeInForce"];
  readonly price: DecimalString | null;
  readonly stopPx: DecimalString | null;
  /** what it is to be filled for, all attempts together, as things stand */
  readonly targetQty: DecimalString;
  readonly cumQty: DecimalString;
  /** live in the newest attempt */
  readonly workingQty: DecimalString;
  /** of the newest attempt; null while it is not placed */
  readonly ordStatus: OrderStatus | null;
  readonly reasons: readonly Denial[];
  readonly text: string | null;
}

export interface GroupAlarm {
  readonly event: "LegFailed" | "LegsOverfilled";
  readonly role: LegRole | null;
  readonly orderId: string | null;
  readonly text: string;
  readonly atMs: number;
}

/** How a group stands. */
export interface GroupSummary {
  readonly groupId: string;
  readonly kind: GroupKind;
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly requestedBy: string;
  readonly trigger: Trigger | null;
  readonly mode: BasketMode | null;
  readonly status: GroupStatus;
  readonly legs: readonly LegSummary[];
  /** the latest 20 */
  readonly alarms: readonly GroupAlarm[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The answer to every command. */
export interface GroupReply {
  readonly group: GroupSummary | null;
}

/** Payload of the effect `amendChild`. A type alias, so that it is assignable to Json. */
export type AmendChildPayload = {
  readonly portfolioId: string;
  readonly orderId: string;
  readonly amendId: string;
  readonly changes: { readonly orderQty: DecimalString };
  /** the quantity that the change was worked out from: an order that stands at another refuses it */
  readonly basedOn: DecimalString;
};

/** Payload of the effect `cancelChild`. */
export type CancelChildPayload = { readonly orderId: string; readonly requestedBy: string };
