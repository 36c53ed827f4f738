import * as fc from "fast-check";
import type { Instrument } from "../../../../domain/market/instrument.ts";
import {
  affordableQuantity,
  holdCash,
  holdTerms,
  type HoldTerms,
  ROUNDED_FILLS,
} from "../../../../domain/risk/hold.ts";
import { minorUnit } from "../../../../domain/risk/minor-unit.ts";
import { Decimal, dec, text } from "../../../../domain/shared/decimal.ts";
import { market } from "../portfolio/given.ts";

function worst(ordType: "market" | "limit", view: ReturnType<typeof market>, price?: string) {
  const order = price === undefined ? { ordType } : { ordType, price };
  const terms = holdTerms(order, instrumentOf(view), view);
  return terms === null ? null : text(terms.worstPrice);
}

function instrumentOf(view: ReturnType<typeof market>): Instrument {
  if (view.instrument === null) throw new Error("no instrument");
  return view.instrument;
}

const terms = (changes: Partial<HoldTerms> = {}): HoldTerms => ({
  worstPrice: dec("100"),
  multiplier: "1",
  lotSize: "1",
  feeBps: "10",
  currency: "USD",
  ...changes,
});

const anyTerms = fc
  .record({
    cents: fc.integer({ min: 1, max: 1_000_000 }),
    multiplier: fc.constantFrom("1", "50", "0.1"),
    lotSize: fc.constantFrom("1", "0.001", "100", "0.00000001"),
    feeBps: fc.constantFrom("0", "0.5", "10", "35.25"),
    currency: fc.constantFrom("USD", "JPY", "KWD", "BTC"),
  })
  .map(({ cents, ...rest }) => terms({ ...rest, worstPrice: dec(cents).dividedBy(100) }));

describe("the worst price of a buy", () => {
  it("is its limit, or 5 % above the ask rounded up to the tick, or above the last price", () => {
    expect(worst("limit", market(), "99.5")).toBe("99.5");
    expect(worst("market", market({ ask: "100.01", last: "90" }))).toBe("105.02");
    expect(worst("market", market({ last: "100", tickSize: "0.25" }))).toBe("105");
    expect(worst("market", market({ last: "100.25", tickSize: "0.25" }))).toBe("105.5");
  });

  it("is not known without a price", () => {
    expect(worst("market", market({ last: null, bid: "100" }))).toBeNull();
    expect(worst("limit", market())).toBeNull();
    expect(worst("limit", market(), "-1")).toBeNull();
  });
});

describe("the cash held for a buy", () => {
  it("is quantity × worst price × multiplier × (1 + fee) and a minor unit per possible fill", () => {
    expect(text(holdCash(dec(3), terms()))).toBe("300.33");
    expect(text(holdCash(dec(3), terms({ multiplier: "50", currency: "JPY" })))).toBe("15018");
    expect(text(holdCash(dec(1000), terms()))).toBe("100101");
    expect(text(holdCash(dec(3), terms({ feeBps: "0" })))).toBe("300");
  });

  it("is rounded up to 8 decimals", () => {
    const dust = terms({ worstPrice: dec("0.00000001"), lotSize: "0.1", feeBps: "0" });
    expect(text(holdCash(dec("0.1"), dust))).toBe("0.00000001");
  });

  it("covers every way of filling it in up to 100 parts, each fee rounded up to the minor unit", () => {
    const part = fc.record({
      weight: fc.integer({ min: 1, max: 1000 }),
      discountBps: fc.nat(2000),
    });
    const parts = fc.array(part, { minLength: 1, maxLength: ROUNDED_FILLS });
    fc.assert(
      fc.property(anyTerms, fc.integer({ min: 1, max: 100_000 }), parts, (some, lots, split) => {
        const held = holdCash(dec(lots).times(some.lotSize), some);
        expect(held.minus(spend(some, lots, split)).isNegative()).toBe(false);
      }),
    );
  });

  it("beyond 100 parts is short by less than a minor unit each", () => {
    fc.assert(
      fc.property(anyTerms, fc.integer({ min: 101, max: 400 }), (some, lots) => {
        const held = holdCash(dec(lots).times(some.lotSize), some);
        const each = Array.from({ length: lots }, () => ({ weight: 1, discountBps: 0 }));
        const missing = spend(some, lots, each).minus(held);
        expect(missing.lessThan(dec(minorUnit(some.currency)).times(lots - 100))).toBe(true);
      }),
    );
  });
});

describe("the affordable quantity", () => {
  it("is the largest that can be held: one lot more cannot", () => {
    fc.assert(
      fc.property(anyTerms, fc.integer({ min: 0, max: 2_000_000_000 }), (some, cents) => {
        const cash = dec(cents).dividedBy(100);
        const quantity = affordableQuantity(cash, some);
        expect(quantity.modulo(some.lotSize).isZero()).toBe(true);
        expect(quantity.isZero() || holdCash(quantity, some).lessThanOrEqualTo(cash)).toBe(true);
        expect(holdCash(quantity.plus(some.lotSize), some).greaterThan(cash)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("is 0 without buying power", () => {
    expect(text(affordableQuantity(dec("-5"), terms()))).toBe("0");
    expect(text(affordableQuantity(dec("0.000000001"), terms()))).toBe("0");
  });

  it("of 10,000 at 100 with a fee of 0.1 % is 99.9 shares where fees are exact", () => {
    // original-product.md §4.2 case 32: 99.9 shares
    const exact = terms({ lotSize: "0.1", currency: "BTC" });
    expect(text(affordableQuantity(dec(10_000), exact))).toBe("99.9");
  });
});

describe("the minor unit", () => {
  it.each([
    ["USD", "0.01"],
    ["JPY", "1"],
    ["KWD", "0.001"],
    ["USDT", "0.00000001"],
    ["BTC", "0.00000001"],
  ])("of %s is %s", (currency, unit) => {
    expect(minorUnit(currency)).toBe(unit);
  });
});

/** What a venue takes that keeps to the worst price and rounds each fee up: whole lots, in parts of the given weights. */
function spend(
  { worstPrice, multiplier, lotSize, feeBps, currency }: HoldTerms,
  lots: number,
  split: readonly { weight: number; discountBps: number }[],
): Decimal {
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  const unit = minorUnit(currency);
  let [spent, left, weightSeen] = [dec(0), lots, 0];
  for (const { weight, discountBps } of split) {
    weightSeen += weight;
    const part = left - Math.floor((lots * (total - weightSeen)) / total);
    left -= part;
    if (part === 0) continue;
    const price = worstPrice.times(10_000 - discountBps).dividedBy(10_000);
    const notional = price.times(multiplier).times(lotSize).times(part);
    const fee = notional.times(feeBps).dividedBy(10_000).dividedBy(unit).ceil().times(unit);
    spent = spent.plus(notional).plus(fee);
  }
  return spent;
}
