import type { PriceSeries } from "../../domain/risk/history/align.ts";
import { DAY_MS } from "../../domain/market/calendars/time-zone.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import { Lru } from "../../models/cache/lru.ts";
import { seriesTokens } from "../../models/timescale/series-tokens.ts";
import type { NodeContext } from "../context.ts";
import { barsAsked } from "./features/bars.ts";
import { firstAt } from "./features/compute.ts";
import type { Market } from "./market.ts";

export interface ClosesAsked {
  readonly symbols: readonly string[];
  /** the newest so many; absent: all of the range */
  readonly count?: number;
  /** of days that begin in [startMs, endMs), epoch ms; absent: unbounded */
  readonly startMs?: number;
  readonly endMs?: number;
}

/** Why a symbol has no closes. */
export interface NoCloses {
  readonly symbol: string;
  readonly problem: string;
}

/** With what was traded on each day, in units of today. */
export interface DailyBars extends PriceSeries {
  readonly volumes: readonly number[];
}

interface Kept {
  readonly token: string;
  readonly closes: DailyBars | NoCloses;
}

/** Symbols whose closes are kept: some 80 KB each for twenty years of days. */
const KEPT_MAX = 2_000;
/** Series that are read from the store at once. */
const AT_ONCE = 4;

/**
 * Daily closes, adjusted for splits and dividends in the units of today, for those who measure risk, of many symbols at once. What was read is kept as long as the store says that
 * nothing of it has changed.
 */
export class ClosesBook {
  readonly #node: NodeContext;
  readonly #market: Market;
  readonly #kept = new Lru<Kept>(KEPT_MAX);

  constructor(node: NodeContext, market: Market) {
    this.#node = node;
    this.#market = market;
  }

  /** In the order of the symbols. */
  async read(asked: ClosesAsked): Promise<readonly (DailyBars | NoCloses)[]> {
    const { symbols } = asked;
    const tokens = await seriesTokens(this.#node.pool, symbols);
    // Factors depend on which ex-dates have come.
    const today = Math.floor(this.#node.clock.now() / DAY_MS);
    const found = new Map<string, DailyBars | NoCloses>();
    const missing: string[] = [];
    for (const symbol of new Set(symbols)) {
      const kept = this.#kept.get(symbol);
      if (kept?.token === `${today} ${tokens.get(symbol)}`) found.set(symbol, kept.closes);
      else missing.push(symbol);
    }
    for (let i = 0; i < missing.length; i += AT_ONCE) {
      const batch = missing.slice(i, i + AT_ONCE);
      for (const closes of await Promise.all(batch.map((symbol) => this.#load(symbol)))) {
        this.#kept.set(closes.symbol, { token: `${today} ${tokens.get(closes.symbol)}`, closes });
        found.set(closes.symbol, closes);
      }
    }
    return symbols.map((symbol) => part(found.get(symbol) ?? noCloses(symbol), asked));
  }

  async #load(symbol: string): Promise<DailyBars | NoCloses> {
    try {
      const asked = { symbol, timeframe: "1d", adjust: "all" } as const;
      const bars = await barsAsked(this.#node, this.#market, asked);
      const instrument = await this.#market.instrument(symbol);
      if (bars.startMs.length === 0) return noCloses(symbol);
      if (instrument === null) return { symbol, problem: `nobody has described ${symbol}` };
      return {
        symbol,
        currency: instrument.currency,
        timesMs: Array.from(bars.startMs),
        closes: Array.from(bars.close),
        volumes: Array.from(bars.volume),
      };
    } catch (error) {
      if (error instanceof RestError && error.code < 500) return { symbol, problem: error.message };
      throw error;
    }
  }
}

function noCloses(symbol: string): NoCloses {
  return { symbol, problem: `no daily bars of ${symbol} are stored` };
}

function part(
  closes: DailyBars | NoCloses,
  { count, startMs, endMs }: ClosesAsked,
): DailyBars | NoCloses {
  if ("problem" in closes) return closes;
  const { timesMs } = closes;
  const from = startMs === undefined ? 0 : firstAt(timesMs, startMs);
  const until = endMs === undefined ? timesMs.length : firstAt(timesMs, endMs);
  const first = count === undefined ? from : Math.max(from, until - count);
  if (first === 0 && until === timesMs.length) return closes;
  return {
    ...closes,
    timesMs: timesMs.slice(first, until),
    closes: closes.closes.slice(first, until),
    volumes: closes.volumes.slice(first, until),
  };
}
