import type {
  PaperVenueCommand,
  PaperVenueEvent,
} from "../../../../domain/execution/paper-messages.ts";
import type { VenueOrder } from "../../../../domain/execution/book.ts";
import { findOpen } from "../../../../domain/execution/open-orders.ts";
import type { PaperVenueState } from "../../../../domain/execution/paper-state.ts";
import { paperVenue } from "../../../../domain/execution/paper-venue.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import type { Quote } from "../../../../domain/market/quote.ts";
import type { CancelPayload, SubmitPayload } from "../../../../domain/order/messages.ts";
import { keys } from "../../../../domain/shared/bucket-map.ts";
import type { Env, Recorded } from "../../../../domain/shared/decider.ts";

/** 2024-03-04, a Monday, 14:30 UTC. */
export const T0 = Date.UTC(2024, 2, 4, 14, 30);
export const MINUTE = 60_000;
const WALL_CLOCK_MS = Date.UTC(2026, 0, 1);

function envOf(commandId: string): Env {
  return {
    actor: { type: "paper-venue", id: "PAPER:AAPL" },
    nowMs: WALL_CLOCK_MS,
    commandId,
    id: (name) => `${commandId}/${name}`,
    random: () => 0.5,
  };
}

export function payload(changes: Partial<SubmitPayload> = {}): SubmitPayload {
  return {
    clOrdId: "c-1",
    orderId: "o-1",
    venue: "PAPER",
    symbol: "AAPL",
    side: "buy",
    ordType: "market",
    orderQty: "10",
    price: null,
    timeInForce: "gtc",
    worstPrice: null,
    currency: "USD",
    multiplier: "1",
    lotSize: "1",
    assetClass: "equity",
    ...changes,
  };
}

/** A limit order at `price`. */
export function limit(price: string, changes: Partial<SubmitPayload> = {}): SubmitPayload {
  return payload({ ordType: "limit", price, ...changes });
}

export function submit(order: SubmitPayload): PaperVenueCommand {
  return { type: "Submit", order };
}

export function cancelOf({ clOrdId, orderId, venue, symbol }: SubmitPayload): PaperVenueCommand {
  const order: CancelPayload = { clOrdId, orderId, venue, symbol, venueOrderId: null };
  return { type: "Cancel", order };
}

export function replaceOf(
  revision: number,
  before: SubmitPayload,
  after: SubmitPayload,
): PaperVenueCommand {
  return { type: "Replace", order: { revision, venueOrderId: null, before, after } };
}

export type Prices = readonly [open: string, high: string, low: string, close: string];

/** The bar that begins `index` minutes after T0. */
export function barAt(index: number, prices: Prices, changes: Partial<Bar> = {}): Bar {
  const [open, high, low, close] = prices;
  const startMs = T0 + index * MINUTE;
  const base = {
    symbol: "AAPL",
    timeframe: "1m",
    startMs,
    volume: "1000",
    source: "test",
  } as const;
  return { ...base, open, high, low, close, ...changes };
}

export function onBar(
  index: number,
  prices: Prices,
  changes: Partial<Bar> = {},
): PaperVenueCommand {
  return { type: "OnBar", bar: barAt(index, prices, changes) };
}

export function onQuote(
  afterMs: number,
  bid: string | null,
  ask: string | null,
  changes: Partial<Quote> = {},
): PaperVenueCommand {
  const tsEventMs = T0 + afterMs;
  const sizes = { bidSize: null, askSize: null, last: null, lastSize: null };
  const quote = { symbol: "AAPL", bid, ask, ...sizes, tsEventMs, tsInitMs: tsEventMs + 5 };
  return { type: "OnQuote", quote: { ...quote, ...changes } };
}

/** The market before anybody trades: a bar that ends at T0. */
export const OPENED = onBar(-1, ["100", "100", "100", "100"]);

function recorded(event: PaperVenueEvent): Recorded<PaperVenueEvent> {
  return { event, version: 1, atMs: WALL_CLOCK_MS, commandId: "given" };
}

export function replay(events: readonly PaperVenueEvent[]): PaperVenueState {
  return events
    .map(recorded)
    .reduce((state, event) => paperVenue.evolve(state, event), paperVenue.initial("PAPER:AAPL"));
}

/** Sends the commands in turn, each under an id of its own, as the actor's host does. */
export function run(...commands: readonly PaperVenueCommand[]) {
  const decisions = [];
  let state = paperVenue.initial("PAPER:AAPL");
  for (const [index, command] of commands.entries()) {
    const decision = paperVenue.decide(state, command, envOf(`cmd-${index}`));
    state = decision.events
      .map(recorded)
      .reduce((before, event) => paperVenue.evolve(before, event), state);
    decisions.push(decision);
  }
  return { state, decisions };
}

/** Each command twice under one id, as a sender repeats it that did not hear the answer. */
export function runRepeated(...commands: readonly PaperVenueCommand[]): PaperVenueState {
  return commands.reduce((state, command, index) => {
    const once = decided(state, command, index);
    return decided(once, command, index);
  }, paperVenue.initial("PAPER:AAPL"));
}

function decided(
  state: PaperVenueState,
  command: PaperVenueCommand,
  index: number,
): PaperVenueState {
  const { events } = paperVenue.decide(state, command, envOf(`cmd-${index}`));
  return events.map(recorded).reduce((now, event) => paperVenue.evolve(now, event), state);
}

/** By time of acceptance. */
export function openOrders({ open }: PaperVenueState): readonly VenueOrder[] {
  const { apart, books } = open;
  return [apart, ...Object.values(books).map(({ orders }) => orders)]
    .flatMap((orders) => keys(orders).map((clOrdId) => findOpen(open, clOrdId)))
    .filter((order) => order !== undefined)
    .toSorted((a, b) => a.number - b.number);
}

/** What the venue reported in the course of the commands, `new` left out, in short form. */
export function reportsOf(...commands: readonly PaperVenueCommand[]) {
  return run(...commands).decisions.flatMap(({ events }) => events.flatMap(shortReport));
}

function shortReport(event: PaperVenueEvent) {
  if (!("report" in event) || event.type === "VenueOrderAccepted") return [];
  const { report } = event;
  if (report.execType !== "trade") return [`${report.execType} ${report.clOrdId}`];
  return [`${report.clOrdId} ${report.lastQty} @ ${report.lastPx} ${report.liquidity}`];
}

/** The texts of what ended orders. */
export function textsOf(...commands: readonly PaperVenueCommand[]): readonly string[] {
  return run(...commands).decisions.flatMap(({ events }) =>
    events.flatMap((event) =>
      "report" in event && "text" in event.report ? [event.report.text] : [],
    ),
  );
}
