import { moneyWeighted, YEAR_MS } from "../../../../../domain/risk/performance/money-weighted.ts";
import {
  linked,
  linkedBy,
  modifiedDietz,
  periodReturns,
} from "../../../../../domain/risk/performance/time-weighted.ts";

const day = (date: string) => Date.parse(date);
const YEARS = [0, 1, 2].map((years) => years * YEAR_MS);

describe("of the CFA curriculum's two shares", () => {
  // Quantitative Methods, "Money-weighted and time-weighted return": a share is bought for 200, another a year later for 225;
  // each pays 5 at the end of each year; both are sold for 235. Money-weighted 9.39 %, time-weighted 10.76 %.
  it("the time-weighted return is 10.76 % a year", () => {
    const returns = periodReturns([
      { atMs: YEARS[0] ?? 0, value: 200, flow: 200 },
      { atMs: YEARS[1] ?? 0, value: 450, flow: 220 },
      { atMs: YEARS[2] ?? 0, value: 480, flow: 0 },
    ]);
    expect(returns.map(({ value }) => value)).toEqual([
      expect.closeTo(0.15, 12),
      expect.closeTo(480 / 450 - 1, 12),
    ]);
    expect(Math.sqrt(1 + linked(returns)) - 1).toBeCloseTo(0.1076, 3);
  });

  it("the money-weighted return is 9.39 % a year", () => {
    const flows = [-200, -220, 480].map((amount, i) => ({ atMs: YEARS[i] ?? 0, amount }));
    const found = moneyWeighted(flows);
    expect(found).toEqual({
      annualized: expect.closeTo(0.0939, 4),
      period: expect.closeTo(1.0939 ** 2 - 1, 3),
    });
  });
});

describe("the money-weighted return", () => {
  // The example of Excel's XIRR in Microsoft's documentation.
  it("is XIRR's 0.373362535", () => {
    const flows = [
      { atMs: day("2008-01-01"), amount: -10_000 },
      { atMs: day("2008-03-01"), amount: 2750 },
      { atMs: day("2008-10-30"), amount: 4250 },
      { atMs: day("2009-02-15"), amount: 3250 },
      { atMs: day("2009-04-01"), amount: 2750 },
    ];
    expect(moneyWeighted(flows)).toMatchObject({ annualized: expect.closeTo(0.373362535, 7) });
  });

  it.each([
    ["one way", [-100, -50], "money went one way only"],
    ["nothing left", [-100, 0], "there is no time between the flows"],
    // −100(1 + r)² + 230(1 + r) − 132 = 0 has 10 % and 20 %.
    ["two rates", [-100, 230, -132], "several rates of return balance the flows"],
    // 100 − 200x + 150x² has no real root.
    ["no rate", [100, -200, 150], "no rate of return balances the flows"],
    ["overflow", [-1e308, 1e308, 1e308], null],
  ])("%s", (_, amounts, reason) => {
    const found = moneyWeighted(amounts.map((amount, i) => ({ atMs: YEARS[i] ?? 0, amount })));
    if (reason === null) expect(JSON.stringify(found)).not.toContain("null");
    else expect(found).toEqual({ reason });
  });

  it("of a moment is not told for a year", () => {
    const flows = [
      { atMs: 0, amount: -1 },
      { atMs: 1000, amount: 3 },
    ];
    expect(moneyWeighted(flows)).toEqual({
      reason: "the span is too short to say what the rate of a year is",
    });
    expect(moneyWeighted([])).toEqual({ reason: "there is no time between the flows" });
  });
});

describe("the modified Dietz return", () => {
  // Bloomberg Exam Prep, CFA level III, question bac110 on GIPS: flows on days 5, 9, 15 and 24 of October, 2.45 %.
  it("is 2.45 % of the composite", () => {
    const at = (dayOfMonth: number) => day("2025-09-30") + dayOfMonth * 86_400_000;
    const flows = [
      [5, -15.05],
      [9, 19.82],
      [15, 16.42],
      [24, -18.96],
    ].map(([dayOfMonth = 0, amount = 0]) => ({ atMs: at(dayOfMonth), amount }));
    const [start, end] = [
      { atMs: at(0), value: 585.6 },
      { atMs: at(31), value: 602.34 },
    ];
    expect(modifiedDietz(start, end, flows)).toBeCloseTo(0.0245, 4);
  });

  it("is not told of no capital, and is the simple return without flows", () => {
    const [start, end] = [
      { atMs: 0, value: 100 },
      { atMs: 10, value: 110 },
    ];
    expect(modifiedDietz(start, end, [])).toBeCloseTo(0.1, 12);
    expect(modifiedDietz(start, end, [{ atMs: 0, amount: -100 }])).toBeNull();
    expect(modifiedDietz(start, { ...start, value: 90 }, [])).toBeCloseTo(-0.1, 12);
  });
});

describe("period returns", () => {
  const at = (atMs: number, value: number, flow = 0) => ({ atMs, value, flow });

  it("begin where there is money, and end where there is none", () => {
    expect(periodReturns([at(0, 0), at(1, 100, 100), at(2, 90), at(3, -5), at(4, 50)])).toEqual([
      { fromMs: 1, toMs: 2, value: expect.closeTo(-0.1, 12) },
      { fromMs: 2, toMs: 3, value: -1 },
    ]);
    expect(periodReturns([])).toEqual([]);
    expect(periodReturns([at(0, 100)])).toEqual([]);
  });

  it("are modified Dietz's where nothing was priced at the flows", () => {
    const unpriced = { atMs: 10, value: 150, flow: 50, isUnpriced: true } as const;
    // 100 grew to 180 with 50 that came after half of the time: 30 on an average capital of 125.
    expect(periodReturns([at(0, 100), unpriced, at(20, 180)])).toEqual([
      { fromMs: 0, toMs: 20, value: expect.closeTo(30 / 125, 12) },
    ]);
    // The last valuation is all there is to go by.
    expect(periodReturns([at(0, 100), unpriced])).toEqual([
      { fromMs: 0, toMs: 10, value: expect.closeTo(0, 12) },
    ]);
    // Out went more than the average capital: cut at the flow after all.
    const emptied = { atMs: 1, value: 10, flow: -190, isUnpriced: true } as const;
    expect(periodReturns([at(0, 100), emptied, at(20, 11)])).toEqual([
      { fromMs: 0, toMs: 20, value: expect.closeTo(2 * 1.1 - 1, 12) },
    ]);
  });

  it("are linked by the period in which they end", () => {
    const returns = periodReturns([at(0, 100), at(1, 110), at(11, 121), at(12, 60.5), at(25, 121)]);
    expect(linkedBy(returns, (atMs) => Math.floor(atMs / 10))).toEqual([
      { key: 0, fromMs: 0, toMs: 1, value: expect.closeTo(0.1, 12) },
      { key: 1, fromMs: 1, toMs: 12, value: expect.closeTo(-0.45, 12) },
      { key: 2, fromMs: 12, toMs: 25, value: expect.closeTo(1, 12) },
    ]);
  });
});
