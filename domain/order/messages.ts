import type { Instrument } from "../market/instrument.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { ExecutionReport } from "./execution-report.ts";
import type {
  ApprovedOrder,
  Denial,
  NewOrder,
  OrderParent,
  OrderTerms,
  OrderType,
  Side,
  TimeInForce,
  Trail,
} from "./new-order.ts";

/** After FIX OrdStatus(39); `denied` is ours (pre-trade), `rejected` the broker's, `unknown` a fate being established. */
export const ORDER_STATUSES = [
  "pendingNew",
  "new",
  "partiallyFilled",
  "filled",
  "pendingCancel",
  "canceled",
  "pendingReplace",
  "rejected",
  "expired",
  "triggered",
  "denied",
  "unknown",
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What an order actor is told. */
export type OrderCommand =
  | { readonly type: "Place"; readonly order: ApprovedOrder }
  | { readonly type: "RecordDenial"; readonly order: NewOrder; readonly reasons: readonly Denial[] }
  /** committed before the broker is called again, so that a crash in between is known; Place has begun the first attempt */
  | { readonly type: "StartSubmit"; readonly attempt: number }
  | { readonly type: "ApplyReport"; readonly report: ExecutionReport }
  /** the call's outcome is not known: timed out, cut off, 5xx */
  | { readonly type: "MarkUnknown"; readonly text: string }
  | {
      readonly type: "RequestCancel";
      readonly requestedBy: string;
      /** from actors that cannot know: an order that is closed is no error then */
      readonly ifOpen?: true;
    }
  /** approved by the portfolio, which holds what the order may need before and after */
  | {
      readonly type: "RequestReplace";
      readonly amendId: string;
      readonly terms: ApprovedTerms;
      /** the quantity that the terms were worked out from: an order that stands at another does not take them */
      readonly basedOn?: DecimalString;
      /** what was filled when the terms were worked out: an order that has more does not take them */
      readonly basedOnCumQty?: DecimalString;
      readonly requestedBy: string;
    };

/** What an amendment was approved with. */
export interface ApprovedTerms extends OrderTerms {
  /** buys: the worst price that the cash held for the new terms covers; null for sells */
  readonly worstPrice: DecimalString | null;
}

export type ReportOf<T extends ExecutionReport["execType"]> = ExecutionReport & {
  readonly execType: T;
};

/** Why a report was not applied. */
export type ReportConflict =
  /** the execId is on record with other values */
  | "valuesDiffer"
  /** it speaks of another order, client id, venue or currency than this actor's */
  | "otherOrder"
  /** a quantity that is not positive */
  | "malformed"
  /** the status table has no such step, e.g. a cancel of a filled order */
  | "notExpected";

/** What happened to an order. Alarms change nothing of it; an operator must look. */
export type OrderEvent =
  | { readonly type: "OrderPlaced"; readonly order: ApprovedOrder }
  | {
      readonly type: "OrderDenied";
      readonly order: NewOrder;
      readonly reasons: readonly Denial[];
    }
  | { readonly type: "SubmitStarted"; readonly attempt: number }
  | { readonly type: "OrderAccepted"; readonly report: ReportOf<"new"> }
  | { readonly type: "OrderFilled"; readonly report: ReportOf<"trade"> }
  | { readonly type: "OrderCanceled"; readonly report: ReportOf<"canceled"> }
  | { readonly type: "OrderExpired"; readonly report: ReportOf<"expired"> }
  | { readonly type: "OrderRejected"; readonly report: ReportOf<"rejected"> }
  /** wanted before the venue is known to have the order: sent as soon as it does */
  | { readonly type: "CancelQueued"; readonly requestedBy: string }
  | { readonly type: "CancelRequested"; readonly requestedBy: string }
  | { readonly type: "CancelRejected"; readonly report: ReportOf<"cancelRejected"> }
  | { readonly type: "OrderTriggered"; readonly report: ReportOf<"triggered"> }
  | {
      readonly type: "ReplaceRequested";
      readonly amendId: string;
      readonly revision: number;
      readonly terms: ApprovedTerms;
      readonly requestedBy: string;
    }
  | { readonly type: "OrderReplaced"; readonly report: ReportOf<"replaced"> }
  | { readonly type: "ReplaceRejected"; readonly report: ReportOf<"replaceRejected"> }
  /** never sent: the order could not be amended any more, or not yet, when it was asked */
  | { readonly type: "ReplaceRefused"; readonly amendId: string; readonly text: string }
  | { readonly type: "OrderMarkedUnknown"; readonly text: string }
  /** alarm */
  | {
      readonly type: "ReportConflicted";
      readonly report: ExecutionReport;
      readonly conflict: ReportConflict;
      readonly text: string;
    }
  /** alarm: the venue says that it filled more than was ordered */
  | {
      readonly type: "OverfillRefused";
      readonly report: ReportOf<"trade">;
      readonly cumQty: DecimalString;
      readonly orderQty: DecimalString;
    };

/** The answer to every command. */
export interface OrderReply {
  readonly order: OrderSummary;
  /** of RequestReplace: why it was not sent */
  readonly refused?: string;
}

/**
 * What an order with a parent tells it after each change. They may arrive late, twice or out of order: the highest
 * `sequence` is how the order stands.
 */
export interface ChildReported {
  readonly type: "ChildReported";
  readonly orderId: string;
  readonly sequence: number;
  readonly ordStatus: OrderStatus;
  readonly orderQty: DecimalString;
  readonly cumQty: DecimalString;
  /** Σ lastQty · lastPx, exact, multiplier not included */
  readonly notional: DecimalString;
  readonly fees: DecimalString;
  /** why it was rejected, canceled or expired */
  readonly text: string | null;
  readonly reasons: readonly Denial[];
  /** the latest amendment that its broker took; absent: none */
  readonly takenAmendId?: string;
}

/** Payload of the effect `submit`: all that a broker adapter needs. A type alias, so that it is assignable to Json. */
export type SubmitPayload = {
  /** the order's id: a client's own clOrdId is unique within its portfolio only, and a broker sees many portfolios */
  readonly clOrdId: string;
  readonly orderId: string;
  readonly venue: string;
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: OrderType;
  readonly orderQty: DecimalString;
  /** the limit; null for orders without one */
  readonly price: DecimalString | null;
  readonly timeInForce: TimeInForce;
  /** buys may not be filled above it; null for sells */
  readonly worstPrice: DecimalString | null;
  readonly currency: string;
  readonly multiplier: DecimalString;
  readonly lotSize: DecimalString;
  readonly assetClass: Instrument["assetClass"];
  readonly tickSize?: DecimalString;
  /** name of the instrument's trading calendar */
  readonly calendar?: string;
  readonly stopPx?: DecimalString;
  readonly trail?: Trail;
  readonly expireAtMs?: number;
  readonly postOnly?: true;
  readonly reduceOnly?: true;
  readonly displayQty?: DecimalString;
  readonly ocoGroup?: string;
  /** the broker account that it goes through; absent: the venue's own */
  readonly accountId?: string;
};

/** Payload of the effect `replace`: the order as it stands and as it shall stand. */
export type ReplacePayload = {
  /** 1 for the first amendment that was sent, and so on: (order, revision) names it, also to the broker */
  readonly revision: number;
  /** as in CancelPayload */
  readonly venueOrderId: string | null;
  readonly before: SubmitPayload;
  readonly after: SubmitPayload;
};

/** Payload of the effect `cancel`. */
export type CancelPayload = {
  readonly accountId?: string;
  readonly clOrdId: string;
  readonly orderId: string;
  readonly venue: string;
  readonly symbol: string;
  /** null when a fill proved the order live before its acknowledgement came */
  readonly venueOrderId: string | null;
};

/** How an order stands: what a caller of REST gets, in the domain's names. */
export interface OrderSummary {
  readonly orderId: string;
  readonly clOrdId: string;
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly ordType: NewOrder["ordType"];
  readonly timeInForce: NewOrder["timeInForce"];
  readonly orderQty: DecimalString;
  readonly price: DecimalString | null;
  /** absent where it means nothing to the order, as are those below */
  readonly stopPx?: DecimalString;
  readonly trail?: Trail;
  readonly expireAtMs?: number;
  readonly postOnly?: true;
  readonly reduceOnly?: true;
  readonly displayQty?: DecimalString;
  readonly brokerAccountId?: string;
  readonly positionId?: string;
  readonly parent?: OrderParent;
  readonly ocoGroup?: string;
  readonly ordStatus: OrderStatus;
  readonly cumQty: DecimalString;
  readonly leavesQty: DecimalString;
  readonly avgPx: DecimalString | null;
  readonly fees: DecimalString;
  readonly currency: string | null;
  readonly venue: string | null;
  readonly venueOrderId: string | null;
  readonly placedBy: string;
  readonly signalId: string | null;
  readonly reasons: readonly Denial[];
  /** why it was rejected, canceled or expired */
  readonly text: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
