import type { CancelPayload, ReportOf, SubmitPayload } from "../order/messages.ts";
import type { Env } from "../shared/decider.ts";
import { text } from "../shared/decimal.ts";
import { type FeeSchedule, chargeFee } from "./fees.ts";
import type { Close } from "./endings.ts";
import type { Fill, Outcome, SettingOff } from "./matching.ts";
import type { VenueOrder } from "./book.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";
import { wholeOf } from "./sessions.ts";
import { settlementDate, tradeDateAt, tradeDateOfBar } from "./settlement.ts";

/**
 * @param clockMs   the market's time; null when none is known, and the report then carries the wall clock
 * @param latencyMs how long the order takes to the market, by market time
 */
export function acceptance(
  order: SubmitPayload,
  fees: FeeSchedule,
  clockMs: number | null,
  latencyMs: number,
  env: Env,
): PaperVenueEvent {
  const venueOrderId = env.id(`${order.clOrdId}:venueOrder`);
  const report = {
    ...head(order, "new", clockMs ?? env.nowMs, env),
    execType: "new",
    venueOrderId,
  } as const;
  const activeFromMs = clockMs === null ? null : clockMs + latencyMs;
  return { type: "VenueOrderAccepted", order, fees, activeFromMs, report };
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

/** It is set off first, then filled, then ended. */
export function outcomeEvents(
  order: VenueOrder,
  { setOff, fill, close }: Outcome,
  seen: MarketSeen,
  env: Env,
): readonly PaperVenueEvent[] {
  return [
    ...(setOff === null ? [] : [settingOff(order, setOff, env)]),
    ...(fill === null ? [] : [filling(order, fill, seen, env)]),
    ...(close === null ? [] : [closing(order.submitted, close, env)]),
  ];
}

function settingOff(order: VenueOrder, { atMs, rests }: SettingOff, env: Env): PaperVenueEvent {
  const report = {
    ...head(order.submitted, "triggered", atMs, env),
    execType: "triggered",
  } as const;
  return { type: "VenueOrderSetOff", report, rests };
}

function filling(order: VenueOrder, fill: Fill, seen: MarketSeen, env: Env): PaperVenueEvent {
  const { currency, multiplier } = order.submitted;
  const charged = chargeFee(order.feesAccrued, { ...fill, currency, multiplier }, order.fees);
  const report: ReportOf<"trade"> = {
    // Several fills of one command differ in what was filled before.
    ...head(
      order.submitted,
      order.cumQty === "0" ? "trade" : `trade:${order.cumQty}`,
      fill.atMs,
      env,
    ),
    execType: "trade",
    lastQty: text(fill.quantity),
    lastPx: text(fill.price),
    fees: charged.fee,
    currency,
    liquidity: fill.liquidity,
    settlementDate: settlementDate(order.submitted, tradeDate(order, seen)),
  };
  return { type: "VenueOrderFilled", report, feesAccrued: charged.accrued };
}

function tradeDate({ submitted }: VenueOrder, seen: MarketSeen): number {
  return seen.by === "bar"
    ? tradeDateOfBar(submitted, wholeOf(seen))
    : tradeDateAt(submitted, seen.timeMs);
}

export function closing(order: SubmitPayload, close: Close, env: Env): PaperVenueEvent {
  const { as, text: words, atMs } = close;
  const base = head(order, as, atMs, env);
  switch (as) {
    case "canceled":
      return { type: "VenueOrderCanceled", report: { ...base, execType: as, text: words } };
    case "expired":
      return { type: "VenueOrderExpired", report: { ...base, execType: as, text: words } };
    case "rejected":
      return {
        type: "VenueOrderRejected",
        order,
        report: { ...base, execType: as, ordRejReason: "wouldTake", text: words },
      };
  }
}

/** A command makes at most one report of a kind for an order, so (command, order, kind) names it in every retry. */
export function head(
  order: Pick<SubmitPayload, "clOrdId" | "orderId" | "venue">,
  kind: string,
  transactTimeMs: number,
  env: Env,
) {
  const { clOrdId, orderId, venue } = order;
  return { execId: env.id(`${clOrdId}:${kind}`), venue, clOrdId, orderId, transactTimeMs };
}
