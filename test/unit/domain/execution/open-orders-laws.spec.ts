import * as fc from "fast-check";
import { type VenueOrder, walk } from "../../../../domain/execution/book.ts";
import { type Market, marketOf } from "../../../../domain/execution/market.ts";
import { match } from "../../../../domain/execution/matching.ts";
import { candidates } from "../../../../domain/execution/open-orders.ts";
import type {
  PaperVenueCommand,
  PaperVenueEvent,
} from "../../../../domain/execution/paper-messages.ts";
import { books } from "./books.ts";
import {
  MINUTE,
  OPENED,
  T0,
  limit,
  onBar,
  onQuote,
  openOrders,
  replay,
  run,
  submit,
} from "./given.ts";

const RUNS = { numRuns: 300 };
const FAR = ["100", "101", "99", "100"] as const;

function eventsOf(commands: readonly PaperVenueCommand[]): readonly PaperVenueEvent[] {
  return run(...commands).decisions.flatMap(({ events }) => events);
}

/** What the order would remember had each bar and quote been shown to it alone. */
function walkedAlone(order: VenueOrder, events: readonly PaperVenueEvent[]): VenueOrder {
  const isBirth = (event: PaperVenueEvent) =>
    event.type === "VenueOrderAccepted" && event.order.clOrdId === order.submitted.clOrdId;
  const birth = events.findIndex(isBirth);
  const born = events[birth];
  const activeFromMs = born?.type === "VenueOrderAccepted" ? born.activeFromMs : null;
  const newborn: VenueOrder = {
    number: order.number,
    submitted: born?.type === "VenueOrderAccepted" ? born.order : order.submitted,
    fees: order.fees,
    venueOrderId: order.venueOrderId,
    cumQty: "0",
    feesAccrued: "0",
    activeFromMs,
    sessionDay: null,
    hasRested: false,
  };
  return events.slice(birth).reduce(remember, newborn);
}

/** What one event means to an order that is alone. */
function remember(order: VenueOrder, event: PaperVenueEvent): VenueOrder {
  if (event.type === "VenueMarketSeen") return walk(order, event.seen);
  if (!("report" in event) || event.report.clOrdId !== order.submitted.clOrdId) return order;
  if (event.type === "VenueOrderSetOff")
    return { ...order, isSetOff: true, hasRested: event.rests };
  if (event.type !== "VenueOrderReplaced") return order;
  const { order: submitted, keepsPlace } = event;
  return keepsPlace
    ? { ...order, submitted }
    : { ...order, submitted, activeFromMs: event.activeFromMs, hasRested: false };
}

/** A session ends day orders only; of others nobody asks. */
function memoryOf({ submitted, activeFromMs, sessionDay, hasRested }: VenueOrder) {
  const { clOrdId, timeInForce } = submitted;
  return [clOrdId, activeFromMs, hasRested, timeInForce === "day" ? sessionDay : null];
}

const RANGES = [
  { open: "100", high: "103", low: "97" },
  { open: "90", high: "90", low: "90" },
  { open: "110", high: "112", low: "109" },
];

/** Bars and quotes around and beyond all that a book has seen. */
function marketsAfter(startMs: number): readonly Market[] {
  return [MINUTE, 3 * 24 * 60 * MINUTE].flatMap((lengthMs) =>
    RANGES.flatMap(({ open, high, low }): Market[] => [
      marketOf({ by: "bar", startMs, endMs: startMs + lengthMs, open }, { high, low, close: open }),
      marketOf({ by: "quote", timeMs: startMs + lengthMs, bid: low, ask: high }, null),
      marketOf({ by: "quote", timeMs: startMs + 1, bid: null, ask: low }, null),
    ]),
  );
}

describe("the open orders of the paper venue", () => {
  it("are remembered together as each would have been alone", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const events = eventsOf(commands);
        for (const order of openOrders(replay(events)))
          expect(memoryOf(order)).toEqual(memoryOf(walkedAlone(order, events)));
      }),
      RUNS,
    );
  });

  it("that are not offered a bar or quote would neither trade nor end by it", () => {
    fc.assert(
      fc.property(books, fc.integer({ min: -2, max: 1_500 }), (commands, minute) => {
        const state = replay(eventsOf(commands));
        for (const market of marketsAfter(T0 + minute * MINUTE)) {
          const offered = new Set(candidates(state.open, market).map(({ number }) => number));
          const missed = openOrders(state)
            .filter(({ number }) => !offered.has(number))
            .map((order) => match(order, market, null));
          expect(missed.filter(({ fill, close }) => fill !== null || close !== null)).toEqual([]);
        }
      }),
      RUNS,
    );
  });

  it("that rest far from the market are left out and left as they are", () => {
    const prices = Array.from({ length: 200 }, (_, index) => String(50 + (index % 40)));
    const orders = prices.map((price, index) =>
      submit(limit(price, { clOrdId: `c-${index}`, orderId: `o-${index}` })),
    );
    const before = run(OPENED, ...orders, onBar(0, FAR)).state.open;
    const later = [onBar(1, FAR), onQuote(2 * MINUTE, "99", "100")];
    const { state } = run(OPENED, ...orders, onBar(0, FAR), ...later);
    expect([before.books.buy.orders.size, before.apart.size]).toEqual([200, 0]);
    expect(state.open.books.buy.orders).toEqual(before.books.buy.orders);
    const seen = { by: "quote", timeMs: T0 + 3 * MINUTE, bid: "99", ask: "100" } as const;
    expect(candidates(state.open, marketOf(seen, null))).toEqual([]);
    const reach = candidates(state.open, marketOf({ ...seen, ask: "89" }, null));
    expect(reach.map(({ submitted }) => submitted.clOrdId)).toEqual([
      "c-39",
      "c-79",
      "c-119",
      "c-159",
      "c-199",
    ]);
  });

  it("that the book's market time is not true of are kept apart until it is", () => {
    const ahead = {
      type: "Submit",
      order: limit("90", { clOrdId: "c-2" }),
      marketTimeMs: T0 + MINUTE,
    } as const;
    const places = [[], [onBar(0, FAR)], [onBar(0, FAR), onBar(1, FAR)]].map((bars) => {
      const { apart, books: sides } = run(OPENED, submit(limit("90")), ahead, ...bars).state.open;
      return [sides.buy.orders.size, apart.size];
    });
    expect(places).toEqual([
      [1, 1],
      [1, 1],
      [2, 0],
    ]);
  });
});
