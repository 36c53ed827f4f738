import type { Timeframe } from "../../../domain/market/bar.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { BarSieve, newYorkEnd, newYorkStamp } from "./bar-pages.ts";
import type { BarQuery, RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { Ask, MarketDataSource, TimeRange } from "./source.ts";
import { readInstant } from "./stream-rows.ts";
import { TradeSieve } from "./trade-pages.ts";
import type { RawTrade } from "./trade-pages.ts";
import type { Query, VendorHttp } from "./vendor-http.ts";

const SPANS: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "1Min",
  "5m": "5Min",
  "15m": "15Min",
  "30m": "30Min",
  "1h": "1Hour",
  "1d": "1Day",
};
/** Bars of 4 hours begin with the clock of New York, not on our grid; weeks and months are made from days. */
export const ALPACA_TIMEFRAMES = Object.keys(SPANS).filter(isSpan);

function isSpan(name: string): name is Timeframe {
  return Object.hasOwn(SPANS, name);
}

const PAGE = 10_000;
/** No range of ours has as many: a vendor that hands out page after page has lost its way. */
const PAGES_MAX = 10_000;

interface AlpacaHistory {
  readonly http: VendorHttp;
  readonly feed: string;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * Stocks at Alpaca (https://docs.alpaca.markets/reference/stockbars). Raw prices; a day is stamped with midnight in New York.
 * A symbol that it does not know has no bars there: it says so for malformed ones only.
 */
export function alpacaHistory({
  http,
  feed,
  symbolAt,
}: AlpacaHistory): Pick<MarketDataSource, "bars"> & Required<Pick<MarketDataSource, "trades">> {
  return {
    async *bars(query, ask) {
      const sieve = new BarSieve(query, "alpaca", ask, newYorkEnd);
      const span = SPANS[query.timeframe];
      if (span === undefined) throw unsupported(query);
      const path = `/v2/stocks/${encodeURIComponent(symbolAt(query.symbol))}/bars`;
      const wish = { timeframe: span, adjustment: "raw", feed, ...timesOf(query) };
      for await (const rows of pages(http, path, wish, "bars", ask))
        yield sieve.page(rows.map((row) => rawBar(row, query.timeframe)));
    },
    async *trades(query, ask) {
      const sieve = new TradeSieve(query, "alpaca", ask);
      const path = `/v2/stocks/${encodeURIComponent(symbolAt(query.symbol))}/trades`;
      for await (const rows of pages(http, path, { feed, ...timesOf(query) }, "trades", ask))
        yield sieve.page(rows.map(rawTrade));
    },
  };
}

function unsupported({ timeframe }: BarQuery): SourceError {
  return new SourceError("SOURCE_UNSUPPORTED", `alpaca: no bars of ${timeframe}`);
}

/** Both ends are included there. */
function timesOf({ startMs, endMs }: TimeRange): Query {
  return { start: new Date(startMs).toISOString(), end: new Date(endMs - 1).toISOString() };
}

async function* pages(
  http: VendorHttp,
  path: string,
  wish: Query,
  field: "bars" | "trades",
  ask: Ask,
): AsyncGenerator<readonly unknown[]> {
  let token = "";
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { ...wish, limit: PAGE, sort: "asc", ...(token !== "" && { page_token: token }) };
    const answer = await http.json(path, query, ask);
    const rows = isRecord(answer) ? (answer[field] ?? []) : null;
    if (!isRecord(answer) || !Array.isArray(rows))
      throw http.malformed(`a list of ${field}`, answer);
    yield rows;
    const next = answer["next_page_token"] ?? "";
    if (next === "") return;
    if (typeof next !== "string" || next === token) throw http.malformed("a new page token", next);
    token = next;
  }
  throw http.malformed("an end of pages", token);
}

function rawBar(row: unknown, timeframe: Timeframe): RawBar {
  const { t, o, h, l, c, v, vw, n } = isRecord(row) ? row : {};
  const atMs = readInstant(t)?.ms ?? null;
  return {
    startMs: timeframe === "1d" ? newYorkStamp(atMs) : atMs,
    open: o,
    high: h,
    low: l,
    close: c,
    volume: v,
    vwap: vw,
    tradeCount: n,
  };
}

function rawTrade(row: unknown): RawTrade {
  const { t, p, s, i } = isRecord(row) ? row : {};
  const at = readInstant(t);
  return {
    tsEventMs: at?.ms ?? null,
    ...(at?.micros !== undefined && { tsEventMicros: at.micros }),
    price: p,
    size: s,
    ...((typeof i === "number" || typeof i === "string") && { tradeId: String(i) }),
  };
}
