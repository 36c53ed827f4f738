import type { Instrument } from "../../../domain/market/instrument.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { Config } from "../../config.ts";
import { ALPACA_TIMEFRAMES, alpacaHistory } from "./alpaca-history.ts";
import { ALPHA_VANTAGE_TIMEFRAMES, alphaVantageHistory } from "./alpha-vantage.ts";
import {
  BINANCE_TIMEFRAMES,
  binanceFuturesHistory,
  binanceHistory,
  explainBinance,
} from "./binance-history.ts";
import { explainPolygon, POLYGON_TIMEFRAMES, polygonHistory } from "./polygon.ts";
import type { MarketDataSource, StreamKind } from "./source.ts";
import { STOOQ_TIMEFRAMES, stooqHistory } from "./stooq.ts";
import { hasCcxtStream, ccxtExchangeIds } from "../../../mixins/ccxt-library.ts";
import { TIINGO_TIMEFRAMES, tiingoHistory } from "./tiingo.ts";
import type { RateLimit } from "./token-bucket.ts";
import type { VendorHttp, VendorTerms } from "./vendor-http.ts";
import { atPolygon, atStooq, joined, slashed, withDot, withHyphen } from "./vendor-symbols.ts";
import { explainYahoo, YAHOO_TIMEFRAMES, yahooHistory } from "./yahoo.ts";

export type SourceKind = "rest" | "ccxt" | "files" | "simulation";
type AssetClass = Instrument["assetClass"];
/** What a source gives of the past. */
export type History = Pick<MarketDataSource, "bars" | "trades">;

/** A source as the product knows it, before anybody has set anything. */
export interface SourceDefinition {
  readonly sourceId: string;
  readonly kind: SourceKind;
  readonly assetClasses: readonly AssetClass[];
  readonly timeframes: readonly Timeframe[];
  readonly hasTrades: boolean;
  /** what it streams; empty: it has no stream, or none of ours */
  readonly streams: readonly StreamKind[];
  /** what has to be set for it to be asked */
  readonly variables: readonly string[];
  readonly isConfigured: boolean;
  /** a lower one is asked first */
  readonly priority: number;
  /** what it allows without a contract */
  readonly limit: RateLimit;
  readonly symbolAt: (symbol: string) => string;
}

/** One that speaks HTTP. */
export interface VendorDefinition extends SourceDefinition {
  readonly kind: "rest";
  readonly terms: Omit<VendorTerms, "limit" | "name">;
  readonly open: (http: VendorHttp, symbolAt: (symbol: string) => string) => History;
}

export interface CcxtDefinition extends Omit<SourceDefinition, "timeframes"> {
  readonly kind: "ccxt";
  readonly exchangeId: string;
  readonly url: string | null;
}

const BINANCE_STREAMS = ["trades", "quotes", "bars", "books"] as const;
const STOCKS = ["equity", "etf"] as const;

/** The vendors with adapters of our own. */
export function vendorsOf({ sources, alpaca }: Config): readonly VendorDefinition[] {
  return [
    alpacaOf(sources, alpaca),
    binanceOf(sources),
    binanceFuturesOf(sources),
    ...keyedOf(sources),
    ...freeOf(sources),
  ];
}

type Sources = Config["sources"];

function alpacaOf(sources: Sources, keys: Config["alpaca"]): VendorDefinition {
  const { url, feed } = sources.alpaca;
  const headers = keys && {
    "APCA-API-KEY-ID": keys.keyId,
    "APCA-API-SECRET-KEY": keys.secretKey,
  };
  return {
    sourceId: "alpaca",
    kind: "rest",
    assetClasses: STOCKS,
    timeframes: ALPACA_TIMEFRAMES,
    hasTrades: true,
    streams: ["trades", "quotes", "bars"],
    variables: ["ALPACA_KEY_ID", "ALPACA_SECRET_KEY"],
    isConfigured: keys !== null,
    priority: 10,
    limit: { requests: 200, perSeconds: 60 },
    symbolAt: withDot,
    terms: { baseUrl: url, ...(headers && { headers }), explain: unknownWhenInvalid },
    open: (http, symbolAt) => alpacaHistory({ http, feed, symbolAt }),
  };
}

function unknownWhenInvalid(status: number, text: string) {
  return (status === 400 || status === 422) && /invalid symbol/i.test(text)
    ? "SOURCE_SYMBOL_UNKNOWN"
    : null;
}

function binanceOf({ binance }: Sources): VendorDefinition {
  return {
    sourceId: "binance",
    kind: "rest",
    assetClasses: ["crypto"],
    timeframes: BINANCE_TIMEFRAMES,
    hasTrades: true,
    streams: BINANCE_STREAMS,
    variables: [],
    isConfigured: true,
    priority: 20,
    // Its limit is 6,000 of weight; a page of old trades weighs 25.
    limit: { requests: 240, perSeconds: 60 },
    symbolAt: joined,
    terms: { baseUrl: binance.url, explain: explainBinance },
    open: (http, symbolAt) => binanceHistory({ http, symbolAt }),
  };
}

/** USDⓈ-M: contracts of their own, which spot prices do not stand for. */
function binanceFuturesOf({ binanceFutures }: Sources): VendorDefinition {
  return {
    sourceId: "binance-futures",
    kind: "rest",
    assetClasses: ["future"],
    timeframes: BINANCE_TIMEFRAMES,
    hasTrades: true,
    streams: BINANCE_STREAMS,
    variables: [],
    isConfigured: true,
    priority: 21,
    // Its limit is 2,400 of weight; a page of aggregate trades weighs 20.
    limit: { requests: 100, perSeconds: 60 },
    symbolAt: joined,
    terms: { baseUrl: binanceFutures.url, explain: explainBinance },
    open: (http, symbolAt) => binanceFuturesHistory({ http, symbolAt }),
  };
}

/** They are asked only with a key. */
function keyedOf({ polygon, tiingo, alphaVantage }: Sources): readonly VendorDefinition[] {
  const keyed = { kind: "rest", hasTrades: false, streams: [] } as const;
  return [
    {
      ...keyed,
      sourceId: "polygon",
      assetClasses: [...STOCKS, "crypto", "index"],
      timeframes: POLYGON_TIMEFRAMES,
      hasTrades: true,
      variables: ["POLYGON_API_KEY"],
      isConfigured: polygon.key !== null,
      priority: 30,
      limit: { requests: 5, perSeconds: 60 },
      symbolAt: atPolygon,
      terms: {
        baseUrl: polygon.url,
        headers: { Authorization: `Bearer ${polygon.key}` },
        explain: explainPolygon,
      },
      open: (http, symbolAt) => polygonHistory({ http, symbolAt }),
    },
    {
      ...keyed,
      sourceId: "tiingo",
      assetClasses: STOCKS,
      timeframes: TIINGO_TIMEFRAMES,
      variables: ["TIINGO_API_KEY"],
      isConfigured: tiingo.key !== null,
      priority: 40,
      limit: { requests: 50, perSeconds: 3_600 },
      symbolAt: withHyphen,
      terms: { baseUrl: tiingo.url, headers: { Authorization: `Token ${tiingo.key}` } },
      open: (http, symbolAt) => tiingoHistory({ http, symbolAt }),
    },
    {
      ...keyed,
      sourceId: "alpha-vantage",
      assetClasses: STOCKS,
      timeframes: ALPHA_VANTAGE_TIMEFRAMES,
      variables: ["ALPHA_VANTAGE_API_KEY"],
      isConfigured: alphaVantage.key !== null,
      priority: 50,
      limit: { requests: 25, perSeconds: 86_400 },
      symbolAt: withDot,
      terms: {
        baseUrl: alphaVantage.url,
        secretQuery: { apikey: alphaVantage.key ?? "" },
      },
      open: (http, symbolAt) => alphaVantageHistory({ http, symbolAt }),
    },
  ];
}

/** They are asked without one, and promise nothing. */
function freeOf({ yahoo, stooq }: Sources): readonly VendorDefinition[] {
  const free = {
    kind: "rest",
    hasTrades: false,
    streams: [],
    isConfigured: true,
    variables: [],
  } as const;
  return [
    {
      ...free,
      sourceId: "yahoo",
      assetClasses: [...STOCKS, "index", "crypto", "fx", "future", "commodity"],
      timeframes: YAHOO_TIMEFRAMES,
      priority: 60,
      limit: { requests: 60, perSeconds: 60 },
      symbolAt: withHyphen,
      terms: { baseUrl: yahoo.url, explain: explainYahoo },
      open: (http, symbolAt) => yahooHistory({ http, symbolAt }),
    },
    {
      ...free,
      sourceId: "stooq",
      assetClasses: [...STOCKS, "index", "fx", "commodity"],
      timeframes: STOOQ_TIMEFRAMES,
      priority: 70,
      limit: { requests: 1, perSeconds: 1 },
      symbolAt: atStooq,
      terms: {
        baseUrl: stooq.url,
        ...(stooq.key !== null && { secretQuery: { apikey: stooq.key } }),
      },
      open: (http, symbolAt) => stooqHistory({ http, symbolAt }),
    },
  ];
}

/** Those that are asked for history, and those whose streams are played, which need their history too. */
export function ccxtOf({ sources, liveFeeds }: Config): readonly CcxtDefinition[] {
  const { exchanges, url } = sources.ccxt;
  const played = liveFeeds.flatMap(({ sourceId }) => /^ccxt:(.+)$/.exec(sourceId)?.[1] ?? []);
  const known = new Set([...exchanges, ...played.filter((id) => ccxtExchangeIds().has(id))]);
  return [...known].map((exchangeId) => ({
    sourceId: `ccxt:${exchangeId}`,
    kind: "ccxt",
    assetClasses: ["crypto"],
    hasTrades: true,
    // Bars are made of trades: ccxt tells a bar while it still changes.
    streams: hasCcxtStream(exchangeId) ? (["trades", "quotes", "books"] as const) : [],
    variables: ["CCXT_EXCHANGES"],
    isConfigured: true,
    priority: 25,
    limit: { requests: 1, perSeconds: 1 },
    symbolAt: slashed,
    exchangeId,
    url,
  }));
}
