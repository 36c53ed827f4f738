import type { Bar } from "../../domain/market/bar.ts";
import type { BookSnapshot } from "../../domain/market/book/snapshot.ts";
import type { DisplayedBook } from "../../domain/market/displayed-book.ts";
import type { Quote, TradeTick } from "../../domain/market/quote.ts";
import type { TradeFate } from "../../domain/market/bars/symbol-bars.ts";
import type { SymbolReply } from "../../domain/market/symbol.ts";
import type { Json } from "../../domain/shared/json.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";

/** Services that news of a market goes to, in this order: a fill comes before the next decision. */
const VENUE_BAR = "brokers.onBar";
const VENUE_QUOTE = "brokers.onQuote";
const VENUE_TRADE = "brokers.onTrade";
const VENUE_BOOK = "brokers.onBook";
const SIGNAL_BAR = "signals.onBar";
const FEATURE_BAR = "features.onBar";
const FEATURE_REVISED_BAR = "features.onRevisedBar";
/** Levels a side that streams are told. */
const TOLD_LEVELS = 20;

type News =
  | { readonly bar: Bar }
  | { readonly quote: Quote }
  | { readonly trade: TradeTick }
  | { readonly book: DisplayedBook };

/**
 * The way of market data from a feed to the symbol's actor and on to whoever trades by it, acknowledged all the way. Every
 * step is idempotent: what failed in the middle is given again from the beginning.
 */
export class MarketChain {
  readonly #node: NodeContext;
  readonly #market: Market;
  readonly #takers = new Set<string>();

  constructor(node: NodeContext, market: Market) {
    this.#node = node;
    this.#market = market;
  }

  /** @param hasTicks the venue has heard of the market inside the bar, and must not be offered its prices a second time */
  async takeBar(bar: Bar, tsInitMs: number, hasTicks = false): Promise<SymbolReply["outcome"]> {
    const { outcome } = await this.#market.recordBar(bar, tsInitMs);
    // A correction, or a bar from before the last one, is stored and goes no further: nobody trades on the past.
    if (outcome === "late" || outcome === "revised") {
      await this.#hand(FEATURE_REVISED_BAR, { bar });
      return outcome;
    }
    await this.#handBar(bar, hasTicks);
    const { quote } = await this.#market.summary(bar.symbol);
    if (quote !== null) this.#tell(`quotes:${bar.symbol}`, quoteFact(quote));
    return outcome;
  }

  async takeTrade(trade: TradeTick, tsInitMs: number): Promise<void> {
    const { outcome } = await this.#market.recordTrade(trade, tsInitMs);
    if (outcome !== "late") await this.#hand(VENUE_TRADE, { trade });
  }

  /**
   * Trades of one symbol that came together, in their order; the bars that they close are handed on as built.
   * @returns what became of each
   */
  async takeTrades(trades: readonly TradeTick[], tsInitMs: number): Promise<readonly TradeFate[]> {
    const [first] = trades;
    if (first === undefined) return [];
    const { symbol } = first;
    const reply = await this.#market.record(symbol, { type: "RecordTrades", trades, tsInitMs });
    const fates = "fates" in reply ? (reply.fates ?? []) : [];
    const news = trades.filter((_, index) => fates[index] === "new");
    for (const trade of news) await this.#hand(VENUE_TRADE, { trade });
    if (news.length > 0) this.#tell(`ticks:${symbol}`, ticksFact(symbol, news));
    await this.#handBuilt(reply);
    return fates;
  }

  /** Closes what has ended by the market's clock, when no trade comes to do it. */
  async advance(symbol: string, nowMs: number): Promise<void> {
    await this.#handBuilt(await this.#market.record(symbol, { type: "AdvanceClock", nowMs }));
  }

  async takeQuote(quote: Quote): Promise<void> {
    const { outcome } = await this.#market.recordQuote(quote);
    if (outcome === "late") return;
    await this.#hand(VENUE_QUOTE, { quote });
    this.#tell(`quotes:${quote.symbol}`, quoteFact(quote));
  }

  async takeBook(book: BookSnapshot): Promise<void> {
    const { symbol, bids, asks, tsEventMs } = book;
    const { outcome } = await this.#market.record(symbol, { type: "RecordBook", book });
    if (outcome !== "accepted") return;
    const instrument = await this.#market.instrument(symbol);
    if (instrument !== null) {
      const { tickSize, lotSize } = instrument;
      const displayed = { symbol, bids, asks, tickSize, lotSize, tsEventMs };
      await this.#hand(VENUE_BOOK, { book: displayed });
    }
    this.#tell(`books:${symbol}`, bookFact(book));
  }

  async #handBuilt(reply: SymbolReply): Promise<void> {
    const closed = "closed" in reply ? (reply.closed ?? []) : [];
    for (const bar of closed) await this.#handBar(bar, true);
  }

  async #handBar(bar: Bar, hasTicks: boolean): Promise<void> {
    if (!hasTicks) await this.#hand(VENUE_BAR, { bar });
    await this.#hand(FEATURE_BAR, { bar });
    await this.#hand(SIGNAL_BAR, { bar });
    this.#tell(`bars:${bar.symbol}:${bar.timeframe}`, barFact(bar));
  }

  /** To a taker that this installation has: it is waited for, and one that was there once is not passed over later. */
  async #hand(taker: string, news: News): Promise<void> {
    if (this.#node.broker.registry.actions.isAvailable(taker)) this.#takers.add(taker);
    if (this.#takers.has(taker)) await this.#node.broker.call(taker, news);
  }

  #tell(channel: string, data: Json): void {
    this.#node.live.tell({ channel, tenantId: null, portfolioId: null, ownerId: null, data });
  }
}

function barFact({ symbol, timeframe, startMs, open, high, low, close, volume }: Bar): Json {
  return { symbol, timeframe, timestamp: isoTime(startMs), open, high, low, close, volume };
}

function quoteFact({ symbol, bid, ask, bidSize, askSize, last, lastSize, tsEventMs }: Quote): Json {
  return { symbol, bid, ask, bidSize, askSize, last, lastSize, timestamp: isoTime(tsEventMs) };
}

function ticksFact(symbol: string, trades: readonly TradeTick[]): Json {
  return {
    symbol,
    trades: trades.map(({ price, size, tradeId, aggressor, tsEventMs }) => ({
      price,
      size,
      tradeId: tradeId ?? null,
      aggressor: aggressor ?? null,
      timestamp: isoTime(tsEventMs),
    })),
  };
}

function bookFact({ symbol, bids, asks, sequence, tsEventMs }: BookSnapshot): Json {
  return {
    symbol,
    bids: bids.slice(0, TOLD_LEVELS),
    asks: asks.slice(0, TOLD_LEVELS),
    sequence: sequence ?? null,
    timestamp: isoTime(tsEventMs),
  };
}
