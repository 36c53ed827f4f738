import { connect } from "node:net";
import { WebSocket } from "ws";
import { startGateway } from "./gateway.ts";
import type { TestGateway } from "./gateway.ts";

const MINE = { tenantId: "t1", portfolioId: "p1", ownerId: "u-trader" };

interface Said {
  readonly type: string;
  readonly id?: string;
  readonly event?: string;
  readonly data?: unknown;
  readonly code?: string;
  readonly channels?: readonly string[];
}

/** Everything that a WebSocket says, one after the other; null at its end. */
class Client {
  readonly socket: WebSocket;
  readonly #said: (Said | null)[] = [];
  #waiter: ((said: Said | null) => void) | null = null;
  closeCode = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    // sound: the gateway says JSON objects with a type
    socket.on("message", (data: Buffer) => this.#take(JSON.parse(data.toString("utf8")) as Said));
    socket.on("close", (code) => {
      this.closeCode = code;
      this.#take(null);
    });
    socket.on("error", () => undefined);
  }

  say(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  next(): Promise<Said | null> {
    const said = this.#said.shift();
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  #take(said: Said | null): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter === null) this.#said.push(said);
    else waiter(said);
  }
}

describe("/api/ws", () => {
  let gateway: TestGateway;
  const clients: Client[] = [];
  beforeAll(async () => {
    gateway = await startGateway([], { cors: { origins: ["https://desk.example.com"] } });
  });
  afterEach(() => {
    for (const { socket } of clients.splice(0)) socket.terminate();
  });
  afterAll(() => gateway.stop());

  function open(query = "", headers: Record<string, string> = {}, protocols: string[] = []) {
    const authorization = `Bearer ${gateway.tokenFor("trader")}`;
    const own: Record<string, string> = protocols.length === 0 ? { authorization } : {};
    const url = `${gateway.url.replace("http", "ws")}/api/ws${query}`;
    const client = new Client(new WebSocket(url, protocols, { headers: { ...own, ...headers } }));
    clients.push(client);
    return client;
  }

  const refusal = (query: string, headers: Record<string, string>, path = "/api/ws") =>
    new Promise<{ status: number; type: string | undefined }>((resolve, reject) => {
      const url = `${gateway.url.replace("http", "ws")}${path}${query}`;
      const socket = new WebSocket(url, { headers });
      socket.on("unexpected-response", (_request, response) => {
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] });
        response.resume();
      });
      socket.on("open", () => reject(new Error("expected a refusal, found a WebSocket")));
      socket.on("error", () => undefined);
    });

  it("tells what /api/stream tells: one's own things, on the channels asked for", async () => {
    const client = open("?channels=orders,bars:AAPL:1m");
    expect(await client.next()).toMatchObject({ type: "event", event: "open" });
    gateway.publish({ ...MINE, channel: "orders", ownerId: "u-other", data: 1 });
    gateway.publish({ ...MINE, channel: "trades", data: 2 });
    gateway.publish({ ...MINE, channel: "orders", data: { orderId: "o-1" } });
    gateway.publish({ channel: "bars:AAPL:1m", data: { close: "1" } });
    expect(await client.next()).toMatchObject({ event: "orders", data: { orderId: "o-1" } });
    expect(await client.next()).toMatchObject({ event: "bars:AAPL:1m", data: { close: "1" } });
  });

  it("subscribes and unsubscribes while it is open", async () => {
    const client = open();
    await client.next();
    client.say({ type: "subscribe", channels: ["orders", "bars:A:1d"] });
    expect(await client.next()).toEqual({ type: "subscribed", channels: ["orders", "bars:A:1d"] });
    client.say({ type: "unsubscribe", channels: ["orders"] });
    expect(await client.next()).toEqual({ type: "subscribed", channels: ["bars:A:1d"] });
    gateway.publish({ ...MINE, channel: "orders", data: 1 });
    gateway.publish({ channel: "bars:A:1d", data: 2 });
    expect(await client.next()).toMatchObject({ event: "bars:A:1d", data: 2 });
    client.say({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
  });

  it("goes on after the last event that was heard", async () => {
    const first = open("?channels=trades");
    await first.next();
    gateway.publish({ ...MINE, channel: "trades", data: "seen" });
    const id = (await first.next())?.id ?? "";
    first.socket.terminate();
    gateway.publish({ ...MINE, channel: "trades", data: "missed" });
    const again = open(`?channels=trades&lastEventId=${id}`);
    await again.next();
    expect(await again.next()).toMatchObject({ data: "missed" });
    again.say({ type: "subscribe", channels: ["orders"], lastEventId: "elsewhere-1" });
    expect(await again.next()).toMatchObject({ event: "gap" });
  });

  it.each([
    ["{", "MALFORMED_JSON"],
    ["[]", "MALFORMED_JSON"],
    [{ type: "shout" }, "VALIDATION_FAILED"],
    [{ type: "subscribe" }, "VALIDATION_FAILED"],
    [{ type: "subscribe", channels: ["nonsense"] }, "VALIDATION_FAILED"],
    [{ type: "subscribe", channels: [1] }, "VALIDATION_FAILED"],
    [{ type: "subscribe", channels: Array(101).fill("orders") }, "VALIDATION_FAILED"],
    [{ type: "subscribe", channels: ["orders"], lastEventId: 7 }, "VALIDATION_FAILED"],
    [{ type: "authenticate", token: "no token" }, "UNAUTHENTICATED"],
    [{ type: "authenticate" }, "VALIDATION_FAILED"],
    [{ __proto__: null, type: "unsubscribe", channels: [] }, "VALIDATION_FAILED"],
  ])("answers %j with %s and goes on", async (message, code) => {
    const client = open();
    await client.next();
    client.say(message);
    expect(await client.next()).toMatchObject({ type: "error", code });
    client.say({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
  });

  it("lets a client go that makes no sense", async () => {
    const client = open();
    await client.next();
    for (let count = 0; count < 20; count += 1) client.say("?");
    for (let count = 0; count < 20; count += 1) await client.next();
    expect(await client.next()).toBeNull();
    expect(client.closeCode).toBe(1008);
  });

  it("answers in the order in which it was asked", async () => {
    const client = open();
    await client.next();
    client.say({ type: "subscribe", channels: ["orders"] });
    client.say({ type: "ping" });
    client.say({ type: "unsubscribe", channels: ["orders"] });
    expect(await client.next()).toEqual({ type: "subscribed", channels: ["orders"] });
    expect(await client.next()).toEqual({ type: "pong" });
    expect(await client.next()).toEqual({ type: "subscribed", channels: [] });
  });

  it("bounds what one client asks for, and lets it go when it will not stop", async () => {
    // A user of its own: the allowance is all connections' together.
    const client = open("", { authorization: `Bearer ${gateway.tokenFor("viewer")}` });
    await client.next();
    const channels = Array.from({ length: 100 }, (_, n) => `quotes:S${n}`);
    for (let count = 0; count < 400; count += 1)
      client.say({ type: "subscribe", channels, lastEventId: "elsewhere-1" });
    const codes = new Map<string, number>();
    for (let said = await client.next(); said !== null; said = await client.next()) {
      const kind = said.code ?? said.event ?? said.type;
      codes.set(kind, (codes.get(kind) ?? 0) + 1);
    }
    expect(client.closeCode).toBe(1008);
    expect(codes.get("RATE_LIMITED")).toBe(20);
    expect(codes.get("subscribed")).toBeLessThan(400);
  });

  it("closes on a message that is too large, and lives", async () => {
    const client = open();
    await client.next();
    client.say("x".repeat(100_000));
    expect(await client.next()).toBeNull();
    expect(client.closeCode).toBe(1009);
  });

  it("takes its token from where a browser can put it", async () => {
    const token = gateway.tokenFor("trader");
    const client = open("?channels=orders", {}, ["quantumalpha.v1", `bearer.${token}`]);
    expect(await client.next()).toMatchObject({ event: "open" });
    expect(client.socket.protocol).toBe("quantumalpha.v1");
  });

  it("ends with its session, and says so", async () => {
    const authorization = `Bearer ${gateway.tokenFor("trader", "s-socket")}`;
    const client = open("?channels=orders", { authorization });
    await client.next();
    await gateway.broker.broadcast("auth.sessionRevoked", { sessionId: "s-socket" });
    expect(await client.next()).toEqual({ type: "expired" });
    expect(await client.next()).toBeNull();
    expect(client.closeCode).toBe(4401);
  });

  it("is prolonged by a newer token of the same user, and by no other", async () => {
    const client = open();
    await client.next();
    client.say({ type: "authenticate", token: gateway.tokenFor("trader") });
    expect(await client.next()).toMatchObject({ type: "authenticated" });
    client.say({ type: "authenticate", token: gateway.tokenFor("admin") });
    expect(await client.next()).toMatchObject({ type: "error", code: "FORBIDDEN" });
  });

  it.each([
    ["without a token", "", {}, 401],
    ["with a bad token", "", { authorization: "Bearer no" }, 401],
  ])("%s it is refused", async (_, query, headers, status) => {
    expect(await refusal(query, headers)).toEqual({ status, type: "application/problem+json" });
  });

  it("pages of other origins are refused, those of ours and of the configuration are not", async () => {
    const authorization = `Bearer ${gateway.tokenFor("trader")}`;
    const asked = await refusal("", { authorization, origin: "https://evil.example.com" });
    expect(asked.status).toBe(403);
    for (const origin of ["https://desk.example.com", gateway.url]) {
      expect(await open("", { origin }).next()).toMatchObject({ event: "open" });
    }
  });

  it("says what is wrong with its query, and ends", async () => {
    for (const query of ["?channels=nonsense", "?colour=red", "?channels=quotes:"]) {
      const client = open(query);
      expect(await client.next()).toMatchObject({ type: "error", code: "VALIDATION_FAILED" });
      expect(await client.next()).toBeNull();
      expect(client.closeCode).toBe(1008);
    }
  });

  it("is nowhere else, and no answer to an ordinary request", async () => {
    const authorization = `Bearer ${gateway.tokenFor("trader")}`;
    expect((await refusal("", { authorization }, "/api/orders")).status).toBe(404);
    const plain = await gateway.fetch("/api/ws");
    expect(plain.status).toBe(426);
    expect(plain.headers.get("upgrade")).toBe("websocket");
  });

  it("survives bytes that are no WebSocket", async () => {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), "127.0.0.1");
    const lines = ["GET /api/ws HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"];
    const auth = `Authorization: Bearer ${gateway.tokenFor("trader")}`;
    const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined).on("data", () => undefined);
    socket.write(`${[...lines, auth].join("\r\n")}\r\n\r\n\u0000\u0001garbage`);
    await ended;
    expect((await gateway.fetch("/health/live")).status).toBe(200);
  });
});
