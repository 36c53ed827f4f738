import * as fc from "fast-check";
import { MatchingBook } from "../../../../../domain/execution/engine/matching-book.ts";
import { type Operation, Recorder, apply, openBook, options, seen, sequences } from "./given.ts";
import { NaiveBook } from "./naive-book.ts";

const RUNS = { numRuns: 600 };

function ordersIn(operations: readonly Operation[]): number {
  return operations.filter(({ op }) => op === "submit").length;
}

describe("laws of the matching book", () => {
  it("is the naive book, only faster", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book, events } = openBook(chosen);
        const naive = new NaiveBook(chosen);
        for (const operation of operations) {
          expect(apply(book, operation)).toEqual(apply(naive, operation));
          expect(events).toEqual(naive.events);
          expect(book.depth("buy", 1_000)).toEqual(naive.depth("buy"));
          expect(book.depth("sell", 1_000)).toEqual(naive.depth("sell"));
          for (let id = 1; id <= ordersIn(operations); id++) {
            expect(book.queueAhead(id)).toBe(naive.queueAhead(id));
          }
        }
      }),
      RUNS,
    );
  });

  it("goes on identically from a snapshot that was text in between", () => {
    fc.assert(
      fc.property(options, sequences(), fc.nat(50), (chosen, operations, cut) => {
        const { book, events } = openBook(chosen);
        for (const operation of operations.slice(0, cut)) apply(book, operation);
        const sink = new Recorder();
        // sound: the text of a snapshot
        const stored = JSON.parse(JSON.stringify(book.snapshot())) as ReturnType<
          MatchingBook["snapshot"]
        >;
        expect(stored).toEqual(book.snapshot());
        const restored = MatchingBook.restore(stored, sink);
        const before = events.length;
        for (const operation of operations.slice(cut)) {
          expect(apply(restored, operation)).toEqual(apply(book, operation));
        }
        expect(sink.events).toEqual(events.slice(before));
        expect(restored.snapshot()).toEqual(book.snapshot());
        const highest = ordersIn(operations);
        expect(seen(restored, highest)).toEqual(seen(book, highest));
      }),
      RUNS,
    );
  });

  it("is never locked or crossed, and shows no level without lots", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book } = openBook(chosen);
        for (const operation of operations) {
          apply(book, operation);
          expect(book.bestBid ?? -Infinity).toBeLessThan(book.bestAsk ?? Infinity);
          const levels = [...book.depth("buy", 1_000), ...book.depth("sell", 1_000)];
          const unsound = levels.filter(
            (l) => l.lots <= 0 || l.outsideLots < 0 || l.outsideLots > l.lots,
          );
          expect(unsound).toEqual([]);
        }
      }),
      RUNS,
    );
  });

  it("conserves every lot: what was ordered is filled, decremented, canceled or still there", () => {
    fc.assert(
      fc.property(options, sequences({ isWithoutReplaces: true }), (chosen, operations) => {
        const { book, events } = openBook(chosen);
        const gone = new Map<number, number>();
        const lose = (id: number, lots: number) => gone.set(id, (gone.get(id) ?? 0) + lots);
        for (const operation of operations) {
          const result = apply(book, operation);
          if (operation.op === "cancel") lose(operation.id, Number(result));
          if (result === "wouldCross" && operation.op === "submit") {
            lose(operation.order.id, operation.order.lots);
          }
        }
        for (const event of events) {
          if (event[0] === "canceled") {
            lose(event[1], event[2]);
            continue;
          }
          const lots = event[0] === "fill" ? event[5] : event[3];
          lose(event[1], lots);
          lose(event[2], lots);
        }
        for (const operation of operations) {
          if (operation.op !== "submit") continue;
          const { id, lots } = operation.order;
          expect((gone.get(id) ?? 0) + (book.order(id)?.lots ?? 0)).toBe(lots);
        }
      }),
      RUNS,
    );
  });

  it("every fill has one buyer and one seller, more than no lots, and leaves no less than nothing", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book, events } = openBook(chosen);
        const sides = new Map<number, string>();
        for (const operation of operations) {
          if (operation.op === "submit") sides.set(operation.order.id, operation.order.side);
          apply(book, operation);
        }
        const unsound = events.filter((event) => {
          if (event[0] !== "fill") return false;
          const [, maker, taker, side, , lots, makerLeaves, takerLeaves] = event;
          const isTakerWrong = taker !== 0 && sides.get(taker) !== side;
          const isMakerWrong = maker !== 0 && sides.get(maker) === side;
          const isNobodys = maker === 0 && taker === 0;
          return (
            isTakerWrong ||
            isMakerWrong ||
            isNobodys ||
            lots <= 0 ||
            makerLeaves < 0 ||
            takerLeaves < 0
          );
        });
        expect(unsound).toEqual([]);
      }),
      RUNS,
    );
  });

  it("fills no order beyond its limit, and makers at their limit", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book, events } = openBook(chosen);
        const limits = new Map<number, number>();
        const violations = operations.flatMap((operation) => {
          const from = events.length;
          const isRefused = apply(book, operation) === "wouldCross";
          if (operation.op === "submit") {
            const { id, side, price } = operation.order;
            limits.set(id, price ?? (side === "buy" ? Infinity : -Infinity));
          }
          if (operation.op === "replace" && !isRefused) limits.set(operation.id, operation.price);
          return events.slice(from).filter((event) => {
            if (event[0] !== "fill") return false;
            const [, maker, taker, side, price] = event;
            const worst = limits.get(taker) ?? price;
            const isBeyond = side === "buy" ? price > worst : price < worst;
            return isBeyond || price !== (limits.get(maker) ?? price);
          });
        });
        expect(violations).toEqual([]);
      }),
      RUNS,
    );
  });

  it("a post-only order takes nothing, and fok fills all or nothing and leaves no trace", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book, events } = openBook(chosen);
        for (const operation of operations) {
          const from = events.length;
          const before = book.snapshot();
          const outcome = apply(book, operation);
          if (operation.op !== "submit") continue;
          const { order } = operation;
          const news = events.slice(from);
          const took = news.filter(([what, , taker]) => what === "fill" && taker === order.id);
          if (order.isPostOnly) expect(took).toEqual([]);
          if (outcome === "wouldCross") expect(book.snapshot()).toEqual(before);
          if (order.timeInForce !== "fok" || outcome === "wouldCross") continue;
          const filled = took.reduce((sum, event) => sum + Number(event[5]), 0);
          expect([0, order.lots]).toContain(filled);
          if (filled === 0) expect(book.snapshot()).toEqual(before);
        }
      }),
      RUNS,
    );
  });

  it("shows no more of an order than its display quantity, and no less than it can", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book } = openBook(chosen);
        for (const operation of operations) {
          apply(book, operation);
          for (let id = 1; id <= ordersIn(operations); id++) {
            const order = book.order(id);
            if (order === null) continue;
            expect(order.shownLots).toBeLessThanOrEqual(order.displayLots ?? order.lots);
            expect(order.shownLots).toBeGreaterThan(0);
            if (order.displayLots === null) expect(order.shownLots).toBe(order.lots);
          }
        }
      }),
      RUNS,
    );
  });
});
