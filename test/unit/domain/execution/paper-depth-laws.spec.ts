import * as fc from "fast-check";
import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { OPENED, cancelOf, openOrders, payload, replay, run, submit } from "./given.ts";
import { onBook, onTrade } from "./depth.ts";

describe("laws of a market that shows its book", () => {
  const level = (base: number) =>
    fc.record({ away: fc.nat({ max: 4 }), size: fc.integer({ min: 1, max: 40 }) }).map((made) => ({
      price: base + made.away * Math.sign(base - 100),
      size: made.size,
    }));
  const sideOf = (base: number) =>
    fc
      .uniqueArray(level(base), { maxLength: 4, selector: ({ price }) => price })
      .map((levels) =>
        levels
          .toSorted((a, b) => Math.abs(a.price - 100) - Math.abs(b.price - 100))
          .map(({ price, size }) => [String(price), String(size)] as const),
      );
  const step = fc.oneof(
    fc.record({ bids: sideOf(99), asks: sideOf(101) }),
    fc.record({
      tradeAt: fc.integer({ min: 95, max: 105 }),
      size: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      price: fc.option(fc.integer({ min: 96, max: 104 }), { nil: null }),
      quantity: fc.integer({ min: 1, max: 40 }),
      timeInForce: fc.constantFrom("gtc" as const, "gtc" as const, "ioc" as const, "fok" as const),
      display: fc.option(fc.integer({ min: 1, max: 5 }), { nil: null }),
    }),
    fc.record({ cancel: fc.nat({ max: 8 }) }),
  );

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function commandsOf(steps: readonly Step[]): readonly PaperVenueCommand[] {
    const sent: SubmitPayload[] = [];
    const commands = steps.flatMap((each, index): PaperVenueCommand[] => {
      if ("bids" in each) return [onBook(index + 1, each.bids, each.asks)];
      if ("tradeAt" in each) return [onTrade(index + 1, String(each.tradeAt), String(each.size))];
      if ("cancel" in each) {
        const order = sent[each.cancel];
        return order === undefined ? [] : [cancelOf(order)];
      }
      const name = String(sent.length);
      const { side, price, quantity, timeInForce, display } = each;
      const order = payload({
        side,
        timeInForce,
        clOrdId: `c-${name}`,
        orderId: `o-${name}`,
        ordType: price === null ? "market" : "limit",
        price: price === null ? null : String(price),
        orderQty: String(quantity),
        ...(display !== null && { displayQty: String(display) }),
      });
      sent.push(order);
      return [submit(order)];
    });
    return [OPENED, ...commands];
  }

  const sequences = fc.array(step, { minLength: 5, maxLength: 40 }).map(commandsOf);

  it("replay equals live, the state is JSON, and every retry decides the same", () => {
    fc.assert(
      fc.property(sequences, (commands) => {
        const { state, decisions } = run(...commands);
        const events = decisions.flatMap((decision) => decision.events);
        expect(replay(events)).toEqual(state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        expect(run(...commands).state).toEqual(state);
      }),
      { numRuns: 150 },
    );
  });

  it("fills are within the limit and the quantity, and every execId is its own", () => {
    fc.assert(
      fc.property(sequences, (commands) => {
        const { state, decisions } = run(...commands);
        const events = decisions.flatMap((decision) => decision.events);
        const orders = new Map<string, SubmitPayload>();
        const filled = new Map<string, string>();
        const ids: string[] = [];
        for (const event of events) {
          if ("report" in event) ids.push(event.report.execId);
          if (event.type === "VenueOrderAccepted") orders.set(event.order.clOrdId, event.order);
          if (event.type !== "VenueOrderFilled") continue;
          const { clOrdId, lastPx, lastQty } = event.report;
          const order = orders.get(clOrdId);
          const price = Number(order?.price ?? lastPx);
          const isBeyond = order?.side === "buy" ? Number(lastPx) > price : Number(lastPx) < price;
          expect(isBeyond).toBe(false);
          filled.set(
            clOrdId,
            dec(filled.get(clOrdId) ?? "0")
              .plus(lastQty)
              .toFixed(),
          );
        }
        expect(new Set(ids).size).toBe(ids.length);
        for (const { submitted, cumQty } of [...openOrders(state), ...state.closed]) {
          expect(filled.get(submitted.clOrdId) ?? "0").toBe(cumQty);
          expect(dec(cumQty).lessThanOrEqualTo(submitted.orderQty)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});
