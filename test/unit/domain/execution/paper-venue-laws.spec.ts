import * as fc from "fast-check";
import { PAPER_FEES, chargeFee } from "../../../../domain/execution/fees.ts";
import type {
  PaperVenueCommand,
  PaperVenueEvent,
} from "../../../../domain/execution/paper-messages.ts";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import type { ReportOf, SubmitPayload } from "../../../../domain/order/messages.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { apply, approvedOrder, run as runOrder } from "../order/given.ts";
import { barAt, cancelOf, onQuote, payload, replay, run, submit } from "./given.ts";

/** A book of random orders over a random market of bars and quotes that come in any order, some of them twice. */
const orders = fc
  .record({
    side: fc.constantFrom("buy" as const, "sell" as const),
    isLimit: fc.boolean(),
    price: fc.integer({ min: 90, max: 110 }),
    quantity: fc.integer({ min: 1, max: 60 }),
    timeInForce: fc.constantFrom("day" as const, "gtc" as const, "ioc" as const, "fok" as const),
    worst: fc.option(fc.integer({ min: 95, max: 112 }), { nil: null }),
  })
  .map(({ side, isLimit, price, quantity, timeInForce, worst }) => ({
    side,
    timeInForce,
    ordType: isLimit ? ("limit" as const) : ("market" as const),
    price: isLimit ? String(price) : null,
    orderQty: String(quantity),
    worstPrice: side === "buy" && worst !== null ? String(worst) : null,
  }));

const bars = fc
  .record({
    minute: fc.integer({ min: -1, max: 1_500 }),
    open: fc.integer({ min: 90, max: 110 }),
    up: fc.integer({ min: 0, max: 5 }),
    down: fc.integer({ min: 0, max: 5 }),
    volume: fc.integer({ min: 0, max: 500 }),
    timeframe: fc.constantFrom("1m" as const, "1m" as const, "5m" as const, "1d" as const),
    participation: fc.option(fc.constantFrom("0.1", "0.5"), { nil: null }),
  })
  .map(({ minute, open, up, down, volume, timeframe, participation }): PaperVenueCommand => {
    const prices = [open, open + up, open - down, open].map(String);
    const [first = "", high = "", low = "", close = ""] = prices;
    const changes = { volume: String(volume), timeframe };
    const bar = barAt(minute, [first, high, low, close], changes);
    return participation === null ? { type: "OnBar", bar } : { type: "OnBar", bar, participation };
  });

const quotes = fc
  .record({
    afterMs: fc.integer({ min: -60_000, max: 90_000_000 }),
    bid: fc.integer({ min: 90, max: 109 }),
    size: fc.option(fc.integer({ min: 0, max: 80 }), { nil: null }),
    hasAsk: fc.boolean(),
  })
  .map(({ afterMs, bid, size, hasAsk }) => {
    const shown = size === null ? null : String(size);
    return onQuote(afterMs, String(bid), hasAsk ? String(bid + 1) : null, {
      bidSize: shown,
      askSize: shown,
    });
  });

function timeOf(command: PaperVenueCommand): number {
  if (command.type === "OnBar") return command.bar.startMs;
  return command.type === "OnQuote" ? command.quote.tsEventMs : 0;
}

type Step = SubmitTerms | PaperVenueCommand | { readonly cancel: number };
type SubmitTerms = Partial<SubmitPayload> & { readonly orderQty: string };

/** Mostly in the order of time, with some late ones; orders and cancels anywhere between. */
const books = fc
  .record({
    market: fc.array(fc.oneof(bars, quotes), { minLength: 5, maxLength: 40 }),
    late: fc.array(fc.oneof(bars, quotes), { maxLength: 5 }),
    orders: fc.array(orders, { minLength: 1, maxLength: 12 }),
    cancels: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
  })
  .map(({ market, late, orders: asked, cancels, places }) => {
    const steps: Step[] = market.toSorted((a, b) => timeOf(a) - timeOf(b));
    const extras: readonly Step[] = [...asked, ...cancels.map((cancel) => ({ cancel })), ...late];
    for (const [index, extra] of extras.entries()) {
      const place = places[index % places.length] ?? 0;
      steps.splice(Math.floor(place * (steps.length + 1)), 0, extra);
    }
    return commandsOf(steps);
  });

/** Names the orders by their place in the book. */
function commandsOf(steps: readonly Step[]): readonly PaperVenueCommand[] {
  const sent: SubmitPayload[] = [];
  return steps.flatMap((step): PaperVenueCommand[] => {
    if ("type" in step) return [step];
    if ("cancel" in step) {
      const order = sent[step.cancel];
      return order === undefined ? [] : [cancelOf(order)];
    }
    const name = String(sent.length);
    const order = payload({ ...step, clOrdId: `c-${name}`, orderId: `o-${name}` });
    sent.push(order);
    return [submit(order)];
  });
}

function eventsOf(commands: readonly PaperVenueCommand[]): readonly PaperVenueEvent[] {
  return run(...commands).decisions.flatMap(({ events }) => events);
}

function tradesOf(
  events: readonly PaperVenueEvent[],
  clOrdId?: string,
): readonly ReportOf<"trade">[] {
  return events.flatMap((event) =>
    event.type === "VenueOrderFilled" && (clOrdId ?? event.report.clOrdId) === event.report.clOrdId
      ? [event.report]
      : [],
  );
}

function reportsOf(
  events: readonly PaperVenueEvent[],
  clOrdId: string,
): readonly ExecutionReport[] {
  return events.flatMap((event) =>
    "report" in event && event.report.clOrdId === clOrdId ? [event.report] : [],
  );
}

function acceptedOf(events: readonly PaperVenueEvent[]) {
  return events.flatMap((event) => (event.type === "VenueOrderAccepted" ? [event] : []));
}

/** Reports as the order hears them, without the ids that differ from command to command. */
function withoutIds(events: readonly PaperVenueEvent[]) {
  return events.flatMap((event) => {
    if (!("report" in event)) return [];
    const { execType, clOrdId, transactTimeMs } = event.report;
    const { lastQty = "", lastPx = "" } = event.report.execType === "trade" ? event.report : {};
    return [[execType, clOrdId, transactTimeMs, lastQty, lastPx].join(" ")];
  });
}

const RUNS = { numRuns: 100 };

describe("laws of the paper venue", () => {
  it("never fills before activeFromMs, nor on what was seen before the order came", () => {
    fc.assert(
      fc.property(books, (commands) => {
        let seenToMs = -Infinity;
        const knownAtBirth = new Map<string, number>();
        const violations = eventsOf(commands).filter((event) => {
          if (event.type === "VenueMarketSeen") {
            const { seen } = event;
            seenToMs = Math.max(seenToMs, seen.by === "bar" ? seen.endMs : seen.timeMs);
          }
          if (event.type === "VenueOrderAccepted") {
            knownAtBirth.set(event.order.clOrdId, seenToMs);
            return (event.activeFromMs ?? -Infinity) !== seenToMs;
          }
          if (event.type !== "VenueOrderFilled") return false;
          const { clOrdId, transactTimeMs } = event.report;
          return transactTimeMs < (knownAtBirth.get(clOrdId) ?? Infinity);
        });
        expect(violations).toEqual([]);
      }),
      RUNS,
    );
  });

  it("never fills beyond the limit or the worst price", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const events = eventsOf(commands);
        for (const { order } of acceptedOf(events)) {
          const prices = tradesOf(events, order.clOrdId).map(({ lastPx }) => Number(lastPx));
          const bound = Number(order.price ?? (order.side === "buy" ? Infinity : 0));
          const worst = Number(order.worstPrice ?? Infinity);
          expect(prices.filter((price) => price > worst)).toEqual([]);
          const isBeyond = (price: number) =>
            order.side === "buy" ? price > bound : price < bound;
          expect(prices.filter(isBeyond)).toEqual([]);
        }
      }),
      RUNS,
    );
  });

  it("fills whole lots, never more than was ordered, and charges no more than one fill would have cost", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const { decisions, state } = run(...commands);
        const events = decisions.flatMap((decision) => decision.events);
        for (const order of [...state.open, ...state.closed]) {
          const { clOrdId, orderQty } = order.submitted;
          const trades = tradesOf(events, clOrdId);
          const filled = trades.reduce((sum, { lastQty }) => sum.plus(lastQty), dec("0"));
          expect(filled.toFixed()).toBe(order.cumQty);
          expect(filled.lessThanOrEqualTo(orderQty) && filled.isInteger()).toBe(true);
          const notional = trades.reduce(
            (sum, { lastQty, lastPx }) => sum.plus(dec(lastQty).times(lastPx)),
            dec("0"),
          );
          const charged = trades.reduce((sum, { fees }) => sum.plus(fees), dec("0"));
          const atOnce = { quantity: notional, price: dec("1"), multiplier: "1", currency: "USD" };
          const fee = chargeFee("0", { ...atOnce, liquidity: "taker" }, PAPER_FEES).fee;
          expect(charged.toFixed()).toBe(fee);
        }
      }),
      RUNS,
    );
  });

  it("takes no more than its share of a bar's volume", () => {
    fc.assert(
      fc.property(books, (commands) => {
        for (const [index, { events }] of run(...commands).decisions.entries()) {
          const command = commands[index];
          if (command?.type !== "OnBar" || command.participation === undefined) continue;
          const taken = tradesOf(events).reduce((sum, { lastQty }) => sum.plus(lastQty), dec("0"));
          const share = dec(command.bar.volume).times(command.participation);
          expect(taken.lessThanOrEqualTo(share)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it("redelivery of everything, at once or much later, is harmless", () => {
    fc.assert(
      fc.property(books, fc.nat({ max: 50 }), (commands, delay) => {
        const known = commands.filter(({ type }) => type !== "Cancel");
        const straight = withoutIds(eventsOf(known));
        const doubled = known.flatMap((command) => [command, command]);
        expect(withoutIds(eventsOf(doubled))).toEqual(straight);
        const repeated = known.flatMap((command, index) => {
          const earlier = known[index - delay];
          return earlier === undefined ? [command] : [command, earlier];
        });
        expect(withoutIds(eventsOf(repeated))).toEqual(straight);
      }),
      RUNS,
    );
  });

  it("no two reports share an execId, and every retry makes the same", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const ids = eventsOf(commands).flatMap((event) =>
          "report" in event ? [event.report.execId] : [],
        );
        expect(new Set(ids).size).toBe(ids.length);
        expect(eventsOf(commands)).toEqual(eventsOf(commands));
      }),
      RUNS,
    );
  });

  it("replay equals live, and the state survives storage as JSON", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const { state, decisions } = run(...commands);
        const events = decisions.flatMap((decision) => decision.events);
        expect(replay(events)).toEqual(state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      RUNS,
    );
  });

  it("an order actor that hears the reports in any order agrees with the venue, without an alarm", () => {
    const withSeed = fc.tuple(books, fc.infiniteStream(fc.nat()));
    fc.assert(
      fc.property(withSeed, ([commands, numbers]) => {
        const { state, decisions } = run(...commands);
        const events = decisions.flatMap((decision) => decision.events);
        for (const venueOrder of [...state.open, ...state.closed]) {
          const { clOrdId, orderId, orderQty } = venueOrder.submitted;
          // A refused cancel is an answer to a request that this order actor did not make.
          const reports = reportsOf(events, clOrdId)
            .filter(({ execType }) => execType !== "cancelRejected")
            .map((report) => ({ report, key: Number(numbers.next().value) }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ report }) => apply({ ...report, clOrdId: "o-1", orderId: "o-1" }));
          expect(orderId.slice(2)).toBe(clOrdId.slice(2));
          const place = { type: "Place", order: approvedOrder({ orderQty }) } as const;
          const heard = runOrder([place, ...reports]).decisions;
          const summary = heard.at(-1)?.reply.order;
          const open = venueOrder.cumQty === "0" ? "new" : "partiallyFilled";
          const ordStatus = "ordStatus" in venueOrder ? venueOrder.ordStatus : open;
          expect(summary).toMatchObject({ ordStatus, cumQty: venueOrder.cumQty });
          const types = heard.flatMap((decision) => decision.events.map(({ type }) => type));
          expect(types).not.toContain("ReportConflicted");
        }
      }),
      RUNS,
    );
  });

  it("the random books trade: fills, touches, gaps, cancels and expiries all occur", () => {
    const seen = new Set<string>();
    for (const commands of fc.sample(books, { numRuns: 300, seed: 7 })) {
      for (const event of eventsOf(commands)) {
        seen.add(event.type);
        if (event.type === "VenueOrderFilled") seen.add(event.report.liquidity);
      }
    }
    expect([...seen].toSorted()).toEqual([
      "VenueCancelRejected",
      "VenueMarketSeen",
      "VenueOrderAccepted",
      "VenueOrderCanceled",
      "VenueOrderExpired",
      "VenueOrderFilled",
      "maker",
      "taker",
    ]);
  });
});
