import { readConfig } from "../../../services/config.ts";
import { ConfigError } from "../../../services/env.ts";

describe("vendors of market data", () => {
  it("have their addresses and keys from the environment", () => {
    const { sources } = readConfig({
      POLYGON_API_KEY: "p0ly",
      POLYGON_URL: "http://127.0.0.1:9/",
      ALPACA_DATA_FEED: "sip",
      CCXT_EXCHANGES: "kraken, coinbase,kraken",
      CCXT_DATA_URL: "http://127.0.0.1:10",
      CCXT_STREAM_URL: "ws://127.0.0.1:11",
      BINANCE_STREAM_URL: "ws://127.0.0.1:12/",
      DATA_FILES_DIR: "/srv/prices",
    });
    expect(sources.polygon).toEqual({ url: "http://127.0.0.1:9", key: "p0ly" });
    expect(sources.alpaca.feed).toBe("sip");
    expect(sources.ccxt).toEqual({
      exchanges: ["kraken", "coinbase"],
      url: "http://127.0.0.1:10",
      streamUrl: "ws://127.0.0.1:11",
    });
    expect(sources.binance.streamUrl).toBe("ws://127.0.0.1:12");
    expect(sources.filesDir).toBe("/srv/prices");
  });

  it.each([
    ["YAHOO_URL", "ftp://example.com"],
    ["STOOQ_URL", "stooq.com"],
    ["ALPACA_STREAM_URL", "https://example.com"],
    ["ALPACA_DATA_FEED", "otc"],
    ["CCXT_EXCHANGES", "kraken,../../etc"],
  ])("%s is refused when it is %s", (variable, value) => {
    expect(() => readConfig({ [variable]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [variable]: value })).toThrow(variable);
  });
});
