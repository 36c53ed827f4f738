import type { DecimalString } from "../shared/decimal.ts";
import type { ExecutionReport } from "./execution-report.ts";
import type { ApprovedOrder, Denial, NewOrder } from "./new-order.ts";

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
  /** committed before the broker is called, so that a crash in between is known */
  | { readonly type: "StartSubmit"; readonly attempt: number }
  | { readonly type: "ApplyReport"; readonly report: ExecutionReport }
  /** the call's outcome is not known: timed out, cut off, 5xx */
  | { readonly type: "MarkUnknown"; readonly text: string }
  | { readonly type: "RequestCancel"; readonly requestedBy: string };

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
