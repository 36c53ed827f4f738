import { fixedFraction } from "../../../../domain/risk/position-size.ts";
import { dec, text } from "../../../../domain/shared/decimal.ts";

describe("sizing by a fixed fraction of equity", () => {
  it("gives the known quantity", () => {
    // original-product.md §4.2 case 4: 10 % of 39,000 at 2,800 are 1.392857 shares
    expect(text(fixedFraction(dec(39_000), "0.1", dec(2800), "1", "0.000001"))).toBe("1.392857");
  });

  it("rounds down to the lot", () => {
    expect(text(fixedFraction(dec(39_000), "0.1", dec(2800), "1", "1"))).toBe("1");
    expect(text(fixedFraction(dec(100), "1", dec(101), "1", "1"))).toBe("0");
  });

  it("counts the multiplier", () => {
    expect(text(fixedFraction(dec(1_000_000), "0.5", dec(4000), "50", "1"))).toBe("2");
  });

  it("of no equity is nothing", () => {
    expect(text(fixedFraction(dec(-5), "0.5", dec(10), "1", "1"))).toBe("0");
  });
});
