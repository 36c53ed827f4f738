import { MatchingBook } from "../../../../../domain/execution/engine/matching-book.ts";
import { PLAIN, Recorder, limit, market, openBook } from "./given.ts";

describe("price-time priority", () => {
  it("the better price trades first, then who came first, at the maker's price", () => {
    const { book, events } = openBook();
    book.submit(limit(1, "sell", 102, 5));
    book.submit(limit(2, "sell", 101, 5));
    book.submit(limit(3, "sell", 101, 5));
    expect(book.submit(limit(4, "buy", 102, 12))).toBe("filled");
    expect(events).toEqual([
      ["fill", 2, 4, "buy", 101, 5, 0, 7],
      ["fill", 3, 4, "buy", 101, 5, 0, 2],
      ["fill", 1, 4, "buy", 102, 2, 3, 0],
    ]);
    expect(book.depth("sell", 5)).toEqual([{ price: 102, lots: 3, outsideLots: 0 }]);
  });

  it("what a limit does not fill rests at its price", () => {
    const { book } = openBook();
    book.submit(limit(1, "sell", 101, 5));
    expect(book.submit(limit(2, "buy", 103, 8))).toBe("rests");
    expect([book.bestBid, book.bestAsk]).toEqual([103, null]);
    expect(book.order(2)).toMatchObject({ price: 103, lots: 3, side: "buy" });
  });

  it("prices may be zero and below", () => {
    const { book, events } = openBook();
    book.submit(limit(1, "sell", 0, 5));
    book.submit(limit(2, "sell", -37, 5));
    expect(book.bestAsk).toBe(-37);
    book.submit(limit(3, "buy", 0, 10));
    expect(events.map((event) => event[4])).toEqual([-37, 0]);
  });

  it("a canceled order is gone, and its number is free again", () => {
    const { book } = openBook();
    book.submit(limit(1, "buy", 100, 5, { displayLots: 2 }));
    expect(book.cancel(1)).toBe(5);
    expect(book.cancel(1)).toBe(0);
    expect([book.order(1), book.queueAhead(1), book.bestBid, book.openOrders]).toEqual([
      null,
      null,
      null,
      0,
    ]);
    expect(book.submit(limit(1, "sell", 100, 5))).toBe("rests");
  });
});

describe("times in force", () => {
  it("ioc cancels what it cannot fill at its limit", () => {
    const { book, events } = openBook();
    book.submit(limit(1, "sell", 101, 5));
    book.submit(limit(2, "sell", 102, 5));
    expect(book.submit(limit(3, "buy", 101, 8, { timeInForce: "ioc" }))).toBe("canceled");
    expect(events.at(-1)).toEqual(["canceled", 3, 3, "unfilled"]);
    expect(book.bestBid).toBeNull();
  });

  it("a market order never rests, whatever its time in force", () => {
    const { book, events } = openBook();
    book.submit(limit(1, "sell", 101, 5));
    expect(book.submit(market(2, "buy", 8))).toBe("canceled");
    expect(book.submit(market(3, "buy", 8))).toBe("canceled");
    expect(events).toEqual([
      ["fill", 1, 2, "buy", 101, 5, 0, 3],
      ["canceled", 2, 3, "unfilled"],
      ["canceled", 3, 8, "unfilled"],
    ]);
  });

  it("fok fills across levels, hidden lots and the market's, or not at all", () => {
    const { book, events } = openBook();
    book.submit(limit(1, "sell", 101, 5, { displayLots: 1 }));
    book.setMarketLevel("sell", 102, 5);
    book.submit(limit(2, "sell", 103, 5));
    expect(book.submit(limit(3, "buy", 102, 11, { timeInForce: "fok" }))).toBe("canceled");
    expect(events).toEqual([["canceled", 3, 11, "notFillable"]]);
    expect(book.submit(limit(4, "buy", 102, 10, { timeInForce: "fok" }))).toBe("filled");
    expect(book.submit(market(5, "buy", 6, { timeInForce: "fok" }))).toBe("canceled");
    expect(book.submit(market(6, "buy", 5, { timeInForce: "fok" }))).toBe("filled");
  });

  it("a post-only order that would take is refused; one tick less rests", () => {
    const { book, events } = openBook();
    book.setMarketLevel("sell", 101, 5);
    expect(book.submit(limit(1, "buy", 101, 5, { isPostOnly: true }))).toBe("wouldCross");
    expect(book.submit(limit(1, "buy", 100, 5, { isPostOnly: true }))).toBe("rests");
    expect(book.replace(1, 101, 5)).toBe("wouldCross");
    expect(book.order(1)?.price).toBe(100);
    expect(events).toEqual([]);
  });
});

describe("display quantity", () => {
  it("only what is shown has a place in the queue; the next part goes to the back", () => {
    const { book, events } = openBook();
    book.submit(limit(1, "sell", 101, 10, { displayLots: 4 }));
    book.submit(limit(2, "sell", 101, 5));
    expect(book.depth("sell", 1)).toEqual([{ price: 101, lots: 9, outsideLots: 0 }]);
    book.submit(limit(3, "buy", 101, 6));
    expect(book.order(1)).toMatchObject({ lots: 6, shownLots: 4 });
    expect(book.queueAhead(1)).toBe(3);
    book.submit(limit(4, "buy", 101, 8));
    expect(events).toEqual([
      ["fill", 1, 3, "buy", 101, 4, 6, 2],
      ["fill", 2, 3, "buy", 101, 2, 3, 0],
      ["fill", 2, 4, "buy", 101, 3, 0, 5],
      ["fill", 1, 4, "buy", 101, 4, 2, 1],
      ["fill", 1, 4, "buy", 101, 1, 1, 0],
    ]);
  });

  it("the next part stands behind the market's lots too", () => {
    const { book } = openBook();
    book.submit(limit(1, "buy", 100, 10, { displayLots: 4 }));
    book.setMarketLevel("buy", 100, 7);
    expect(book.queueAhead(1)).toBe(0);
    book.marketTrade(100, 4, "sell");
    expect(book.queueAhead(1)).toBe(7);
  });
});

describe("replacing", () => {
  const queue = () => {
    const { book, events } = openBook();
    book.submit(limit(1, "buy", 100, 5));
    book.submit(limit(2, "buy", 100, 5));
    return { book, events };
  };

  it("less quantity keeps the place", () => {
    const { book, events } = queue();
    expect(book.replace(1, 100, 3)).toBe("kept");
    book.submit(limit(3, "sell", 100, 4));
    expect(events).toEqual([
      ["fill", 1, 3, "sell", 100, 3, 0, 1],
      ["fill", 2, 3, "sell", 100, 1, 4, 0],
    ]);
  });

  it.each([
    ["more quantity", 100, 6],
    ["another price and back", 99, 5],
  ])("%s loses the place", (_, price, lots) => {
    const { book } = queue();
    expect(book.replace(1, price, lots)).toBe("rests");
    if (price !== 100) expect(book.replace(1, 100, lots)).toBe("rests");
    expect([book.queueAhead(2), book.queueAhead(1)]).toEqual([0, 5]);
  });

  it("the same terms once more keep the place", () => {
    const { book } = queue();
    expect(book.replace(1, 100, 5)).toBe("kept");
    expect(book.queueAhead(1)).toBe(0);
  });

  it("less quantity comes out of the reserve first", () => {
    const { book } = openBook();
    book.submit(limit(1, "buy", 100, 10, { displayLots: 4 }));
    book.replace(1, 100, 5);
    expect(book.order(1)).toMatchObject({ lots: 5, shownLots: 4 });
    book.replace(1, 100, 3);
    expect(book.order(1)).toMatchObject({ lots: 3, shownLots: 3 });
  });

  it("a new price that crosses takes, and the rest of it rests", () => {
    const { book, events } = queue();
    book.submit(limit(3, "sell", 102, 2));
    expect(book.replace(1, 102, 5)).toBe("rests");
    expect(events).toEqual([["fill", 3, 1, "buy", 102, 2, 0, 3]]);
    expect(book.bestBid).toBe(102);
  });

  it("an order that is not there cannot be replaced", () => {
    expect(openBook().book.replace(9, 100, 1)).toBe("unknown");
  });
});

describe("orders of one owner", () => {
  const meeting = (selfMatch: "cancelNewest" | "cancelOldest" | "decrement" | "none") => {
    const { book, events } = openBook({ selfMatch });
    book.submit(limit(1, "sell", 101, 2, { owner: 8 }));
    book.submit(limit(2, "sell", 101, 5, { owner: 7 }));
    book.submit(limit(3, "sell", 101, 9, { owner: 8 }));
    const outcome = book.submit(limit(4, "buy", 101, 10, { owner: 7 }));
    return { outcome, events };
  };

  it("cancelNewest stops the incoming one; what it filled before stands", () => {
    expect(meeting("cancelNewest")).toEqual({
      outcome: "canceled",
      events: [
        ["fill", 1, 4, "buy", 101, 2, 0, 8],
        ["canceled", 4, 8, "selfMatch"],
      ],
    });
  });

  it("cancelOldest clears the resting one out of the way", () => {
    expect(meeting("cancelOldest")).toEqual({
      outcome: "filled",
      events: [
        ["fill", 1, 4, "buy", 101, 2, 0, 8],
        ["canceled", 2, 5, "selfMatch"],
        ["fill", 3, 4, "buy", 101, 8, 1, 0],
      ],
    });
  });

  it("decrement takes the smaller quantity from both, without a trade", () => {
    expect(meeting("decrement")).toEqual({
      outcome: "filled",
      events: [
        ["fill", 1, 4, "buy", 101, 2, 0, 8],
        ["decremented", 2, 4, 5, 0, 3],
        ["fill", 3, 4, "buy", 101, 3, 6, 0],
      ],
    });
  });

  it("none lets them trade", () => {
    expect(meeting("none").events[1]).toEqual(["fill", 2, 4, "buy", 101, 5, 0, 3]);
  });

  it.each([
    ["cancelNewest", "canceled"],
    ["cancelOldest", "canceled"],
    ["decrement", "canceled"],
    ["none", "filled"],
  ] as const)("under %s a fok that needs its owner's lots is %s", (selfMatch, outcome) => {
    const { book } = openBook({ selfMatch });
    book.submit(limit(1, "sell", 101, 5, { owner: 7 }));
    book.submit(limit(2, "sell", 101, 5, { owner: 8 }));
    const fok = limit(3, "buy", 101, 6, { owner: 7, timeInForce: "fok" });
    expect(book.submit(fok)).toBe(outcome);
  });

  it("what stands before the owner's order in the queue is enough for a fok, the market's lots included", () => {
    const { book } = openBook({ selfMatch: "cancelNewest" });
    book.setMarketLevel("sell", 101, 4);
    book.submit(limit(1, "sell", 101, 1, { owner: 8 }));
    book.submit(limit(2, "sell", 101, 5, { owner: 7 }));
    // Worse prices cannot help: the owner's order is met before them.
    book.setMarketLevel("sell", 102, 50);
    const fok = (id: number, lots: number) =>
      book.submit(limit(id, "buy", 102, lots, { owner: 7, timeInForce: "fok" }));
    expect([fok(3, 6), fok(4, 5)]).toEqual(["canceled", "filled"]);
  });
});

describe("what is no order", () => {
  it.each([
    ["an id that is on the book", limit(1, "buy", 99, 1), "order 1: it is on the book"],
    ["an id below 1", limit(0, "buy", 99, 1), "an order id from 1, found 0"],
    ["half a lot", limit(2, "buy", 99, 0.5), "order 2: expected whole lots > 0, found 0.5"],
    ["no lots", limit(2, "buy", 99, 0), "order 2: expected whole lots > 0, found 0"],
    ["half a tick", limit(2, "buy", 99.5, 1), "order 2: expected whole ticks, found 99.5"],
    [
      "nothing shown",
      limit(2, "buy", 99, 1, { displayLots: 0 }),
      "order 2: expected whole lots > 0, found 0",
    ],
    ["a negative owner", limit(2, "buy", 99, 1, { owner: -1 }), "expected an owner ≥ 0, found -1"],
  ])("%s breaks an invariant", (_, order, message) => {
    const { book } = openBook();
    book.submit(limit(1, "buy", 100, 1));
    expect(() => book.submit(order)).toThrow(message);
  });

  it("lots that no longer add up exactly break an invariant", () => {
    const { book } = openBook();
    book.submit(limit(1, "buy", 100, Number.MAX_SAFE_INTEGER));
    expect(() => book.submit(limit(2, "buy", 100, 1))).toThrow("expected lots below 2^53");
    expect(() => book.setMarketLevel("buy", 100, 5)).toThrow("expected lots below 2^53");
  });
});

describe("a snapshot", () => {
  it("is plain JSON, best prices first, and says all that matters", () => {
    const { book } = openBook();
    book.setMarketLevel("buy", 100, 7);
    book.submit(limit(1, "buy", 100, 5, { displayLots: 2, owner: 3 }));
    book.setMarketLevel("buy", 100, 9);
    book.submit(limit(2, "buy", 101, 1, { isPostOnly: true }));
    expect(book.snapshot()).toEqual({
      options: PLAIN,
      bids: [
        {
          price: 101,
          orders: [
            {
              id: 2,
              lots: 1,
              shownLots: 1,
              displayLots: null,
              isPostOnly: true,
              owner: 0,
              outsideAhead: 0,
            },
          ],
          outsideBehind: 0,
        },
        {
          price: 100,
          orders: [
            {
              id: 1,
              lots: 5,
              shownLots: 2,
              displayLots: 2,
              isPostOnly: false,
              owner: 3,
              outsideAhead: 7,
            },
          ],
          outsideBehind: 2,
        },
      ],
      asks: [],
    });
  });

  const level = (price: number, outsideBehind: number) => ({ price, orders: [], outsideBehind });
  const order = {
    id: 1,
    lots: 5,
    shownLots: 5,
    displayLots: null,
    isPostOnly: false,
    owner: 0,
    outsideAhead: 0,
  };

  it.each([
    ["crossed", [level(100, 1)], [level(100, 1)], "expected bid < ask, found bid 100, ask 100"],
    ["of empty levels", [level(100, 0)], [], "level 100: expected lots, found none"],
    ["of one price twice", [level(100, 1), level(100, 1)], [], "expected one level, found two"],
    ["of negative lots", [level(100, -1)], [], "expected outside lots, found -1"],
    [
      "of one order twice",
      [{ price: 100, orders: [order, order], outsideBehind: 0 }],
      [],
      "order 1: expected one, found two",
    ],
    [
      "of an order that shows nothing",
      [{ price: 100, orders: [{ ...order, shownLots: 0 }], outsideBehind: 0 }],
      [],
      "order 1: expected lots > 0, found 0 of 5",
    ],
  ])("that is %s is not restored", (_, bids, asks, message) => {
    const snapshot = { options: PLAIN, bids, asks };
    expect(() => MatchingBook.restore(snapshot, new Recorder())).toThrow(message);
  });
});
