import { distinctCloses } from "../../../../../domain/ai/search/closes.ts";
import { finished } from "../../../../../domain/shared/steps.ts";

function closesOf(...symbols: readonly (readonly number[])[]): readonly number[] {
  const symbol = Int32Array.from(symbols.flatMap((own, number) => own.map(() => number)));
  return [...finished(distinctCloses({ symbol, closeMs: Float64Array.from(symbols.flat()) }))];
}

describe("the closes of a panel", () => {
  it("are each there once, in order, whichever symbols have them", () => {
    expect(closesOf()).toEqual([]);
    expect(closesOf([1, 2, 3])).toEqual([1, 2, 3]);
    expect(closesOf([2, 4, 6], [1, 2, 3, 9], [6, 7])).toEqual([1, 2, 3, 4, 6, 7, 9]);
    const [even, third] = [2, 3].map((k) => Array.from({ length: 90_000 }, (_, i) => k * i));
    const expected = [...new Set([...(even ?? []), ...(third ?? [])])].toSorted((a, b) => a - b);
    expect(closesOf(even ?? [], third ?? [])).toEqual(expected);
  });
});
