import {
  alignReturns,
  convertPrices,
  type PriceSeries,
} from "../../../../../domain/risk/history/align.ts";

const series = (symbol: string, prices: Readonly<Record<number, number>>): PriceSeries => ({
  symbol,
  currency: "USD",
  timesMs: Object.keys(prices).map(Number),
  closes: Object.values(prices),
});
const A = series("A", { 1: 100, 2: 110, 3: 99, 4: 108.9, 5: 108.9 });
const B = series("B", { 2: 50, 3: 55, 5: 44, 6: 50 });

const columnsOf = (found: ReturnType<typeof alignReturns>) => {
  if ("problem" in found) throw new Error(found.problem);
  return { times: [...found.timesMs], columns: found.columns.map((one) => [...one]) };
};

describe("returns of several series", () => {
  it("span the same days, those that all have", () => {
    const { times, columns } = columnsOf(alignReturns([A, B], "complete"));
    expect(times).toEqual([3, 5]);
    expect(columns[0]).toEqual([99 / 110 - 1, 108.9 / 99 - 1]);
    expect(columns[1]).toEqual([55 / 50 - 1, 44 / 55 - 1]);
  });

  it("are not a number where a series lacks one of the two days, when pairs are asked for", () => {
    const { times, columns } = columnsOf(alignReturns([A, B], "pairwise"));
    expect(times).toEqual([3, 4, 5]);
    expect(columns[0]).toEqual([99 / 110 - 1, 108.9 / 99 - 1, 0]);
    expect(columns[1]).toEqual([55 / 50 - 1, Number.NaN, Number.NaN]);
  });

  it("are refused for a day that one lacks, naming it, when that is asked for", () => {
    expect(alignReturns([A, B], "refuse")).toEqual({
      symbol: "B",
      problem: "lacks a price",
      atMs: 4,
    });
    expect(columnsOf(alignReturns([A], "refuse")).times).toEqual([2, 3, 4, 5]);
  });

  it("of a price that is not positive are none", () => {
    const oil = series("CL", { 1: 10, 2: -37.63, 3: 10 });
    expect(alignReturns([A, oil], "complete")).toMatchObject({ symbol: "CL" });
  });

  it("of series without a common day are empty", () => {
    const later = series("L", { 8: 1, 9: 2 });
    expect(
      columnsOf(alignReturns([A, later], "complete")).columns.map(({ length }) => length),
    ).toEqual([0, 0]);
    expect(columnsOf(alignReturns([], "complete")).times).toEqual([]);
  });
});

describe("prices in another currency", () => {
  it("take the rate of their day, or the last one before it, and none before the first", () => {
    const rates = { timesMs: [2, 3, 5], closes: [1.1, 1.2, 1.3] };
    expect(convertPrices(A, rates, "EUR")).toEqual({
      symbol: "A",
      currency: "EUR",
      timesMs: [2, 3, 4, 5],
      closes: [110 * 1.1, 99 * 1.2, 108.9 * 1.2, 108.9 * 1.3],
    });
  });
});
