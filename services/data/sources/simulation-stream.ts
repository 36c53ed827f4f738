import type { BookSnapshot } from "../../../domain/market/book/snapshot.ts";
import type { BookLevel } from "../../../domain/market/displayed-book.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import type { Clock, Timer } from "../../../mixins/clock.ts";
import type { MarketEvent } from "../feeds/feed.ts";
import type { LiveStream, StreamKind, StreamSink, StreamSubscription } from "./source.ts";

export interface SimulationOptions {
  readonly sourceId: string;
  readonly clock: Clock;
  /** the same seed gives the same market, but for its times */
  readonly seed: number;
  /** steps of each symbol a second */
  readonly stepsPerSecond: number;
}

const TICK = "0.01";
const LEVELS = 10;
/** Of steps: how many bring a trade. */
const TRADED = 0.6;

/** A market made of chance, for demonstrations: it is played only where somebody has asked for it. */
export function simulationStream(
  options: SimulationOptions,
): (subscription: StreamSubscription, sink: StreamSink) => LiveStream {
  return (subscription, sink) => new SimulationStream(options, subscription, sink);
}

class SimulationStream implements LiveStream {
  readonly #options: SimulationOptions;
  readonly #kinds: readonly StreamKind[];
  readonly #sink: StreamSink;
  readonly #markets: readonly SimulatedMarket[];
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(options: SimulationOptions, subscription: StreamSubscription, sink: StreamSink) {
    this.#options = options;
    this.#kinds = subscription.kinds;
    this.#sink = sink;
    const startMs = options.clock.now();
    this.#markets = subscription.symbols.map(
      (symbol) => new SimulatedMarket(symbol, options.sourceId, options.seed, startMs),
    );
    this.#step();
  }

  get state() {
    return this.#isClosed ? "closed" : "live";
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#sink.state("closed");
  }

  #step(): void {
    const { clock, stepsPerSecond } = this.#options;
    this.#timer = clock.setTimer(1_000 / stepsPerSecond, () => {
      for (const market of this.#markets)
        this.#sink.events(market.step(clock.now()).filter(({ kind }) => this.#isWanted(kind)));
      this.#step();
    });
  }

  #isWanted(kind: MarketEvent["kind"]): boolean {
    return this.#kinds.includes(`${kind}s`);
  }
}

/** A price that walks in ticks and is drawn back to where it began. */
class SimulatedMarket {
  readonly #symbol: string;
  readonly #source: string;
  readonly #startMs: number;
  readonly #random: () => number;
  readonly #home: number;
  /** of the best bid, in ticks; the ask is one above */
  #bid: number;
  #steps = 0;

  constructor(symbol: string, source: string, seed: number, startMs: number) {
    this.#symbol = symbol;
    this.#source = source;
    this.#startMs = startMs;
    this.#random = chance(seed, symbol);
    this.#home = 5_000 + Math.floor(this.#random() * 20_000);
    this.#bid = this.#home;
  }

  step(nowMs: number): readonly MarketEvent[] {
    this.#steps += 1;
    const pull = (this.#home - this.#bid) / this.#home;
    const draw = this.#random() + pull;
    if (draw > 0.7) this.#bid += 1;
    else if (draw < 0.3) this.#bid -= 1;
    const book = this.#book(nowMs);
    const trade = this.#random() < TRADED ? [this.#trade(nowMs)] : [];
    return [...trade, this.#quote(book), { kind: "book", book }];
  }

  #trade(nowMs: number): MarketEvent {
    const isBuy = this.#random() < 0.5;
    const trade = {
      symbol: this.#symbol,
      price: priceOf(isBuy ? this.#bid + 1 : this.#bid),
      size: this.#size(),
      tsEventMs: nowMs,
      source: this.#source,
      // Of another run it is another trade.
      tradeId: `${String(this.#startMs)}-${String(this.#steps)}`,
      aggressor: isBuy ? "buy" : "sell",
    } as const;
    return { kind: "trade", trade };
  }

  #quote({ bids, asks, tsEventMs, tsInitMs, symbol }: BookSnapshot): MarketEvent {
    const [bid, ask] = [bids[0] ?? null, asks[0] ?? null];
    const sides = { bid: bid?.price ?? null, bidSize: bid?.size ?? null };
    const others = { ask: ask?.price ?? null, askSize: ask?.size ?? null };
    const last = { last: null, lastSize: null };
    return { kind: "quote", quote: { symbol, ...sides, ...others, ...last, tsEventMs, tsInitMs } };
  }

  #book(nowMs: number): BookSnapshot {
    const side = (best: number, sign: 1 | -1): readonly BookLevel[] =>
      Array.from({ length: LEVELS }, (_, depth) => ({
        price: priceOf(best + sign * depth),
        size: this.#size(),
      }));
    return {
      symbol: this.#symbol,
      bids: side(this.#bid, -1),
      asks: side(this.#bid + 1, 1),
      tsEventMs: nowMs,
      tsInitMs: nowMs,
      sequence: String(this.#steps),
      source: this.#source,
    };
  }

  #size(): string {
    return String(1 + Math.floor(this.#random() * 100));
  }
}

function priceOf(ticks: number): string {
  return text(dec(ticks).times(TICK));
}

/** Mulberry32 (T. Ettinger, public domain), begun with the seed and the symbol. */
function chance(seed: number, symbol: string): () => number {
  let state = seed;
  for (const letter of symbol) state = Math.imul(state, 31) + (letter.codePointAt(0) ?? 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
