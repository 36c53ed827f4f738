import { PLAIN_EXECUTION } from "../../domain/ai/signals/execution.ts";
import { upsertStrategy } from "../../models/strategies.ts";
import { logout } from "../../mixins/rest/routes/auth.ts";
import { cancelOrder, createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import type { HttpClient } from "../support/http.ts";
import { EventStream } from "../support/http-stream.ts";
import type { StreamEvent } from "../support/http-stream.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";

describe("a stream", () => {
  const node = withNode();
  const streams: EventStream[] = [];
  let hand: HandMarket;
  let trader: TestUser;
  let portfolioId: string;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    await hand.list("ACME");
    await hand.play({ ACME: 100 });
    trader = await signUp(node(), { role: "trader" });
    portfolioId = await open(trader.client);
  });

  afterAll(async () => {
    for (const stream of streams) await stream.close();
  });

  const listen = async (
    client: HttpClient,
    channels: readonly string[],
    lastEventId?: string | null,
  ): Promise<EventStream> => {
    const stream = await EventStream.open(client, channels, lastEventId);
    streams.push(stream);
    return stream;
  };

  const order = { symbol: "ACME", side: "buy", type: "market", quantity: "3" };
  const buy = (client = trader.client, from = portfolioId) =>
    client.call(createOrder, { portfolioId: from, ...order });

  it("tells of bars, quotes, orders, trades and the portfolio as they happen", async () => {
    const portfolio = `portfolio:${portfolioId}`;
    const all = ["bars:ACME:1d", "quotes:ACME", "orders", "trades", portfolio];
    const stream = await listen(trader.client, all);
    const { orderId } = await buy();
    await stream.next("an open order", (event) =>
      says(event, "orders", { status: "new", orderId }),
    );
    await hand.play({ ACME: 101 });
    await stream.next("the fill", (event) => says(event, "trades", { orderId, price: "101" }));
    await stream.next("the order", (event) => says(event, "orders", { status: "filled", orderId }));
    await stream.next("the bar", (event) => says(event, "bars:ACME:1d", { close: "101" }));
    await stream.next("the quote", (event) => says(event, "quotes:ACME", { last: "101" }));
    await stream.next("the booking", (event) => says(event, portfolio, { event: "FillApplied" }));
    expect(new Set(stream.events.map(({ event }) => event))).toEqual(new Set(all));
  });

  it("tells of signals", async () => {
    const stream = await listen(trader.client, ["signals"]);
    const own = await open(trader.client);
    await upsertStrategy(node().database.pool, {
      strategyId: "cross",
      portfolioId: own,
      tenantId: "default",
      name: "Cross",
      symbols: ["ACME"],
      timeframe: "1d",
      kind: "crossover",
      parameters: { fast: "sma_2", slow: "sma_3" },
      sizing: { method: "fixedFraction", fraction: "0.1" },
      allowShort: false,
      maxPosition: null,
      execution: PLAIN_EXECUTION,
      maxOpenPositions: null,
      cooldownBars: null,
      maxDailyLoss: null,
      status: "running",
    });
    for (const price of [90, 80, 120]) await hand.play({ ACME: price });
    const isBuy = (event: StreamEvent) => says(event, "signals", { side: "buy" });
    expect(await stream.next("a signal to buy", isBuy)).toBeDefined();
  });

  it("goes on when a strategy cannot be run: nothing of it stops the market", async () => {
    await upsertStrategy(node().database.pool, {
      strategyId: "broken",
      portfolioId,
      tenantId: "default",
      name: "Cross",
      symbols: ["ACME"],
      timeframe: "1d",
      kind: "crossover",
      parameters: { fast: "nonsense_5", slow: "sma_3" },
      sizing: { method: "fixedFraction", fraction: "0.1" },
      allowShort: false,
      maxPosition: null,
      execution: PLAIN_EXECUTION,
      maxOpenPositions: null,
      cooldownBars: null,
      maxDailyLoss: null,
      status: "running",
    });
    const stream = await listen(trader.client, ["bars:ACME:1d"]);
    await hand.play({ ACME: 121 });
    await stream.next("the bar", (event) => says(event, "bars:ACME:1d", { close: "121" }));
    const [complaint, ...more] = node().errors.splice(0);
    expect(complaint).toContain("a strategy cannot run on this bar");
    expect(more).toEqual([]);
    await node().database.pool.query("DELETE FROM md.strategy WHERE id = 'broken'");
  });

  it("numbers its events in their order", async () => {
    const stream = await listen(trader.client, ["orders", "bars:ACME:1d"]);
    for (const price of [100, 101, 102]) {
      await buy();
      await hand.play({ ACME: price });
    }
    await stream.next("the last bar", (event) => says(event, "bars:ACME:1d", { close: "102" }));
    const numbers = stream.events.map(({ id }) => Number(id?.split("-")[1]));
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  });

  it("loses nothing over a lost connection, and repeats nothing, when it is resumed", async () => {
    const channels = ["orders", "trades", "bars:ACME:1d", `portfolio:${portfolioId}`];
    const whole = await listen(trader.client, channels);
    const first = await listen(trader.client, channels);
    const heard: StreamEvent[] = [];
    let part = first;
    for (let price = 110; price < 120; price++) {
      await buy();
      await part.next("an order", ({ event }) => event === "orders");
      await part.close();
      heard.push(...part.events);
      await hand.play({ ACME: price });
      part = await listen(trader.client, channels, part.lastId);
    }
    await hand.play({ ACME: 120 });
    const isLast = (event: StreamEvent) => says(event, "bars:ACME:1d", { close: "120" });
    await Promise.all([whole.next("the end", isLast), part.next("the end", isLast)]);
    expect([...heard, ...part.events]).toEqual(whole.events);
  });

  it("says so when it cannot go on where it was", async () => {
    for (const id of ["nonsense", "abc-12", "0-0"]) {
      const stream = await listen(trader.client, ["orders"], id);
      const gap = await stream.next("a gap", ({ event }) => event === "gap");
      expect(gap.data).toEqual({ lastEventId: id });
    }
  });

  it("tells nobody of another's orders, trades and portfolios", async () => {
    const channels = ["orders", "trades", `portfolio:${portfolioId}`, "bars:ACME:1d"];
    const others = await Promise.all([
      signUp(node(), { role: "trader" }),
      signUp(node(), { role: "trader", tenantId: "elsewhere" }),
      signUp(node(), { role: "admin", tenantId: "elsewhere" }),
    ]);
    const deaf = await Promise.all(others.map(({ client }) => listen(client, channels)));
    const overseer = await signUp(node(), { role: "compliance" });
    const seeing = await listen(overseer.client, channels);
    const { orderId } = await buy();
    await hand.play({ ACME: 122 });
    const isEnd = (event: StreamEvent) => says(event, "bars:ACME:1d", { close: "122" });
    await Promise.all([...deaf, seeing].map((stream) => stream.next("the bar", isEnd)));
    for (const stream of deaf)
      expect(stream.events.map(({ event }) => event)).toEqual(["bars:ACME:1d"]);
    await seeing.next("the fill", (event) => says(event, "trades", { orderId }));
  });

  it("does not replay another's past to whoever asks for it by Last-Event-ID", async () => {
    const own = await listen(trader.client, ["orders", "bars:ACME:1d"]);
    await hand.play({ ACME: 123 });
    const start = await own.next("a bar", ({ event }) => event.startsWith("bars"));
    const { orderId } = await buy();
    await trader.client.ask(cancelOrder, { orderId });
    await node().settled();
    const stranger = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    const stream = await listen(stranger.client, ["orders", "bars:ACME:1d"], start.id);
    await hand.play({ ACME: 124 });
    await stream.next("the bar", (event) => says(event, "bars:ACME:1d", { close: "124" }));
    expect(stream.of("orders")).toEqual([]);
  });

  it.each([
    ["news", 422],
    ["orders,portfolio:", 422],
    ["bars:ACME", 422],
    ["quotes:*", 422],
  ])("is refused for %s", async (channels, status) => {
    await expect(EventStream.open(trader.client, [channels])).rejects.toThrow(
      `no stream: ${status}`,
    );
  });

  it("ends, saying so, when its session is ended", async () => {
    const guest = await signUp(node(), { role: "viewer" });
    const stream = await listen(guest.client, ["orders"]);
    await guest.client.call(logout);
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).toEqual(["expired"]);
  });
});

async function open(client: HttpClient): Promise<string> {
  const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
  return (await client.call(createPortfolio, body)).portfolioId;
}

function says({ event, data }: StreamEvent, channel: string, fields: object): boolean {
  if (event !== channel || typeof data !== "object" || data === null) return false;
  const told: object = data;
  return Object.entries(fields).every(([name, value]) => Reflect.get(told, name) === value);
}
