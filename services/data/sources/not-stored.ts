import type { Bar } from "../../../domain/market/bar.ts";
import type { TradeTick } from "../../../domain/market/quote.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import type { Pool } from "../../../models/postgres/pool.ts";
import { readTrades } from "../../../models/timescale/trades.ts";
import type { TradePlace } from "../../../models/timescale/trade-reader.ts";

const PAGE = 10_000;

/** Those of a page of one vendor's trades, in their order, that are not stored. */
export async function tradesNotStored(
  pool: Pool,
  symbol: string,
  trades: readonly TradeTick[],
): Promise<readonly TradeTick[]> {
  const [first, last] = [trades[0], trades.at(-1)];
  if (first === undefined || last === undefined) return [];
  const range = { startMs: first.tsEventMs, endMs: last.tsEventMs + 1 };
  const known = new Set<string>();
  let after: TradePlace | undefined;
  for (;;) {
    const query = { symbol, ...range, limit: PAGE, order: "asc", ...(after && { after }) } as const;
    const page = await readTrades(pool, query);
    for (const trade of page) known.add(keyOf(trade));
    after = page.at(-1)?.place;
    if (page.length < PAGE || after === undefined) break;
  }
  return trades.filter((trade) => !known.has(keyOf(trade)));
}

/** A trade without an id is told by all that is known of it. */
function keyOf({ source, tradeId, tsEventMs, price, size }: TradeTick): string {
  if (tradeId !== undefined) return JSON.stringify([source, tradeId]);
  return JSON.stringify([source, tsEventMs, dec(price).toFixed(), dec(size).toFixed()]);
}

/** What the vendor does not tell of a bar is no difference. */
export function isSameAsStored(stored: Bar | undefined, told: Bar): boolean {
  if (stored === undefined) return false;
  const figures = ["open", "high", "low", "close", "volume"] as const;
  return (
    figures.every((figure) => dec(stored[figure]).equals(told[figure])) &&
    (told.vwap === undefined || stored.vwap === undefined || dec(stored.vwap).equals(told.vwap)) &&
    (told.tradeCount === undefined || stored.tradeCount === told.tradeCount)
  );
}
