import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import { REMEMBERED_ORDERS } from "../../../../domain/execution/paper-state.ts";
import {
  type Prices,
  MINUTE,
  OPENED,
  T0,
  barAt,
  cancelOf,
  limit,
  onBar,
  onQuote,
  openOrders,
  payload,
  reportsOf,
  run,
  submit,
  textsOf,
} from "./given.ts";

const FLAT: Prices = ["100", "101", "99", "100"];

function daily(day: number, prices = FLAT): PaperVenueCommand {
  return onBar(0, prices, { timeframe: "1d", startMs: Date.UTC(2024, 2, day) });
}

/** A tenth of the volume is ours to take. */
function capped(index: number, volume: string): PaperVenueCommand {
  return { type: "OnBar", bar: barAt(index, FLAT, { volume }), participation: "0.1" };
}

describe("submitting to the paper venue", () => {
  it("accepts, and tells the order of it under ids that every retry makes again", () => {
    const first = run(OPENED, submit(payload()));
    const again = run(OPENED, submit(payload()));
    expect(again).toEqual(first);
    const decision = first.decisions.at(-1);
    const report = {
      execId: "cmd-1/c-1:new",
      venue: "PAPER",
      clOrdId: "c-1",
      orderId: "o-1",
      transactTimeMs: T0,
      execType: "new",
      venueOrderId: "cmd-1/c-1:venueOrder",
    };
    expect(decision?.effects).toEqual([
      {
        kind: "tell",
        to: { type: "order", id: "o-1" },
        command: { type: "ApplyReport", report },
        isJoint: true,
      },
    ]);
    expect(decision?.reply).toMatchObject({
      order: { clOrdId: "c-1", ordStatus: "new", cumQty: "0" },
      openOrders: 1,
    });
  });

  it("is idempotent by client id, while open and when closed", () => {
    const { decisions } = run(
      OPENED,
      submit(payload()),
      submit(payload()),
      onBar(0, FLAT),
      submit(payload()),
      onBar(1, FLAT),
    );
    expect(decisions[2]?.events).toEqual([]);
    expect(decisions[4]?.events).toEqual([]);
    expect(decisions[4]?.reply.order).toMatchObject({ ordStatus: "filled", cumQty: "10" });
    expect(decisions[5]?.events.map(({ type }) => type)).toEqual(["VenueMarketSeen"]);
  });

  it.each([[[OPENED]], [[OPENED, submit(payload()), onBar(0, FLAT)]]])(
    "refuses another order under the same client id and names the field",
    (before) => {
      const commands = [...before, submit(payload()), submit(payload({ orderQty: "11" }))];
      expect(() => run(...commands)).toThrow(
        expect.objectContaining({
          code: "DUPLICATE_CLORDID",
          data: { clOrdId: "c-1", field: "orderQty" },
        }),
      );
    },
  );

  it.each([
    ["another symbol", payload({ symbol: "MSFT" }), "unknownSymbol"],
    ["no quantity", payload({ orderQty: "0" }), "incorrectQuantity"],
    ["a limit without a price", payload({ ordType: "limit" }), "priceMissing"],
  ])("rejects %s", (_name, order, ordRejReason) => {
    const { decisions, state } = run(OPENED, submit(order), submit(order));
    const [event] = decisions[1]?.events ?? [];
    expect(event).toMatchObject({ type: "VenueOrderRejected", report: { ordRejReason } });
    expect(decisions[1]?.effects).toHaveLength(1);
    expect(decisions[2]?.events).toEqual([]);
    expect(openOrders(state)).toEqual([]);
  });

  it("remembers the latest closed orders only", () => {
    const orders = Array.from({ length: REMEMBERED_ORDERS + 5 }, (_, index) =>
      payload({ clOrdId: `c-${index}`, orderId: `o-${index}`, orderQty: "0" }),
    );
    const { state } = run(...orders.map(submit));
    expect(state.closed).toHaveLength(1_000);
    expect(state.closed[0]?.submitted.clOrdId).toBe("c-5");
  });
});

describe("no look-ahead", () => {
  it("an order never fills on the bar that caused it, redelivered or late", () => {
    expect(reportsOf(OPENED, submit(payload()), OPENED)).toEqual([]);
    expect(reportsOf(OPENED, submit(payload()), onBar(-5, FLAT))).toEqual([]);
  });

  it("an order fills on no bar that began before what its sender knew", () => {
    const order = { type: "Submit", order: payload(), marketTimeMs: T0 + 2 * MINUTE } as const;
    expect(reportsOf(OPENED, order, onBar(0, FLAT), onBar(1, FLAT))).toEqual([]);
    expect(reportsOf(OPENED, order, onBar(1, FLAT), onBar(2, FLAT))).toEqual([
      "c-1 10 @ 100 taker",
    ]);
  });

  it("a venue that has seen nothing lets the first bar or quote pass", () => {
    expect(reportsOf(submit(payload()), onBar(0, FLAT))).toEqual([]);
    expect(reportsOf(submit(payload()), onBar(0, FLAT), onBar(1, FLAT))).toHaveLength(1);
    expect(reportsOf(submit(payload()), onQuote(0, "9", "10"))).toEqual([]);
    expect(reportsOf(submit(payload()), onQuote(0, "9", "10"), onQuote(1, "9", "11"))).toEqual([
      "c-1 10 @ 11 taker",
    ]);
  });

  it("a quote of the instant of acceptance is not later than it", () => {
    const quoted = [onQuote(0, "99", "100"), submit(payload())] as const;
    expect(reportsOf(...quoted, onQuote(0, "98", "99"))).toEqual([]);
    expect(reportsOf(...quoted, onQuote(1, "98", "99"))).toEqual(["c-1 10 @ 99 taker"]);
    expect(reportsOf(OPENED, submit(payload()), onQuote(0, "98", "99"))).toEqual([]);
  });

  it("a bar that comes again, or late, changes nothing and does not turn the clock back", () => {
    const late = [onBar(0, FLAT), onBar(0, FLAT), OPENED, submit(payload())];
    const { decisions, state } = run(...late);
    expect(decisions.slice(1, 3).map(({ events }) => events)).toEqual([[], []]);
    expect(openOrders(state)[0]?.activeFromMs).toBe(T0 + MINUTE);
  });

  it("of overlapping timeframes the first to arrive counts", () => {
    const hour = onBar(0, FLAT, { timeframe: "1h", startMs: T0 - 30 * MINUTE });
    expect(
      reportsOf(OPENED, submit(limit("99.5")), onBar(0, ["100", "100", "100", "100"]), hour),
    ).toEqual([]);
  });

  it("a bar of another symbol is a defect", () => {
    expect(() => run(onBar(0, FLAT, { symbol: "MSFT" }))).toThrow("expected AAPL, found MSFT");
  });
});

describe("matching on bars", () => {
  it("fills a market order at the next open, with fees and settlement date", () => {
    const { decisions } = run(OPENED, submit(payload()), onBar(0, ["100.5", "102", "99", "101"]));
    expect(decisions[2]?.events[1]).toEqual({
      type: "VenueOrderFilled",
      // 10 × 100.5 × 1 bp
      feesAccrued: "0.1005",
      report: {
        execId: "cmd-2/c-1:trade",
        venue: "PAPER",
        clOrdId: "c-1",
        orderId: "o-1",
        transactTimeMs: T0,
        execType: "trade",
        lastQty: "10",
        lastPx: "100.5",
        fees: "0.11",
        currency: "USD",
        liquidity: "taker",
        settlementDate: "2024-03-06",
      },
    });
    expect(decisions[2]?.reply).toMatchObject({ order: null, openOrders: 0, told: ["o-1"] });
  });

  it.each([
    ["a buy that the bar reaches fills at its limit", limit("99.5"), "c-1 10 @ 99.5 maker"],
    ["a buy touched exactly fills", limit("99"), "c-1 10 @ 99 maker"],
    ["a buy below the low rests", limit("98.99"), undefined],
    ["a gap open gives a buy the better price", limit("100.7"), "c-1 10 @ 100 taker"],
    [
      "a sell that the bar reaches fills at its limit",
      limit("100.5", { side: "sell" }),
      "c-1 10 @ 100.5 maker",
    ],
    ["a sell above the high rests", limit("101.01", { side: "sell" }), undefined],
    [
      "a gap open gives a sell the better price",
      limit("99.2", { side: "sell" }),
      "c-1 10 @ 100 taker",
    ],
  ])("%s", (_name, order, expected) => {
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT))[0]).toBe(expected);
  });

  it("stamps a touch with the last millisecond of the bar, and settles it by the day it began", () => {
    const { decisions } = run(OPENED, submit(limit("99.5")), daily(5));
    expect(decisions[2]?.events[1]).toMatchObject({
      report: { transactTimeMs: Date.UTC(2024, 2, 6) - 1, settlementDate: "2024-03-07" },
    });
  });

  it("cancels a buy that a gap would fill above the worst price, and names both", () => {
    const order = payload({ worstPrice: "105" });
    const gap = onBar(0, ["105.01", "106", "105", "106"]);
    expect(reportsOf(OPENED, submit(order), gap)).toEqual(["canceled c-1"]);
    expect(textsOf(OPENED, submit(order), gap)).toEqual([
      "market buy would fill at 105.01, above 105, the worst price that is held for",
    ]);
    expect(reportsOf(OPENED, submit(order), onBar(0, ["105", "106", "105", "106"]))).toHaveLength(
      1,
    );
  });

  it.each(["ioc", "fok"] as const)("gives %s one chance, the open", (timeInForce) => {
    const order = limit("99.5", { timeInForce });
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT))).toEqual(["canceled c-1"]);
    expect(reportsOf(OPENED, submit(order), onBar(0, ["99", "101", "99", "100"]))).toEqual([
      "c-1 10 @ 99 taker",
    ]);
  });

  it("fills no more than its share of the volume, in lots, the rest from later bars", () => {
    const order = payload({ orderQty: "25" });
    const bars = [capped(0, "99"), capped(1, "5"), capped(2, "1000")];
    expect(reportsOf(OPENED, submit(order), ...bars)).toEqual([
      "c-1 9 @ 100 taker",
      "c-1 16 @ 100 taker",
    ]);
  });

  it("shares the volume between orders by time of acceptance", () => {
    const second = payload({ clOrdId: "c-2", orderId: "o-2", side: "sell" });
    const commands = [OPENED, submit(payload()), submit(second), capped(0, "150")];
    expect(reportsOf(...commands)).toEqual(["c-1 10 @ 100 taker", "c-2 5 @ 100 taker"]);
  });

  it("cancels the rest of ioc and all of fok when the volume does not suffice", () => {
    const ioc = [OPENED, submit(payload({ timeInForce: "ioc" })), capped(0, "40")];
    expect(reportsOf(...ioc)).toEqual(["c-1 4 @ 100 taker", "canceled c-1"]);
    const fok = [OPENED, submit(payload({ timeInForce: "fok" })), capped(0, "40")];
    expect(reportsOf(...fok)).toEqual(["canceled c-1"]);
    expect(textsOf(...fok)).toEqual(["fok: 4 of 10 were to be had"]);
  });
});

describe("a day order", () => {
  const order = limit("90", { timeInForce: "day" });
  const lastMinute = { startMs: Date.UTC(2024, 2, 4, 23, 59) };

  it("on daily bars ends with its first session, after it was matched", () => {
    const { decisions } = run(OPENED, submit(order), daily(5));
    expect(decisions[2]?.events[1]).toMatchObject({
      type: "VenueOrderExpired",
      report: { transactTimeMs: Date.UTC(2024, 2, 6), text: "the day 2024-03-05 is over" },
    });
    const low = daily(5, ["100", "101", "89", "100"]);
    expect(reportsOf(OPENED, submit(order), low)).toEqual(["c-1 10 @ 90 maker"]);
  });

  it("on intraday bars ends with the bar that ends the date", () => {
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT))).toEqual([]);
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT, lastMinute))).toEqual(["expired c-1"]);
  });

  it("that saw a date begin does not trade on the next", () => {
    const nextDay = onBar(0, ["80", "80", "80", "80"], { startMs: Date.UTC(2024, 2, 5, 14, 30) });
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT), nextDay)).toEqual(["expired c-1"]);
    const nextQuote = onQuote(24 * 60 * MINUTE, "79", "80");
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT), nextQuote)).toEqual(["expired c-1"]);
  });

  it("that came after the close belongs to the next session", () => {
    const nextDay = onBar(0, ["80", "80", "80", "80"], { startMs: Date.UTC(2024, 2, 5, 14, 30) });
    expect(reportsOf(OPENED, submit(order), nextDay)).toEqual(["c-1 10 @ 80 taker"]);
  });

  it("does not end gtc", () => {
    const gtc = limit("90");
    expect(reportsOf(OPENED, submit(gtc), onBar(0, FLAT), onBar(0, FLAT, lastMinute))).toEqual([]);
  });
});

describe("matching on quotes", () => {
  it("fills market orders at the opposite touch, up to its size", () => {
    const quotes = [
      onQuote(1, "99", "100", { askSize: "4" }),
      onQuote(2, "99", "100.5", { askSize: "3.9" }),
      onQuote(3, "99", "101"),
    ];
    expect(reportsOf(OPENED, submit(payload()), ...quotes)).toEqual([
      "c-1 4 @ 100 taker",
      "c-1 3 @ 100.5 taker",
      "c-1 3 @ 101 taker",
    ]);
    expect(reportsOf(OPENED, submit(payload({ side: "sell" })), onQuote(1, "99", "100"))).toEqual([
      "c-1 10 @ 99 taker",
    ]);
  });

  it("cancels the rest of ioc, and fok when the size does not suffice", () => {
    const thin = onQuote(1, "99", "100", { askSize: "4" });
    expect(reportsOf(OPENED, submit(payload({ timeInForce: "ioc" })), thin)).toEqual([
      "c-1 4 @ 100 taker",
      "canceled c-1",
    ]);
    expect(reportsOf(OPENED, submit(payload({ timeInForce: "fok" })), thin)).toEqual([
      "canceled c-1",
    ]);
    expect(
      reportsOf(OPENED, submit(payload({ timeInForce: "fok" })), onQuote(1, "99", "100")),
    ).toEqual(["c-1 10 @ 100 taker"]);
  });

  it("fills a limit that is marketable on arrival at the touch, as taker", () => {
    expect(reportsOf(OPENED, submit(limit("101")), onQuote(1, "99", "100"))).toEqual([
      "c-1 10 @ 100 taker",
    ]);
  });

  it("fills a limit that has rested at its own price, as maker", () => {
    const rested = [OPENED, submit(limit("99.5")), onQuote(1, "99", "100")] as const;
    expect(reportsOf(...rested)).toEqual([]);
    expect(reportsOf(...rested, onQuote(2, "98", "99"))).toEqual(["c-1 10 @ 99.5 maker"]);
    const sell = [
      OPENED,
      submit(limit("100.5", { side: "sell" })),
      onQuote(1, "99", "100"),
    ] as const;
    expect(reportsOf(...sell, onQuote(2, "101", "102"))).toEqual(["c-1 10 @ 100.5 maker"]);
  });

  it("takes a quote without the other side for no chance at all", () => {
    const order = payload({ timeInForce: "ioc" });
    expect(reportsOf(OPENED, submit(order), onQuote(1, "99", null))).toEqual([]);
    expect(
      reportsOf(OPENED, submit(order), onQuote(1, "99", null), onQuote(2, "99", "100")),
    ).toEqual(["c-1 10 @ 100 taker"]);
  });

  it("cancels a buy above the worst price", () => {
    const order = payload({ worstPrice: "99.99" });
    expect(reportsOf(OPENED, submit(order), onQuote(1, "99", "100"))).toEqual(["canceled c-1"]);
  });

  it("ignores a quote that is not later than the last", () => {
    const { decisions } = run(
      OPENED,
      onQuote(5, "9", "10"),
      onQuote(5, "8", "9"),
      onQuote(4, "8", "9"),
    );
    expect(decisions.slice(2).map(({ events }) => events)).toEqual([[], []]);
  });

  it("does not offer again in a bar what a quote within it has offered", () => {
    const thin = onQuote(30_000, "99", "100", { askSize: "4" });
    const commands = [OPENED, submit(payload()), thin];
    expect(reportsOf(...commands, onBar(0, FLAT))).toEqual(["c-1 4 @ 100 taker"]);
    expect(reportsOf(...commands, onBar(1, FLAT))).toEqual([
      "c-1 4 @ 100 taker",
      "c-1 6 @ 100 taker",
    ]);
  });
});

describe("canceling at the paper venue", () => {
  it("ends an open order", () => {
    const order = limit("90");
    const { decisions, state } = run(
      OPENED,
      submit(order),
      cancelOf(order),
      onBar(0, ["80", "80", "80", "80"]),
    );
    expect(decisions[2]?.events).toMatchObject([
      { type: "VenueOrderCanceled", report: { transactTimeMs: T0, text: "canceled on request" } },
    ]);
    expect(decisions[2]?.reply.order).toMatchObject({ ordStatus: "canceled" });
    expect(openOrders(state)).toEqual([]);
  });

  it("of a closed or unknown order is refused with a report", () => {
    const commands = [OPENED, submit(payload()), onBar(0, FLAT), cancelOf(payload())];
    expect(textsOf(...commands)).toEqual(["the order is closed"]);
    expect(textsOf(cancelOf(payload()))).toEqual(["there is no such order"]);
    expect(run(...commands).decisions.at(-1)?.effects).toHaveLength(1);
  });

  it("can be asked about an order by its client id, and says null of none", () => {
    const query = { type: "Query", clOrdId: "c-1" } as const;
    const known = run(OPENED, submit(payload()), query).decisions.at(-1);
    expect([known?.events, known?.reply.order?.ordStatus]).toEqual([[], "new"]);
    expect(run(query).decisions.at(-1)?.reply).toEqual({
      order: null,
      openOrders: 0,
      heldReports: 0,
      told: [],
    });
  });
});
