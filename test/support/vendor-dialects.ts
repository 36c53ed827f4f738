/**
 * The formats of vendors of market data, as each documents its own: what it answers to a request for bars, and how it says
 * what is wrong. The suite that holds all adapters against them is test/integration/services/data/vendors.spec.ts.
 */
import { json, raw } from "./vendor-server.ts";
import type { VendorAnswer } from "./vendor-server.ts";

/** A bar as the vendor has it; figures are digits, which become numbers or texts as it writes them. */
export interface VendorRow {
  readonly startMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface Dialect {
  readonly sourceId: string;
  readonly timeframe: "1m" | "1d";
  readonly symbol: string;
  /** its answer to one request, of the rows that it has */
  readonly bars: (url: URL, rows: readonly VendorRow[]) => VendorAnswer;
  readonly unknownSymbol: VendorAnswer;
  /** what it says with a 200, and what that means */
  readonly refusals: readonly (readonly [body: string, fault: string])[];
  readonly isJson: boolean;
}

const MINUTE_MS = 60_000;
const PAGE = 1_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const inRange = (rows: readonly VendorRow[], fromMs: number, toMs: number): readonly VendorRow[] =>
  rows.filter(({ startMs }) => startMs >= fromMs && startMs <= toMs);

const alpaca: Dialect = {
  sourceId: "alpaca",
  timeframe: "1m",
  symbol: "ACME",
  isJson: true,
  bars: (url, rows) => {
    const query = url.searchParams;
    const found = rows.filter(
      ({ startMs }) =>
        startMs >= Date.parse(query.get("start") ?? "") &&
        startMs <= Date.parse(query.get("end") ?? ""),
    );
    const from = Number(query.get("page_token") ?? 0);
    const bars = found.slice(from, from + PAGE).map((row) => ({
      t: iso(row.startMs),
      ...lettered(row),
      n: 3,
      vw: raw(row.close),
    }));
    const next = from + PAGE < found.length ? String(from + PAGE) : null;
    return { body: json({ bars, symbol: "ACME", next_page_token: next }) };
  },
  unknownSymbol: { status: 400, body: '{"message":"invalid symbol: NO-SUCH"}' },
  refusals: [['{"bars":7}', "SOURCE_ANSWER_MALFORMED"]],
};

function lettered({ open, high, low, close, volume }: VendorRow) {
  return { o: raw(open), h: raw(high), l: raw(low), c: raw(close), v: raw(volume) };
}

function klines(url: URL, rows: readonly VendorRow[]): VendorAnswer {
  const query = url.searchParams;
  const until = Number(query.get("endTime") ?? Number.MAX_SAFE_INTEGER);
  const found = inRange(rows, Number(query.get("startTime")), until);
  const page = found.slice(0, Number(query.get("limit") ?? 500));
  const body = page.map(({ startMs, open, high, low, close, volume }) => [
    startMs,
    open,
    high,
    low,
    close,
    volume,
    startMs + MINUTE_MS - 1,
    "0",
    3,
    "0",
    "0",
    "0",
  ]);
  return { body: json(body) };
}

const binance: Dialect = {
  sourceId: "binance",
  timeframe: "1m",
  symbol: "ACME-USDT",
  isJson: true,
  bars: klines,
  unknownSymbol: { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' },
  refusals: [['{"code":-1000,"msg":"what is this"}', "SOURCE_ANSWER_MALFORMED"]],
};

const BINANCE_MARKETS = {
  timezone: "UTC",
  serverTime: 0,
  rateLimits: [],
  symbols: [
    {
      symbol: "ACMEUSDT",
      status: "TRADING",
      baseAsset: "ACME",
      quoteAsset: "USDT",
      isSpotTradingAllowed: true,
      permissions: ["SPOT"],
      filters: [],
    },
  ],
};

const ccxt: Dialect = {
  ...binance,
  sourceId: "ccxt:binance",
  bars: (url, rows) =>
    url.pathname.endsWith("exchangeInfo") ? { body: json(BINANCE_MARKETS) } : klines(url, rows),
  refusals: [],
};

const polygon: Dialect = {
  sourceId: "polygon",
  timeframe: "1m",
  symbol: "ACME",
  isJson: true,
  bars: (url, rows) => {
    const [, from = "0", to = "0"] = /\/(\d+)\/(\d+)$/.exec(url.pathname) ?? [];
    const found = inRange(rows, Number(from), Number(to));
    const at = Number(url.searchParams.get("cursor") ?? 0);
    const results = found
      .slice(at, at + PAGE)
      .map((row) => ({ t: row.startMs, ...lettered(row), n: 3 }));
    const next = `https://api.polygon.io${url.pathname}?cursor=${at + PAGE}`;
    const status = "DELAYED";
    const hasNext = at + PAGE < found.length;
    return { body: json({ status, results, ...(hasNext && { next_url: next }) }) };
  },
  unknownSymbol: { status: 404, body: '{"status":"NOT_FOUND","message":"Ticker not found."}' },
  refusals: [['{"status":"ERROR","error":"no"}', "SOURCE_ANSWER_MALFORMED"]],
};

const tiingo: Dialect = {
  sourceId: "tiingo",
  timeframe: "1m",
  symbol: "ACME",
  isJson: true,
  bars: (url, rows) => {
    const { startDate = "", endDate = "" } = Object.fromEntries(url.searchParams);
    const found = inRange(rows, Date.parse(startDate), Date.parse(endDate) + 86_399_999);
    const body = found.map(({ startMs, open, high, low, close, volume }) => ({
      date: iso(startMs),
      open: raw(open),
      high: raw(high),
      low: raw(low),
      close: raw(close),
      volume: raw(volume),
    }));
    return { body: json(body) };
  },
  unknownSymbol: { status: 404, body: '{"detail":"Not found."}' },
  refusals: [
    ["You have run over your 500 symbol look up for this month.", "SOURCE_RATE_LIMITED"],
    ['{"detail":"Not found."}', "SOURCE_SYMBOL_UNKNOWN"],
  ],
};

/** In January New York is five hours behind UTC. */
const NEW_YORK_MS = -5 * 3_600_000;

const alphaVantage: Dialect = {
  sourceId: "alpha-vantage",
  timeframe: "1m",
  symbol: "ACME",
  isJson: true,
  bars: (url, rows) => {
    const month = url.searchParams.get("month") ?? "";
    const local = rows.map((row) => ({
      at: iso(row.startMs + NEW_YORK_MS)
        .slice(0, 19)
        .replace("T", " "),
      row,
    }));
    const series = local
      .filter(({ at }) => at.startsWith(month))
      .toReversed()
      .map(({ at, row }) => [
        at,
        {
          "1. open": row.open,
          "2. high": row.high,
          "3. low": row.low,
          "4. close": row.close,
          "5. volume": row.volume,
        },
      ]);
    const meta = { "2. Symbol": "ACME", "6. Time Zone": "US/Eastern" };
    const body = { "Meta Data": meta, "Time Series (1min)": Object.fromEntries(series) };
    return { body: json(body) };
  },
  unknownSymbol: {
    body: '{"Error Message":"Invalid API call. Please retry or visit the documentation for TIME_SERIES_INTRADAY."}',
  },
  refusals: [
    [
      '{"Note":"Our standard API call frequency is 5 calls per minute and 500 calls per day."}',
      "SOURCE_RATE_LIMITED",
    ],
    [
      '{"Information":"Please consider spreading out your free API requests more sparingly (25 requests per day)."}',
      "SOURCE_RATE_LIMITED",
    ],
    ['{"Information":"This is a premium endpoint."}', "SOURCE_UNSUPPORTED"],
    ['{"Error Message":"the parameter apikey is invalid or missing."}', "SOURCE_UNAUTHORISED"],
    ["{}", "SOURCE_ANSWER_MALFORMED"],
  ],
};

const yahoo: Dialect = {
  sourceId: "yahoo",
  timeframe: "1m",
  symbol: "ACME",
  isJson: true,
  bars: (url, rows) => {
    const { period1, period2 } = Object.fromEntries(url.searchParams);
    const found = inRange(rows, Number(period1) * 1_000, Number(period2) * 1_000 - 1);
    const column = (name: "open" | "high" | "low" | "close" | "volume") =>
      found.map((row) => raw(row[name]));
    const quote = {
      open: column("open"),
      high: column("high"),
      low: column("low"),
      close: column("close"),
      volume: column("volume"),
    };
    const result = {
      meta: { symbol: "ACME", gmtoffset: -18_000, exchangeTimezoneName: "America/New_York" },
      timestamp: found.map(({ startMs }) => startMs / 1_000),
      indicators: { quote: [quote] },
    };
    return { body: json({ chart: { result: [result], error: null } }) };
  },
  unknownSymbol: {
    status: 404,
    body: '{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}',
  },
  refusals: [
    [
      '{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}',
      "SOURCE_SYMBOL_UNKNOWN",
    ],
    [
      '{"chart":{"result":null,"error":{"code":"Unprocessable Entity","description":"too far back"}}}',
      "SOURCE_UNSUPPORTED",
    ],
    ['{"finance":{}}', "SOURCE_ANSWER_MALFORMED"],
  ],
};

const stooq: Dialect = {
  sourceId: "stooq",
  timeframe: "1d",
  symbol: "ACME",
  isJson: false,
  bars: (url, rows) => {
    const { d1 = "", d2 = "" } = Object.fromEntries(url.searchParams);
    const found = rows.filter(({ startMs }) => {
      const date = iso(startMs).slice(0, 10).replaceAll("-", "");
      return date >= d1 && date <= d2;
    });
    if (found.length === 0) return { body: "No data" };
    const lines = found.map(({ startMs, open, high, low, close, volume }) =>
      [iso(startMs).slice(0, 10), open, high, low, close, volume].join(","),
    );
    return { body: ["Date,Open,High,Low,Close,Volume", ...lines].join("\r\n") };
  },
  unknownSymbol: { body: "No data" },
  refusals: [
    ["Exceeded the daily hits limit", "SOURCE_RATE_LIMITED"],
    ["<html>Get your apikey by solving the captcha</html>", "SOURCE_UNAUTHORISED"],
  ],
};

export const DIALECTS: readonly Dialect[] = [
  alpaca,
  binance,
  ccxt,
  polygon,
  tiingo,
  alphaVantage,
  yahoo,
  stooq,
];
