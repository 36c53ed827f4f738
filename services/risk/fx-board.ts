import {
  type CurrencyRate,
  pairPrice,
  type PricedLeg,
  type RateLeg,
  rateOver,
} from "../../domain/market/currency-pair.ts";
import type { Quote } from "../../domain/market/quote.ts";
import type { MarketView, PortfolioCommand } from "../../domain/portfolio/messages.ts";
import type { PortfolioState } from "../../domain/portfolio/state.ts";
import type { StreamMessage } from "../../mixins/rest/stream-channels.ts";
import type { NodeContext } from "../context.ts";
import { rateOf } from "./fx.ts";

/** A rate that nothing was heard of for longer is none of now. */
const STALE_MS = 60_000;
/** A pair of which nothing was known is asked for again after so long. */
const AGAIN_MS = 10_000;
const QUOTES = "quotes:";

interface Followed {
  /** null: not known yet, or by no instrument */
  readonly legs: readonly RateLeg[] | null;
  /** by the node's clock, monotonic */
  readonly askedMs: number;
}

/** One a node. */
const MADE = new WeakMap<NodeContext, FxBoard>();

export function fxBoardOf(node: NodeContext): FxBoard {
  const known = MADE.get(node);
  if (known !== undefined) return known;
  const made = new FxBoard(node);
  MADE.set(node, made);
  return made;
}

/** Rates of the currencies of this node's portfolios as they are heard of: in memory, for turns to read. */
export class FxBoard {
  readonly #node: NodeContext;
  readonly #pairs = new Map<string, Followed>();
  readonly #quotes = new Map<string, Quote>();
  readonly #end: () => void;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#end = node.live.subscribe((message) => this.#hear(message), "markets");
  }

  stop(): void {
    this.#end();
  }

  /**
   * A fill in another currency is told the rate of now, where it is known. Reads memory only, and has what an order will need
   * looked up for its fills: it is called inside a turn.
   */
  attend({ account }: PortfolioState, command: PortfolioCommand): PortfolioCommand {
    if (account?.opening.currencies === undefined) return command;
    const { baseCurrency } = account.opening;
    if (command.type === "RequestOrder" || command.type === "ActOnSignal") {
      const currency = command.market.instrument?.currency ?? baseCurrency;
      if (currency !== baseCurrency) this.#follow(currency, baseCurrency);
      return command;
    }
    if (command.type !== "ApplyFill" || command.baseRate !== undefined) return command;
    const { currency } = command.report;
    if (currency === baseCurrency) return command;
    const found = this.#rateNow(currency, baseCurrency);
    return found === null ? command : { ...command, baseRate: found.rate, baseAsk: found.ask };
  }

  #rateNow(from: string, to: string): CurrencyRate | null {
    const legs = this.#follow(from, to);
    if (legs === null) return null;
    const nowMs = this.#node.clock.now();
    const priced: PricedLeg[] = [];
    for (const { symbol, isInverse } of legs) {
      const quote = this.#quotes.get(symbol) ?? null;
      const price = pairPrice(quote);
      if (quote === null || price === null || nowMs - quote.tsInitMs > STALE_MS) return null;
      priced.push({ symbol, isInverse, price, asOfMs: quote.tsEventMs, isStale: false });
    }
    return rateOver(priced, nowMs);
  }

  /** What the rate is made of; asked for by the way where that is not known. */
  #follow(from: string, to: string): readonly RateLeg[] | null {
    const key = `${from}/${to}`;
    const known = this.#pairs.get(key);
    const nowMs = this.#node.clock.monotonicMs();
    if (known !== undefined && (known.legs !== null || nowMs - known.askedMs < AGAIN_MS))
      return known.legs;
    this.#pairs.set(key, { legs: null, askedMs: nowMs });
    void this.#learn(from, to);
    return null;
  }

  async #learn(from: string, to: string): Promise<void> {
    const { broker, log } = this.#node;
    try {
      const found = await rateOf(broker, { from, to });
      if (found === null) return;
      for (const { symbol } of found.legs) await this.#look(symbol);
      const askedMs = this.#node.clock.monotonicMs();
      this.#pairs.set(`${from}/${to}`, { legs: found.legs, askedMs });
    } catch (err) {
      log.warn({ err, from, to }, "a rate could not be asked for");
    }
  }

  async #look(symbol: string): Promise<void> {
    const seen = await this.#node.broker.call<Omit<MarketView, "feeBps">, unknown>(
      "symbols.marketView",
      { symbol },
    );
    if (seen.quote !== null) this.#quotes.set(symbol, seen.quote);
  }

  #hear({ channel, data }: StreamMessage): void {
    if (!channel.startsWith(QUOTES)) return;
    const symbol = channel.slice(QUOTES.length);
    if (!this.#quotes.has(symbol)) return;
    // sound: what is told of a quote is a quote
    this.#quotes.set(symbol, data as unknown as Quote);
  }
}
