/** Alpaca's words as execution reports. Pure: the same words make the same reports, from whichever source they came. */
import type { Instrument } from "../../../domain/market/instrument.ts";
import { settlementDate, tradeDateAt } from "../../../domain/execution/settlement.ts";
import type { ExecutionReport } from "../../../domain/order/execution-report.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { orderIdOf, revisionOf } from "./client-ids.ts";
import type { AlpacaFill, AlpacaOrder } from "./alpaca-messages.ts";

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
export function statusReports(
  venue: string,
  order: AlpacaOrder,
  isSucceeded = false,
): readonly ExecutionReport[] {
  const { id } = order;
  // An amendment makes a new order there: that it is there is told by whoever amended (see alpaca-amend.ts).
  const isAmendment = (revisionOf(order.clientOrderId) ?? 0) > 0;
  const reports = reportsOf(venue, order, isSucceeded);
  return isAmendment
    ? reports.filter(({ execId }) => execId !== `new:${id}` && execId !== `rejected:${id}`)
    : reports;
}

function reportsOf(
  venue: string,
  order: AlpacaOrder,
  isSucceeded: boolean,
): readonly ExecutionReport[] {
  const { id } = order;
  const rejected: ExecutionReport = {
    ...head(venue, order, `rejected:${id}`),
    execType: "rejected",
    ordRejReason: "rejectedByVenue",
    text: "rejected by the venue after it was accepted",
  };
  const taken: ExecutionReport = {
    ...head(venue, order, `new:${id}`),
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
      return [taken, ended(venue, order, "canceled", "canceled at the broker")];
    case "replaced":
      if (isSucceeded) return [taken];
      return [
        taken,
        ended(venue, order, "canceled", `replaced at the broker by ${order.replacedBy}`),
      ];
    case "expired":
      return [taken, ended(venue, order, "expired", "expired at the broker")];
    case "rejected":
      // What has traded cannot be rejected: then only the rest of it ends.
      return dec(order.filledQty).isZero()
        ? [taken, rejected]
        : [taken, ended(venue, order, "canceled", "the rest was rejected by the venue")];
  }
}

/** @param occasion names this refusal among the order's others */
export function cancelRefusal(
  venue: string,
  order: AlpacaOrder,
  occasion: string,
  words: string,
): ExecutionReport {
  return {
    ...head(venue, order, `cancelRejected:${order.id}:${occasion}`),
    execType: "cancelRejected",
    text: words,
  };
}

/**
 * One execution. Its execId is the activity's id.
 *
 * Fees are 0: Alpaca takes no commission, and what regulators and its crypto venue take comes later, as activities of its
 * own that name no order. It does not say who rested in the book either; `taker` is the dearer reading. Its
 * shares are US shares, so that New York's date decides when they settle.
 */
export function fillReport(
  venue: string,
  fill: AlpacaFill,
  ours: {
    readonly orderId: string;
    readonly currency: string;
    readonly assetClass: Instrument["assetClass"];
  },
): ExecutionReport {
  return {
    execId: fill.id,
    venue,
    clOrdId: ours.orderId,
    orderId: ours.orderId,
    transactTimeMs: fill.transactTimeMs,
    execType: "trade",
    lastQty: fill.qty,
    lastPx: fill.price,
    fees: "0",
    currency: ours.currency,
    liquidity: "taker",
    settlementDate: settlementDate(ours, tradeDateAt(ours, fill.transactTimeMs)),
  };
}

/**
 * Whether a client order id has the shape of ours: an order's id is a UUID of version 5, and that of an amendment is made of
 * it, while what the broker or a person makes up is of version 4 or no UUID at all.
 */
export function isOurs(clientOrderId: string): boolean {
  return orderIdOf(clientOrderId) !== null;
}

function ended(
  venue: string,
  order: AlpacaOrder,
  execType: "canceled" | "expired",
  words: string,
): ExecutionReport {
  return { ...head(venue, order, `${execType}:${order.id}`), execType, text: words };
}

function head(venue: string, { clientOrderId, updatedAtMs }: AlpacaOrder, execId: string) {
  const orderId = orderIdOf(clientOrderId) ?? clientOrderId;
  return {
    execId,
    venue,
    clOrdId: orderId,
    orderId,
    transactTimeMs: updatedAtMs,
  };
}
