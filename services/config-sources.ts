import { ccxtExchangeIds } from "../mixins/ccxt-library.ts";
import type { EnvironmentReader } from "./env.ts";

/** A vendor of market data: where it is asked, and the key, null when there is none. */
export interface VendorConfig {
  readonly url: string;
  readonly key: string | null;
}

/** Where one is asked, and where it is listened to: `wss://host` without a path. */
interface StreamingVendor {
  readonly url: string;
  readonly streamUrl: string;
}

export interface SourcesConfig {
  /** its keys are those of trading there */
  readonly alpaca: StreamingVendor & { readonly feed: "iex" | "sip" };
  readonly binance: StreamingVendor;
  readonly binanceFutures: StreamingVendor;
  readonly polygon: VendorConfig;
  readonly tiingo: VendorConfig;
  readonly alphaVantage: VendorConfig;
  readonly yahoo: Pick<VendorConfig, "url">;
  readonly stooq: VendorConfig;
  /** exchanges of ccxt that are asked for history */
  readonly ccxt: {
    readonly exchanges: readonly string[];
    /** in place of the exchanges' own addresses; null: those */
    readonly url: string | null;
    readonly streamUrl: string | null;
  };
  /** below this files may be read; null: none */
  readonly filesDir: string | null;
}

/** What a node knows of vendors of market data. Keys come from here alone: no route takes or shows one. */
export function readSources(reader: EnvironmentReader): SourcesConfig {
  const keyOf = (variable: string): string | null => reader.secret(variable);
  return {
    alpaca: {
      url: urlOf(reader, "ALPACA_DATA_URL", "https://data.alpaca.markets"),
      streamUrl: streamUrlOf(reader, "ALPACA_STREAM_URL", "wss://stream.data.alpaca.markets"),
      feed: reader.oneOf("ALPACA_DATA_FEED", ["iex", "sip"], "iex"),
    },
    binance: {
      url: urlOf(reader, "BINANCE_DATA_URL", "https://data-api.binance.vision"),
      streamUrl: streamUrlOf(reader, "BINANCE_STREAM_URL", "wss://stream.binance.com:9443"),
    },
    binanceFutures: {
      url: urlOf(reader, "BINANCE_FUTURES_URL", "https://fapi.binance.com"),
      streamUrl: streamUrlOf(reader, "BINANCE_FUTURES_STREAM_URL", "wss://fstream.binance.com"),
    },
    polygon: {
      url: urlOf(reader, "POLYGON_URL", "https://api.polygon.io"),
      key: keyOf("POLYGON_API_KEY"),
    },
    tiingo: {
      url: urlOf(reader, "TIINGO_URL", "https://api.tiingo.com"),
      key: keyOf("TIINGO_API_KEY"),
    },
    alphaVantage: {
      url: urlOf(reader, "ALPHA_VANTAGE_URL", "https://www.alphavantage.co"),
      key: keyOf("ALPHA_VANTAGE_API_KEY"),
    },
    yahoo: { url: urlOf(reader, "YAHOO_URL", "https://query1.finance.yahoo.com") },
    stooq: {
      url: urlOf(reader, "STOOQ_URL", "https://stooq.com"),
      key: keyOf("STOOQ_API_KEY"),
    },
    ccxt: {
      exchanges: readExchanges(reader),
      url: reader.text("CCXT_DATA_URL") === null ? null : urlOf(reader, "CCXT_DATA_URL", ""),
      streamUrl:
        reader.text("CCXT_STREAM_URL") === null ? null : streamUrlOf(reader, "CCXT_STREAM_URL", ""),
    },
    filesDir: reader.text("DATA_FILES_DIR"),
  };
}

function urlOf(reader: EnvironmentReader, variable: string, fallback: string): string {
  return addressOf(reader, variable, ["https:", "http:"], fallback);
}

function streamUrlOf(reader: EnvironmentReader, variable: string, fallback: string): string {
  return addressOf(reader, variable, ["wss:", "ws:"], fallback);
}

function addressOf(
  reader: EnvironmentReader,
  variable: string,
  protocols: readonly [string, string],
  fallback: string,
): string {
  const text = reader.text(variable);
  if (text === null) return fallback;
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol)) {
    const starts = protocols.map((protocol) => `${protocol}//`).join(" or ");
    reader.refuse(variable, `expected a URL that starts with ${starts}`);
  }
  return text.replace(/\/$/, "");
}

function readExchanges(reader: EnvironmentReader): readonly string[] {
  const text = reader.text("CCXT_EXCHANGES");
  if (text === null) return [];
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const unknown = names.filter((name) => !ccxtExchangeIds().has(name));
  if (unknown.length > 0)
    reader.expected("CCXT_EXCHANGES", "ids of exchanges of ccxt, e.g. kraken", unknown.join(","));
  return names;
}
