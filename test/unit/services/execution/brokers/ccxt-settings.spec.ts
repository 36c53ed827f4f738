import { ccxtExchangeIds } from "../../../../../mixins/ccxt-library.ts";
import { checkCcxtSettings } from "../../../../../services/execution/brokers/ccxt-settings.ts";
import { newCcxtExchange } from "../../../../../services/execution/brokers/ccxt-exchange.ts";

const KEYS = { apiKey: "key", secret: "secret" };
const pathsOf = (
  settings: Parameters<typeof checkCcxtSettings>[1],
  credentials: Readonly<Record<string, string>> = KEYS,
): readonly string[] => checkCcxtSettings(credentials, settings).map(({ path }) => path);

describe("the settings of an account at an exchange", () => {
  it("are good with an exchange and the credentials that it requires", () => {
    expect(pathsOf({ exchange: "binance" })).toEqual([]);
    expect(
      pathsOf({
        exchange: "binance",
        sandbox: true,
        defaultType: "spot",
        symbols: { "XBT-USD": "BTC/USD" },
        host: "https://proxy.example:8443",
        rateLimit: 100,
        stream: false,
        feeBps: "10",
      }),
    ).toEqual([]);
    expect(pathsOf({ exchange: "okx" }, { ...KEYS, password: "word" })).toEqual([]);
    expect(pathsOf({ exchange: "gate" })).toEqual([]);
  });

  it.each(["", "mtgox", "../../../../etc/passwd", "binance.js", "base", "pro/binance", "BINANCE"])(
    "name an exchange that ccxt has, and nothing else: %j",
    (exchange) => {
      expect(pathsOf({ exchange })).toEqual(["settings.exchange"]);
      expect(() => newCcxtExchange(exchange)).toThrow("ccxt has no exchange");
    },
  );

  it("name an exchange that can be asked for all that orders need", () => {
    for (const exchange of ["bitfinex", "bydfi"])
      expect(pathsOf({ exchange })).toContain("settings.exchange");
  });

  it.each<[string, unknown]>([
    ["sandbox", "yes"],
    ["defaultType", "options"],
    ["defaultType", 1],
    ["host", "ftp://exchange.example"],
    ["host", "https://exchange.example/path"],
    ["host", "https://user:word@exchange.example"],
    ["rateLimit", 0],
    ["rateLimit", 0.5],
    ["rateLimit", "100"],
    ["symbols", ["BTC/USDT"]],
    ["symbols", { "A-B": "BTC/USDT", "C-D": "BTC/USDT" }],
    ["symbols.BTC-USDT", { "BTC-USDT": "BTCUSDT" }],
    ["stream", "no"],
    ["colour", "red"],
  ])("are refused with a bad %s: %j", (path, value) => {
    const [name = ""] = path.split(".");
    // sound: JSON as a client may send it
    const settings = { exchange: "binance", [name]: value as string };
    expect(pathsOf(settings)).toEqual([`settings.${path}`]);
  });

  it("may ask for a test network only where there is one", () => {
    expect(pathsOf({ exchange: "kraken", sandbox: true })).toEqual(["settings.sandbox"]);
  });

  it("name a kind of market that the exchange has, also where none is named", () => {
    expect(pathsOf({ exchange: "binanceusdm" })).toEqual(["settings.defaultType"]);
    expect(pathsOf({ exchange: "binanceusdm", defaultType: "swap" })).toEqual([]);
  });

  it("say which credentials are missing, and which are none of the exchange's", () => {
    expect(pathsOf({ exchange: "okx" }, { apiKey: "key", pin: "1" })).toEqual([
      "credentials.secret",
      "credentials.password",
      "credentials.pin",
    ]);
  });
});

describe("the exchanges of ccxt", () => {
  it("are those of its files, and no module beside them is taken for one", () => {
    const ids = ccxtExchangeIds();
    expect(ids.size).toBeGreaterThan(100);
    for (const id of ["binance", "kraken", "okx", "bybit", "coinbase"]) expect(ids).toContain(id);
    for (const id of ["base", "abstract", "pro", "ccxt"]) expect(ids).not.toContain(id);
  });
});
