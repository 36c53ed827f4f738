import type { TradeTick } from "../../domain/market/quote.ts";
import { add, dec } from "../../domain/shared/decimal.ts";

const MINUTE_MS = 60_000;

/**
 * What Binance's REST knows of the past, made of one market's trades: minutes, aggregate trades (each of one trade) and
 * single ones (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints). Null: not asked here.
 */
export function answerOfPast(url: URL, trades: readonly TradeTick[]): unknown {
  const asked = url.searchParams;
  const from = Number(asked.get("startTime") ?? 0);
  const until = Number(asked.get("endTime") ?? Number.MAX_SAFE_INTEGER);
  const limit = Number(asked.get("limit") ?? 500);
  const within = trades.filter(({ tsEventMs }) => tsEventMs >= from && tsEventMs <= until);
  switch (url.pathname) {
    case "/api/v3/klines":
      return klines(trades)
        .filter(([startMs]) => startMs >= from && startMs <= until)
        .slice(0, limit);
    case "/api/v3/aggTrades":
      return within
        .slice(0, limit)
        .map(({ tradeId, tsEventMs }) => ({ a: 1, f: Number(tradeId), T: tsEventMs }));
    case "/api/v3/historicalTrades":
      return trades
        .filter(({ tradeId }) => Number(tradeId) >= Number(asked.get("fromId")))
        .slice(0, limit)
        .map(single);
    default:
      return null;
  }
}

function single({ tradeId, price, size, tsEventMs, aggressor }: TradeTick) {
  const isBuyerMaker = aggressor === "sell";
  return { id: Number(tradeId), price, qty: size, time: tsEventMs, isBuyerMaker };
}

function klines(trades: readonly TradeTick[]) {
  const minutes = Map.groupBy(trades, ({ tsEventMs }) => Math.floor(tsEventMs / MINUTE_MS));
  return [...minutes].map(([minute, group]) => {
    const prices = group.map(({ price }) => dec(price)).toSorted((a, b) => a.comparedTo(b));
    const volume = group.reduce((sum, { size }) => add(sum, size), "0");
    const [low, high] = [prices[0]?.toFixed(8), prices.at(-1)?.toFixed(8)];
    const ends = (minute + 1) * MINUTE_MS - 1;
    const [open, close] = [group[0]?.price, group.at(-1)?.price];
    return [minute * MINUTE_MS, open, high, low, close, volume, ends, "0", group.length] as const;
  });
}
