/** Alpaca's words as execution reports. Pure: the same words make the same reports, from whichever source they came. */
import type { Instrument } from "../../../domain/market/instrument.ts";
import { settlementDate } from "../../../domain/execution/settlement.ts";
import type { ExecutionReport } from "../../../domain/order/execution-report.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import type { AlpacaFill, AlpacaOrder } from "./alpaca-messages.ts";

export const VENUE = "ALPACA";

const DAY_MS = 86_400_000;

/** What an order's status there means here. `unknown`: not a documented one; that the broker has the order is all it says. */
type Meaning = "live" | "filled" | "canceled" | "expired" | "rejected" | "replaced" | "unknown";

/** https://docs.alpaca.markets/docs/orders-at-alpaca#order-lifecycle */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  accepted: "live",
  pending_new: "live",
  accepted_for_bidding: "live",
  new: "live",
  held: "live",
  partially_filled: "live",
  // A GTC order works again on the next day; a day order will be reported as expired.
  done_for_day: "live",
  calculated: "live",
  stopped: "live",
  suspended: "live",
  pending_cancel: "live",
  pending_replace: "live",
  filled: "filled",
  canceled: "canceled",
  expired: "expired",
  rejected: "rejected",
  replaced: "replaced",
};

export function meaningOf({ status }: AlpacaOrder): Meaning {
  return MEANINGS[status] ?? "unknown";
}

/**
 * What the order as the broker shows it says: that it was taken, and how it ended. Fills are not among them (see
 * `fillReport`). The execIds are made of the order's id and the kind of report, because the broker names no execution for
 * these, so that the stream, an answer and a query say the same thing once.
 */
export function statusReports(order: AlpacaOrder): readonly ExecutionReport[] {
  const { id } = order;
  const rejected: ExecutionReport = {
    ...head(order, `rejected:${id}`),
    execType: "rejected",
    ordRejReason: "rejectedByVenue",
    text: "rejected by the venue after it was accepted",
  };
  const taken: ExecutionReport = {
    ...head(order, `new:${id}`),
    transactTimeMs: order.submittedAtMs,
    execType: "new",
    venueOrderId: id,
  };
  switch (meaningOf(order)) {
    case "live":
    case "unknown":
    // Its fills close it.
    case "filled":
      return [taken];
    case "canceled":
      return [taken, ended(order, "canceled", "canceled at the broker")];
    case "replaced":
      return [taken, ended(order, "canceled", `replaced at the broker by ${order.replacedBy}`)];
    case "expired":
      return [taken, ended(order, "expired", "expired at the broker")];
    case "rejected":
      // What has traded cannot be rejected: then only the rest of it ends.
      return dec(order.filledQty).isZero()
        ? [taken, rejected]
        : [taken, ended(order, "canceled", "the rest was rejected by the venue")];
  }
}

/** @param occasion names this refusal among the order's others */
export function cancelRefusal(
  order: AlpacaOrder,
  occasion: string,
  words: string,
): ExecutionReport {
  return {
    ...head(order, `cancelRejected:${order.id}:${occasion}`),
    execType: "cancelRejected",
    text: words,
  };
}

/**
 * One execution. Its execId is the activity's id.
 *
 * Fees are 0: Alpaca takes no commission, and what regulators and its crypto venue take comes later, as activities of its
 * own that name no order. It does not say who rested in the book either; `taker` is the dearer reading. The settlement date
 * follows from the UTC date: the regular session, the only one that we trade in, begins and ends on one.
 */
export function fillReport(
  fill: AlpacaFill,
  ours: {
    readonly orderId: string;
    readonly currency: string;
    readonly assetClass: Instrument["assetClass"];
  },
): ExecutionReport {
  return {
    execId: fill.id,
    venue: VENUE,
    clOrdId: ours.orderId,
    orderId: ours.orderId,
    transactTimeMs: fill.transactTimeMs,
    execType: "trade",
    lastQty: fill.qty,
    lastPx: fill.price,
    fees: "0",
    currency: ours.currency,
    liquidity: "taker",
    settlementDate: settlementDate(ours.assetClass, Math.floor(fill.transactTimeMs / DAY_MS)),
  };
}

/**
 * Whether a client order id has the shape of ours: an order's id is a UUID of version 5, while what the broker or a person
 * makes up is of version 4 or no UUID at all.
 */
export function isOurs(clientOrderId: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(
    clientOrderId,
  );
}

function ended(
  order: AlpacaOrder,
  execType: "canceled" | "expired",
  words: string,
): ExecutionReport {
  return { ...head(order, `${execType}:${order.id}`), execType, text: words };
}

function head({ clientOrderId, updatedAtMs }: AlpacaOrder, execId: string) {
  return {
    execId,
    venue: VENUE,
    clOrdId: clientOrderId,
    orderId: clientOrderId,
    transactTimeMs: updatedAtMs,
  };
}
