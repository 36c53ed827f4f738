import { createOrder } from "../../../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { ready } from "../../../../mixins/rest/routes/operations.ts";
import type { HttpClient } from "../../../support/http.ts";
import { EventStream } from "../../../support/http-stream.ts";
import type { StreamEvent } from "../../../support/http-stream.ts";
import { NatsServer, describeWithNats } from "../../../support/nats-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { startTestNode } from "../../../support/node.ts";
import type { TestNode } from "../../../support/node.ts";

describeWithNats("streams of a gateway", () => {
  let nats: NatsServer;
  /** hosts every actor, and has a gateway too */
  let host: TestNode;
  /** hosts none */
  let gateway: TestNode;
  let hand: HandMarket;
  let portfolioId: string;
  const streams: EventStream[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
    const env = { NATS_URL: nats.url };
    host = await startTestNode({ env });
    const { database } = host;
    gateway = await startTestNode({ database, env: { ...env, SERVICES: "gateway" } });
    hand = await HandMarket.open(host);
    await hand.list("ACME");
    await hand.play({ ACME: 100 });
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    ({ portfolioId } = await gateway.admin.call(createPortfolio, body));
  });
  afterAll(async () => {
    for (const stream of streams) await stream.close();
    await gateway.stop();
    await host.stop();
    await host.database.drop();
    await nats.remove();
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
  const buy = (client: HttpClient) =>
    client.call(createOrder, {
      portfolioId,
      symbol: "ACME",
      side: "buy",
      type: "market",
      quantity: "3",
    });
  const channels = () => [
    "bars:ACME:1d",
    "quotes:ACME",
    "orders",
    "trades",
    `portfolio:${portfolioId}`,
  ];

  it("tell of orders, trades and portfolios that live on another node, and of its market", async () => {
    const far = await listen(gateway.admin, channels());
    const near = await listen(host.admin, channels());
    const { orderId } = await buy(gateway.admin);
    await hand.play({ ACME: 101 });
    for (const stream of [far, near]) {
      await stream.next("the fill", (event) => says(event, "trades", { orderId, price: "101" }));
      await stream.next("the order", (event) =>
        says(event, "orders", { orderId, status: "filled" }),
      );
      const isBooking = (event: StreamEvent) =>
        says(event, `portfolio:${portfolioId}`, { event: "FillApplied" });
      await stream.next("the booking", isBooking);
      await stream.next("the bar", (event) => says(event, "bars:ACME:1d", { close: "101" }));
      await stream.next("the quote", (event) => says(event, "quotes:ACME", { last: "101" }));
    }
    expect(channelsOf(far)).toEqual(channelsOf(near));
  });

  it("are resumed where they were", async () => {
    const whole = await listen(gateway.admin, ["trades", "bars:ACME:1d"]);
    const first = await listen(gateway.admin, ["trades", "bars:ACME:1d"]);
    await buy(host.admin);
    await hand.play({ ACME: 102 });
    await first.next("the fill", ({ event }) => event === "trades");
    await first.close();
    await buy(host.admin);
    await hand.play({ ACME: 103 });
    const rest = await listen(gateway.admin, ["trades", "bars:ACME:1d"], first.lastId);
    await buy(host.admin);
    await hand.play({ ACME: 104 });
    const isEnd = (event: StreamEvent) => says(event, "trades", { price: "104" });
    await Promise.all([whole.next("the end", isEnd), rest.next("the end", isEnd)]);
    const isBar = (event: StreamEvent) => says(event, "bars:ACME:1d", { close: "104" });
    await Promise.all([whole.next("the bar", isBar), rest.next("the bar", isBar)]);
    expect([...first.events, ...rest.events]).toEqual(whole.events);
  });

  it("go on while NATS is away, and tell nothing twice when it is back", async () => {
    const far = await listen(gateway.admin, ["trades"]);
    const near = await listen(host.admin, ["trades"]);
    await nats.kill();
    await eventually("a gateway that is not ready", async () => {
      const answer = await gateway.anonymous.ask(ready);
      return answer.status === 503 ? true : null;
    });
    for (const price of ["105", "106"]) {
      const { orderId } = await buy(host.admin);
      // Nothing is ever settled while the outbox cannot drain.
      await hand.tick({ ACME: price });
      await near.next("the fill", (event) => says(event, "trades", { orderId, price }));
      await far.next("the fill", (event) => says(event, "trades", { orderId, price }));
    }
    expect((await host.anonymous.ask(ready)).status).toBe(200);
    await nats.resume();
    await eventually("a gateway that is ready", async () => {
      const answer = await gateway.anonymous.ask(ready);
      return answer.status === 200 ? true : null;
    });
    // Moleculer's own connection comes back by itself, a little later.
    await eventually("the other node's answer", async () => {
      const answer = await gateway.admin.ask(getPortfolio, { portfolioId });
      return answer.status === 200 ? true : null;
    });
    const { orderId } = await buy(host.admin);
    await hand.play({ ACME: 107 });
    for (const stream of [far, near]) {
      await stream.next("the fill", (event) => says(event, "trades", { orderId, price: "107" }));
      const told = ["105", "106", "107"].map((price) =>
        stream.events.filter((event) => says(event, "trades", { price })),
      );
      expect(told.map(({ length }) => length)).toEqual([1, 1, 1]);
      expect(stream.events).toEqual(told.flat());
    }
  });

  it("come without any error in the log but the loss of NATS", () => {
    const errors = [...host.errors, ...gateway.errors];
    expect(errors.filter((line) => !line.includes('"msg":"DISCONNECT"'))).toEqual([]);
  });
});

/** An order may be told of as it stands already, with a later event: how often it is told does not depend on that. */
/** But for the portfolio's opening, which may reach one of two streams before and the other after it is listened to. */
function channelsOf(stream: EventStream): readonly string[] {
  const isOpening = (event: StreamEvent) => says(event, event.event, { event: "PortfolioOpened" });
  const told = stream.events.filter((event) => !isOpening(event));
  return told.map(({ event }) => event).toSorted();
}

function says({ event, data }: StreamEvent, channel: string, fields: object): boolean {
  if (event !== channel || typeof data !== "object" || data === null) return false;
  const told: object = data;
  return Object.entries(fields).every(([name, value]) => Reflect.get(told, name) === value);
}
