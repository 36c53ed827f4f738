import * as fc from "fast-check";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import { order } from "../../../../domain/order/order.ts";
import { dec, text } from "../../../../domain/shared/decimal.ts";
import { apply, approvedOrder, recorded, report, run, stateAfter } from "./given.ts";

const place = { type: "Place", order: approvedOrder({ orderQty: "100" }) } as const;

/** What a venue might truly report of one order of 100: accepted, filled in pieces, then perhaps ended. */
const histories: fc.Arbitrary<readonly ExecutionReport[]> = fc
  .record({
    pieces: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
    price: fc.integer({ min: 1, max: 1_000_000 }),
    end: fc.constantFrom("canceled", "expired", "rejected", "none" as const),
  })
  .map(({ pieces, price, end }) => {
    const trades = end === "rejected" ? [] : tradesOf(pieces, price);
    const isFull = trades.reduce((sum, { lastQty }) => sum + Number(lastQty), 0) === 100;
    const ending = end === "none" || isFull ? [] : [report(end, "e-end")];
    const first: readonly ExecutionReport[] = [report("new", "e-new")];
    return first.concat(trades, ending);
  });

function tradesOf(pieces: readonly number[], price: number) {
  let left = 100;
  return pieces.flatMap((piece, index) => {
    const quantity = Math.min(piece, left);
    left -= quantity;
    const lastPx = text(dec(price + index).dividedBy(1_000));
    return quantity === 0
      ? []
      : [report("trade", `e-${index}`, { lastQty: String(quantity), lastPx, fees: "0.01" })];
  });
}

/** The same reports in any order, each at least once. */
const deliveries = histories.chain((history) =>
  fc
    .array(fc.nat({ max: history.length - 1 }), { maxLength: 10 })
    .map((again) => history.concat(again.flatMap((index) => history[index] ?? [])))
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    .map((delivered) => ({ history, delivered })),
);

describe("laws of the order", () => {
  it("any order of duplicated reports ends in the same state", () => {
    fc.assert(
      fc.property(deliveries, ({ history, delivered }) => {
        const straight = run([place, ...history.map(apply)]);
        const shuffled = run([place, ...delivered.map(apply)]);
        expect(shuffled.state).toEqual(straight.state);
      }),
      { numRuns: 500 },
    );
  });

  it("no true history raises an alarm, and the portfolio hears of each fill once and of one release", () => {
    fc.assert(
      fc.property(deliveries, ({ history, delivered }) => {
        const { decisions } = run([place, ...delivered.map(apply)]);
        const types = decisions.flatMap(({ events }) => events.map(({ type }) => type));
        expect(types).not.toContain("ReportConflicted");
        expect(types).not.toContain("OverfillRefused");
        const told = decisions
          .flatMap(({ effects = [] }) => effects)
          .flatMap((effect) => ("command" in effect ? effect.command.type : []));
        const trades = history.filter(({ execType }) => execType === "trade").length;
        const closed = decisions.at(-1)?.reply.order.leavesQty === "0";
        expect(told.filter((type) => type === "ApplyFill")).toHaveLength(trades);
        expect(told.filter((type) => type === "ReleaseHold")).toHaveLength(closed ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });

  it("Σ fills = cumQty, and never more than was ordered, whatever the venue says", () => {
    const trades = fc.array(
      fc.record({
        execId: fc.constantFrom("a", "b", "c", "d"),
        lastQty: fc.integer({ min: -5, max: 80 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(trades, (list) => {
        const commands = list.map(({ execId, lastQty }) =>
          apply(report("trade", execId, { lastQty: String(lastQty) })),
        );
        const { decisions } = run([place, ...commands]);
        const booked = decisions
          .flatMap(({ events }) => events)
          .flatMap((event) => (event.type === "OrderFilled" ? Number(event.report.lastQty) : []));
        const cumQty = Number(decisions.at(-1)?.reply.order.cumQty);
        expect(cumQty).toBe(booked.reduce((sum, quantity) => sum + quantity, 0));
        expect(cumQty).toBeLessThanOrEqual(100);
      }),
    );
  });

  it("replay equals live, and the state survives storage as JSON", () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        const { state, decisions } = run([place, ...delivered.map(apply)]);
        const events = decisions.flatMap((decision) => decision.events);
        expect(stateAfter(events)).toEqual(state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        const stored: unknown = JSON.parse(JSON.stringify(events.map(recorded)));
        expect(stored).toEqual(events.map(recorded));
      }),
    );
  });

  it("a state is never changed in place", () => {
    const before = stateAfter([{ type: "OrderPlaced", order: place.order }]);
    const copy = JSON.stringify(before);
    run([apply(report("new", "e-1")), apply(report("trade", "e-2"))], before);
    expect(JSON.stringify(before)).toBe(copy);
    expect(order.initial("o-1")).toEqual({ phase: "unplaced" });
  });
});
