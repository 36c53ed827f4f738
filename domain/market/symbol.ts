import type { Decider, Decision, Env } from "../shared/decider.ts";
import { dec } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { Bar, Timeframe } from "./bar.ts";
import { isSameQuote, withLast, withSides, type LastPrice } from "./merge-quote.ts";
import { closeBar, countTrade, openWith, type OpenBar } from "./open-bar.ts";
import type { Quote, TradeTick } from "./quote.ts";
import { barEndMs, barStartMs } from "./timeframe.ts";

/**
 * What a symbol's actor remembers. Soft: it is rebuilt by `Restore` from stored bars, and a feed that resumes at the end of
 * the last stored minute rebuilds the open one. Plain JSON.
 */
export interface SymbolState {
  readonly symbol: string;
  readonly quote: Quote | null;
  /** event time of `quote.last`, of its sides; null before the first */
  readonly pricedAtMs: number | null;
  readonly quotedAtMs: number | null;
  /** bars under construction; trades build minutes only */
  readonly openBars: { readonly "1m"?: OpenBar };
  /** the newest closed bar per timeframe */
  readonly lastBars: { readonly [T in Timeframe]?: Bar };
}

/** Bars, trades and quotes come from `checkBar`, `checkTick` and `checkQuote`. */
export type SymbolCommand =
  | { readonly type: "RecordBar"; readonly bar: Bar; readonly tsInitMs: number }
  | { readonly type: "RecordTrade"; readonly trade: TradeTick; readonly tsInitMs: number }
  | { readonly type: "RecordQuote"; readonly quote: Quote }
  /**
   * The market's clock (the wall clock less a grace for trades on their way; the data's own clock in a replay): closes the
   * minute that ended, when no trade comes to do it.
   */
  | { readonly type: "AdvanceClock"; readonly nowMs: number }
  /** the newest stored bars, one a timeframe or more, in any order; what is newer in memory stays */
  | { readonly type: "Restore"; readonly bars: readonly Bar[]; readonly quote: Quote | null };

export type SymbolEvent =
  /** new: to be stored, and handed to the live chain */
  | { readonly type: "BarClosed"; readonly bar: Bar; readonly tsInitMs: number }
  /** a correction or a straggler: to be stored, never handed to the live chain */
  | {
      readonly type: "BarRevised";
      readonly bar: Bar;
      readonly tsInitMs: number;
      readonly reason: "BAR_CHANGED" | "BAR_OLDER_THAN_LAST";
    }
  | { readonly type: "TradeCounted"; readonly trade: TradeTick }
  /** `of` says which part is news, `atMs` when it happened at the venue */
  | {
      readonly type: "QuoteChanged";
      readonly quote: Quote;
      readonly of: "last" | "sides";
      readonly atMs: number;
    }
  | {
      readonly type: "Restored";
      readonly lastBars: SymbolState["lastBars"];
      readonly quote: Quote | null;
    };

export type SymbolReply =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "duplicate"; readonly reason: "BAR_REPEATED" | "QUOTE_REPEATED" }
  | { readonly outcome: "revised"; readonly reason: "BAR_CHANGED" }
  | {
      readonly outcome: "late";
      readonly reason:
        | "BAR_OLDER_THAN_LAST"
        /** its minute is closed: counted nowhere */
        | "TRADE_AFTER_CLOSE"
        /** counted in the open minute, but the last price stays that of the newer trade */
        | "TRADE_OUT_OF_ORDER"
        | "QUOTE_OLDER_THAN_LAST";
    };

type SymbolDecision = Decision<SymbolEvent, SymbolReply>;

/** The brain of a symbol's actor. A command about another symbol is refused with `SYMBOL_MISMATCH`. */
export const symbolDecider: Decider<SymbolState, SymbolCommand, SymbolEvent, SymbolReply> = {
  initial: (id) => ({
    symbol: id,
    quote: null,
    pricedAtMs: null,
    quotedAtMs: null,
    openBars: {},
    lastBars: {},
  }),
  decide,
  evolve: (state, { event }) => apply(state, event),
};

function decide(state: SymbolState, command: SymbolCommand, _env: Env): SymbolDecision {
  switch (command.type) {
    case "RecordBar":
      requireSymbol(state, command.bar.symbol);
      return recordBar(state, command.bar, command.tsInitMs);
    case "RecordTrade":
      requireSymbol(state, command.trade.symbol);
      return recordTrade(state, command.trade, command.tsInitMs);
    case "RecordQuote":
      requireSymbol(state, command.quote.symbol);
      return recordQuote(state, command.quote);
    case "AdvanceClock":
      return accepted(closeEnded(state, command.nowMs, command.nowMs));
    case "Restore":
      for (const bar of command.bars) requireSymbol(state, bar.symbol);
      return accepted([restored(state, command.bars, command.quote)]);
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
  // A minute from the vendor ends the one being built; an earlier one being built closes first.
  const ended = bar.timeframe === "1m" ? closeEnded(state, bar.startMs, tsInitMs) : [];
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
  const open = state.openBars["1m"];
  const closedMs = state.lastBars["1m"]?.startMs ?? -Infinity;
  const minuteMs = barStartMs("1m", trade.tsEventMs);
  if (minuteMs <= closedMs || minuteMs < (open?.startMs ?? -Infinity)) {
    return { events: [], reply: { outcome: "late", reason: "TRADE_AFTER_CLOSE" } };
  }
  const ended = closeEnded(state, minuteMs, tsInitMs);
  const counted: SymbolEvent[] = [...ended, { type: "TradeCounted", trade }];
  if (open?.startMs === minuteMs && trade.tsEventMs < open.lastMs) {
    return { events: counted, reply: { outcome: "late", reason: "TRADE_OUT_OF_ORDER" } };
  }
  const { symbol, price, size, tsEventMs } = trade;
  return accepted([
    ...counted,
    ...quoteOf(state, { symbol, price, size, atMs: tsEventMs, tsInitMs }),
  ]);
}

function closeEnded(state: SymbolState, nowMs: number, tsInitMs: number): readonly SymbolEvent[] {
  const open = state.openBars["1m"];
  if (open === undefined || barEndMs("1m", open.startMs) > nowMs) return [];
  return [{ type: "BarClosed", bar: closeBar(open), tsInitMs }];
}

function recordQuote(state: SymbolState, told: Quote): SymbolDecision {
  if (state.quotedAtMs !== null && told.tsEventMs < state.quotedAtMs) {
    return { events: [], reply: { outcome: "late", reason: "QUOTE_OLDER_THAN_LAST" } };
  }
  const quote = withSides(state.quote, told);
  if (state.quotedAtMs === told.tsEventMs && isSameQuote(state.quote, quote)) {
    return { events: [], reply: { outcome: "duplicate", reason: "QUOTE_REPEATED" } };
  }
  return accepted([{ type: "QuoteChanged", quote, of: "sides", atMs: told.tsEventMs }]);
}

function restored(state: SymbolState, bars: readonly Bar[], quote: Quote | null): SymbolEvent {
  const lastBars: { [T in Timeframe]?: Bar } = { ...state.lastBars };
  for (const bar of bars) {
    const held = lastBars[bar.timeframe];
    if (held === undefined || held.startMs < bar.startMs) lastBars[bar.timeframe] = bar;
  }
  const known = state.quote ?? quote;
  const close = newestClose(lastBars);
  const isNews = close !== null && close.atMs > (known?.tsEventMs ?? -Infinity);
  return { type: "Restored", lastBars, quote: isNews ? withLast(known, close) : known };
}

// What a stored close tells is as old as its bar: the time of learning must not make it look fresh.
function newestClose(lastBars: SymbolState["lastBars"]): LastPrice | null {
  const closes = Object.values(lastBars)
    .map((bar) => lastPriceOf(bar, barEndMs(bar.timeframe, bar.startMs)))
    .toSorted((a, b) => b.atMs - a.atMs);
  return closes[0] ?? null;
}

function apply(state: SymbolState, event: SymbolEvent): SymbolState {
  switch (event.type) {
    case "BarClosed":
      return withClosedBar(state, event.bar);
    case "BarRevised":
      return withRevisedBar(state, event.bar);
    case "TradeCounted":
      return { ...state, openBars: { "1m": withTrade(state.openBars["1m"], event.trade) } };
    case "QuoteChanged":
      return event.of === "last"
        ? { ...state, quote: event.quote, pricedAtMs: event.atMs }
        : { ...state, quote: event.quote, quotedAtMs: event.atMs };
    case "Restored":
      return withRestored(state, event.lastBars, event.quote);
  }
}

function withTrade(open: OpenBar | undefined, trade: TradeTick): OpenBar {
  return open === undefined ? openWith(trade) : countTrade(open, trade);
}

function withClosedBar(state: SymbolState, bar: Bar): SymbolState {
  const open = state.openBars["1m"];
  const isEnded = bar.timeframe === "1m" && open !== undefined && open.startMs <= bar.startMs;
  return {
    ...state,
    openBars: isEnded ? {} : state.openBars,
    lastBars: { ...state.lastBars, [bar.timeframe]: bar },
  };
}

function withRevisedBar(state: SymbolState, bar: Bar): SymbolState {
  if (state.lastBars[bar.timeframe]?.startMs !== bar.startMs) return state;
  return { ...state, lastBars: { ...state.lastBars, [bar.timeframe]: bar } };
}

function withRestored(
  state: SymbolState,
  lastBars: SymbolState["lastBars"],
  quote: Quote | null,
): SymbolState {
  const minuteMs = lastBars["1m"]?.startMs ?? -Infinity;
  const open = state.openBars["1m"];
  const isEnded = open !== undefined && open.startMs <= minuteMs;
  const isNews = quote !== null && quote !== state.quote;
  return {
    symbol: state.symbol,
    quote,
    pricedAtMs: isNews && quote.last !== null ? quote.tsEventMs : state.pricedAtMs,
    quotedAtMs: isNews && hasSide(quote) ? quote.tsEventMs : state.quotedAtMs,
    openBars: isEnded ? {} : state.openBars,
    lastBars,
  };
}

function hasSide(quote: Quote): boolean {
  return quote.bid !== null || quote.ask !== null;
}
