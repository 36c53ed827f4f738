import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { readReturns } from "../inputs/read-returns.ts";

interface History {
  readonly day: number;
  readonly currency: string;
  readonly lookback: number;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

interface Asked {
  readonly portfolioId: string;
  readonly symbols: readonly string[];
  readonly currency: string;
  readonly lookback: number;
}

const DAY_MS = 86_400_000;
/** Fewer daily returns say nothing of a tail. */
const LEAST = 30;
const KEPT_MAX = 5_000;
/** A history that could not be read is asked for again after so long. */
const AGAIN_MS = 10_000;

/** The daily returns that value at risk is taken from, by portfolio, read once a day: in memory, for turns to read. */
export class Histories {
  readonly #node: NodeContext;
  readonly #kept = new Map<string, History>();
  readonly #failedMs = new Map<string, number>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  returnsOf(portfolioId: string, symbol: string): Float64Array | null {
    return this.#kept.get(portfolioId)?.columns.get(symbol) ?? null;
  }

  /** Reads what is not there yet, all symbols together, over the days that they have in common. */
  async ensure(ctx: RequestContext, asked: Asked): Promise<void> {
    const { portfolioId, currency, lookback } = asked;
    const known = this.#kept.get(portfolioId);
    const nowMs = this.#node.clock.now();
    const day = Math.floor(nowMs / DAY_MS);
    const isFresh =
      known?.day === day && known.currency === currency && known.lookback === lookback;
    if (isFresh && asked.symbols.every((symbol) => known.columns.has(symbol))) return;
    const symbols = [...new Set([...(isFresh ? known.columns.keys() : []), ...asked.symbols])];
    const key = `${portfolioId} ${day} ${lookback} ${symbols.toSorted().join()}`;
    if (nowMs - (this.#failedMs.get(key) ?? 0) < AGAIN_MS || symbols.length === 0) return;
    try {
      const min = Math.min(lookback, LEAST);
      const { columns } = await readReturns(ctx, { symbols, lookback, min, currency });
      const byName = new Map(
        symbols.map((symbol, i) => [symbol, columns[i] ?? new Float64Array()]),
      );
      if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
      this.#kept.set(portfolioId, { day, currency, lookback, columns: byName });
    } catch (err) {
      // What is known of the others stays; what needs the missing one is denied, and says so.
      if (this.#failedMs.size >= KEPT_MAX) this.#failedMs.clear();
      this.#failedMs.set(key, nowMs);
      this.#node.log.debug({ err, portfolioId }, "a history of returns could not be read");
    }
  }
}
