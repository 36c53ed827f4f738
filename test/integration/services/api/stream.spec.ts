import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { systemClock } from "../../../../mixins/clock.ts";
import type { StreamMessage } from "../../../../mixins/rest/stream-channels.ts";
import { StreamHub } from "../../../../mixins/rest/stream.ts";
import type { StreamOptions } from "../../../../mixins/rest/stream.ts";
import { eventStreamWire } from "../../../../mixins/rest/stream-wire.ts";
import { eventsOf } from "./events.ts";
import { startGateway } from "./gateway.ts";
import type { TestGateway } from "./gateway.ts";

const MINE = { tenantId: "t1", portfolioId: "p1", ownerId: "u-trader" };

describe("GET /api/stream", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway([]);
  });
  afterAll(() => gateway.stop());

  it("tells what happens on the channels that were asked for, and of one's own things only", async () => {
    const response = await gateway.fetch("/api/stream?channels=orders,quotes:AAPL");
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const next = eventsOf(response);
    expect(await next()).toMatchObject({ event: "open" });
    gateway.publish({ ...MINE, channel: "orders", ownerId: "u-other", data: 1 });
    gateway.publish({ ...MINE, channel: "trades", data: 2 });
    gateway.publish({ channel: "quotes:MSFT", data: 3 });
    gateway.publish({ ...MINE, channel: "orders", data: { orderId: "o-1" } });
    gateway.publish({ channel: "quotes:AAPL", data: { bid: "1" } });
    expect(await next()).toMatchObject({ event: "orders", data: { orderId: "o-1" } });
    expect(await next()).toMatchObject({ event: "quotes:AAPL", data: { bid: "1" } });
  });

  it("goes on after Last-Event-ID", async () => {
    const first = eventsOf(await gateway.fetch("/api/stream?channels=trades"));
    await first();
    gateway.publish({ ...MINE, channel: "trades", data: "seen" });
    const seen = await first();
    gateway.publish({ ...MINE, channel: "trades", data: "missed" });
    gateway.publish({ ...MINE, channel: "trades", ownerId: "u-other", data: "not mine" });
    gateway.publish({ ...MINE, channel: "trades", data: "missed too" });
    const headers = { "last-event-id": seen?.id ?? "" };
    const again = eventsOf(await gateway.fetch("/api/stream?channels=trades", { headers }));
    expect(await again()).toMatchObject({ event: "open" });
    expect(await again()).toMatchObject({ event: "trades", data: "missed" });
    expect(await again()).toMatchObject({ event: "trades", data: "missed too" });
  });

  it.each(["elsewhere-5", "garbage", "x".repeat(500)])("tells of a gap after %p", async (id) => {
    const headers = { "last-event-id": id };
    const next = eventsOf(await gateway.fetch("/api/stream?channels=orders", { headers }));
    await next();
    expect(await next()).toMatchObject({ event: "gap" });
  });

  it.each(["", "?channels=", "?channels=nonsense", "?channels=orders,alarms"])(
    "%p is refused with 422",
    async (query) => {
      const response = await gateway.fetch(`/api/stream${query}`);
      expect(response.status).toBe(422);
    },
  );

  it("needs a session, and ends with it", async () => {
    const anonymous = await fetch(`${gateway.url}/api/stream?channels=orders`);
    expect(anonymous.status).toBe(401);
    const headers = { authorization: `Bearer ${gateway.tokenFor("trader", "s-stream")}` };
    const next = eventsOf(await gateway.fetch("/api/stream?channels=orders", { headers }));
    await next();
    await gateway.broker.broadcast("auth.sessionRevoked", { sessionId: "s-stream" });
    expect(await next()).toMatchObject({ event: "expired" });
    expect(await next()).toBeNull();
  });
});

it("a stop with open streams takes less than a second", async () => {
  const gateway = await startGateway([]);
  const streams = await Promise.all(
    Array.from({ length: 5 }, () => gateway.fetch("/api/stream?channels=orders")),
  );
  const readers = streams.map((stream) => eventsOf(stream));
  await Promise.all(readers.map((next) => next()));
  const start = performance.now();
  await gateway.stop();
  expect(performance.now() - start).toBeLessThan(1000);
  const [next] = readers;
  expect(await next?.()).toMatchObject({ event: "comment" });
  expect(await next?.()).toBeNull();
});

describe("the hub", () => {
  const cleanUp: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const step of cleanUp.splice(0)) await step();
  });

  async function openHub(options: Partial<StreamOptions>, expiresInMs = 60_000) {
    let listener: (message: StreamMessage) => void = () => undefined;
    const source = {
      subscribe(added: typeof listener) {
        listener = added;
        return () => undefined;
      },
    };
    const hub = new StreamHub({ source, clock: systemClock, ...options });
    hub.open();
    const user = {
      userId: "u",
      tenantId: "t1",
      role: "trader",
      email: "",
      sessionId: "s",
    } as const;
    const server = createServer((req, res) => {
      const lastEventId = String(req.headers["last-event-id"] ?? "") || null;
      const expiresAtMs = Date.now() + expiresInMs;
      const channels = new Set(["bars:A:1d"]);
      hub.add(eventStreamWire(res), { user, channels, expiresAtMs, lastEventId });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanUp.push(
      () => hub.close(),
      () => new Promise((resolve) => server.close(resolve)),
    );
    const { port } = server.address() as AddressInfo;
    const publish = (data: StreamMessage["data"]): void =>
      listener({ channel: "bars:A:1d", tenantId: null, portfolioId: null, ownerId: null, data });
    return { hub, port, url: `http://127.0.0.1:${port}`, publish };
  }

  it("sends a sign of life while nothing happens", async () => {
    const { url } = await openHub({ heartbeatMs: 20 });
    const next = eventsOf(await fetch(url));
    await next();
    expect(await next()).toMatchObject({ event: "comment" });
  });

  it("ends a stream when its access token expires", async () => {
    const { url } = await openHub({}, 30);
    const next = eventsOf(await fetch(url));
    await next();
    expect(await next()).toMatchObject({ event: "expired" });
    expect(await next()).toBeNull();
  });

  it("keeps the last events only, and tells of a gap before them", async () => {
    const { url, publish } = await openHub({ keptMessages: 3 });
    const opened = await eventsOf(await fetch(url))();
    for (let value = 1; value <= 4; value += 1) publish(value);
    const headers = { "last-event-id": opened?.id ?? "" };
    const late = eventsOf(await fetch(url, { headers }));
    await late();
    expect(await late()).toMatchObject({ event: "gap" });
    const inTime = { "last-event-id": (opened?.id ?? "").replace(/\d+$/, "1") };
    const next = eventsOf(await fetch(url, { headers: inTime }));
    await next();
    expect([await next(), await next(), await next()].map((event) => event?.data)).toEqual([
      2, 3, 4,
    ]);
  });

  it("cuts off a client that does not read", async () => {
    const { port, publish } = await openHub({ maxWaitingBytes: 100_000 });
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    const cutOff = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    await new Promise<void>((resolve) => {
      socket.once("readable", resolve);
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    const large = "x".repeat(1_000_000);
    for (let count = 0; count < 20; count += 1) publish(large);
    socket.resume();
    await expect(cutOff).resolves.toBeUndefined();
  });

  it("admits so many streams of one user and no more", async () => {
    const { hub } = await openHub({ maxStreamsPerUser: 0 });
    const user = {
      userId: "u",
      tenantId: "t1",
      role: "trader",
      email: "",
      sessionId: "s",
    } as const;
    const subscription = { user, channels: new Set<string>(), expiresAtMs: 0, lastEventId: null };
    const add = (): unknown => hub.add(undefined as never, subscription);
    expect(add).toThrow("streams are open already");
    await hub.close();
    expect(add).toThrow("shutting down");
  });
});
