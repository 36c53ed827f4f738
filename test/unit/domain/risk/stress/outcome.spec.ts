import { outcomeOf, ratesMove } from "../../../../../domain/risk/stress/outcome.ts";
import { cashPosition, type StressPosition } from "../../../../../domain/risk/stress/position.ts";
import { historicalShocks, replayed } from "../../../../../domain/risk/stress/replay.ts";
import { namedShocks } from "../../../../../domain/risk/stress/shocks.ts";
import { totalOf } from "../../../../../domain/risk/stress/total.ts";
import { text } from "../../../../../domain/shared/decimal.ts";
import { beta, changed, holding } from "./book.ts";

const tech = { assetClass: "equity", sector: "technology", beta: beta(1.2) } as const;

function shocked(position: StressPosition, shocks: Readonly<Record<string, number>>, base = "USD") {
  return outcomeOf(position, namedShocks(Object.entries(shocks), [position], base).shocks, base);
}

describe("the most specific shock to a price is taken:", () => {
  const one = holding("AAA", 1000, tech);

  it.each([
    [{ market: -0.2, equity: -0.3, technology: -0.4, AAA: -0.5 }, -500],
    [{ market: -0.2, equity: -0.3, "sector:technology": -0.4 }, -400],
    [{ market: -0.2, equity: -0.3, technology: -0.4 }, -400],
    [{ market: -0.2, "assetClass:equity": -0.3 }, -300],
    [{ market: -0.2 }, -240],
    [{ "factor:market": -0.2 }, -240],
    [{ crypto: -0.5 }, 0],
    [{ "symbol:AAA": 0.1 }, 100],
  ])("%j moves 1000 by %d", (shocks, change) => {
    expect(changed(shocked(one, shocks))).toBeCloseTo(change, 9);
  });

  it("a short position gains what a long one loses", () => {
    expect(changed(shocked(holding("AAA", -1000, tech), { market: -0.2 }))).toBeCloseTo(240, 9);
  });
});

describe("a bond", () => {
  // Fabozzi, Bond Markets, Analysis and Strategies, ch. 4: a 9 % bond of 25 years priced to yield 6 % has a modified duration of
  // 10.62 and a convexity of 182.92: −17.58 % for +200 bp, +24.90 % for −200 bp.
  it.each([
    [0.02, -0.1758],
    [-0.02, 0.249],
  ])("moves as the textbook's does for a shift of %d", (shift, move) => {
    expect(ratesMove(10.62, 182.92, shift)).toBeCloseTo(move, 4);
  });

  it("takes rates in fractions or in basis points, and leaves the market to others", () => {
    const bond = holding("BOND", 1000, { assetClass: "bond", duration: 10.62, convexity: 182.92 });
    const change = changed(shocked(bond, { rates: 0.02 }));
    expect(change).toBeCloseTo(-175.8, 1);
    expect(changed(shocked(bond, { ratesBp: 200, market: -0.3 }))).toBeCloseTo(change, 9);
    expect(shocked(holding("B", 1, { assetClass: "bond" }), { rates: 0.01 })).toMatchObject({
      reason: "its duration is not known",
    });
  });
});

describe("cash of another currency", () => {
  const cash = cashPosition("cash:EUR", "EUR", 1000);

  it("moves as its currency does against the book's, and with nothing else", () => {
    const shocks = { market: -0.5, equity: -0.5, technology: -0.5, ratesBp: 300, volatility: 1 };
    expect(shocked(cash, shocks)).toMatchObject({ change: 0, rule: "no shock concerns it" });
    expect(changed(shocked(cash, { ...shocks, "fx:EUR": -0.1 }))).toBeCloseTo(-100, 9);
    expect(changed(shocked(cash, { "fx:USD": 0.25 }))).toBeCloseTo(-200, 9);
    expect(shocked(cash, { "fx:EUR": -0.1 })).toMatchObject({ rule: "EUR against USD" });
  });

  it("is no symbol, whatever a shock is called", () => {
    const { unmatched } = namedShocks([["cash:EUR", -0.5]], [cash], "USD");
    expect(unmatched).toEqual(["cash:EUR"]);
    expect(changed(shocked(cash, { "symbol:cash:EUR": -0.5 }))).toBe(0);
  });

  it("of days of which nobody knows a rate is not covered", () => {
    const nothing = { returns: new Map(), rates: new Map() };
    const unknown = replayed(cash, nothing, historicalShocks({ spx: -0.5 }), "USD");
    expect(unknown).toMatchObject({ isCovered: false });
    const stored = { ...nothing, rates: new Map([["EUR", -0.2]]) };
    expect(replayed(cash, stored, historicalShocks({}), "USD")).toMatchObject({
      basis: "stored",
      rule: "stored rates of EUR in USD",
      change: expect.closeTo(-200, 9),
    });
  });
});

describe("currencies", () => {
  const foreign = holding("SAP", 1000, { ...tech, currency: "EUR" });

  it("compound with the price", () => {
    expect(changed(shocked(foreign, { SAP: -0.1, "fx:EUR": -0.2 }))).toBeCloseTo(
      1000 * (0.9 * 0.8 - 1),
      9,
    );
  });

  it("fall when the book's own rises", () => {
    expect(changed(shocked(foreign, { "fx:USD": 0.25 }))).toBeCloseTo(-200, 9);
    expect(changed(shocked(holding("AAA", 1000, tech), { "fx:USD": 0.25 }))).toBe(0);
  });

  it("move their pairs", () => {
    const pair = holding("EURUSD", 1000, { assetClass: "fx" });
    expect(changed(shocked(pair, { "fx:EUR": -0.1 }))).toBeCloseTo(-100, 9);
    expect(changed(shocked(pair, { "fx:EUR": -0.1, EURUSD: 0.05 }))).toBeCloseTo(50, 9);
  });
});

describe("what is not known", () => {
  it.each([
    [holding("X", 1), { market: -0.1 }, "give its beta"],
    [holding("X", 1), { equity: -0.1 }, "asset class"],
    [holding("X", 1, { assetClass: "equity" }), { "sector:energy": -0.1 }, "sector"],
    [holding("C", 1, { assetClass: "crypto" }), { market: -0.1 }, "give its beta"],
  ])("is not taken for unmoved: %#", (position, shocks, reason) => {
    const outcome = shocked(position, shocks);
    expect(outcome).toMatchObject({ isCovered: false, reason: expect.stringContaining(reason) });
  });

  it("is left out of the sum, and said", () => {
    const positions = [holding("AAA", 600, tech), holding("X", -200)];
    const { shocks } = namedShocks([["market", -0.1]], positions, "USD");
    const total = totalOf(
      positions.map((one) => ({ ...one, outcome: outcomeOf(one, shocks, "USD") })),
      100,
    );
    expect(total.coveredPct).toBe(0.75);
    expect(total.notCovered.map(({ symbol }) => symbol)).toEqual(["X"]);
    expect(
      [total.valueBefore, total.change, total.valueAfter].map((one) => one && text(one)),
    ).toEqual(["500", "-72", "428"]);
    const blind = totalOf(
      [{ symbol: "X", value: 5, outcome: { isCovered: false, reason: "?" } }],
      1,
    );
    expect(blind).toMatchObject({ change: null, valueAfter: null, changePct: null, coveredPct: 0 });
  });

  it("names nothing in the book: the name is told", () => {
    const names = [
      ["AAA", 0],
      ["ZZZ", 0],
      ["fx:JPY", 0],
      ["sector:energy", 0],
      ["crypto", 0],
      ["factor:moon", 0],
      ["__proto__", 0],
      ["constructor", 0],
    ] as const;
    const { unmatched } = namedShocks(names, [holding("AAA", 1, tech)], "USD");
    expect(unmatched).toEqual(names.slice(1).map(([name]) => name));
  });
});

it("volatility moves by vega, a point at a time", () => {
  const option = holding("OPT", 50, { vega: 12, beta: beta(0) });
  expect(changed(shocked(option, { volatility: 0.1 }))).toBeCloseTo(120, 9);
});

it("commodities move as oil does", () => {
  expect(changed(shocked(holding("GAS", 10, { assetClass: "commodity" }), { wti: -0.5 }))).toBe(-5);
});

it("no price falls below 0", () => {
  expect(changed(shocked(holding("AAA", 1000, { beta: beta(3) }), { market: -0.5 }))).toBe(-1000);
});
