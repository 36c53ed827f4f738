import { PAPER_FEES, chargeFee } from "../../../../domain/execution/fees.ts";
import { dec } from "../../../../domain/shared/decimal.ts";

function fill(quantity: string, price: string, currency = "USD", multiplier = "1") {
  const liquidity: "maker" | "taker" = "taker";
  return { quantity: dec(quantity), price: dec(price), multiplier, currency, liquidity };
}

describe("paper fees", () => {
  it.each([
    // 1 bp of 10 × 100.01 is 0.10001
    ["USD", "0.11"],
    // the yen has no minor unit
    ["JPY", "1"],
    ["BTC", "0.10001"],
  ])("are rounded up to the minor unit of %s", (currency, fee) => {
    expect(chargeFee("0", fill("10", "100.01", currency), PAPER_FEES).fee).toBe(fee);
  });

  it("are taken of the notional, multiplier included", () => {
    // 2 × 4000 × 50 × 1 bp
    expect(chargeFee("0", fill("2", "4000", "USD", "50"), PAPER_FEES).fee).toBe("40");
  });

  it("of an order filled in pieces are those of the order filled at once", () => {
    const pieces = Array.from({ length: 7 }, () => fill("1", "33.33"));
    let accrued = "0";
    let charged = dec("0");
    for (const piece of pieces) {
      const { fee, accrued: after } = chargeFee(accrued, piece, PAPER_FEES);
      accrued = after;
      charged = charged.plus(fee);
    }
    expect(charged.toFixed()).toBe(chargeFee("0", fill("7", "33.33"), PAPER_FEES).fee);
    expect(accrued).toBe("0.023331");
  });

  it("differ for makers and takers, and may be a rebate", () => {
    const schedule = { makerBps: "-0.5", takerBps: "3" };
    const taker = fill("10", "100");
    expect(chargeFee("0", taker, schedule).fee).toBe("0.3");
    expect(chargeFee("0", { ...taker, liquidity: "maker" }, schedule).fee).toBe("-0.05");
  });
});
