import type { MarketView } from "../../../domain/portfolio/market-view.ts";
import { markPrice } from "../../../domain/risk/reference-price.ts";
import type { Quote } from "../../../domain/market/quote.ts";
import { type DecimalString, text } from "../../../domain/shared/decimal.ts";
import type { StreamMessage } from "../../../mixins/rest/stream-channels.ts";
import type { NodeContext } from "../../context.ts";

interface Known<T> {
  readonly value: T;
  /** when it was heard, epoch ms */
  readonly atMs: number;
}

/** Rates come from whoever knows them, and are asked for again when they are so old. */
const RATE_MS = 10_000;
/** A rate that could not be asked for again is gone by for so long. */
const RATE_MAX_AGE_MS = 300_000;
const QUOTES = "quotes:";

/** Prices of what this node's portfolios hold and order, as they were heard of last: in memory, for turns to read. */
export class LiveBoard {
  readonly #node: NodeContext;
  readonly #marks = new Map<string, Known<DecimalString | null>>();
  readonly #rates = new Map<string, Known<DecimalString | null>>();
  readonly #end: () => void;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#end = node.live.subscribe((message) => this.#hear(message), "markets");
  }

  stop(): void {
    this.#end();
  }

  /** Null: not known, or nothing was heard of it for so long. */
  markOf(symbol: string, maxAgeMs: number): DecimalString | null {
    const known = this.#marks.get(symbol);
    if (known === undefined || this.#node.clock.now() - known.atMs > maxAgeMs) return null;
    return known.value;
  }

  rateOf(from: string, to: string): DecimalString | null {
    const known = this.#rates.get(`${from}/${to}`);
    if (known === undefined || this.#node.clock.now() - known.atMs > RATE_MAX_AGE_MS) return null;
    return known.value;
  }

  /** A price that came with a command; from then on the symbol is followed. */
  note({ instrument, quote }: Pick<MarketView, "instrument" | "quote">): void {
    if (instrument === null || quote?.symbol !== instrument.symbol) return;
    this.#take(quote.symbol, quote, quote.tsInitMs);
  }

  /** Follows the symbols from now on; those of which nothing is known yet are asked for. */
  async follow(symbols: readonly string[]): Promise<void> {
    const news = symbols.filter((symbol) => !this.#marks.has(symbol));
    if (news.length === 0) return;
    await Promise.all(
      news.map(async (symbol) => {
        try {
          const seen = await this.#node.broker.call<Omit<MarketView, "feeBps">, unknown>(
            "symbols.marketView",
            { symbol },
          );
          this.#marks.set(symbol, { value: null, atMs: 0 });
          if (seen.quote !== null) this.#take(symbol, seen.quote, seen.quote.tsInitMs);
        } catch (err) {
          this.#node.log.warn({ err, symbol }, "the price of a symbol could not be asked for");
        }
      }),
    );
  }

  /** Asks for the rates that are not known, or are getting old. */
  async followRates(currencies: readonly string[], to: string): Promise<void> {
    const nowMs = this.#node.clock.now();
    const asked = currencies.filter((from) => {
      const known = this.#rates.get(`${from}/${to}`);
      return from !== to && (known === undefined || nowMs - known.atMs > RATE_MS);
    });
    await Promise.all(asked.map((from) => this.#askRate(from, to)));
  }

  async #askRate(from: string, to: string): Promise<void> {
    try {
      const { rate } = await this.#node.broker.call<{ readonly rate: string }, unknown>(
        "symbols.rate",
        { from, to },
      );
      this.#rates.set(`${from}/${to}`, { value: rate, atMs: this.#node.clock.now() });
    } catch {
      // Whatever the reason: what is not known denies what needs it.
    }
  }

  #hear({ channel, data }: StreamMessage): void {
    if (!channel.startsWith(QUOTES)) return;
    const symbol = channel.slice(QUOTES.length);
    if (!this.#marks.has(symbol)) return;
    // sound: what is told of a quote is a quote
    this.#take(symbol, data as unknown as Quote, this.#node.clock.now());
  }

  #take(symbol: string, quote: Quote, atMs: number): void {
    const mark = markPrice(quote);
    const known = this.#marks.get(symbol);
    if (mark === null) return;
    if (known !== undefined && known.value !== null && known.atMs > atMs) return;
    this.#marks.set(symbol, { value: text(mark), atMs });
  }
}
