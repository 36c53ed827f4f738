import { rewatch, type SymbolBars, withBuilt, withTold } from "./bars/symbol-bars.ts";
import type { Quote } from "./quote.ts";
import type { SymbolEvent, SymbolState } from "./symbol-messages.ts";

/** What is true after an event. */
export function evolveSymbol(state: SymbolState, event: SymbolEvent): SymbolState {
  switch (event.type) {
    case "BarClosed":
      return {
        ...state,
        ...(event.built
          ? withBuilt(barsIn(state), event.built)
          : withTold(barsIn(state), event.bar)),
        lastBars: { ...state.lastBars, [event.bar.timeframe]: event.bar },
      };
    case "BarRevised":
      return withRevisedBar(state, event);
    case "TradesCounted":
    case "QuoteCounted":
      return { ...state, ...barsIn(event.bars) };
    case "SpecialBarClosed":
      return state;
    case "QuoteChanged":
      return event.of === "last"
        ? { ...state, quote: event.quote, pricedAtMs: event.atMs }
        : { ...state, quote: event.quote, quotedAtMs: event.atMs };
    case "BookChanged":
      return { ...state, book: event.book };
    case "BarsWatched":
      return { ...state, ...rewatch(barsIn(state), event.watch, state.symbol, event.sequences) };
    case "Restored":
      return withRestored(state, event);
  }
}

function barsIn({ watch, openBars, lateBars, builders, seen }: SymbolBars): SymbolBars {
  return { watch, openBars, lateBars, builders, seen };
}

function withRevisedBar(
  state: SymbolState,
  { bar, reason }: Extract<SymbolEvent, { type: "BarRevised" }>,
): SymbolState {
  const isLast = state.lastBars[bar.timeframe]?.startMs === bar.startMs;
  return {
    ...state,
    ...(reason === "TRADE_IN_CLOSED_BAR" ? {} : withTold(barsIn(state), bar)),
    lastBars: isLast ? { ...state.lastBars, [bar.timeframe]: bar } : state.lastBars,
  };
}

function withRestored(
  state: SymbolState,
  { lastBars, quote, building }: Extract<SymbolEvent, { type: "Restored" }>,
): SymbolState {
  const isNews = quote !== null && quote !== state.quote;
  return {
    ...state,
    ...(building === null ? withoutEnded(state, lastBars) : barsIn(building)),
    quote,
    pricedAtMs: isNews && quote.last !== null ? quote.tsEventMs : state.pricedAtMs,
    quotedAtMs: isNews && hasSide(quote) ? quote.tsEventMs : state.quotedAtMs,
    lastBars,
  };
}

/** What is stored was closed: nothing of it is being built. */
function withoutEnded(state: SymbolState, lastBars: SymbolState["lastBars"]): SymbolBars {
  const bars = Object.values(lastBars);
  return bars.reduce((left: SymbolBars, bar) => withTold(left, bar), barsIn(state));
}

function hasSide(quote: Quote): boolean {
  return quote.bid !== null || quote.ask !== null;
}
