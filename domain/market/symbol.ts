import type { Decider, Decision, Env } from "../shared/decider.ts";
import { dec } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { Bar, Timeframe } from "./bar.ts";
import { isSameQuote, withLast, withSides, type LastPrice } from "./merge-quote.ts";
import {
  type BarStep,
  endedBars,
  noBars,
  type SymbolBars,
  takeQuote,
  takeTrades,
  type TradeFate,
} from "./bars/symbol-bars.ts";
import { barOf, quoteAsTrade } from "./bars/time-bar.ts";
import { DEFAULT_WATCH } from "./bars/watch.ts";
import { bookFault, bounded } from "./book/newest-book.ts";
import type { BookSnapshot } from "./book/snapshot.ts";
import type { Quote, TradeTick } from "./quote.ts";
import type { SymbolCommand, SymbolEvent, SymbolReply, SymbolState } from "./symbol-messages.ts";
import { evolveSymbol } from "./symbol-state.ts";
import { barEndMs } from "./timeframe.ts";

export type { SymbolCommand, SymbolEvent, SymbolReply, SymbolState };

type SymbolDecision = Decision<SymbolEvent, SymbolReply>;

/** The brain of a symbol's actor. A command about another symbol is refused with `SYMBOL_MISMATCH`. */
export const symbolDecider: Decider<SymbolState, SymbolCommand, SymbolEvent, SymbolReply> = {
  initial: (id) => ({
    symbol: id,
    quote: null,
    pricedAtMs: null,
    quotedAtMs: null,
    lastBars: {},
    book: null,
    ...noBars(DEFAULT_WATCH, id),
  }),
  decide,
  evolve: (state, { event }) => evolveSymbol(state, event),
};

function decide(state: SymbolState, command: SymbolCommand, _env: Env): SymbolDecision {
  switch (command.type) {
    case "RecordBar":
      requireSymbol(state, command.bar.symbol);
      return recordBar(state, command.bar, command.tsInitMs);
    case "RecordTrade":
      requireSymbol(state, command.trade.symbol);
      return recordTrade(state, command.trade, command.tsInitMs);
    case "RecordTrades":
      for (const trade of command.trades) requireSymbol(state, trade.symbol);
      return recordTrades(state, command.trades, command.tsInitMs);
    case "RecordQuote":
      requireSymbol(state, command.quote.symbol);
      return recordQuote(state, command.quote);
    case "RecordBook":
      requireSymbol(state, command.book.symbol);
      return recordBook(state, command.book);
    case "Describe":
      return { events: [], reply: description(state) };
    case "WatchBars":
      return accepted([
        { type: "BarsWatched", watch: command.watch, sequences: command.sequences },
      ]);
    case "AdvanceClock":
      return closing(stepEvents(endedBars(state, command.nowMs), command.nowMs));
    case "Restore":
      for (const bar of command.bars) requireSymbol(state, bar.symbol);
      return accepted([restored(state, command.bars, command.quote, command.building)]);
  }
}

function requireSymbol(state: SymbolState, symbol: string): void {
  if (symbol === state.symbol) return;
  throw new Refusal("invalid", "SYMBOL_MISMATCH", `expected ${state.symbol}, found ${symbol}`);
}

function accepted(events: readonly SymbolEvent[]): SymbolDecision {
  return { events, reply: { outcome: "accepted" } };
}

function recordBar(state: SymbolState, bar: Bar, tsInitMs: number): SymbolDecision {
  const last = state.lastBars[bar.timeframe];
  if (last !== undefined && bar.startMs < last.startMs) {
    const reason = "BAR_OLDER_THAN_LAST";
    return {
      events: [{ type: "BarRevised", bar, tsInitMs, reason }],
      reply: { outcome: "late", reason },
    };
  }
  if (last?.startMs === bar.startMs) return repeatBar(state, last, bar, tsInitMs);
  // A bar from the vendor ends the one being built; an earlier one being built closes first.
  const ended = stepEvents(endedBars(state, bar.startMs), tsInitMs).filter(
    (event) => event.bar.timeframe === bar.timeframe,
  );
  const events: SymbolEvent[] = [...ended, { type: "BarClosed", bar, tsInitMs }];
  return accepted([...events, ...quoteOf(state, lastPriceOf(bar, tsInitMs))]);
}

function repeatBar(state: SymbolState, last: Bar, bar: Bar, tsInitMs: number): SymbolDecision {
  if (isSameBar(last, bar)) {
    const reply = { outcome: "duplicate", reason: "BAR_REPEATED" } as const;
    return { events: heardAgain(state, bar, tsInitMs), reply };
  }
  const reason = "BAR_CHANGED";
  return {
    events: [{ type: "BarRevised", bar, tsInitMs, reason }],
    reply: { outcome: "revised", reason },
  };
}

/**
 * The newest price told again is no news, but it is fresh: a feed that goes on after a restart begins with the bar that was
 * stored last, and whoever has not yet acted on it must not find it stale.
 */
function heardAgain(state: SymbolState, bar: Bar, tsInitMs: number): readonly SymbolEvent[] {
  const isLater = state.quote !== null && state.quote.tsInitMs < tsInitMs;
  return isLater ? quoteOf(state, lastPriceOf(bar, tsInitMs)) : [];
}

// The source is left out: the same figures from another vendor are no news.
function isSameBar(a: Bar, b: Bar): boolean {
  return (
    dec(a.open).equals(b.open) &&
    dec(a.high).equals(b.high) &&
    dec(a.low).equals(b.low) &&
    dec(a.close).equals(b.close) &&
    dec(a.volume).equals(b.volume) &&
    a.vwap === b.vwap &&
    a.tradeCount === b.tradeCount
  );
}

// A daily bar is told hours before its UTC day ends; its close cannot be newer than the moment we learnt of it.
function lastPriceOf(bar: Bar, tsInitMs: number): LastPrice {
  const endMs = barEndMs(bar.timeframe, bar.startMs);
  const atMs = Math.min(endMs, Math.max(tsInitMs, bar.startMs));
  return { symbol: bar.symbol, price: bar.close, size: null, atMs, tsInitMs };
}

function quoteOf(state: SymbolState, last: LastPrice): readonly SymbolEvent[] {
  if (state.pricedAtMs !== null && last.atMs < state.pricedAtMs) return [];
  const quote = withLast(state.quote, last);
  return [{ type: "QuoteChanged", quote, of: "last", atMs: last.atMs }];
}

function recordTrade(state: SymbolState, trade: TradeTick, tsInitMs: number): SymbolDecision {
  const { events, reply } = recordTrades(state, [trade], tsInitMs);
  const [fate] = "fates" in reply ? (reply.fates ?? []) : [];
  const closed = closedBars(events);
  return { events, reply: replyOf(fate ?? "new", closed) };
}

function replyOf(fate: TradeFate, closed: readonly Bar[]): SymbolReply {
  switch (fate) {
    case "new":
      return { outcome: "accepted", ...(closed.length > 0 && { closed }) };
    case "outOfOrder":
      return { outcome: "late", reason: "TRADE_OUT_OF_ORDER" };
    case "revising":
      return { outcome: "late", reason: "TRADE_IN_CLOSED_BAR" };
    case "late":
      return { outcome: "late", reason: "TRADE_AFTER_CLOSE" };
    case "repeated":
      return { outcome: "duplicate", reason: "TRADE_REPEATED" };
  }
}

function recordTrades(
  state: SymbolState,
  trades: readonly TradeTick[],
  tsInitMs: number,
): SymbolDecision {
  const closedMs = (timeframe: Timeframe) => state.lastBars[timeframe]?.startMs ?? -Infinity;
  const { bars, steps, closed, fates } = takeTrades(state, trades, closedMs);
  const fresh = trades.filter((_, n) => fates[n] !== "repeated");
  const events: SymbolEvent[] = [...stepEvents(steps, tsInitMs)];
  for (const bar of closed) events.push({ type: "SpecialBarClosed", bar, tsInitMs });
  if (fresh.length > 0) {
    const before = state.builders;
    events.push({ type: "TradesCounted", trades: fresh, tsInitMs, before, bars });
  }
  const newest = newestPrice(trades, fates);
  if (newest !== null) events.push(...quoteOf(state, lastPriceOfTrade(newest, tsInitMs)));
  return { events, reply: { outcome: "accepted", closed: closedBars(events), fates } };
}

/** Of those that are news; the last of several at one time. */
function newestPrice(trades: readonly TradeTick[], fates: readonly TradeFate[]): TradeTick | null {
  let newest: TradeTick | null = null;
  for (let n = 0; n < trades.length; n++) {
    const trade = trades[n];
    if (trade === undefined || fates[n] !== "new") continue;
    if (newest === null || trade.tsEventMs >= newest.tsEventMs) newest = trade;
  }
  return newest;
}

function lastPriceOfTrade(trade: TradeTick, tsInitMs: number): LastPrice {
  const { symbol, price, size, tsEventMs } = trade;
  return { symbol, price, size, atMs: tsEventMs, tsInitMs };
}

function stepEvents(
  steps: readonly BarStep[],
  tsInitMs: number,
): readonly Extract<SymbolEvent, { type: "BarClosed" | "BarRevised" }>[] {
  return steps.map((step) =>
    step.type === "closed"
      ? { type: "BarClosed", bar: step.bar, tsInitMs, built: step.built }
      : { type: "BarRevised", bar: step.bar, tsInitMs, reason: "TRADE_IN_CLOSED_BAR" },
  );
}

function closing(events: readonly SymbolEvent[]): SymbolDecision {
  const closed = closedBars(events);
  return { events, reply: { outcome: "accepted", ...(closed.length > 0 && { closed }) } };
}

function closedBars(events: readonly SymbolEvent[]): readonly Bar[] {
  return events.flatMap((event) => (event.type === "BarClosed" ? [event.bar] : []));
}

function description({ watch, openBars, book }: SymbolState): SymbolReply {
  const partial = watch.timeframes.flatMap((timeframe) => {
    const open = openBars[timeframe];
    return open === undefined ? [] : [barOf(open)];
  });
  return { outcome: "described", partial, book, watch };
}

function recordBook(state: SymbolState, told: BookSnapshot): SymbolDecision {
  const fault = bookFault(state.book, told);
  if (fault === "repeated") {
    return { events: [], reply: { outcome: "duplicate", reason: "BOOK_REPEATED" } };
  }
  if (fault === "older") {
    return { events: [], reply: { outcome: "late", reason: "BOOK_OLDER_THAN_LAST" } };
  }
  return accepted([{ type: "BookChanged", book: bounded(told) }]);
}

function recordQuote(state: SymbolState, told: Quote): SymbolDecision {
  if (state.quotedAtMs !== null && told.tsEventMs < state.quotedAtMs) {
    return { events: [], reply: { outcome: "late", reason: "QUOTE_OLDER_THAN_LAST" } };
  }
  const quote = withSides(state.quote, told);
  if (state.quotedAtMs === told.tsEventMs && isSameQuote(state.quote, quote)) {
    return { events: [], reply: { outcome: "duplicate", reason: "QUOTE_REPEATED" } };
  }
  const changed = { type: "QuoteChanged", quote, of: "sides", atMs: told.tsEventMs } as const;
  return closing([...barsOfQuote(state, quote), changed]);
}

function barsOfQuote(state: SymbolState, quote: Quote): readonly SymbolEvent[] {
  if (state.watch.quotes === null) return [];
  const counted = quoteAsTrade(quote, state.watch.quotes, "quotes");
  if (counted === null) return [];
  const closedMs = (timeframe: Timeframe) => state.lastBars[timeframe]?.startMs ?? -Infinity;
  const { bars, steps } = takeQuote(state, state.symbol, counted, closedMs);
  return [...stepEvents(steps, quote.tsInitMs), { type: "QuoteCounted", bars }];
}

function restored(
  state: SymbolState,
  bars: readonly Bar[],
  quote: Quote | null,
  building: SymbolBars | undefined,
): SymbolEvent {
  const lastBars: { [T in Timeframe]?: Bar } = { ...state.lastBars };
  for (const bar of bars) {
    const held = lastBars[bar.timeframe];
    if (held === undefined || held.startMs < bar.startMs) lastBars[bar.timeframe] = bar;
  }
  const known = state.quote ?? quote;
  const close = newestClose(lastBars);
  const isNews = close !== null && close.atMs > (known?.tsEventMs ?? -Infinity);
  return {
    type: "Restored",
    lastBars,
    quote: isNews ? withLast(known, close) : known,
    building: building ?? null,
  };
}

// What a stored close tells is as old as its bar: the time of learning must not make it look fresh.
function newestClose(lastBars: SymbolState["lastBars"]): LastPrice | null {
  const closes = Object.values(lastBars)
    .map((bar) => lastPriceOf(bar, barEndMs(bar.timeframe, bar.startMs)))
    .toSorted((a, b) => b.atMs - a.atMs);
  return closes[0] ?? null;
}
