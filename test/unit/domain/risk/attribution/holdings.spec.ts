import { attribute } from "../../../../../domain/risk/attribution/brinson.ts";
import { holdingGroups, type Standing } from "../../../../../domain/risk/attribution/holdings.ts";

type Held = Standing["held"][number];
const held = (symbol: string, quantity: number, unitValue: number, more: Partial<Held> = {}) => ({
  symbol,
  quantity,
  unitValue,
  unitsPerFirst: 1,
  income: 0,
  ...more,
});
const dollars = (amount: number) => ({ currency: "USD", amount, rate: 1 });
const SECTORS: Readonly<Record<string, string>> = { A: "tech", B: "energy", C: "tech" };
const sectorOf = (symbol: string) => SECTORS[symbol] ?? "unclassified";

const FROM: Standing = {
  equity: 1000,
  held: [held("A", 4, 100), held("B", 10, 50)],
  money: [dollars(100)],
};

describe("the groups of a period", () => {
  it("weigh as they did when it began, and earn what nobody touched", () => {
    const to: Standing = {
      equity: 1045,
      // All of B was sold on the way, at whatever price: that is trading's.
      held: [held("A", 4, 110), held("B", 0, 55)],
      money: [dollars(650)],
    };
    const benchmark = [
      { symbol: "A", weight: 0.25, return: 0.1 },
      { symbol: "C", weight: 0.25, return: 0.02 },
      { symbol: "B", weight: 0.5, return: 0.1 },
    ];
    const groups = holdingGroups(FROM, to, benchmark, sectorOf);
    expect(groups.map(({ group }) => group)).toEqual(["cash", "energy", "tech"]);
    const [cash, energy, tech] = groups;
    expect(cash).toMatchObject({ portfolioWeight: 0.1, benchmarkWeight: 0, portfolioReturn: 0 });
    expect(cash?.benchmarkReturn).toBeNull();
    expect(energy?.portfolioWeight).toBe(0.5);
    expect(energy?.portfolioReturn).toBeCloseTo(0.1, 12);
    expect(tech?.portfolioReturn).toBeCloseTo(0.1, 12);
    expect(tech?.benchmarkReturn).toBeCloseTo(0.06, 12);
    // 0.5·10 % + 0.4·10 % against 0.5·6 % + 0.5·10 %
    const { portfolioReturn, benchmarkReturn, total } = attribute(groups, "brinsonFachler");
    expect(portfolioReturn).toBeCloseTo(0.09, 12);
    expect(benchmarkReturn).toBeCloseTo(0.08, 12);
    expect(total.allocation + total.selection + total.interaction).toBeCloseTo(0.01, 12);
  });

  it("take a split for none, and a dividend for a return", () => {
    const to: Standing = {
      equity: 0,
      held: [held("A", 8, 52, { unitsPerFirst: 2, income: 6 }), held("B", 10, 50)],
      money: [dollars(106)],
    };
    const [, , tech] = holdingGroups(FROM, to, [{ symbol: "B", weight: 1, return: 0 }], sectorOf);
    // 4·(104 − 100) + 6 on 400
    expect(tech?.portfolioReturn).toBeCloseTo(22 / 400, 12);
  });

  it("know what foreign cash did, and short positions", () => {
    const from: Standing = {
      equity: 1000,
      held: [held("A", -5, 100)],
      money: [dollars(1300), { currency: "EUR", amount: 200, rate: 1 }],
    };
    const to: Standing = {
      equity: 0,
      held: [held("A", -5, 90)],
      money: [dollars(1300), { currency: "EUR", amount: 200, rate: 1.1 }],
    };
    const [cash, tech] = holdingGroups(
      from,
      to,
      [{ symbol: "A", weight: 1, return: -0.1 }],
      sectorOf,
    );
    expect(cash?.portfolioWeight).toBeCloseTo(1.5, 12);
    expect(cash?.portfolioReturn).toBeCloseTo(20 / 1500, 12);
    expect(tech).toMatchObject({ portfolioWeight: -0.5, portfolioReturn: -0.1 });
  });
});
