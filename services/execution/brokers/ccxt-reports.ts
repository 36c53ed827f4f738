/** ccxt's words as execution reports. Pure: the same words make the same reports, whenever they are asked for. */
import type { Instrument } from "../../../domain/market/instrument.ts";
import { settlementDate, tradeDateAt } from "../../../domain/execution/settlement.ts";
import type { ExecutionReport } from "../../../domain/order/execution-report.ts";
import { type DecimalString, add, dec } from "../../../domain/shared/decimal.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtFee, CcxtOrder, CcxtTrade } from "./ccxt-messages.ts";
import { revisionOf } from "./client-ids.ts";

/** `unknown`: not a documented one; that the venue has the order is all it says. */
export type CcxtMeaning = "live" | "filled" | "canceled" | "expired" | "rejected" | "unknown";

/** An order of ours as the venue shows it. */
export interface OurCcxtOrder {
  readonly order: CcxtOrder;
  readonly orderId: string;
  /** which amendment this is; 0 also where an amended order keeps its client id */
  readonly revision: number;
  readonly venue: string;
}

/** Null for an order that somebody placed without us. */
export function ourOrder(
  order: CcxtOrder,
  { family, venue }: { readonly family: CcxtFamily; readonly venue: string },
): OurCcxtOrder | null {
  const { clientId } = order;
  const orderId = clientId === null ? null : family.orderIdOf(clientId);
  if (clientId === null || orderId === null) return null;
  return { order, orderId, revision: revisionOf(clientId) ?? 0, venue };
}

export function meaningOf({ status, amount, filled }: CcxtOrder): CcxtMeaning {
  switch (status) {
    case "open":
    case "canceling":
      return "live";
    case "closed":
      // An order that is over with a part unfilled was ended by somebody.
      if (amount === null || filled === null) return "unknown";
      return dec(filled).lessThan(amount) ? "canceled" : "filled";
    case "canceled":
    case "expired":
    case "rejected":
    case "unknown":
      return status;
  }
}

/**
 * What the order as the venue shows it says: that it was taken, that it was set off, and how it ended. Fills are not among
 * them (see `tradeReport`). The execIds are made of the order's id there and the kind of report, because ccxt names no
 * execution for these, so that an answer and a query say the same thing once.
 *
 * That an amendment made a new order is told where it was asked for (`replaced`): here it would be an order of its own.
 */
export function statusReports(ours: OurCcxtOrder): readonly ExecutionReport[] {
  const { order, revision } = ours;
  const taken = revision === 0 ? [takenReport(ours, order.id, order.createdAtMs ?? 0)] : [];
  const before = [...taken, ...triggeredReports(ours)];
  switch (meaningOf(order)) {
    case "live":
    case "unknown":
    // Its fills close it.
    case "filled":
      return before;
    case "canceled":
      return [...before, ended(ours, "canceled", "canceled at the venue")];
    case "expired":
      return [...before, ended(ours, "expired", "expired at the venue")];
    case "rejected":
      return [...before, ...rejectedReports(ours)];
  }
}

export function takenReport(
  ours: Pick<OurCcxtOrder, "orderId" | "venue">,
  venueOrderId: string,
  transactTimeMs: number,
): ExecutionReport {
  return {
    ...head(ours, `new:${venueOrderId}`, transactTimeMs),
    execType: "new",
    venueOrderId,
  };
}

/** @param occasion names this refusal among the order's others */
export function cancelRefusal(
  ours: OurCcxtOrder,
  occasion: string,
  words: string,
): ExecutionReport {
  const execId = `cancelRejected:${ours.order.id}:${occasion}`;
  return { ...head(ours, execId, timeOf(ours.order)), execType: "cancelRejected", text: words };
}

export interface TradeTerms {
  readonly orderId: string;
  readonly venue: string;
  readonly currency: string;
  readonly assetClass: Instrument["assetClass"];
}

/**
 * One execution. A trade's id is unique within its market only (Binance), and both sides of it have the same one, so that
 * the execId has the market and the order too.
 *
 * Only fees in the order's own currency can be booked, and only those are reported: what a fee in another one (Binance takes
 * it in the bought coin, or in BNB) is worth, nobody here knows (`foreignFees`). A venue that does not say who rested in the
 * book is read as `taker`, which is the dearer reading.
 */
export function tradeReport(trade: CcxtTrade, terms: TradeTerms): ExecutionReport {
  const { orderId, venue, currency, assetClass } = terms;
  return {
    ...head({ orderId, venue }, tradeExecId(trade), trade.timestampMs),
    execType: "trade",
    lastQty: trade.amount,
    lastPx: trade.price,
    fees: trade.fees.filter((fee) => fee.currency === currency).reduce(sum, "0"),
    currency,
    liquidity: trade.isMaker === true ? "maker" : "taker",
    settlementDate: settlementDate({ assetClass }, tradeDateAt({ assetClass }, trade.timestampMs)),
  };
}

/** What an execution cost beyond what its report can say. */
export function foreignFees({ fees }: CcxtTrade, currency: string): readonly CcxtFee[] {
  return fees.filter((fee) => fee.currency !== currency);
}

export function tradeExecId({ symbol, orderId, id }: CcxtTrade): string {
  return `${symbol}:${orderId}:${id}`;
}

function sum(total: DecimalString, { cost }: CcxtFee): DecimalString {
  return add(total, cost);
}

function triggeredReports(ours: OurCcxtOrder): readonly ExecutionReport[] {
  const { order } = ours;
  if (order.triggerPrice === null || order.isWorking !== true) return [];
  const report = head(ours, `triggered:${order.id}`, timeOf(order));
  return [{ ...report, execType: "triggered" }];
}

function rejectedReports(ours: OurCcxtOrder): readonly ExecutionReport[] {
  const { order } = ours;
  // What has traded cannot be rejected: then only the rest of it ends.
  if (order.filled !== null && !dec(order.filled).isZero())
    return [ended(ours, "canceled", "the rest was rejected by the venue")];
  return [
    {
      ...head(ours, `rejected:${order.id}`, timeOf(order)),
      execType: "rejected",
      ordRejReason: "rejectedByVenue",
      text: "rejected by the venue after it was accepted",
    },
  ];
}

function ended(
  ours: OurCcxtOrder,
  execType: "canceled" | "expired",
  words: string,
): ExecutionReport {
  return {
    ...head(ours, `${execType}:${ours.order.id}`, timeOf(ours.order)),
    execType,
    text: words,
  };
}

function timeOf({ updatedAtMs, createdAtMs }: CcxtOrder): number {
  return updatedAtMs ?? createdAtMs ?? 0;
}

function head(
  { orderId, venue }: Pick<OurCcxtOrder, "orderId" | "venue">,
  execId: string,
  transactTimeMs: number,
) {
  return { execId, venue, clOrdId: orderId, orderId, transactTimeMs };
}
