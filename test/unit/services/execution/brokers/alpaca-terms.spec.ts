import {
  alpacaTerms,
  changedTerms,
  notSendable,
} from "../../../../../services/execution/brokers/alpaca-terms.ts";
import { checkAlpacaSettings } from "../../../../../services/execution/brokers/alpaca-settings.ts";

type Terms = Parameters<typeof alpacaTerms>[0];

const sell: Terms = {
  ordType: "market",
  side: "sell",
  orderQty: "10",
  price: null,
  worstPrice: null,
};
const buy: Terms = { ...sell, side: "buy", worstPrice: "105" };

/** https://docs.alpaca.markets/docs/orders-at-alpaca#order-types */
describe("an order in Alpaca's words", () => {
  it.each<[string, Terms, Readonly<Record<string, string>>]>([
    ["sells at the market", sell, { type: "market" }],
    ["buys at the market up to its hold", buy, { type: "limit", limit_price: "105" }],
    [
      "has a limit",
      { ...buy, ordType: "limit", price: "99" },
      { type: "limit", limit_price: "99" },
    ],
    [
      "sells when a price is reached",
      { ...sell, ordType: "stop", stopPx: "90" },
      { type: "stop", stop_price: "90" },
    ],
    [
      "buys when a price is reached, up to its hold",
      { ...buy, ordType: "stop", stopPx: "101" },
      { type: "stop_limit", stop_price: "101", limit_price: "105" },
    ],
    [
      "has a limit from a price on",
      { ...sell, ordType: "stopLimit", stopPx: "90", price: "89.5" },
      { type: "stop_limit", stop_price: "90", limit_price: "89.5" },
    ],
    [
      "trails by an amount",
      { ...sell, ordType: "trailingStop", trail: { amount: "1.5" } },
      { type: "trailing_stop", trail_price: "1.5" },
    ],
    [
      "trails by a percentage, which is a hundred basis points",
      { ...sell, ordType: "trailingStop", trail: { bps: "125" } },
      { type: "trailing_stop", trail_percent: "1.25" },
    ],
  ])("%s", (_, order, expected) => {
    expect(alpacaTerms(order)).toEqual({ qty: "10", ...expected });
  });

  it.each(["marketIfTouched", "limitIfTouched"] as const)("is never %s", (ordType) => {
    expect(() => alpacaTerms({ ...sell, ordType, stopPx: "90", price: "90" })).toThrow(ordType);
  });

  it("says of an amendment what changes only", () => {
    const before: Terms = { ...sell, ordType: "stopLimit", stopPx: "90", price: "89" };
    const after = { ...before, orderQty: "8", price: "88" };
    expect(changedTerms(before, after)).toEqual({ qty: "8", limit_price: "88" });
  });
});

describe("a trailing stop", () => {
  const trailing: Terms = { ...sell, ordType: "trailingStop", trail: { amount: "1" } };

  it("that sells can be sent, one that buys cannot: nothing would bound what it costs", () => {
    expect(notSendable(trailing)).toBeNull();
    expect(notSendable({ ...trailing, side: "buy", worstPrice: "105" })).toContain("that buy");
  });

  it("starts at the market there, not at a price of ours", () => {
    expect(notSendable({ ...trailing, stopPx: "95" })).toContain("stopPx");
  });
});

describe("the settings of an Alpaca account", () => {
  const keys = { keyId: "PK1", secretKey: "s3cret" };
  const paths = (...of: Parameters<typeof checkAlpacaSettings>) =>
    checkAlpacaSettings(...of).map(({ path }) => path);

  it.each([{}, { environment: "live" }, { baseUrl: "https://broker.example.com" }])(
    "may be %j",
    (settings) => {
      expect(checkAlpacaSettings(keys, settings)).toEqual([]);
    },
  );

  it.each<[Readonly<Record<string, string>>, string]>([
    [{}, "credentials.keyId,credentials.secretKey"],
    [{ keyId: "PK1" }, "credentials.secretKey"],
    [{ ...keys, secretKey: "two words" }, "credentials.secretKey"],
    [{ ...keys, token: "x" }, "credentials.token"],
  ])("are refused with keys %j", (credentials, expected) => {
    expect(paths(credentials, {}).join()).toBe(expected);
  });

  it.each<[SettingsLike, string]>([
    [{ environment: "moon" }, "settings.environment"],
    [{ environment: "constructor" }, "settings.environment"],
    [{ baseUrl: "ftp://x" }, "settings.baseUrl"],
    [{ baseUrl: "https://x/path" }, "settings.baseUrl"],
    [{ baseUrl: "https://user:pw@x" }, "settings.baseUrl"],
    [{ baseUrl: "https://x", environment: "paper" }, "settings.baseUrl"],
    [{ colour: "red" }, "settings.colour"],
  ])("may not be %j", (settings, expected) => {
    expect(paths(keys, settings)).toEqual([expected]);
  });

  it("are complained of without a word of the keys", () => {
    const faults = checkAlpacaSettings({ keyId: "not visible \n", secretKey: "s3 cret" }, {});
    expect(JSON.stringify(faults)).not.toMatch(/s3 cret|not visible/);
  });
});

type SettingsLike = Parameters<typeof checkAlpacaSettings>[1];
