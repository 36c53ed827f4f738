/**
 * The paper broker's matching, one actor per symbol, named `PAPER:SYMBOL`. It fills orders against bars and quotes of the
 * real market as a small order would have been filled, and reports like any venue.
 *
 * Time is the market's, not the wall clock's, so that a replay of the past fills at the past's prices.
 *
 * No look-ahead. An order is active from the end of the last bar, or the time of the last quote, that the venue or the
 * sender of the order had seen when it was accepted (`activeFromMs`). It matches only bars that begin then or later, and
 * quotes that are strictly later. A venue that has seen nothing lets the first bar or quote pass, as it may be the one that
 * caused the order. What was offered once is never offered again: a bar that begins before the end of the last one, and a
 * quote that is not later than the last one, are ignored. So a redelivery does nothing, and of two timeframes that overlap
 * the first to arrive counts. Every bar and quote should be sent, or at least those seen while orders are open together
 * with `marketTimeMs` in Submit.
 *
 * On bars
 * - market: at the open (taker).
 * - limit: at the open when that is at the limit or better (taker: a gap gives the better price), else at the limit when
 *   the bar reached it (maker).
 * - ioc and fok have one chance, the open; a limit that was touched later in the bar comes too late for them.
 * - `participation` caps what our orders take of the bar's volume, together and in order of acceptance; the rest waits for
 *   the next bar (ioc: is canceled; fok: all or nothing). Without it volume does not matter.
 *
 * On quotes
 * - market, and limits that are marketable on arrival: at the opposite touch (taker), up to its displayed size when known;
 *   the rest waits for the next quote (ioc: is canceled; fok: all or nothing).
 * - a limit that has rested: at its own price, once the opposite touch reaches it (maker), up to the displayed size.
 * - a quote without the opposite side is no chance, not even for ioc.
 *
 * On both
 * - a buy that would fill above `worstPrice` is canceled: a gap may not spend more than was held.
 * - day ends with the UTC date of the first bar or quote that was offered to the order: after the first bar when bars are
 *   daily or longer, else at the bar that ends the date, or at the first sight of the next date. gtc rests.
 * - fees in fees.ts, settlement dates in settlement.ts (of the UTC date on which the bar began).
 *
 * Client ids are recognised while open and through the latest 1,000 closings: an adapter declares them unique for a window.
 */
import { barEndMs } from "../market/timeframe.ts";
import type { Bar } from "../market/bar.ts";
import type { Quote } from "../market/quote.ts";
import type { CancelPayload, OrderCommand } from "../order/messages.ts";
import type { Side } from "../order/new-order.ts";
import { firstDifference } from "../shared/same-content.ts";
import type { Decider, Effect, Env } from "../shared/decider.ts";
import { type Decimal, dec } from "../shared/decimal.ts";
import { Refusal, invariant } from "../shared/errors.ts";
import { PAPER_FEES } from "./fees.ts";
import type { Market } from "./market.ts";
import { match } from "./matching.ts";
import { NO_ORDERS, candidates, countOrders, findOpen } from "./open-orders.ts";
import type { PaperVenueCommand, PaperVenueEvent, PaperVenueReply } from "./paper-messages.ts";
import {
  acceptance,
  cancelation,
  cancelRefusal,
  outcomeEvents,
  rejection,
} from "./paper-reports.ts";
import { type PaperVenueState, evolve, findOrder, summarizeOrder } from "./paper-state.ts";

export const paperVenue: Decider<
  PaperVenueState,
  PaperVenueCommand,
  PaperVenueEvent,
  PaperVenueReply
> = {
  initial: () => ({ barEndMs: null, quoteMs: null, open: NO_ORDERS, closed: [] }),
  decide(state, command, env) {
    const events = eventsOf(state, command, env);
    const after = events.reduce(
      (before, event) =>
        evolve(before, { event, version: 0, atMs: env.nowMs, commandId: env.commandId }),
      state,
    );
    return { events, effects: events.flatMap(tellOrder), reply: replyTo(after, command, events) };
  },
  evolve,
};

type Submit = Extract<PaperVenueCommand, { readonly type: "Submit" }>;

function eventsOf(
  state: PaperVenueState,
  command: PaperVenueCommand,
  env: Env,
): readonly PaperVenueEvent[] {
  switch (command.type) {
    case "Submit":
      return submit(state, command, env);
    case "Cancel":
      return cancel(state, command.order, env);
    case "Query":
      return [];
    case "OnBar":
      return onBar(state, command.bar, command.participation ?? null, env);
    case "OnQuote":
      return onQuote(state, command.quote, env);
  }
}

/**
 * @throws Refusal DUPLICATE_CLORDID when the client id is on record with another content. Nothing is reported then: the
 *         report would reach the order that has the id by right
 */
function submit(state: PaperVenueState, command: Submit, env: Env): readonly PaperVenueEvent[] {
  const { order } = command;
  const known = findOrder(state, order.clOrdId);
  if (known === null) return [born(state, command, env)];
  const field = firstDifference(known.submitted, order);
  if (field === null) return [];
  const message = `client order id ${order.clOrdId} is on record with another ${field}`;
  throw new Refusal("conflict", "DUPLICATE_CLORDID", message, { clOrdId: order.clOrdId, field });
}

function born(state: PaperVenueState, command: Submit, env: Env): PaperVenueEvent {
  const { order, fees = PAPER_FEES, marketTimeMs } = command;
  const clockMs = clock(state, marketTimeMs);
  const fault = findFault(command, env);
  return fault === null
    ? acceptance(order, fees, clockMs, env)
    : rejection(order, fault, clockMs, env);
}

/** The newest market time known; null when there is none. */
function clock(state: PaperVenueState, marketTimeMs: number | undefined): number | null {
  const known = [state.barEndMs, state.quoteMs, marketTimeMs ?? null].filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function findFault({ order }: Submit, env: Env): { reason: string; text: string } | null {
  const symbol = symbolOf(env);
  if (order.symbol !== symbol) {
    return { reason: "unknownSymbol", text: `this venue trades ${symbol}, not ${order.symbol}` };
  }
  if (!dec(order.orderQty).greaterThan(0)) {
    return { reason: "incorrectQuantity", text: `quantity ${order.orderQty} is not above 0` };
  }
  if (order.ordType === "limit" && order.price === null) {
    return { reason: "priceMissing", text: "a limit order needs a price" };
  }
  return null;
}

/** The actor's id without the venue before its first colon. */
function symbolOf(env: Env): string {
  return env.actor.id.slice(env.actor.id.indexOf(":") + 1);
}

function cancel(
  state: PaperVenueState,
  order: CancelPayload,
  env: Env,
): readonly PaperVenueEvent[] {
  const open = findOpen(state.open, order.clOrdId);
  const clockMs = clock(state, open?.activeFromMs ?? undefined) ?? env.nowMs;
  if (open !== undefined) return [cancelation(open.submitted, clockMs, env)];
  const known = findOrder(state, order.clOrdId);
  const text = known === null ? "there is no such order" : "the order is closed";
  return [cancelRefusal(order, text, clockMs, env)];
}

function onBar(
  state: PaperVenueState,
  bar: Bar,
  participation: string | null,
  env: Env,
): readonly PaperVenueEvent[] {
  checkSymbol(bar.symbol, env);
  const { startMs, open, high, low } = bar;
  if (state.barEndMs !== null && startMs < state.barEndMs) return [];
  const endMs = barEndMs(bar.timeframe, startMs);
  const market: Market = { seen: { by: "bar", startMs, endMs, open }, range: { high, low } };
  // Buyers and sellers share one volume.
  const pool: Pool = { left: participation === null ? null : dec(bar.volume).times(participation) };
  return offer(state, market, { buy: pool, sell: pool }, env);
}

function onQuote(state: PaperVenueState, quote: Quote, env: Env): readonly PaperVenueEvent[] {
  checkSymbol(quote.symbol, env);
  const { bid, ask, bidSize, askSize, tsEventMs: timeMs } = quote;
  if (state.quoteMs !== null && timeMs <= state.quoteMs) return [];
  const market: Market = { seen: { by: "quote", timeMs, bid, ask }, range: null };
  const buy: Pool = { left: askSize === null ? null : dec(askSize) };
  const sell: Pool = { left: bidSize === null ? null : dec(bidSize) };
  return offer(state, market, { buy, sell }, env);
}

/** What of a bar or quote is still to be had; null when not limited. Lives for one command. */
interface Pool {
  left: Decimal | null;
}

/** To each open order that it can mean something to, by time of acceptance. */
function offer(
  state: PaperVenueState,
  market: Market,
  supply: Readonly<Record<Side, Pool>>,
  env: Env,
): readonly PaperVenueEvent[] {
  const events = candidates(state.open, market).flatMap((order) => {
    const pool = supply[order.submitted.side];
    const outcome = match(order, market, pool.left);
    pool.left = pool.left?.minus(outcome.fill?.quantity ?? 0) ?? null;
    return outcomeEvents(order, outcome, market.seen, env);
  });
  return [{ type: "VenueMarketSeen", seen: market.seen }, ...events];
}

function checkSymbol(symbol: string, env: Env): void {
  const expected = symbolOf(env);
  invariant(symbol === expected, `venue ${env.actor.id}: expected ${expected}, found ${symbol}`);
}

/** Under the id that the effect gets, so that a repeat is harmless. */
function tellOrder(event: PaperVenueEvent): readonly Effect[] {
  if (event.type === "VenueMarketSeen") return [];
  const { report } = event;
  const command: OrderCommand = { type: "ApplyReport", report };
  return [{ kind: "tell", to: { type: "order", id: report.orderId }, command, isJoint: true }];
}

function replyTo(
  state: PaperVenueState,
  command: PaperVenueCommand,
  events: readonly PaperVenueEvent[],
): PaperVenueReply {
  const clOrdId = clOrdIdOf(command);
  const order = clOrdId === null ? null : findOrder(state, clOrdId);
  return {
    order: order === null ? null : summarizeOrder(order),
    openOrders: countOrders(state.open),
    told: [...new Set(events.flatMap((e) => ("report" in e ? [e.report.orderId] : [])))],
  };
}

function clOrdIdOf(command: PaperVenueCommand): string | null {
  switch (command.type) {
    case "Submit":
    case "Cancel":
      return command.order.clOrdId;
    case "Query":
      return command.clOrdId;
    case "OnBar":
    case "OnQuote":
      return null;
  }
}
