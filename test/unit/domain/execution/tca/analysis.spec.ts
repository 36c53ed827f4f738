import * as fc from "fast-check";
import { aggregate } from "../../../../../domain/execution/tca/aggregate.ts";
import { analyse, type ExecutedOrder } from "../../../../../domain/execution/tca/analysis.ts";
import { benchmarksOf } from "../../../../../domain/execution/tca/benchmarks.ts";
import { dec, text } from "../../../../../domain/shared/decimal.ts";

const unknown = { vwap: null, twap: null, volume: null };
const order: ExecutedOrder = {
  side: "buy",
  quantity: "1000",
  multiplier: "1",
  currency: "USD",
  fills: [
    { price: "100.20", quantity: "500", fee: "2" },
    { price: "100.40", quantity: "300", fee: "1" },
  ],
  decisionPrice: "100",
  arrivalPrice: "100.10",
  endPrice: "101",
  market: { vwap: "100.25", twap: "100.30", volume: "16000" },
};

describe("the costs of one order", () => {
  it("are the hand-computed ones", () => {
    const found = analyse(order);
    // delay 800 · 0.10; trading 500 · 0.10 + 300 · 0.30; opportunity 200 · 1.00; fees 3: of 100,000
    expect(found.shortfall).toEqual({
      reference: "decision",
      notional: "100000",
      delay: { money: "80", bps: "8" },
      trading: { money: "140", bps: "14" },
      opportunity: { money: "200", bps: "20" },
      fees: { money: "3", bps: "0.3" },
      total: { money: "423", bps: "42.3" },
    });
    expect(found.averagePrice).toBe("100.275");
    expect([found.fillRatio, found.participation]).toEqual([0.8, 0.05]);
    expect(found.slippage.vwap.money).toBe("20");
    expect(found.slippage.twap).toEqual({ money: "-20", bps: "-2.492522" });
    expect(found.missing).toEqual([]);
  });

  it("of a sale have the other sign", () => {
    const { shortfall } = analyse({ ...order, side: "sell" });
    expect(shortfall.total.money).toBe("-417");
  });

  it("count the multiplier, which fees have in them already", () => {
    const { shortfall } = analyse({ ...order, multiplier: "50" });
    expect([shortfall.trading.money, shortfall.fees.money]).toEqual(["7000", "3"]);
  });

  it("without a decision price begin at the arrival", () => {
    const { shortfall, missing } = analyse({ ...order, decisionPrice: null });
    expect([shortfall.reference, shortfall.delay.money, shortfall.total.money]).toEqual([
      "arrival",
      "0",
      "323",
    ]);
    expect(missing).toEqual([expect.stringContaining("decisionPrice")]);
  });

  it("are null where the market did not say, never invented", () => {
    const found = analyse({
      ...order,
      decisionPrice: null,
      arrivalPrice: null,
      endPrice: null,
      market: unknown,
    });
    expect(found.shortfall.trading).toEqual({ money: null, bps: null });
    expect(found.shortfall.opportunity).toEqual({ money: null, bps: null });
    expect(found.shortfall.total).toEqual({ money: null, bps: null });
    expect(found.shortfall.fees).toEqual({ money: "3", bps: null });
    expect([found.vwap, found.twap, found.participation]).toEqual([null, null, null]);
    expect(found.missing).toHaveLength(5);
  });

  it("of a filled order need no price for what is left", () => {
    const fills = [{ price: "100.1", quantity: "1000", fee: "0" }];
    expect(analyse({ ...order, fills, endPrice: null }).shortfall.total.money).toBe("100");
  });

  it("of nothing filled are the opportunity alone", () => {
    const found = analyse({ ...order, fills: [] });
    expect(found.averagePrice).toBeNull();
    expect(found.shortfall.total.money).toBe("1000");
    expect(found.slippage.arrival.money).toBeNull();
  });
});

const prices = fc
  .integer({ min: 1, max: 1_000_000 })
  .map((cents) => text(dec(cents).dividedBy(1000)));
const orders: fc.Arbitrary<ExecutedOrder> = fc
  .record({
    side: fc.constantFrom("buy", "sell"),
    multiplier: fc.constantFrom("1", "0.1", "50"),
    currency: fc.constantFrom("USD", "EUR"),
    fills: fc.array(
      fc.record({
        price: prices,
        quantity: fc.integer({ min: 1, max: 900 }).map(String),
        fee: prices,
      }),
      { maxLength: 6 },
    ),
    decisionPrice: fc.option(prices),
    arrivalPrice: fc.option(prices),
    endPrice: fc.option(prices),
    market: fc.record({
      vwap: fc.option(prices),
      twap: fc.option(prices),
      volume: fc.option(fc.integer({ min: 0, max: 1e6 }).map(String)),
    }),
    rest: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ rest, ...parts }) => {
    const filled = parts.fills.reduce((sum, { quantity }) => sum + Number(quantity), 0);
    return { ...parts, quantity: String(Math.max(1, filled + rest)) };
  });

describe("laws of the costs", () => {
  it("components add up exactly, in money and in basis points", () => {
    fc.assert(
      fc.property(orders, (executed) => {
        const { delay, trading, opportunity, fees, total } = analyse(executed).shortfall;
        for (const unit of ["money", "bps"] as const) {
          const parts = [delay[unit], trading[unit], opportunity[unit], fees[unit]];
          const known = parts.flatMap((part) => (part === null ? [] : [part]));
          const sum = known.reduce((left, right) => left.plus(right), dec(0));
          expect(total[unit]).toBe(known.length === 4 ? text(sum) : null);
        }
      }),
    );
  });

  it("the total is what the paper portfolio made more than the real one", () => {
    fc.assert(
      fc.property(orders, prices, prices, (executed, decision, end) => {
        const found = analyse({
          ...executed,
          decisionPrice: decision,
          arrivalPrice: decision,
          endPrice: end,
        });
        const sign = executed.side === "buy" ? 1 : -1;
        const paper = dec(end).minus(decision).times(executed.quantity).times(sign);
        const real = executed.fills.reduce(
          (sum, fill) => sum.plus(dec(end).minus(fill.price).times(fill.quantity).times(sign)),
          dec(0),
        );
        const paid = executed.fills.reduce((sum, { fee }) => sum.plus(fee), dec(0));
        expect(found.shortfall.total.money).toBe(
          text(paper.minus(real).times(executed.multiplier).plus(paid)),
        );
      }),
    );
  });

  it("together are the sums, by currency, of the orders that can be said", () => {
    fc.assert(
      fc.property(fc.array(orders, { maxLength: 8 }), (executed) => {
        const analyses = executed.map((one) => analyse(one));
        const totals = aggregate(analyses);
        expect(totals.map(({ currency }) => currency)).toEqual(
          [...new Set(executed.map((one) => one.currency))].toSorted(),
        );
        for (const { currency, orders: count, shortfall } of totals) {
          const own = analyses.filter((one) => one.currency === currency);
          const known = own.flatMap(({ shortfall: { total } }) =>
            total.money === null || total.bps === null ? [] : [total.money],
          );
          expect(count).toBe(own.length);
          expect(shortfall.total.orders).toBe(known.length);
          const sum = known.reduce((left, right) => left.plus(right), dec(0));
          expect(shortfall.total.money).toBe(known.length === 0 ? null : text(sum));
        }
      }),
    );
  });

  it("basis points together are weighted by notional", () => {
    const small = analyse({
      ...order,
      quantity: "100",
      fills: [{ price: "100.1", quantity: "100", fee: "0" }],
    });
    const large = analyse({ ...order, fills: [{ price: "101", quantity: "1000", fee: "0" }] });
    // 10 bp of 10,000 and 100 bp of 100,000
    expect(aggregate([small, large])[0]?.shortfall.total).toEqual({
      money: "1010",
      bps: "91.818182",
      orders: 2,
    });
  });
});

describe("benchmarks", () => {
  const bar = { high: "12", low: "9", close: "12", volume: "100" };

  it("are the mean price by volume and by time", () => {
    const bars = [bar, { high: "11", low: "10", close: "10", volume: "300", vwap: "10.4" }];
    expect(benchmarksOf(bars)).toEqual({ vwap: "10.55", twap: "11", volume: "400" });
  });

  it("are null without bars, and the VWAP without volume", () => {
    expect(benchmarksOf([])).toEqual({ vwap: null, twap: null, volume: null });
    expect(benchmarksOf([{ ...bar, volume: "0" }])).toEqual({
      vwap: null,
      twap: "12",
      volume: "0",
    });
  });
});
