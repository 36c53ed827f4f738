import {
  isPair,
  legsInWords,
  legsOf,
  pairPrice,
  type PricedLeg,
  rateCloses,
  rateOver,
  waysBetween,
} from "../../../../domain/market/currency-pair.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { market } from "../portfolio/given.ts";

function leg(symbol: string, bid: string, ask: string, changes: Partial<PricedLeg> = {}) {
  const price = { bid: dec(bid), ask: dec(ask) };
  return { symbol, isInverse: false, price, asOfMs: 5, isStale: false, ...changes };
}

describe("a rate between two currencies", () => {
  it("is looked for at once, then by way of the hubs", () => {
    expect(waysBetween("EUR", "JPY")).toEqual([
      [{ base: "EUR", quote: "JPY" }],
      [
        { base: "EUR", quote: "USD" },
        { base: "USD", quote: "JPY" },
      ],
      [
        { base: "EUR", quote: "USDT" },
        { base: "USDT", quote: "JPY" },
      ],
    ]);
    expect(waysBetween("EUR", "USD").map((way) => way.length)).toEqual([1, 2]);
  });

  it("is of instruments of the pair or its inverse, and of no stock of that name", () => {
    const names = legsOf({ base: "EUR", quote: "USD" }).map(({ symbol }) => symbol);
    expect(names).toEqual(["EURUSD", "EUR-USD", "EURUSD=X", "USDEUR", "USD-EUR", "USDEUR=X"]);
    const { instrument } = market({ symbol: "EURUSD", instrument: { assetClass: "fx" } });
    if (instrument === null) throw new Error("no instrument");
    expect(isPair(instrument, { base: "EUR", quote: "USD" })).toBe(true);
    expect(isPair(instrument, { base: "USD", quote: "EUR" })).toBe(false);
    expect(isPair({ ...instrument, assetClass: "equity" }, { base: "EUR", quote: "USD" })).toBe(
      false,
    );
  });

  it("of a pair is between its sides; of an inverse the sides change places", () => {
    expect(rateOver([leg("EURUSD", "1.1212", "1.1216")], 9)).toEqual({
      rate: "1.1214",
      bid: "1.1212",
      ask: "1.1216",
      legs: [{ symbol: "EURUSD", isInverse: false }],
      asOfMs: 5,
      isStale: false,
    });
    const inverse = rateOver([leg("USDJPY", "80", "100", { isInverse: true })], 9);
    // 1 yen is sold for 1/100 dollar and bought for 1/80.
    expect(inverse).toMatchObject({ bid: "0.01", ask: "0.0125", rate: "0.0111111111111111" });
  });

  // Hull, Options, Futures, and Other Derivatives: cross rates multiply; here EURUSD 1.25 and USDJPY 80 make EURJPY 100.
  it("of a cross is the product of its legs, as old as the oldest and stale when one is", () => {
    const legs = [
      leg("EURUSD", "1.25", "1.25"),
      leg("USDJPY", "80", "80", { isStale: true, asOfMs: 3 }),
    ];
    expect(rateOver(legs, 9)).toMatchObject({ rate: "100", isStale: true, asOfMs: 3 });
    expect(legsInWords([...legs, leg("BTCUSD", "1", "1", { isInverse: true })])).toBe(
      "EURUSD × USDJPY × 1/BTCUSD",
    );
  });

  it("of a currency in itself is 1, by nobody's word", () => {
    expect(rateOver([], 9)).toEqual({
      rate: "1",
      bid: "1",
      ask: "1",
      legs: [],
      asOfMs: 9,
      isStale: false,
    });
  });

  it("takes the last price where a side is missing, and nothing for a price that is none", () => {
    const { quote } = market({ symbol: "EURUSD", bid: "1.1", ask: null, last: "1.2" });
    expect(pairPrice(quote)).toEqual({ bid: dec("1.2"), ask: dec("1.2") });
    expect(pairPrice(quote && { ...quote, last: "0" })).toBeNull();
    expect(pairPrice(null)).toBeNull();
  });

  it("of the past is known from when all legs are, and follows each of them", () => {
    const closes = (...rows: readonly (readonly [number, string])[]) =>
      rows.map(([closeMs, close]) => ({ closeMs, close }));
    const legs = [
      { symbol: "EURUSD", isInverse: false, closes: closes([1, "1"], [3, "2"]) },
      { symbol: "JPYUSD", isInverse: true, closes: closes([2, "0.01"], [3, "0.02"], [4, "0"]) },
    ];
    expect(rateCloses(legs)).toEqual([
      { closeMs: 2, rate: "100" },
      { closeMs: 3, rate: "100" },
      { closeMs: 4, rate: "100" },
    ]);
  });
});
