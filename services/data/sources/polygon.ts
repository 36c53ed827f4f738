import type { Timeframe } from "../../../domain/market/bar.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { asMs, BarSieve, newYorkEnd, newYorkStamp, utcEnd } from "./bar-pages.ts";
import type { RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { Ask, MarketDataSource, SourceFault } from "./source.ts";
import { TradeSieve } from "./trade-pages.ts";
import type { RawTrade } from "./trade-pages.ts";
import type { Query, VendorHttp } from "./vendor-http.ts";

const SPANS: ReadonlyMap<Timeframe, string> = new Map([
  ["1m", "1/minute"],
  ["5m", "5/minute"],
  ["15m", "15/minute"],
  ["30m", "30/minute"],
  ["1h", "1/hour"],
  ["1d", "1/day"],
]);
export const POLYGON_TIMEFRAMES = [...SPANS.keys()];

const PAGE = 50_000;
const PAGES_MAX = 10_000;

/** A plan that has not what was asked for is told with 403, as a bad key is. */
export function explainPolygon(status: number, text: string): SourceFault | null {
  return status === 403 && text.includes("NOT_AUTHORIZED") ? "SOURCE_UNSUPPORTED" : null;
}

interface PolygonParts {
  readonly http: VendorHttp;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * Stocks, crypto (`X:`) and currencies (`C:`) at Polygon (https://polygon.io/docs/rest/stocks/aggregates/custom-bars).
 * Unadjusted prices; a day is stamped with midnight in New York, of crypto with midnight UTC.
 */
export function polygonHistory({
  http,
  symbolAt,
}: PolygonParts): Pick<MarketDataSource, "bars"> & Required<Pick<MarketDataSource, "trades">> {
  return {
    async *bars(query, ask) {
      const ticker = symbolAt(query.symbol);
      const isNewYork = !ticker.startsWith("X:");
      const sieve = new BarSieve(query, "polygon", ask, isNewYork ? newYorkEnd : utcEnd);
      const span = SPANS.get(query.timeframe);
      if (span === undefined)
        throw new SourceError("SOURCE_UNSUPPORTED", `polygon: no bars of ${query.timeframe}`);
      const isDated = isNewYork && query.timeframe === "1d";
      const range = `range/${span}/${query.startMs}/${query.endMs - 1}`;
      const path = `/v2/aggs/ticker/${encodeURIComponent(ticker)}/${range}`;
      const wish = { adjusted: "false", sort: "asc", limit: PAGE };
      for await (const rows of pages(http, path, wish, ask))
        yield sieve.page(rows.map((row) => rawBar(row, isDated)));
    },
    async *trades(query, ask) {
      const sieve = new TradeSieve(query, "polygon", ask);
      const path = `/v3/trades/${encodeURIComponent(symbolAt(query.symbol))}`;
      const wish = {
        "timestamp.gte": `${query.startMs}000000`,
        "timestamp.lt": `${query.endMs}000000`,
        order: "asc",
        sort: "timestamp",
        limit: PAGE,
      };
      for await (const rows of pages(http, path, wish, ask)) yield sieve.page(rows.map(rawTrade));
    },
  };
}

async function* pages(
  http: VendorHttp,
  path: string,
  query: Query,
  ask: Ask,
): AsyncGenerator<readonly unknown[]> {
  let next: { readonly path: string; readonly query: Query } = { path, query };
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await http.json(next.path, next.query, ask);
    yield rowsOf(http, answer);
    const url = isRecord(answer) ? answer["next_url"] : undefined;
    if (typeof url !== "string" || url === "") return;
    const following = pageOf(http, url);
    if (JSON.stringify(following) === JSON.stringify(next)) throw http.malformed("a new page", url);
    next = following;
  }
  throw http.malformed("an end of pages", next.path);
}

/** Only its path is taken: our key goes to the host that we know. */
function pageOf(http: VendorHttp, text: string): { path: string; query: Query } {
  const url = URL.parse(text);
  if (url === null) throw http.malformed("the address of a page", text);
  return { path: url.pathname, query: Object.fromEntries(url.searchParams) };
}

/** DELAYED is an answer: the free plan's. */
function rowsOf(http: VendorHttp, answer: unknown): readonly unknown[] {
  const status = isRecord(answer) ? answer["status"] : null;
  if (!isRecord(answer) || status === "ERROR") throw http.malformed("results", answer);
  const rows = answer["results"] ?? [];
  if (!Array.isArray(rows)) throw http.malformed("a list of results", answer);
  return rows;
}

function rawBar(row: unknown, isDated: boolean): RawBar {
  const { t, o, h, l, c, v, vw, n } = isRecord(row) ? row : {};
  const atMs = asMs(t);
  return {
    startMs: isDated ? newYorkStamp(atMs) : atMs,
    open: o,
    high: h,
    low: l,
    close: c,
    volume: v,
    vwap: vw,
    tradeCount: n,
  };
}

/** Its times are nanoseconds, beyond what a double holds. */
function rawTrade(row: unknown): RawTrade {
  const { sip_timestamp, participant_timestamp, price, size, id } = isRecord(row) ? row : {};
  const nanos = String(sip_timestamp ?? participant_timestamp);
  const isNanos = /^\d{16,19}$/.test(nanos);
  return {
    tsEventMs: isNanos ? Number(nanos.slice(0, -6)) : null,
    ...(isNanos && { tsEventMicros: Number(nanos.slice(-6, -3)) }),
    price,
    size,
    ...((typeof id === "string" || typeof id === "number") && { tradeId: String(id) }),
  };
}
