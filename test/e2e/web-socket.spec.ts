import { WebSocket } from "ws";
import { logout } from "../../mixins/rest/routes/auth.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";

interface Said {
  readonly type: string;
  readonly event?: string;
  readonly data?: unknown;
}

/** What a WebSocket says until what is waited for has come. */
class Listener {
  readonly said: Said[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #look: () => void = () => undefined;

  constructor(url: string, token: string) {
    const headers = { authorization: `Bearer ${token}` };
    this.#socket = new WebSocket(url.replace("http", "ws"), { headers });
    this.closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.on("message", (data: Buffer) => {
      // sound: the gateway says JSON objects with a type
      this.said.push(JSON.parse(data.toString("utf8")) as Said);
      this.#look();
    });
  }

  async until(what: (said: Said) => boolean): Promise<Said> {
    for (;;) {
      const found = this.said.find(what);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): Promise<number> {
    this.#socket.terminate();
    return this.closed;
  }
}

describe("a WebSocket", () => {
  const node = withNode();
  const listeners: Listener[] = [];
  let hand: HandMarket;
  let trader: TestUser;
  let portfolioId: string;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    await hand.list("ACME");
    await hand.play({ ACME: 100 });
    trader = await signUp(node(), { role: "trader" });
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    ({ portfolioId } = await trader.client.call(createPortfolio, body));
  });

  afterAll(async () => {
    for (const listener of listeners) await listener.close();
  });

  const listen = async (user: TestUser, channels: string): Promise<Listener> => {
    const { url, token } = user.client;
    const listener = new Listener(`${url}/api/ws?channels=${channels}`, token ?? "");
    listeners.push(listener);
    await listener.until(({ event }) => event === "open");
    return listener;
  };

  const buy = (user: TestUser) =>
    user.client.call(createOrder, {
      portfolioId,
      symbol: "ACME",
      side: "buy",
      type: "market",
      quantity: "3",
    });

  it("tells of an order, its fill and the price as they happen", async () => {
    const listener = await listen(trader, "orders,trades");
    listener.say({ type: "subscribe", channels: ["quotes:ACME", `portfolio:${portfolioId}`] });
    await listener.until(({ type }) => type === "subscribed");
    const { orderId } = await buy(trader);
    await hand.play({ ACME: 101 });
    const fill = await listener.until(({ event }) => event === "trades");
    expect(fill.data).toMatchObject({ orderId, price: "101", quantity: "3" });
    const quote = await listener.until(({ event }) => event === "quotes:ACME");
    expect(quote.data).toMatchObject({ symbol: "ACME", last: "101" });
    await listener.until(({ event }) => event === `portfolio:${portfolioId}`);
  });

  it("tells nobody of another's orders, and tells everybody of the market", async () => {
    const stranger = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    const neighbour = await signUp(node(), { role: "trader" });
    const deaf = [
      await listen(stranger, "orders,trades,bars:ACME:1d"),
      await listen(neighbour, "orders,trades,bars:ACME:1d"),
    ];
    await buy(trader);
    await hand.play({ ACME: 102 });
    for (const listener of deaf) {
      await listener.until(({ event }) => event === "bars:ACME:1d");
      expect(listener.said.map(({ event }) => event)).toEqual(["open", "bars:ACME:1d"]);
    }
  });

  it("ends with its session", async () => {
    const guest = await signUp(node(), { role: "viewer" });
    const listener = await listen(guest, "orders");
    await guest.client.call(logout);
    expect(await listener.closed).toBe(4401);
    expect(listener.said.at(-1)).toEqual({ type: "expired" });
  });

  it("is told when its node stops", async () => {
    const listener = await listen(trader, "orders");
    await node().stop();
    expect(await listener.closed).toBe(1001);
  });
});
