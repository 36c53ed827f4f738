import type { Bar } from "../../domain/market/bar.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { Quote } from "../../domain/market/quote.ts";
import { upsertInstrument } from "../../models/instruments.ts";
import { FeedRunner } from "../../services/data/feed-runner.ts";
import type { MarketEvent, MarketSource, SourceRow } from "../../services/data/feeds/feed.ts";
import { Market } from "../../services/data/market.ts";
import type { TestNode } from "./node.ts";

export const DAY_MS = 86_400_000;
export const FIRST_DAY_MS = Date.UTC(2020, 0, 1);

interface Played {
  readonly event: MarketEvent;
  readonly done: () => void;
}

/** A minute on which the price did not move. */
export interface PlayedMinute {
  readonly startMs: number;
  readonly price: string;
  readonly volume: string;
}

/** A market that moves when the test says so, by the same runner as every feed. */
export class HandMarket {
  readonly #node: TestNode;
  readonly #source = new HandSource();
  readonly #runner: FeedRunner;
  readonly #market: Market;
  #day = 0;

  private constructor(node: TestNode) {
    this.#node = node;
    this.#market = new Market(node.context);
    this.#runner = new FeedRunner(node.context, this.#market, "by-hand", this.#source);
  }

  /** @param day with which it goes on, counted from 0 */
  static async open(node: TestNode, day = 0): Promise<HandMarket> {
    const market = new HandMarket(node);
    market.#day = day;
    await market.#runner.start();
    node.beforeStop(() => market.#close());
    return market;
  }

  async list(symbol: string, changes: Partial<Instrument> = {}): Promise<void> {
    await upsertInstrument(this.#node.context.pool, instrument(symbol, changes));
  }

  /** The next day of each symbol, at one price each; resolves when everybody has heard of it and nothing is left to do. */
  async play(prices: Readonly<Record<string, number | string>>): Promise<void> {
    await this.tick(prices);
    await this.#node.settled();
  }

  /** The same for a market that does not wait. */
  async tick(prices: Readonly<Record<string, number | string>>): Promise<void> {
    const startMs = FIRST_DAY_MS + this.#day++ * DAY_MS;
    for (const [symbol, price] of Object.entries(prices)) {
      const bar = dayBar(symbol, startMs, String(price));
      await this.#source.play({ kind: "bar", bar });
    }
  }

  /** A minute, whenever it began: the past is stored, and what is later than all before goes to the venue too. */
  async minute(symbol: string, { startMs, price, volume }: PlayedMinute): Promise<void> {
    const bar: Bar = { ...dayBar(symbol, startMs, price), timeframe: "1m", volume };
    await this.#source.play({ kind: "bar", bar });
    await this.#node.settled();
  }

  /** What the venue shows from then on. */
  async quote(
    symbol: string,
    sides: Pick<Quote, "bid" | "ask" | "bidSize" | "askSize" | "tsEventMs">,
  ): Promise<void> {
    const quote = { symbol, ...sides, last: null, lastSize: null, tsInitMs: Date.now() };
    await this.#source.play({ kind: "quote", quote });
    await this.#node.settled();
  }

  /** One level a side, from now on. */
  async book(symbol: string): Promise<void> {
    const nowMs = Date.now();
    await this.#market.recordBook({
      symbol,
      bids: [{ price: "99.5", size: "10" }],
      asks: [{ price: "100.5", size: "20" }],
      tsEventMs: nowMs,
      tsInitMs: nowMs,
      source: "by-hand",
    });
  }

  async #close(): Promise<void> {
    this.#source.end();
    await this.#runner.stop();
  }
}

/** A day on which the price did not move. */
export function dayBar(symbol: string, startMs: number, price: string): Bar {
  return {
    symbol,
    timeframe: "1d",
    startMs,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: "1000000",
    source: "by-hand",
  };
}

function instrument(symbol: string, changes: Partial<Instrument>): Instrument {
  return {
    symbol,
    name: `${symbol} Inc.`,
    assetClass: "equity",
    venue: "PAPER",
    currency: "USD",
    tickSize: "0.01",
    lotSize: "1",
    multiplier: "1",
    shortable: false,
    calendar: "XNYS",
    ...changes,
  };
}

/** Hands over a bar when there is one; being asked for the next says that the one before is done with. */
class HandSource implements MarketSource {
  readonly name = "by-hand";
  #row = 0;
  #isOver = false;
  #next = Promise.withResolvers<Played | null>();

  async play(event: MarketEvent): Promise<void> {
    await new Promise<void>((done) => this.#next.resolve({ event, done }));
  }

  end(): void {
    this.#isOver = true;
    this.#next.resolve(null);
  }

  async *rows(): AsyncGenerator<SourceRow> {
    for (;;) {
      const played = await this.#next.promise;
      if (played === null || this.#isOver) return;
      this.#next = Promise.withResolvers();
      this.#row += 1;
      yield { row: this.#row, event: played.event };
      played.done();
    }
  }
}
