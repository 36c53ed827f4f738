import type { CurrencyRate, RateClose } from "../../../../domain/market/currency-pair.ts";
import { upsertInstrument } from "../../../../models/instruments.ts";
import { bar, barsOf, KNOWN_MS } from "../../../e2e/stored-bars.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { withNode } from "../../../support/node.ts";
import { market } from "../../../unit/domain/portfolio/given.ts";

const node = withNode();
const { store } = barsOf(node);

interface Series {
  readonly timesMs: readonly number[];
  readonly closes: readonly number[];
}

const call = <T>(action: string, params: object): Promise<T> =>
  node().context.broker.call<T, object>(action, params);
const rate = (from: string, to: string, more: object = {}) =>
  call<CurrencyRate>("symbols.rate", { from, to, ...more });
const daysOf = (day: string) => Date.parse(`${day}T00:00:00Z`);

async function pair(symbol: string, currency: string, closes: readonly string[]): Promise<void> {
  const { instrument } = market({ symbol, currency, instrument: { assetClass: "fx" } });
  if (instrument === null) throw new Error("no instrument");
  await upsertInstrument(node().context.pool, instrument);
  await store(closes.map((close, i) => bar(symbol, `2021-03-0${i + 1}`, close)));
}

describe("what currencies are worth, by the instruments of their pairs", () => {
  beforeAll(async () => {
    await pair("EURUSD", "USD", ["1.2", "1.25"]);
    await pair("USDJPY", "JPY", ["100", "80", "125"]);
    // An instrument of the name, and not of the currency.
    await pair("GBPUSD", "EUR", ["1.4"]);
  });

  it("is the last close while nobody quotes, and too old to trade on", async () => {
    expect(await rate("EUR", "USD")).toMatchObject({
      rate: "1.25",
      bid: "1.25",
      ask: "1.25",
      legs: [{ symbol: "EURUSD", isInverse: false }],
      isStale: true,
    });
    expect(await rate("USD", "EUR")).toMatchObject({
      rate: "0.8",
      legs: [{ symbol: "EURUSD", isInverse: true }],
    });
  });

  it("crosses by way of the dollar", async () => {
    expect(await rate("EUR", "JPY")).toMatchObject({ rate: "156.25" });
    expect(await rate("JPY", "EUR")).toMatchObject({ rate: "0.0064" });
  });

  it("is not known where no instrument says it, and 1 of a currency in itself", async () => {
    await expect(rate("GBP", "USD")).rejects.toMatchObject({ type: "INSUFFICIENT_DATA" });
    await expect(rate("CHF", "JPY")).rejects.toMatchObject({ type: "INSUFFICIENT_DATA" });
    expect(await rate("CHF", "CHF")).toMatchObject({ rate: "1", legs: [], isStale: false });
  });

  it("is told as it was known at an instant", async () => {
    await expect(rate("EUR", "USD", { knownAtMs: KNOWN_MS - 1 })).rejects.toMatchObject({
      type: "INSUFFICIENT_DATA",
    });
    expect(await rate("EUR", "USD", { knownAtMs: KNOWN_MS })).toMatchObject({ rate: "1.25" });
  });

  it("has a history by day, on the days of all legs, and by bar", async () => {
    const startMs = daysOf("2021-03-01");
    const history = await call<Series>("symbols.rateHistory", { from: "JPY", to: "EUR", startMs });
    expect(history.timesMs).toEqual([startMs, daysOf("2021-03-02")]);
    expect(history.closes[0]).toBeCloseTo(1 / 120, 12);
    expect(history.closes[1]).toBeCloseTo(0.01, 12);
    const asked = { from: "EUR", to: "USD", sinceMs: daysOf("2021-03-02") };
    expect(await call<readonly RateClose[]>("symbols.rateCloses", asked)).toEqual([
      { closeMs: daysOf("2021-03-02"), rate: "1.2" },
      { closeMs: daysOf("2021-03-03"), rate: "1.25" },
    ]);
    const unknown = { from: "CHF", to: "USD", sinceMs: 0 };
    expect(await call("symbols.rateCloses", unknown)).toEqual([]);
  });

  // The first quotes of 2020-01-01 on the interbank market: 1.12120 to 1.12172.
  it("is between the sides of a fresh quote, which it is bought and sold at", async () => {
    const live = await HandMarket.open(node());
    const sides = { bid: "1.1212", ask: "1.12172", bidSize: null, askSize: null };
    await live.quote("EURUSD", { ...sides, tsEventMs: Date.UTC(2022, 0, 1) });
    expect(await rate("EUR", "USD")).toMatchObject({
      rate: "1.12146",
      bid: "1.1212",
      ask: "1.12172",
      isStale: false,
    });
    // 1/1.12172 down, 1/1.1212 up.
    expect(await rate("USD", "EUR")).toMatchObject({
      bid: "0.891488071889598",
      ask: "0.891901534070639",
    });
  });
});
