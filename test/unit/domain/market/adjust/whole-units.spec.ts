import { wholeUnits } from "../../../../../domain/market/adjust/whole-units.ts";

describe("the whole units of a split", () => {
  it("are in lowest terms, whatever decimals the ratio came in", () => {
    const of = (newUnits: string, oldUnits: string) => wholeUnits({ newUnits, oldUnits });
    expect(of("7", "1")).toEqual({ newUnits: 7, oldUnits: 1 });
    expect(of("1.5", "1")).toEqual({ newUnits: 3, oldUnits: 2 });
    expect(of("1", "0.25")).toEqual({ newUnits: 4, oldUnits: 1 });
    expect(of("10", "80")).toEqual({ newUnits: 1, oldUnits: 8 });
  });

  it("are none where the ratio takes more than a million", () => {
    expect(wholeUnits({ newUnits: "1.0000001", oldUnits: "1" })).toBeNull();
  });
});
