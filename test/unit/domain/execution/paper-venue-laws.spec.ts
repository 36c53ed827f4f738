import * as fc from "fast-check";
import { PAPER_FEES, chargeFee } from "../../../../domain/execution/fees.ts";
import type {
  PaperVenueCommand,
  PaperVenueEvent,
} from "../../../../domain/execution/paper-messages.ts";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import type { ReportOf, SubmitPayload } from "../../../../domain/order/messages.ts";
import { summarizeOrder } from "../../../../domain/execution/paper-state.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { apply, approvedOrder, run as runOrder } from "../order/given.ts";
import { books } from "./books.ts";
import { openOrders, replay, run, runRepeated } from "./given.ts";

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

function expected<T>(map: ReadonlyMap<string, T>, key: string): T {
  const found = map.get(key);
  if (found === undefined) throw new Error(`expected ${key}`);
  return found;
}

/** Whether the order had been set off in an earlier command than that of its fill. */
function isSetOffBefore(
  events: readonly PaperVenueEvent[],
  { clOrdId, execId }: ReportOf<"trade">,
): boolean {
  const [command] = execId.split("/");
  return events.some(
    (event) =>
      event.type === "VenueOrderSetOff" &&
      event.report.clOrdId === clOrdId &&
      !event.report.execId.startsWith(`${command ?? ""}/`),
  );
}

/** Nobody takes anything away from anybody: no sizes, no share of a volume, no groups. */
function isUnlimited(command: PaperVenueCommand): boolean {
  switch (command.type) {
    case "OnBar":
      return command.participation === undefined && command.rules?.fillModel !== "nautilus";
    case "OnQuote":
      return command.quote.askSize === null && command.quote.bidSize === null;
    case "Submit":
      return command.order.ocoGroup === undefined;
    case "Cancel":
    case "Replace":
    case "Query":
      return true;
    case "OnBook":
    case "OnTrade":
      return false;
  }
}

/** The largest quantity that the order ever had. */
function mostOf(events: readonly PaperVenueEvent[], clOrdId: string): number {
  return events.reduce((most, event) => {
    const isTerms = event.type === "VenueOrderAccepted" || event.type === "VenueOrderReplaced";
    return isTerms && event.order.clOrdId === clOrdId
      ? Math.max(most, Number(event.order.orderQty))
      : most;
  }, 0);
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
        const orders = new Map<string, SubmitPayload>();
        const beyond = eventsOf(commands).filter((event) => {
          if (event.type === "VenueOrderAccepted" || event.type === "VenueOrderReplaced")
            orders.set(event.order.clOrdId, event.order);
          if (event.type !== "VenueOrderFilled") return false;
          const { price, worstPrice, side } = expected(orders, event.report.clOrdId);
          const paid = Number(event.report.lastPx);
          const isDear = side === "buy" && paid > Number(worstPrice ?? Infinity);
          if (price === null) return isDear;
          return isDear || (side === "buy" ? paid > Number(price) : paid < Number(price));
        });
        expect(beyond).toEqual([]);
      }),
      RUNS,
    );
  });

  it("fills whole lots, never more than was ordered, and charges no more than one fill would have cost", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const { decisions, state } = run(...commands);
        const events = decisions.flatMap((decision) => decision.events);
        for (const order of [...openOrders(state), ...state.closed]) {
          const { clOrdId, orderQty } = order.submitted;
          const trades = tradesOf(events, clOrdId);
          const filled = trades.reduce((sum, { lastQty }) => sum.plus(lastQty), dec("0"));
          expect(filled.toFixed()).toBe(order.cumQty);
          expect(filled.lessThanOrEqualTo(orderQty) && filled.isInteger()).toBe(true);
          const most = mostOf(events, clOrdId);
          expect(filled.lessThanOrEqualTo(most)).toBe(true);
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
        const known = commands.filter(({ type }) => type !== "Cancel" && type !== "Replace");
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

  it("every command twice under its id, amendments and cancels too, leaves the venue as once does", () => {
    fc.assert(
      fc.property(books, (commands) => {
        expect(runRepeated(...commands)).toEqual(run(...commands).state);
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
        // As for cancels: this order actor has asked for no amendment, and legs shrink without being asked.
        const { state, decisions } = run(...commands.filter(({ type }) => type !== "Replace"));
        const events = decisions.flatMap((decision) => decision.events);
        for (const venueOrder of [...openOrders(state), ...state.closed]) {
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
          const { ordStatus } = summarizeOrder(venueOrder);
          expect(summary).toMatchObject({ ordStatus, cumQty: venueOrder.cumQty });
          const types = heard.flatMap((decision) => decision.events.map(({ type }) => type));
          expect(types).not.toContain("ReportConflicted");
        }
      }),
      RUNS,
    );
  });

  it("legs of one group never fill more than any of them was for", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const legs = new Map<string, { readonly group: string; readonly most: number }>();
        const taken = new Map<string, number>();
        const isWrong = (clOrdId: string) =>
          (taken.get(clOrdId) ?? 0) > (legs.get(clOrdId)?.most ?? Infinity);
        for (const event of eventsOf(commands.filter(({ type }) => type !== "Replace"))) {
          if (event.type === "VenueOrderAccepted" && event.order.ocoGroup !== undefined) {
            const { clOrdId, ocoGroup: group, orderQty } = event.order;
            legs.set(clOrdId, { group, most: Number(orderQty) });
          }
          if (event.type === "VenueOrderCanceled" || event.type === "VenueOrderExpired")
            legs.delete(event.report.clOrdId);
          if (event.type !== "VenueOrderFilled") continue;
          const { clOrdId, lastQty } = event.report;
          const group = legs.get(clOrdId)?.group;
          for (const [id, leg] of legs)
            if (leg.group === group) taken.set(id, (taken.get(id) ?? 0) + Number(lastQty));
          expect(isWrong(clOrdId)).toBe(false);
        }
      }),
      RUNS,
    );
  });

  it("a stop is never filled better than where it is set off", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const stops = new Map<string, SubmitPayload>();
        for (const event of eventsOf(commands)) {
          if (event.type === "VenueOrderAccepted" && event.order.ordType === "stop")
            stops.set(event.order.clOrdId, event.order);
          if (event.type === "VenueOrderSetOff") expect(event.report.execType).toBe("triggered");
          if (event.type !== "VenueOrderFilled") continue;
          const stop = stops.get(event.report.clOrdId);
          // What is left of it after a first fill is a market order like any other.
          stops.delete(event.report.clOrdId);
          if (stop === undefined) continue;
          const paid = Number(event.report.lastPx);
          const trigger = Number(stop.stopPx);
          const isBetter = stop.side === "buy" ? paid < trigger : paid > trigger;
          const isLater = !isSetOffBefore(eventsOf(commands), event.report);
          expect(isBetter && isLater).toBe(false);
        }
      }),
      RUNS,
    );
  });

  it("two orders that do not compete may come in either order", () => {
    fc.assert(
      fc.property(books, (commands) => {
        const free = commands.filter(isUnlimited);
        const turned = free.flatMap((command, index) => {
          const isFirst = index % 2 === 0;
          const other = free[isFirst ? index + 1 : index - 1];
          const isPair = command.type === "Submit" && other?.type === "Submit";
          return isPair ? [other] : [command];
        });
        expect(withoutIds(eventsOf(turned)).toSorted()).toEqual(
          withoutIds(eventsOf(free)).toSorted(),
        );
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
      "VenueOrderRejected",
      "VenueOrderReplaced",
      "VenueOrderSetOff",
      "VenueReplaceRejected",
      "maker",
      "taker",
    ]);
  });
});
