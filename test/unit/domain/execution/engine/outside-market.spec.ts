import * as fc from "fast-check";
import type { BookOrder } from "../../../../../domain/execution/engine/book-types.ts";
import { limit, market, openBook } from "./given.ts";

/** A bid of 10 lots at 100 behind 30 of the market's, and 10 of the market's behind it. */
function queued(cancellations: "conservative" | "proportional", more: Partial<BookOrder> = {}) {
  const { book, events } = openBook({ cancellations });
  book.setMarketLevel("buy", 100, 30);
  book.submit(limit(1, "buy", 100, 10, more));
  book.setMarketLevel("buy", 100, 40);
  return { book, events };
}

describe("the place in the market's queue", () => {
  it("an order stands behind what is displayed when it joins; what comes later is behind it", () => {
    const { book } = queued("conservative");
    expect(book.queueAhead(1)).toBe(30);
    expect(book.depth("buy", 1)).toEqual([{ price: 100, lots: 50, outsideLots: 40 }]);
  });

  it("prints at the price take what is ahead first, and then the order", () => {
    const { book, events } = queued("conservative");
    book.marketTrade(100, 29, "sell");
    expect([book.queueAhead(1), events]).toEqual([1, []]);
    book.marketTrade(100, 5, "sell");
    expect(book.queueAhead(1)).toBe(0);
    expect(events).toEqual([["fill", 1, 0, "sell", 100, 4, 6, 0]]);
  });

  it("a print by a buyer at the price of a bid means nothing to it", () => {
    const { book, events } = queued("conservative");
    book.marketTrade(100, 100, "buy");
    expect([book.queueAhead(1), events]).toEqual([30, []]);
  });

  it.each([
    ["conservative", 35, 30],
    ["conservative", 30, 30],
    ["conservative", 12, 12],
    ["conservative", 0, 0],
    // 30 of 40 were ahead: three quarters of what is left, rounded up
    ["proportional", 35, 27],
    ["proportional", 30, 23],
    ["proportional", 12, 9],
    ["proportional", 0, 0],
  ] as const)("%s: when 40 fall to %i, %i are ahead", (model, lots, ahead) => {
    const { book, events } = queued(model);
    book.setMarketLevel("buy", 100, lots);
    expect([book.queueAhead(1), events]).toEqual([ahead, []]);
  });

  it("conservative: the newest of the others leave first, between our orders too", () => {
    const { book } = queued("conservative");
    book.submit(limit(2, "buy", 100, 5));
    book.setMarketLevel("buy", 100, 50);
    expect([book.queueAhead(1), book.queueAhead(2)]).toEqual([30, 50]);
    book.setMarketLevel("buy", 100, 35);
    expect([book.queueAhead(1), book.queueAhead(2)]).toEqual([30, 45]);
    book.setMarketLevel("buy", 100, 20);
    expect([book.queueAhead(1), book.queueAhead(2)]).toEqual([20, 30]);
  });

  it("a fall that the prints explain is no cancellation", () => {
    const { book } = queued("proportional");
    book.marketTrade(100, 8, "sell");
    book.setMarketLevel("buy", 100, 32);
    expect(book.queueAhead(1)).toBe(22);
  });

  it("proportional shares are exact beyond 53 bits", () => {
    const { book } = openBook({ cancellations: "proportional" });
    const lots = 2 ** 52;
    book.setMarketLevel("buy", 100, lots - 2);
    book.submit(limit(1, "buy", 100, 1));
    book.setMarketLevel("buy", 100, lots);
    book.setMarketLevel("buy", 100, lots - 1);
    // ⌈(2^52 − 2)(2^52 − 1) ÷ 2^52⌉ = ⌈2^52 − 3 + 2 ÷ 2^52⌉
    expect(book.queueAhead(1)).toBe(lots - 2);
  });

  it("our own orders ahead count with what they show", () => {
    const { book } = queued("conservative", { displayLots: 4 });
    book.submit(limit(2, "buy", 100, 1));
    expect(book.queueAhead(2)).toBe(44);
    book.cancel(1);
    expect(book.queueAhead(2)).toBe(40);
  });

  it("never gets worse for an order that nobody changes, and proportional is never behind conservative", () => {
    const sizes = fc.array(
      fc.oneof(
        fc.record({ what: fc.constant("size" as const), lots: fc.nat(60) }),
        fc.record({ what: fc.constant("print" as const), lots: fc.integer({ min: 1, max: 9 }) }),
      ),
    );
    fc.assert(
      fc.property(sizes, (changes) => {
        const books = [queued("conservative"), queued("proportional")] as const;
        let [before, beforeProportional] = [30, 30];
        for (const { what, lots } of changes) {
          for (const { book } of books) {
            if (what === "size") book.setMarketLevel("buy", 100, lots);
            else book.marketTrade(100, lots, "sell");
          }
          const [conservative, proportional] = books.map(({ book }) => book.queueAhead(1) ?? 0);
          expect(conservative).toBeLessThanOrEqual(before);
          expect(proportional).toBeLessThanOrEqual(beforeProportional);
          expect(proportional).toBeLessThanOrEqual(conservative ?? 0);
          [before, beforeProportional] = [conservative ?? 0, proportional ?? 0];
        }
      }),
    );
  });

  it("a print at the price fills by what it has beyond the queue ahead, and not more", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 90 }), (ahead, lots) => {
        const { book, events } = openBook();
        book.setMarketLevel("buy", 100, ahead);
        book.submit(limit(1, "buy", 100, 20));
        book.setMarketLevel("buy", 100, ahead + 5);
        book.marketTrade(100, lots, "sell");
        const filled = Math.min(20, Math.max(0, lots - ahead));
        expect(events.map((event) => event[5])).toEqual(filled === 0 ? [] : [filled]);
      }),
    );
  });
});

describe("trading through", () => {
  it("a print below a bid fills it at its price, by its size, whoever was ahead", () => {
    const { book, events } = queued("conservative");
    book.marketTrade(99, 6, "sell");
    expect(events).toEqual([["fill", 1, 0, "sell", 100, 6, 4, 0]]);
    expect(book.depth("buy", 1)).toEqual([{ price: 100, lots: 4, outsideLots: 0 }]);
  });

  it("what a print has left after better prices trades at its own", () => {
    const { book, events } = queued("conservative");
    book.setMarketLevel("buy", 99, 1);
    book.submit(limit(2, "buy", 99, 5));
    book.marketTrade(99, 13, "sell");
    expect(events).toEqual([
      ["fill", 1, 0, "sell", 100, 10, 0, 3],
      ["fill", 2, 0, "sell", 99, 2, 3, 0],
    ]);
  });

  it.each([100, 99])(
    "an ask displayed at %i fills a bid at 100, by its size, and is used up",
    (price) => {
      const { book, events } = queued("conservative");
      book.setMarketLevel("sell", price, 6);
      expect(events).toEqual([["fill", 1, 0, "sell", 100, 6, 4, 0]]);
      expect([book.bestBid, book.bestAsk]).toEqual([100, null]);
      book.setMarketLevel("sell", price, 7);
      expect(events.at(-1)).toEqual(["fill", 1, 0, "sell", 100, 4, 0, 3]);
      expect([book.bestBid, book.bestAsk]).toEqual([null, price]);
    },
  );

  it("of two displayed prices that cross, the newer is true", () => {
    const { book } = openBook();
    book.setMarketLevel("sell", 101, 5);
    book.setMarketLevel("sell", 102, 5);
    book.setMarketLevel("buy", 101, 3);
    expect([book.bestBid, book.bestAsk]).toEqual([101, 102]);
  });
});

describe("taking from the market", () => {
  it("an order takes what is displayed once, until the price is displayed anew", () => {
    const { book, events } = openBook();
    book.setMarketLevel("sell", 101, 5);
    book.setMarketLevel("sell", 102, 5);
    book.submit(market(1, "buy", 7));
    book.submit(limit(2, "buy", 101, 1, { timeInForce: "ioc" }));
    expect(events).toEqual([
      ["fill", 0, 1, "buy", 101, 5, 0, 2],
      ["fill", 0, 1, "buy", 102, 2, 3, 0],
      ["canceled", 2, 1, "unfilled"],
    ]);
    book.setMarketLevel("sell", 101, 5);
    expect(book.submit(limit(3, "buy", 101, 5, { timeInForce: "ioc" }))).toBe("filled");
  });

  it("our orders and the market's at one price are taken in the order of their coming", () => {
    const { book, events } = queued("conservative");
    book.submit(limit(2, "sell", 100, 45));
    expect(events).toEqual([
      ["fill", 0, 2, "sell", 100, 30, 0, 15],
      ["fill", 1, 2, "sell", 100, 10, 0, 5],
      ["fill", 0, 2, "sell", 100, 5, 5, 0],
    ]);
  });

  it("the market belongs to nobody: no self-match is prevented with it", () => {
    const { book } = openBook({ selfMatch: "cancelNewest" });
    book.setMarketLevel("sell", 101, 5);
    expect(book.submit(limit(1, "buy", 101, 5, { owner: 7 }))).toBe("filled");
  });
});

describe("the whole market at once", () => {
  it("ends what is not displayed any more, and keeps the place of ours", () => {
    const { book } = queued("conservative");
    book.setMarketLevel("buy", 98, 3);
    book.setMarketLevel("sell", 103, 3);
    book.setMarket([[100, 35]], [[104, 1]]);
    expect(book.queueAhead(1)).toBe(30);
    expect(book.depth("buy", 9)).toEqual([{ price: 100, lots: 45, outsideLots: 35 }]);
    expect(book.depth("sell", 9)).toEqual([{ price: 104, lots: 1, outsideLots: 1 }]);
  });
});

it.each([
  ["lots", () => openBook().book.setMarketLevel("buy", 100, 0.5), "market: expected whole lots"],
  ["ticks", () => openBook().book.setMarketLevel("buy", 0.1, 5), "market: expected whole ticks"],
  ["a print", () => openBook().book.marketTrade(100, 0, "buy"), "market: expected whole lots > 0"],
])("market data that are not whole break an invariant: %s", (_, call, message) => {
  expect(call).toThrow(message);
});
