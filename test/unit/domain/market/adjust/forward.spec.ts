import { adjustColumns } from "../../../../../domain/market/adjust/adjust-columns.ts";
import { factorsOf } from "../../../../../domain/market/adjust/factors.ts";
import { forwardFactors } from "../../../../../domain/market/adjust/forward.ts";
import type { CorporateAction } from "../../../../../domain/market/adjust/corporate-action.ts";

const split = (exDay: number, newUnits: string): CorporateAction => ({
  kind: "split",
  exDay,
  newUnits,
  oldUnits: "1",
});
const dividend = (exDay: number, amount: string, close: string): CorporateAction => ({
  kind: "dividend",
  exDay,
  amount,
  currency: "USD",
  referencePrice: close,
});

function adjusted(actions: readonly CorporateAction[], prices: readonly number[]) {
  const column = () => Float64Array.from(prices);
  const result = factorsOf(actions, {
    adjust: "all",
    currency: "USD",
    exMs: (day) => day,
    closeBefore: () => null,
  });
  if (!("factors" in result)) throw new Error(result.refused.reason);
  const columns = {
    startMs: Float64Array.from(prices, (_, day) => day),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  return adjustColumns(columns, forwardFactors(result.factors));
}

describe("prices in the units of the first bar", () => {
  const prices = [100, 50, 49, 24.5];

  it("are raised by what splits and dividends took from them", () => {
    const { close, volume } = adjusted(
      [split(1, "2"), dividend(2, "1", "50"), split(3, "2")],
      prices,
    );
    expect([...close].map((price) => +price.toFixed(9))).toEqual([100, 100, 100, 100]);
    expect([...volume].map((units) => +units.toFixed(9))).toEqual([100, 25, 24.5, 6.125]);
  });

  it("do not change when another action comes", () => {
    const before = adjusted([split(1, "3"), dividend(2, "0.7", "51")], prices);
    const after = adjusted([split(1, "3"), dividend(2, "0.7", "51"), split(3, "7")], prices);
    expect([...after.close].slice(0, 3)).toEqual([...before.close].slice(0, 3));
    expect([...after.volume].slice(0, 3)).toEqual([...before.volume].slice(0, 3));
  });

  it("are as they were traded where nothing happened", () => {
    expect([...adjusted([], prices).close]).toEqual(prices);
  });
});
