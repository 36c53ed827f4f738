import { randomUUID } from "node:crypto";
import type { OrderStatus, SubmitPayload } from "../../../../domain/order/messages.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import {
  getBrokerBalances,
  getBrokerOrders,
  getBrokerPositions,
  reconcileBrokerAccount,
  testBrokerAccount,
} from "../../../../mixins/rest/routes/brokers.ts";
import {
  amendOrder,
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../../../mixins/rest/routes/orders.ts";
import { listTrades } from "../../../../mixins/rest/routes/trades.ts";
import type { SubmitOutcome } from "../../../../services/execution/brokers/broker.ts";
import type { RouteInput } from "../../../support/http.ts";
import { eventually } from "../../../support/node-eventually.ts";
import type { HandMarket } from "../../../support/node-market.ts";
import type { TestNode } from "../../../support/node.ts";

/** What the broker's side can be told to do to the next call of that kind. */
export type BrokerFault =
  /** the new order is taken, and the line is cut before the answer */
  | "dropReply"
  /** it is taken, and the answer comes when nobody waits any more */
  | "lateReply"
  /** the line is cut before it is taken */
  | "dropRequest"
  /** it is taken, and an error of the server is answered */
  | "serverError"
  /** it is not looked at, once or twice */
  | "rateLimit"
  | "cancelRefused"
  | "replaceRefused"
  | "replaceReplyDropped"
  /** until all is well again nothing is heard */
  | "streamCut"
  /** everything is said several times */
  | "streamReplayed"
  /** what happens is kept back, and said in the wrong order when all is well again */
  | "streamReordered";

/** The broker itself, steered from outside. */
export interface BrokerSide {
  /** how many orders it has made of this one of ours: an amendment that makes a new one there does not count */
  orders(orderId: string): number | Promise<number>;
  /** Executes it: all that is left unless told how much. */
  fill(orderId: string, price: string, quantity?: string): void | Promise<void>;
  /** Cancels it without our asking; absent where that cannot be. */
  cancel?(orderId: string): void | Promise<void>;
  fault(fault: BrokerFault): void | Promise<void>;
  /** All is well again. */
  heal(): void | Promise<void>;
  /** Answers when the adapter listens to the broker. */
  listening(): Promise<void>;
}

/** A node that trades at a broker, and the broker. */
export interface BrokerRig {
  readonly node: TestNode;
  /** the administrator's, with cash for a hundred orders of 10 at 100 */
  readonly portfolioId: string;
  /** where the symbol is listed; kept at 100, and fresh */
  readonly market: HandMarket;
  readonly symbol: string;
  /** added to every order */
  readonly orderFields: { readonly brokerAccountId?: string };
  /** of /api/broker/accounts; null for a broker that keeps no account to look at */
  readonly accountId: string | null;
  readonly venue: string;
  readonly side: BrokerSide;
  close(options?: { readonly mayHaveErrors?: boolean }): Promise<void>;
}

export interface BrokerSetup {
  readonly open: () => Promise<BrokerRig>;
  /** those that its side can be told; there are no tests of the others */
  readonly faults: readonly BrokerFault[];
  /** an order that the broker does not take, as fields of POST /api/orders; null when it takes all */
  readonly unsupported: RouteInput | null;
  /** false where an order is filled as a whole */
  readonly hasPartFills?: boolean;
}

/** What every adapter promises, over REST and against its broker's protocol. */
export function describeBroker(name: string, setup: BrokerSetup): void {
  const on = (fault: BrokerFault) => (setup.faults.includes(fault) ? it : it.skip);
  const hasPartFills = setup.hasPartFills !== false;

  describe(`${name} keeps what every broker promises:`, () => {
    let rig: BrokerRig;
    let desk: RigDesk;

    beforeAll(async () => {
      rig = await setup.open();
      desk = new RigDesk(rig);
      await rig.side.listening();
    });
    afterEach(async () => {
      await rig.side.heal();
      await rig.side.listening();
    });
    afterAll(() => rig.close());

    it("an order is accepted, filled and booked, each execution once", async () => {
      const orderId = await desk.place();
      const { venue, venueOrderId } = await desk.until(orderId, "new");
      expect([venue, venueOrderId]).toEqual([rig.venue, expect.any(String)]);
      if (hasPartFills) {
        await rig.side.fill(orderId, "99", "4");
        await desk.until(orderId, "partiallyFilled");
      }
      await rig.side.fill(orderId, "98");
      const { cumQuantity, leavesQuantity } = await desk.until(orderId, "filled");
      expect([cumQuantity, leavesQuantity]).toEqual(["10", "0"]);
      await rig.node.settled();
      const trades = await desk.trades(orderId);
      expect(new Set(trades.map(({ execId }) => execId)).size).toBe(trades.length);
      expect(sum(trades.map(({ quantity }) => quantity))).toBe("10");
      expect(await rig.side.orders(orderId)).toBe(1);
    });

    it("a cancel is done, and a second one is refused by us", async () => {
      const orderId = await desk.resting();
      await desk.cancel(orderId);
      await desk.until(orderId, "canceled");
      const { status } = await rig.node.admin.ask(cancelOrder, { orderId });
      expect(status).toBe(409);
    });

    it("a cancel that comes too late leaves the order filled", async () => {
      const orderId = await desk.resting();
      await rig.side.fill(orderId, "99");
      const { status } = await rig.node.admin.ask(cancelOrder, { orderId });
      expect([200, 409]).toContain(status);
      expect((await desk.until(orderId, "filled")).cumQuantity).toBe("10");
      await rig.node.settled();
      expect((await desk.order(orderId)).status).toBe("filled");
    });

    it("an amendment changes the order, which stays one order", async () => {
      const orderId = await desk.resting();
      await desk.amend(orderId, { price: "98.5", quantity: "8" });
      const { price, quantity } = await desk.amended(orderId);
      expect([price, quantity]).toEqual(["98.5", "8"]);
      await rig.side.fill(orderId, "98");
      expect((await desk.until(orderId, "filled")).cumQuantity).toBe("8");
      expect(await rig.side.orders(orderId)).toBe(1);
    });

    it("an amended order can be amended again, and canceled", async () => {
      const orderId = await desk.resting();
      for (const price of ["98", "97"]) {
        await desk.amend(orderId, { price });
        expect((await desk.amended(orderId)).price).toBe(price);
      }
      await desk.cancel(orderId);
      await desk.until(orderId, "canceled");
    });

    it("one client order id sent twice is one order", async () => {
      const orderId = await desk.resting();
      for (const isRepeat of [true, false])
        expect(await desk.submit(orderId, isRepeat)).toEqual({ outcome: "accepted" });
      expect(await rig.side.orders(orderId)).toBe(1);
      await desk.cancel(orderId);
      await desk.until(orderId, "canceled");
    });

    for (const fault of ["dropReply", "lateReply", "dropRequest", "serverError"] as const)
      on(fault)(`${fault}: a sending whose outcome is not known ends as one order`, async () => {
        await rig.side.fault(fault);
        const orderId = await desk.place();
        await desk.until(orderId, "new");
        expect(await desk.events(orderId)).toContain("OrderMarkedUnknown");
        expect(await rig.side.orders(orderId)).toBe(1);
        await rig.side.heal();
        await desk.cancel(orderId);
        await desk.until(orderId, "canceled");
      });

    on("rateLimit")("too many calls are waited out, and the order is sent then", async () => {
      await rig.side.fault("rateLimit");
      const orderId = await desk.place();
      await desk.until(orderId, "new");
      expect(await rig.side.orders(orderId)).toBe(1);
    });

    on("cancelRefused")(
      "a refused cancel leaves the order working, and may be asked again",
      async () => {
        const orderId = await desk.resting();
        await rig.side.fault("cancelRefused");
        await desk.cancel(orderId);
        await desk.event(orderId, "CancelRejected");
        expect((await desk.order(orderId)).status).toBe("new");
        await rig.side.heal();
        await desk.cancel(orderId);
        await desk.until(orderId, "canceled");
      },
    );

    on("replaceRefused")("a refused amendment leaves the order as it was", async () => {
      const orderId = await desk.resting();
      await rig.side.fault("replaceRefused");
      await desk.amend(orderId, { price: "98" });
      await desk.event(orderId, "ReplaceRejected");
      const { status, price } = await desk.until(orderId, "new");
      expect([status, price]).toEqual(["new", "99"]);
      await rig.side.fill(orderId, "99");
      await desk.until(orderId, "filled");
    });

    on("replaceReplyDropped")("an amendment whose reply is lost is made once", async () => {
      const orderId = await desk.resting();
      await rig.side.fault("replaceReplyDropped");
      await desk.amend(orderId, { price: "98" });
      expect((await desk.amended(orderId)).price).toBe("98");
      expect(await desk.count(orderId, "OrderReplaced")).toBe(1);
      await rig.side.fill(orderId, "98");
      await desk.until(orderId, "filled");
      expect(await rig.side.orders(orderId)).toBe(1);
    });

    on("streamCut")("what happens while the line is cut is made up for", async () => {
      const orderId = await desk.resting();
      await rig.side.fault("streamCut");
      await rig.side.fill(orderId, "99");
      await rig.side.heal();
      expect((await desk.until(orderId, "filled")).averagePrice).toBe("99");
    });

    for (const fault of ["streamReplayed", "streamReordered"] as const)
      on(fault)(`${fault}: each execution counts once`, async () => {
        const orderId = await desk.resting();
        await rig.side.fault(fault);
        const parts = hasPartFills ? ["2", "3"] : [];
        for (const quantity of parts) await rig.side.fill(orderId, "99", quantity);
        await rig.side.fill(orderId, "98");
        await rig.side.heal();
        expect((await desk.until(orderId, "filled")).cumQuantity).toBe("10");
        await rig.node.settled();
        expect(await desk.trades(orderId)).toHaveLength(parts.length + 1);
        expect(await desk.events(orderId)).not.toContain("ReportConflicted");
      });

    it("asking for an order and comparing the books tell nothing new: reports have names of their own", async () => {
      const orderId = await desk.resting();
      await rig.side.fill(orderId, "99", hasPartFills ? "4" : undefined);
      await desk.until(orderId, hasPartFills ? "partiallyFilled" : "filled");
      await rig.node.settled();
      const before = await desk.events(orderId);
      await desk.find(orderId);
      const { accountId } = rig;
      if (accountId !== null) await rig.node.admin.call(reconcileBrokerAccount, { accountId });
      await rig.node.settled();
      expect(await desk.events(orderId)).toEqual(before);
      if (hasPartFills) await desk.cancel(orderId);
    });

    it("an order that the broker ends by itself is ended", async () => {
      const { side } = rig;
      if (side.cancel === undefined) return;
      const orderId = await desk.resting();
      await side.cancel(orderId);
      await desk.until(orderId, "canceled");
    });

    it("the account shows open orders, positions and cash", async () => {
      const { accountId, node, symbol } = rig;
      if (accountId === null) return;
      const { isUsable, text } = await node.admin.call(testBrokerAccount, { accountId });
      expect([isUsable, text]).toEqual([true, expect.any(String)]);
      const orderId = await desk.resting();
      const open = await node.admin.call(getBrokerOrders, { accountId });
      expect(open.data.find((order) => order.orderId === orderId)).toMatchObject({
        symbol,
        side: "buy",
        quantity: "10",
        cumQuantity: "0",
      });
      const held = async () => {
        const { data } = await node.admin.call(getBrokerPositions, { accountId });
        return data.find((position) => position.symbol === symbol)?.quantity ?? "0";
      };
      const before = await held();
      await rig.side.fill(orderId, "99");
      await desk.until(orderId, "filled");
      expect(await held()).toBe(sum([before, "10"]));
      const { data: balances } = await node.admin.call(getBrokerBalances, { accountId });
      expect(balances.length).toBeGreaterThan(0);
    });

    const { unsupported } = setup;
    const orSkip = unsupported === null ? it.skip : it;
    orSkip("what the broker does not take is denied by name, and never sent", async () => {
      const answer = await rig.node.admin.ask(createOrder, desk.order10(unsupported ?? {}));
      expect(answer.status).toBe(422);
      // sound: a problem of a denied order
      const { reasons, orderId } = JSON.parse(answer.text) as {
        readonly reasons: readonly { readonly code: string }[];
        readonly orderId: string;
      };
      expect(reasons.map(({ code }) => code).join()).toMatch(/_UNSUPPORTED$/);
      expect(await rig.side.orders(orderId)).toBe(0);
    });
  });
}

/** Orders on a rig. */
class RigDesk {
  readonly #rig: BrokerRig;

  constructor(rig: BrokerRig) {
    this.#rig = rig;
  }

  order10(changes: RouteInput = {}): RouteInput {
    const { portfolioId, symbol, orderFields } = this.#rig;
    return {
      portfolioId,
      symbol,
      side: "buy",
      type: "limit",
      price: "99",
      quantity: "10",
      timeInForce: "gtc",
      ...orderFields,
      ...changes,
    };
  }

  async place(): Promise<string> {
    await this.#rig.market.play({ [this.#rig.symbol]: "100" });
    const key = { "idempotency-key": randomUUID() };
    return (await this.#rig.node.admin.call(createOrder, this.order10(), key)).orderId;
  }

  async resting(): Promise<string> {
    const orderId = await this.place();
    await this.until(orderId, "new");
    return orderId;
  }

  order(orderId: string): Promise<OrderView> {
    return this.#rig.node.admin.call(getOrder, { orderId });
  }

  until(orderId: string, status: OrderStatus): Promise<OrderView> {
    return eventually(`order ${orderId} to be ${status}`, async () => {
      const order = await this.order(orderId);
      return order.status === status ? order : null;
    });
  }

  cancel(orderId: string): Promise<unknown> {
    return this.#rig.node.admin.call(cancelOrder, { orderId });
  }

  amend(orderId: string, terms: RouteInput): Promise<unknown> {
    return this.#rig.node.admin.call(amendOrder, { orderId, ...terms });
  }

  /** The order once nothing of its amendments is pending. */
  amended(orderId: string): Promise<OrderView> {
    return eventually(`order ${orderId} to be amended`, async () => {
      const order = await this.order(orderId);
      return order.status === "pendingReplace" ? null : order;
    });
  }

  async events(orderId: string): Promise<readonly string[]> {
    const events = await this.#rig.node.admin.all(getOrderEvents, { orderId, order: "asc" });
    return events.map(({ type }) => type);
  }

  async count(orderId: string, type: string): Promise<number> {
    return (await this.events(orderId)).filter((found) => found === type).length;
  }

  event(orderId: string, type: string): Promise<true> {
    return eventually(`${type} of order ${orderId}`, async () =>
      (await this.count(orderId, type)) > 0 ? true : null,
    );
  }

  trades(orderId: string) {
    return this.#rig.node.admin.all(listTrades, { orderId, order: "asc" });
  }

  async submit(orderId: string, isRepeat: boolean): Promise<SubmitOutcome> {
    const order = await this.#payload(orderId);
    const sending = { marketTimeMs: null, isRepeat };
    return this.#rig.node.context.broker.call("brokers.submit", { order, sending });
  }

  async find(orderId: string): Promise<boolean> {
    const order = await this.#payload(orderId);
    return this.#rig.node.context.broker.call("brokers.find", { order });
  }

  /** As the order's own effect sends it. */
  async #payload(orderId: string): Promise<SubmitPayload> {
    const { venue, symbol, quantity, price, currency } = await this.order(orderId);
    const { brokerAccountId } = this.#rig.orderFields;
    return {
      clOrdId: orderId,
      orderId,
      venue: venue ?? "",
      symbol,
      side: "buy",
      ordType: "limit",
      orderQty: quantity,
      price,
      timeInForce: "gtc",
      worstPrice: price,
      currency: currency ?? "",
      multiplier: "1",
      lotSize: "1",
      assetClass: "equity",
      ...(brokerAccountId !== undefined && { accountId: brokerAccountId }),
    };
  }
}

function sum(values: readonly string[]): string {
  return values.reduce((total, value) => total.plus(value), dec(0)).toFixed();
}
