import type { CancelPayload, ReportOf, SubmitPayload } from "../order/messages.ts";
import type { Env } from "../shared/decider.ts";
import { text } from "../shared/decimal.ts";
import { type FeeSchedule, chargeFee } from "./fees.ts";
import { beginsMs, sessionDay } from "./market.ts";
import type { Close, Fill, Outcome } from "./matching.ts";
import type { VenueOrder } from "./book.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";
import { settlementDate } from "./settlement.ts";

/** @param clockMs the market's time; null when none is known, and the report then carries the wall clock */
export function acceptance(
  order: SubmitPayload,
  fees: FeeSchedule,
  clockMs: number | null,
  env: Env,
): PaperVenueEvent {
  const venueOrderId = env.id(`${order.clOrdId}:venueOrder`);
  const report = {
    ...head(order, "new", clockMs ?? env.nowMs, env),
    execType: "new",
    venueOrderId,
  } as const;
  return { type: "VenueOrderAccepted", order, fees, activeFromMs: clockMs, report };
}

export function rejection(
  order: SubmitPayload,
  fault: { readonly reason: string; readonly text: string },
  clockMs: number | null,
  env: Env,
): PaperVenueEvent {
  const report = {
    ...head(order, "rejected", clockMs ?? env.nowMs, env),
    execType: "rejected",
    ordRejReason: fault.reason,
    text: fault.text,
  } as const;
  return { type: "VenueOrderRejected", order, report };
}

export function cancelation(order: SubmitPayload, atMs: number, env: Env): PaperVenueEvent {
  return closing(order, { as: "canceled", text: "canceled on request", atMs }, env);
}

export function cancelRefusal(
  order: CancelPayload,
  words: string,
  atMs: number,
  env: Env,
): PaperVenueEvent {
  const report = {
    ...head(order, "cancelRejected", atMs, env),
    execType: "cancelRejected",
    text: words,
  } as const;
  return { type: "VenueCancelRejected", report };
}

/** The fill first, then the end. */
export function outcomeEvents(
  order: VenueOrder,
  { fill, close }: Outcome,
  seen: MarketSeen,
  env: Env,
): readonly PaperVenueEvent[] {
  return [
    ...(fill === null ? [] : [filling(order, fill, seen, env)]),
    ...(close === null ? [] : [closing(order.submitted, close, env)]),
  ];
}

function filling(order: VenueOrder, fill: Fill, seen: MarketSeen, env: Env): PaperVenueEvent {
  const { currency, multiplier, assetClass } = order.submitted;
  const charged = chargeFee(order.feesAccrued, { ...fill, currency, multiplier }, order.fees);
  const report: ReportOf<"trade"> = {
    ...head(order.submitted, "trade", fill.atMs, env),
    execType: "trade",
    lastQty: text(fill.quantity),
    lastPx: text(fill.price),
    fees: charged.fee,
    currency,
    liquidity: fill.liquidity,
    settlementDate: settlementDate(assetClass, sessionDay(beginsMs(seen))),
  };
  return { type: "VenueOrderFilled", report, feesAccrued: charged.accrued };
}

function closing(order: SubmitPayload, close: Close, env: Env): PaperVenueEvent {
  const { as, text: words, atMs } = close;
  const base = head(order, as, atMs, env);
  return as === "canceled"
    ? { type: "VenueOrderCanceled", report: { ...base, execType: as, text: words } }
    : { type: "VenueOrderExpired", report: { ...base, execType: as, text: words } };
}

/** A command makes at most one report of a kind for an order, so (command, order, kind) names it in every retry. */
function head(
  order: Pick<SubmitPayload, "clOrdId" | "orderId" | "venue">,
  kind: string,
  transactTimeMs: number,
  env: Env,
) {
  const { clOrdId, orderId, venue } = order;
  return { execId: env.id(`${clOrdId}:${kind}`), venue, clOrdId, orderId, transactTimeMs };
}
