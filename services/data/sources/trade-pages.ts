import { checkTick } from "../../../domain/market/check-tick.ts";
import type { TradeTick } from "../../../domain/market/quote.ts";
import type { RefusedRow } from "../feeds/feed.ts";
import { plain } from "./bar-pages.ts";
import type { Ask, HistoryPage, TimeRange } from "./source.ts";

export type TradeQuery = TimeRange & { readonly symbol: string };

/** A trade in the vendor's figures. */
export interface RawTrade {
  readonly tsEventMs: number | null;
  readonly tsEventMicros?: number;
  readonly price: unknown;
  readonly size: unknown;
  readonly tradeId?: string;
  readonly aggressor?: "buy" | "sell";
}

/** As `BarSieve`, for trades: a repeat is known by the venue's id. */
export class TradeSieve {
  readonly #query: TradeQuery;
  readonly #source: string;
  readonly #ask: Ask;
  #before: ReadonlySet<string> = new Set();

  constructor(query: TradeQuery, source: string, ask: Ask) {
    this.#query = query;
    this.#source = source;
    this.#ask = ask;
  }

  page(rows: Iterable<RawTrade>): HistoryPage<TradeTick> {
    const accepted: TradeTick[] = [];
    const refused: RefusedRow[] = [];
    const seen = new Set<string>();
    for (const row of rows) {
      const checked = this.#check(row);
      if ("refused" in checked) {
        refused.push(checked.refused);
        continue;
      }
      const trade = withDetails(checked.accepted, row);
      if (!this.#isWanted(trade, seen)) continue;
      accepted.push(trade);
    }
    // Pages overlap at their edges only: the ids of the one before are enough.
    this.#before = seen;
    return { accepted: accepted.toSorted(byTime), refused };
  }

  #check({ tsEventMs, price, size }: RawTrade) {
    const raw = {
      symbol: this.#query.symbol,
      source: this.#source,
      tsEventMs,
      price: plain(price),
      size: plain(size),
    };
    return checkTick(raw, { nowMs: this.#ask.now() });
  }

  #isWanted({ tsEventMs, tradeId }: TradeTick, seen: Set<string>): boolean {
    if (tradeId !== undefined) {
      if (seen.has(tradeId) || this.#before.has(tradeId)) return false;
      seen.add(tradeId);
    }
    return tsEventMs >= this.#query.startMs && tsEventMs < this.#query.endMs;
  }
}

function withDetails(trade: TradeTick, { tsEventMicros, tradeId, aggressor }: RawTrade): TradeTick {
  return {
    ...trade,
    ...(tsEventMicros !== undefined && { tsEventMicros }),
    ...(tradeId !== undefined && { tradeId }),
    ...(aggressor !== undefined && { aggressor }),
  };
}

function byTime(a: TradeTick, b: TradeTick): number {
  return a.tsEventMs - b.tsEventMs || (a.tsEventMicros ?? 0) - (b.tsEventMicros ?? 0);
}
