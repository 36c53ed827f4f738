/**
 * The paper broker's matching, one actor per symbol and venue, named `PAPER:SYMBOL` or `{accountId}/{venue}:SYMBOL`. It fills
 * orders against bars and quotes of the real market as a small order would have been filled, and reports like any venue.
 * docs/PAPER.md is the rule book.
 *
 * Time is the market's, not the wall clock's, so that a replay of the past fills at the past's prices. No look-ahead: an order is
 * active from the end of the last bar, or the time of the last quote, that the venue or the sender of the order had seen when it
 * was accepted (`activeFromMs`). It matches only bars that begin then or later, and quotes that are strictly later. A venue that
 * has seen nothing lets the first bar or quote pass, as it may be the one that caused the order. What was offered once is never
 * offered again, so a redelivery does nothing, and of two timeframes that overlap the first to arrive counts.
 *
 * Client ids are recognised while open and through the latest 1,000 closings.
 */
import type { Quote } from "../market/quote.ts";
import type { CancelPayload, OrderCommand } from "../order/messages.ts";
import type { ExecutionReport } from "../order/execution-report.ts";
import { firstDifference } from "../shared/same-content.ts";
import type { Decider, Effect, Env } from "../shared/decider.ts";
import { Refusal, invariant } from "../shared/errors.ts";
import { offerBook, offerTrade } from "./depth-offer.ts";
import { PAPER_FEES } from "./fees.ts";
import { NO_ORDERS, countOrders, findOpen } from "./open-orders.ts";
import { findFault } from "./paper-faults.ts";
import { type HeldReport, arrived, sentBy } from "./paper-line.ts";
import type { PaperVenueCommand, PaperVenueEvent, PaperVenueReply } from "./paper-messages.ts";
import { offerBar, offerQuote } from "./paper-offer.ts";
import { replace } from "./paper-replace.ts";
import { acceptance, cancelation, cancelRefusal, rejection } from "./paper-reports.ts";
import { type PaperVenueState, evolve, findOrder, summarizeOrder } from "./paper-state.ts";
import { PLAIN_RULES, type VenueRules } from "./venue-rules.ts";

export const paperVenue: Decider<
  PaperVenueState,
  PaperVenueCommand,
  PaperVenueEvent,
  PaperVenueReply
> = {
  initial: () => ({
    barEndMs: null,
    quoteMs: null,
    history: [],
    depth: null,
    held: [],
    open: NO_ORDERS,
    closed: [],
  }),
  decide(state, command, env) {
    const events = eventsOf(state, command, env).map((event) => sentBy(command.line, event));
    const after = events.reduce(
      (before, event) =>
        evolve(before, { event, version: 0, atMs: env.nowMs, commandId: env.commandId }),
      state,
    );
    const reports = events.flatMap((event) => toldBy(state, event));
    return { events, effects: reports.map(tell), reply: replyTo(after, command, reports) };
  },
  evolve,
};

type Of<T extends PaperVenueCommand["type"]> = Extract<PaperVenueCommand, { readonly type: T }>;

function eventsOf(
  state: PaperVenueState,
  command: PaperVenueCommand,
  env: Env,
): readonly PaperVenueEvent[] {
  switch (command.type) {
    case "Submit":
      return submit(state, command, env);
    case "Cancel":
      return cancel(state, command, env);
    case "Replace":
      return amend(state, command, env);
    case "Query":
      return arrived(held(state, command.clOrdId));
    case "OnBar":
      return onBar(state, command, env);
    case "OnQuote":
      return onQuote(state, command.quote, command.rules, env);
    case "OnBook":
      return onBook(state, command, env);
    case "OnTrade":
      checkSymbol(command.trade.symbol, env);
      return offerTrade(state, command.trade, env);
  }
}

/**
 * @throws Refusal DUPLICATE_CLORDID when the client id is on record with another content. Nothing is reported then: the
 *         report would reach the order that has the id by right
 */
function submit(
  state: PaperVenueState,
  command: Of<"Submit">,
  env: Env,
): readonly PaperVenueEvent[] {
  const { order } = command;
  const known = findOrder(state, order.clOrdId);
  if (known === null) return [born(state, command, env)];
  const field = firstDifference(known.amended?.original ?? known.submitted, order);
  if (field === null) return [];
  const message = `client order id ${order.clOrdId} is on record with another ${field}`;
  throw new Refusal("conflict", "DUPLICATE_CLORDID", message, { clOrdId: order.clOrdId, field });
}

function born(state: PaperVenueState, command: Of<"Submit">, env: Env): PaperVenueEvent {
  const { order, fees = PAPER_FEES, marketTimeMs, latencyMs = 0 } = command;
  const clockMs = clock(state, marketTimeMs);
  const fault = findFault(order, symbolOf(env));
  return fault === null
    ? acceptance(order, fees, clockMs, latencyMs, env)
    : rejection(order, fault, clockMs, env);
}

/** The newest market time known; null when there is none. */
function clock(state: PaperVenueState, marketTimeMs: number | undefined): number | null {
  const known = [state.barEndMs, state.quoteMs, marketTimeMs ?? null].filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** An order that came with a market time knows more of it than the venue. */
function clockOf(state: PaperVenueState, clOrdId: string): number | null {
  return clock(state, findOpen(state.open, clOrdId)?.activeFromMs ?? undefined);
}

/** The actor's id without the venue before its first colon. */
function symbolOf(env: Env): string {
  return env.actor.id.slice(env.actor.id.indexOf(":") + 1);
}

/** A second cancel while the first is on its way adds nothing. */
function cancel(
  state: PaperVenueState,
  { order, latencyMs = 0 }: Of<"Cancel">,
  env: Env,
): readonly PaperVenueEvent[] {
  const { clOrdId } = order;
  const open = findOpen(state.open, clOrdId);
  const clockMs = clockOf(state, clOrdId);
  if (open === undefined) return [refusal(state, order, clockMs ?? env.nowMs, env)];
  if (open.cancelAtMs !== undefined) return [];
  if (clockMs === null || latencyMs === 0)
    return [cancelation(open.submitted, clockMs ?? env.nowMs, env)];
  return [{ type: "VenueCancelSent", clOrdId, arrivesMs: clockMs + latencyMs }];
}

function refusal(
  state: PaperVenueState,
  order: CancelPayload,
  atMs: number,
  env: Env,
): PaperVenueEvent {
  const isKnown = findOrder(state, order.clOrdId) !== null;
  const text = isKnown ? "the order is closed" : "there is no such order";
  return cancelRefusal(order, text, atMs, env);
}

function amend(
  state: PaperVenueState,
  { order, latencyMs = 0 }: Of<"Replace">,
  env: Env,
): readonly PaperVenueEvent[] {
  const clockMs = clockOf(state, order.before.clOrdId);
  return replace(state, order, { clockMs, latencyMs }, env);
}

/** Whoever asks hears what is on its way. */
function held(state: PaperVenueState, clOrdId: string): readonly HeldReport[] {
  return state.held.filter(({ report }) => report.clOrdId === clOrdId);
}

function onBar(
  state: PaperVenueState,
  { bar, participation, rules }: Of<"OnBar">,
  env: Env,
): readonly PaperVenueEvent[] {
  checkSymbol(bar.symbol, env);
  if (state.barEndMs !== null && bar.startMs < state.barEndMs) return [];
  const terms = {
    ...(participation !== undefined && { participation }),
    ...(rules !== undefined && { rules }),
  };
  return offerBar(state, bar, terms, env);
}

function onQuote(
  state: PaperVenueState,
  quote: Quote,
  rules: VenueRules | undefined,
  env: Env,
): readonly PaperVenueEvent[] {
  checkSymbol(quote.symbol, env);
  if (state.quoteMs !== null && quote.tsEventMs <= state.quoteMs) return [];
  return offerQuote(state, quote, rules, env);
}

/** A book takes the place of a quote of its time. */
function onBook(
  state: PaperVenueState,
  { book, rules = PLAIN_RULES }: Of<"OnBook">,
  env: Env,
): readonly PaperVenueEvent[] {
  checkSymbol(book.symbol, env);
  if (state.quoteMs !== null && book.tsEventMs <= state.quoteMs) return [];
  return offerBook(state, book, rules, env);
}

function checkSymbol(symbol: string, env: Env): void {
  const expected = symbolOf(env);
  invariant(symbol === expected, `venue ${env.actor.id}: expected ${expected}, found ${symbol}`);
}

/** What is told with an event: its own report, or those that arrive. */
function toldBy(state: PaperVenueState, event: PaperVenueEvent): readonly ExecutionReport[] {
  switch (event.type) {
    case "VenueMarketSeen":
    case "VenueDepthSeen":
    case "VenueCancelSent":
      return [];
    case "VenueReportsArrived":
      return state.held
        .filter(({ report }) => event.execIds.includes(report.execId))
        .flatMap(({ report, isTwice }) => (isTwice === true ? [report, report] : [report]));
    case "VenueOrderAccepted":
    case "VenueOrderRejected":
    case "VenueOrderSetOff":
    case "VenueOrderFilled":
    case "VenueOrderCanceled":
    case "VenueOrderExpired":
    case "VenueCancelRejected":
    case "VenueOrderReplaced":
    case "VenueReplaceRejected":
    case "VenueReplaceRepeated":
      return event.passage === undefined ? [event.report] : [];
  }
}

/** Under the id that the effect gets, so that a repeat is harmless. */
function tell(report: ExecutionReport): Effect {
  const command: OrderCommand = { type: "ApplyReport", report };
  return { kind: "tell", to: { type: "order", id: report.orderId }, command, isJoint: true };
}

function replyTo(
  state: PaperVenueState,
  command: PaperVenueCommand,
  reports: readonly ExecutionReport[],
): PaperVenueReply {
  const clOrdId = clOrdIdOf(command);
  const order = clOrdId === null ? null : findOrder(state, clOrdId);
  return {
    order: order === null ? null : summarizeOrder(order),
    openOrders: countOrders(state.open),
    heldReports: state.held.length,
    told: [...new Set(reports.map(({ orderId }) => orderId))],
  };
}

function clOrdIdOf(command: PaperVenueCommand): string | null {
  switch (command.type) {
    case "Submit":
    case "Cancel":
      return command.order.clOrdId;
    case "Replace":
      return command.order.before.clOrdId;
    case "Query":
      return command.clOrdId;
    case "OnBar":
    case "OnQuote":
    case "OnBook":
    case "OnTrade":
      return null;
  }
}
