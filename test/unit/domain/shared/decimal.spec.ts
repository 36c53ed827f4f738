import {
  add,
  dec,
  floorTo,
  isMultipleOf,
  multiply,
  text,
} from "../../../../domain/shared/decimal.ts";

describe("decimals", () => {
  it("add exactly where binary floats do not", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(multiply("1455.219971", "1000000")).toBe("1455219971");
  });

  it("print no exponent, no trailing zeros and no minus zero", () => {
    expect(text(dec("1e-30"))).toBe("0.000000000000000000000000000001");
    expect(text(dec("190.10"))).toBe("190.1");
    expect(text(dec("-0"))).toBe("0");
  });

  it("refuse what is not a finite number", () => {
    expect(() => dec("NaN")).toThrow("expected a finite decimal");
    expect(() => dec(Infinity)).toThrow("expected a finite decimal");
  });

  it("round quantities down to the lot", () => {
    expect(text(floorTo(dec("17.99"), "0.5"))).toBe("17.5");
    expect(isMultipleOf(dec("0.3"), "0.1")).toBe(true);
    expect(isMultipleOf(dec("0.35"), "0.1")).toBe(false);
  });
});
