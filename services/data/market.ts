import type { Bar } from "../../domain/market/bar.ts";
import type { BookSnapshot } from "../../domain/market/book/snapshot.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { Quote, TradeTick } from "../../domain/market/quote.ts";
import type { SymbolCommand, SymbolReply } from "../../domain/market/symbol.ts";
import { invariant } from "../../domain/shared/errors.ts";
import { getInstrument } from "../../models/instruments.ts";
import type { NodeContext } from "../context.ts";
import type { SymbolSummary } from "./symbol-kind.ts";

/** News of a price older than this is no basis for an order. */
const STALE_MS = 60_000;
/** Instruments change rarely, and another node may change them. */
const INSTRUMENT_MS = 5_000;

interface KnownInstrument {
  readonly instrument: Instrument | null;
  readonly untilMs: number;
}

/** What the services of this folder know of the market together. */
export class Market {
  readonly #node: NodeContext;
  readonly #instruments = new Map<string, KnownInstrument>();
  readonly #asking = new Map<string, Promise<Instrument | null>>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  async instrument(symbol: string): Promise<Instrument | null> {
    const nowMs = this.#node.clock.monotonicMs();
    const known = this.#instruments.get(symbol);
    if (known !== undefined && known.untilMs > nowMs) return known.instrument;
    return this.#asking.get(symbol) ?? this.#ask(symbol, nowMs + INSTRUMENT_MS);
  }

  /** Once for all who want to know at the same time. */
  async #ask(symbol: string, untilMs: number): Promise<Instrument | null> {
    const asking = getInstrument(this.#node.pool, symbol);
    this.#asking.set(symbol, asking);
    // An answer that was under way when the instrument changed is forgotten with it.
    const isNewest = (): boolean => this.#asking.get(symbol) === asking;
    try {
      const instrument = await asking;
      if (this.#instruments.size > 10_000) this.#instruments.clear();
      if (isNewest()) this.#instruments.set(symbol, { instrument, untilMs });
      return instrument;
    } finally {
      if (isNewest()) this.#asking.delete(symbol);
    }
  }

  forget(symbol: string): void {
    this.#instruments.delete(symbol);
    this.#asking.delete(symbol);
  }

  async summary(
    symbol: string,
    { deadlineMs }: { readonly deadlineMs?: number } = {},
  ): Promise<SymbolSummary> {
    const { summary } = await this.#node.actors.read({ type: "symbol", id: symbol }, deadlineMs);
    // sound: the symbol kind's summary; soft actors always have one
    return summary as unknown as SymbolSummary;
  }

  /** Whether nothing was heard of the price lately, by the wall clock: a replay of old prices is not stale while it plays. */
  isStale({ tsInitMs }: Pick<Quote, "tsInitMs">): boolean {
    return this.#node.clock.now() - tsInitMs > STALE_MS;
  }

  record(symbol: string, command: SymbolCommand): Promise<SymbolReply> {
    return this.#node.actors
      .call({ type: "symbol", id: symbol }, command, {
        commandId: this.#node.newId(),
        // Never compared: repeats are told by what they say.
        bodyHash: "",
        isDeduplicated: false,
      })
      .then(
        ({ reply }) =>
          // sound: what the symbol's decider replies
          reply as unknown as SymbolReply,
      );
  }

  recordBar(bar: Bar, tsInitMs: number): Promise<SymbolReply> {
    return this.record(bar.symbol, { type: "RecordBar", bar, tsInitMs });
  }

  recordTrade(trade: TradeTick, tsInitMs: number): Promise<SymbolReply> {
    return this.record(trade.symbol, { type: "RecordTrade", trade, tsInitMs });
  }

  /** The book and the open bars. */
  async describe(symbol: string): Promise<Extract<SymbolReply, { outcome: "described" }>> {
    const reply = await this.record(symbol, { type: "Describe" });
    invariant(reply.outcome === "described", `a symbol describes itself, found ${reply.outcome}`);
    return reply;
  }

  /** Trades of one symbol that came together, in their order. */
  recordTrades(
    symbol: string,
    trades: readonly TradeTick[],
    tsInitMs: number,
  ): Promise<SymbolReply> {
    return this.record(symbol, { type: "RecordTrades", trades, tsInitMs });
  }

  recordBook(book: BookSnapshot): Promise<SymbolReply> {
    return this.record(book.symbol, { type: "RecordBook", book });
  }

  recordQuote(quote: Quote): Promise<SymbolReply> {
    return this.record(quote.symbol, { type: "RecordQuote", quote });
  }
}
