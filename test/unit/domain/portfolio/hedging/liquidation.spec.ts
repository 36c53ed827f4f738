import type { MarginReceipt } from "../../../../../domain/portfolio/margin/messages.ts";
import type { LivePortfolio } from "../given.ts";
import { boardWith, filled, marginPortfolio, seen, trade } from "../margin/margin-desk.ts";

interface Sides {
  readonly long: string;
  readonly short: string;
}

/** 10,000 of cash, both sides of one symbol at 100: position `a` long and `b` short. */
function hedged({ long, short }: Sides): LivePortfolio {
  const live = marginPortfolio({ accounting: "hedging" });
  trade(live, { orderId: "a", side: "buy", quantity: long, price: "100" });
  trade(live, { orderId: "b", side: "sell", quantity: short, price: "100" });
  return live;
}

function receipt(reply: unknown): MarginReceipt {
  // sound: what the margin's commands are answered with
  return reply as MarginReceipt;
}

function check(live: LivePortfolio, price: string): MarginReceipt {
  return receipt(live.when({ type: "CheckMargin", board: boardWith({ AAPL: price }) }).reply);
}

/** A call at this price that has come due. */
function due(live: LivePortfolio, price: string): string {
  const { callId } = check(live, price);
  if (callId === null) throw new Error(`expected a call at ${price}`);
  live.when({ type: "PursueMarginCall", callId });
  return callId;
}

function liquidate(live: LivePortfolio, callId: string, price: string): readonly string[] {
  const command = { type: "LiquidateForMargin", board: boardWith({ AAPL: price }) } as const;
  return receipt(live.when({ ...command, callId, markets: [seen(price)] }).reply).orders;
}

const held = (live: LivePortfolio) =>
  live.summary().positions.map(({ positionId, quantity }) => [positionId, quantity]);

describe("liquidation of a hedging portfolio", () => {
  // Equity 160 × 50 − 6,000 = 2,000 against 180 × 12.5 + 20 × 15 = 2,550: 550 are missing, and a unit of the long side frees 12.
  // At 130 equity is 26,000 − 160 × 130 = 5,200 against 20 × 32.5 + 180 × 39 = 7,670: 2,470, of which a unit short frees 37.7.
  it.each([
    ["long", { long: "180", short: "20" }, "50", "sell", "a", "46", ["134", "-20"]],
    ["short", { long: "20", short: "180" }, "130", "buy", "b", "66", ["20", "-114"]],
  ] as const)(
    "closes of the larger side, the %s one, what is missing, by its name",
    (_, sides, price, side, positionId, quantity, left) => {
      const live = hedged(sides);
      const callId = due(live, price);
      const [orderId = "", ...others] = liquidate(live, callId, price);
      expect(others).toEqual([]);
      expect(live.recorded.at(-1)?.event).toMatchObject({
        type: "OrderApproved",
        order: { side, orderQty: quantity, positionId, reduceOnly: true },
      });
      expect(liquidate(live, callId, price)).toEqual([]);
      filled(live, { orderId, side, quantity, price });
      expect(held(live)).toEqual([
        ["a", left[0]],
        ["b", left[1]],
      ]);
      expect(check(live, price).status).toBe("met");
      expect(live.replayed()).toEqual(live.state);
    },
  );

  it("closes both sides where one does not suffice, and opens none", () => {
    const live = hedged({ long: "180", short: "20" });
    const callId = due(live, "30");
    const orders = liquidate(live, callId, "30");
    expect(orders).toHaveLength(2);
    const [first = "", second = ""] = orders;
    filled(live, { orderId: first, side: "sell", quantity: "180", price: "30" });
    filled(live, { orderId: second, side: "buy", quantity: "20", price: "30" });
    expect(held(live)).toEqual([]);
    expect(live.summary().cash).toBe("-1200");
    // What is owed still is owed: without positions there is no requirement that it falls short of but 0.
    expect(check(live, "30").status).toBe("liquidating");
    expect(live.replayed()).toEqual(live.state);
  });
});
