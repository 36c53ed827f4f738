import * as fc from "fast-check";
import {
  priceOf,
  quantityOf,
  toLots,
  toTicks,
} from "../../../../../domain/execution/engine/units.ts";

const GRID = { tickSize: "0.05", lotSize: "0.001" };

describe("ticks and lots", () => {
  it("are whole multiples, back and forth without loss", () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.maxSafeNat().map((n) => n % 2 ** 43),
        (ticks, lots) => {
          expect(toTicks(priceOf(ticks, GRID), GRID)).toBe(ticks);
          expect(toLots(quantityOf(lots, GRID), GRID)).toBe(lots);
        },
      ),
    );
  });

  it.each([
    ["100.05", 2_001],
    ["-37.65", -753],
    ["-0", 0],
    ["100.01", "priceOffTick"],
    [`100.05${"0".repeat(90)}1`, "priceOffTick"],
    ["1e30", "priceTooLarge"],
    ["450359962737049.55", Number.MAX_SAFE_INTEGER],
    ["450359962737049.60", "priceTooLarge"],
  ])("a price of %s is %s", (price, ticks) => {
    expect(toTicks(price, GRID)).toBe(ticks);
  });

  it.each([
    ["1.5", 1_500],
    ["0.0005", "quantityOffLot"],
    ["8796093022.208", 2 ** 43],
    ["8796093022.209", "quantityTooLarge"],
  ])("a quantity of %s is %s", (quantity, lots) => {
    expect(toLots(quantity, GRID)).toBe(lots);
  });
});
