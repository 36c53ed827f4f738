import { PAPER_FEES, chargeFee } from "../../../../domain/execution/fees.ts";
import { settlementDate } from "../../../../domain/execution/settlement.ts";
import { epochDay } from "../../../../domain/market/civil-date.ts";
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

const on = (year: number, month: number, day: number) => epochDay({ year, month, day });

describe("settlement", () => {
  // Sources: SEC releases 34-80295 (T+2 from 2017-09-05) and 34-96930 (T+1 from 2024-05-28).
  it.each([
    ["T+3 before September 2017", on(2017, 8, 28), "2017-08-31"],
    ["T+3 over a weekend", on(2017, 8, 17), "2017-08-22"],
    ["T+2 from 2017-09-05", on(2017, 9, 5), "2017-09-07"],
    ["T+2 until 2024-05-27", on(2024, 5, 22), "2024-05-24"],
    ["T+1 from 2024-05-28", on(2024, 5, 28), "2024-05-29"],
    ["T+1 over a weekend", on(2024, 5, 31), "2024-06-03"],
  ])("of US equities is %s", (_name, tradeDay, expected) => {
    expect(settlementDate("equity", tradeDay)).toBe(expected);
    expect(settlementDate("etf", tradeDay)).toBe(expected);
    expect(settlementDate("index", tradeDay)).toBe(expected);
  });

  it.each([
    ["crypto", on(2024, 6, 1), "2024-06-01"],
    ["fx", on(2024, 5, 30), "2024-06-03"],
    ["future", on(2024, 5, 30), "2024-05-31"],
    ["commodity", on(2024, 5, 31), "2024-06-03"],
  ] as const)("of %s has a cycle of its own", (assetClass, tradeDay, expected) => {
    expect(settlementDate(assetClass, tradeDay)).toBe(expected);
  });
});
