import * as fc from "fast-check";
import type { AdjustedOrder } from "../../../../domain/portfolio/after-trade-messages.ts";
import { findOrder } from "../../../../domain/portfolio/open-orders.ts";
import { dec, Decimal, ZERO } from "../../../../domain/shared/decimal.ts";
import { fill, holding, type LivePortfolio, opened, release, request } from "./given.ts";
import { Laws } from "./laws.ts";
import { CANCEL, split } from "./split-command.ts";

interface Resting {
  readonly side: "buy" | "sell";
  readonly quantity: number;
  readonly price: number;
  readonly filled: number;
  readonly end: "taken" | "refused" | "filled" | "released";
}

const resting: fc.Arbitrary<Resting> = fc.record({
  side: fc.constantFrom("buy" as const, "sell" as const),
  quantity: fc.integer({ min: 1, max: 40 }),
  price: fc.integer({ min: 9_600, max: 9_900 }),
  filled: fc.nat(39),
  end: fc.constantFrom("taken", "refused", "filled", "released"),
});

describe("after a split with any orders at any ratio, whatever the brokers answer", () => {
  it("every law holds, no sale is more than is held, and no order is left in old units", () => {
    const units = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        fc.array(resting, { maxLength: 6 }),
        units,
        units,
        (orders, newUnits, oldUnits) => {
          const live = holding(opened({ initialCash: "1000000" }), "AAPL", "120", "100");
          const laws = new Laws(live);
          const send = (command: Parameters<LivePortfolio["when"]>[0]) => {
            const decision = live.when(command);
            laws.check({ isOrderly: true });
            return decision;
          };
          const ids = orders.map((order, i) => place(send, order, `o${i}`));
          const command = split(newUnits, oldUnits, CANCEL, { cashInLieuPrice: "7.77" });
          const { reply, effects } = send(command);
          if (!("adjustedOrders" in reply)) throw new Error("expected a receipt");
          const open = ids.filter((id) => id !== null);
          expect(reply.adjustedOrders.map(({ orderId }) => orderId)).toEqual(open.toSorted());
          const told = effects.map((effect) => ("to" in effect ? effect.to.id : ""));
          expect(told.toSorted()).toEqual(open.toSorted());
          expect(onSale(live, reply.adjustedOrders).lessThanOrEqualTo(heldBy(live))).toBe(true);
          for (const { orderId, reason } of reply.adjustedOrders) {
            const order = orders[Number(orderId.slice(1))];
            if (reason !== null || order === undefined) send(release(orderId));
            else end(live, send, orderId, order);
          }
          expect(live.replayed()).toEqual(live.state);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** What is left to sell of the orders that are amended, in new units. */
function onSale(live: LivePortfolio, orders: readonly AdjustedOrder[]): Decimal {
  const open = orders.map(({ orderId, orderQty, reason }) => {
    const order = live.state.account && findOrder(live.state.account.orders, orderId);
    const isSale = reason === null && order?.approved.side === "sell";
    return isSale ? dec(orderQty ?? "0").minus(order.cumQty) : ZERO;
  });
  return Decimal.sum(ZERO, ...open);
}

function heldBy(live: LivePortfolio): string {
  return live.summary().positions[0]?.quantity ?? "0";
}

type Send = (command: Parameters<LivePortfolio["when"]>[0]) => ReturnType<LivePortfolio["when"]>;

/** Null when the check denied it, or all of it is filled. */
function place(send: Send, order: Resting, orderId: string): string | null {
  const { side, quantity, filled } = order;
  const price = (order.price / 100 + (side === "sell" ? 6 : 0)).toFixed(2);
  const asked = { orderId, side, price, orderQty: `${quantity}`, ordType: "limit" } as const;
  const { reply } = send(request({ ...asked, timeInForce: "gtc" }));
  if (!("verdict" in reply) || reply.verdict !== "approved") return null;
  if (filled === 0) return orderId;
  const lastQty = Math.min(filled, quantity);
  send(fill({ orderId, execId: `${orderId}-1`, side, quantity: `${lastQty}`, price }));
  return lastQty === quantity ? null : orderId;
}

function end(live: LivePortfolio, send: Send, orderId: string, order: Resting): void {
  const open = live.recorded
    .map(({ event }) => event)
    .find((event) => event.type === "AmendApproved" && event.orderId === orderId);
  if (open?.type !== "AmendApproved") throw new Error("expected an amendment");
  const { amendId, hold } = open;
  const { orderQty, price, stopPx } = open.terms;
  const taken = { type: "ConcludeAmend", orderId, amendId } as const;
  if (order.end === "released") {
    send(release(orderId));
    return;
  }
  if (order.end === "refused") {
    const { effects } = send(taken);
    expect(effects).toMatchObject([{ command: { type: "RequestCancel" } }]);
    send(release(orderId));
    return;
  }
  send({ ...taken, terms: { orderQty, price, stopPx } });
  if (order.end === "filled")
    send(
      fill({
        orderId,
        execId: `${orderId}-2`,
        side: order.side,
        quantity: hold.quantity,
        price: price ?? "0",
      }),
    );
}
