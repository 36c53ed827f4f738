import * as fc from "fast-check";
import { LiveBook } from "../../../../../domain/risk/live/live-book.ts";
import type { RiskLine } from "../../../../../domain/risk/live/lines.ts";
import { Decimal, dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";
import { facts, line } from "./facts.ts";

const SYMBOLS = ["AAPL", "MSFT", "SAP", "TSLA"] as const;
const LOOKBACK = 20;

const units = fc.integer({ min: 0, max: 1_000 }).map(String);
/** What happens to one symbol: a trade, an order, a price, a rate. */
const step = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  signed: fc.integer({ min: -1_000, max: 1_000 }),
  openBuy: units,
  openSell: units,
  price: fc.integer({ min: 1, max: 100_000 }).map((cents) => text(dec(cents).dividedBy(100))),
  euro: fc.integer({ min: 50, max: 200 }).map((cents) => text(dec(cents).dividedBy(100))),
  isGone: fc.boolean(),
});

const returnsOf = (seed: number): Float64Array =>
  Float64Array.from({ length: LOOKBACK }, (_, day) => Math.sin(seed * 100 + day * 7) / 20);
const RETURNS = Object.fromEntries(SYMBOLS.map((symbol, i) => [symbol, returnsOf(i)]));

/** The same from scratch, by the definitions alone. */
function fromScratch(
  lines: readonly RiskLine[],
  marks: Readonly<Record<string, string>>,
  euro: string,
) {
  const rows = lines.map((one) => {
    const unit = dec(marks[one.symbol] ?? "0").times(one.currency === "EUR" ? euro : "1");
    const held = dec(one.long).minus(one.short);
    const [high, low] = [held.plus(one.openBuy), held.minus(one.openSell)];
    const worst = high.abs().greaterThanOrEqualTo(low.abs()) ? high : low;
    return { symbol: one.symbol, unit, held, high, low, worst };
  });
  const sum = (of: (row: (typeof rows)[number]) => Decimal) =>
    rows.reduce((total, row) => total.plus(of(row).times(row.unit)), ZERO);
  const pnl = new Float64Array(LOOKBACK);
  for (const { symbol, unit, worst } of rows)
    for (let day = 0; day < LOOKBACK; day += 1)
      pnl[day] = (pnl[day] ?? 0) + Number(worst.times(unit)) * (RETURNS[symbol]?.[day] ?? 0);
  return {
    held: text(sum(({ held }) => held)),
    gross: text(sum(({ worst }) => worst.abs())),
    net: text(Decimal.max(sum(({ high }) => high).abs(), sum(({ low }) => low).abs())),
    pnl,
  };
}

describe("a book that is kept up to date", () => {
  it("is what it would be if it were worked out from scratch, after any trades and prices", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const book = new LiveBook();
        const lines = new Map<string, RiskLine>();
        const marks: Record<string, string> = {};
        for (const { symbol, signed, openBuy, openSell, price, euro, isGone } of steps) {
          marks[symbol] = price;
          if (isGone) lines.delete(symbol);
          else
            lines.set(
              symbol,
              line(symbol, {
                currency: symbol === "SAP" ? "EUR" : "USD",
                long: String(Math.max(signed, 0)),
                short: String(Math.max(-signed, 0)),
                openBuy,
                openSell,
              }),
            );
          const all = [...lines.values()];
          const found = book.measure(all, facts({ marks, rates: { EUR: euro }, returns: RETURNS }));
          if ("missing" in found) throw new Error(`missing ${found.missing.join()}`);
          const wanted = fromScratch(all, marks, euro);
          expect({
            held: text(found.positionsValue),
            gross: text(found.gross),
            net: text(found.net),
          }).toEqual({ held: wanted.held, gross: wanted.gross, net: wanted.net });
          const scale = 1 + Math.max(...wanted.pnl.map(Math.abs), Number(wanted.gross));
          found.pnl.forEach((value, day) =>
            expect(Math.abs(value - (wanted.pnl[day] ?? 0)) / scale).toBeLessThan(1e-9),
          );
        }
      }),
    );
  });

  it("gives the same whatever it was asked before", () => {
    fc.assert(
      fc.property(fc.array(units, { minLength: 4, maxLength: 4 }), units, (longs, other) => {
        const market = facts({
          marks: { AAPL: "1", MSFT: "2", SAP: "3", TSLA: "4" },
          returns: RETURNS,
        });
        const lines = SYMBOLS.map((symbol, i) => line(symbol, { long: longs[i] ?? "0" }));
        const fresh = new LiveBook().measure(lines, market);
        const used = new LiveBook();
        used.measure([line("AAPL", { short: other }), line("SAP", { openBuy: other })], market);
        const again = used.measure(lines, market);
        if ("missing" in fresh || "missing" in again) throw new Error("all is known");
        expect(text(again.gross)).toBe(text(fresh.gross));
        expect(again.largest?.gross.eq(fresh.largest?.gross ?? 0)).toBe(true);
      }),
    );
  });
});
