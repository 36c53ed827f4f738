import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context, ServiceSchema } from "moleculer";
import { Refusal } from "../../../../domain/shared/errors.ts";
import { remainingMs } from "../../../../mixins/resilience/deadline.ts";
import { denied, notFound, unavailable } from "../../../../mixins/rest/rest-error.ts";
import { createOrder, getOrder, listOrders } from "../../../../mixins/rest/routes/orders.ts";
import { getSymbol, putSymbol } from "../../../../mixins/rest/routes/symbols.ts";
import type { RequestMeta } from "../../../../types/contracts.ts";
import { post, startGateway } from "./gateway.ts";
import type { TestGateway } from "./gateway.ts";

/** What the orders service was called with last. */
let seen: { params: unknown; meta: RequestMeta; leftMs: number } | null = null;
const symbols = Array.from({ length: 40 }, (_, index) => ({
  symbol: `S${index}`,
  name: "x".repeat(50),
}));

const ordersStandIn: ServiceSchema = {
  name: "orders",
  actions: {
    create: {
      params: createOrder.input.validator,
      handler(ctx: Context<{ portfolioId: string; symbol: string }, RequestMeta>) {
        seen = { params: ctx.params, meta: { ...ctx.meta }, leftMs: remainingMs(ctx) };
        const { portfolioId, symbol } = ctx.params;
        if (portfolioId === "poor") {
          const reason = {
            code: "INSUFFICIENT_BUYING_POWER",
            message: "too dear",
            limit: "1",
            observed: "2",
          } as const;
          throw denied([reason], "o-denied");
        }
        if (portfolioId === "replayed") ctx.meta.isReplay = true;
        if (portfolioId === "dry") ctx.meta.$statusCode = 200;
        return { orderId: "o-1", symbol };
      },
    },
    list: {
      params: listOrders.input.validator,
      handler: (ctx) => ({ data: [ctx.params], nextCursor: null }),
    },
    get: {
      params: getOrder.input.validator,
      async handler(ctx: Context<{ orderId: string }>) {
        switch (ctx.params.orderId) {
          case "absent":
            throw notFound("order", "absent");
          case "broken":
            throw new Error("secret of the house");
          case "closed":
            throw new Refusal("conflict", "ORDER_CLOSED", "it is filled", { ordStatus: "filled" });
          case "down":
            throw unavailable("the store is away", 7);
          case "slow":
            await sleep(2000);
        }
        return { orderId: ctx.params.orderId };
      },
    },
  },
};

const symbolsStandIn: ServiceSchema = {
  name: "symbols",
  actions: {
    list: { handler: () => ({ data: symbols, nextCursor: null }) },
    get: { params: getSymbol.input.validator, handler: (ctx: Context<object>) => ctx.params },
    put: { params: putSymbol.input.validator, handler: (ctx) => ctx.params },
    secret: { handler: () => "not in the table" },
  },
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway([ordersStandIn, symbolsStandIn], {
    cors: { origins: ["https://desk.example"] },
    requestTimeoutMs: 1000,
  });
});
afterAll(() => gateway.stop());

const ORDER = { portfolioId: "p", symbol: "AAPL", side: "buy", type: "market", quantity: 10 };

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return (await response.json()) as Record<string, unknown>;
}

describe("a command", () => {
  it("reaches its action with canonical values, who asks, and until when", async () => {
    const response = await gateway.fetch(
      "/api/orders",
      post({ ...ORDER, type: "limit", price: "190.10" }),
    );
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ orderId: "o-1", symbol: "AAPL" });
    expect(seen?.params).toEqual({
      ...ORDER,
      type: "limit",
      quantity: "10",
      price: "190.1",
      timeInForce: "day",
    });
    expect(seen?.meta.user).toMatchObject({ userId: "u-trader", tenantId: "t1", role: "trader" });
    expect(seen?.meta.address).toBe("127.0.0.1");
    expect(seen?.leftMs).toBeGreaterThan(0);
    expect(seen?.leftMs).toBeLessThanOrEqual(1000);
  });

  it.each([
    ["an unknown field", { ...ORDER, colour: "red" }, "colour", "UNKNOWN_FIELD"],
    ["a type that is none", { ...ORDER, type: "pegged" }, "type", "UNSUPPORTED_VALUE"],
    [
      "a time in force that is none",
      { ...ORDER, timeInForce: "gat" },
      "timeInForce",
      "UNSUPPORTED_VALUE",
    ],
    ["a stop order without its stop", { ...ORDER, type: "stop" }, "stopPrice", "REQUIRED"],
    ["a gtd order without its end", { ...ORDER, timeInForce: "gtd" }, "expireAt", "REQUIRED"],
    ["a limit order without a price", { ...ORDER, type: "limit" }, "price", "REQUIRED"],
    ["a market order with one", { ...ORDER, price: 1 }, "price", "INVALID_VALUE"],
    ["no quantity", { ...ORDER, quantity: 0 }, "quantity", "OUT_OF_RANGE"],
    [
      "a field of the prototype",
      JSON.parse('{"__proto__":1}') as object,
      "__proto__",
      "UNKNOWN_FIELD",
    ],
  ])("with %s is 422 and names the field", async (_what, body, path, code) => {
    const response = await gateway.fetch("/api/orders", post(body));
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem["code"]).toBe("VALIDATION_FAILED");
    expect(problem["errors"]).toContainEqual(expect.objectContaining({ path, code }));
  });

  it.each(["1.00000000000000000001", "1e2", "0.12345678901234567"])(
    "with the number %s is asked for a string",
    async (quantity) => {
      const body = JSON.stringify(ORDER).replace(":10", `:${quantity}`);
      const problem = await problemOf(await gateway.fetch("/api/orders", post(body)));
      expect(problem["errors"]).toEqual([
        expect.objectContaining({ path: "quantity", code: "IMPRECISE_NUMBER" }),
      ]);
    },
  );

  it("with digits in a text is not mistaken for one with a long number", async () => {
    const clOrdId = "1e5-12345678901234567890";
    expect((await gateway.fetch("/api/orders", post({ ...ORDER, clOrdId }))).status).toBe(201);
  });

  it("with a field in the wrong place is refused", async () => {
    const response = await gateway.fetch("/api/orders?dryRun=true", post(ORDER));
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({
      errors: [{ path: "dryRun", code: "UNKNOWN_FIELD" }],
    });
  });

  it("that is denied tells every reason and the order on record", async () => {
    const response = await gateway.fetch("/api/orders", post({ ...ORDER, portfolioId: "poor" }));
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({
      code: "ORDER_DENIED",
      orderId: "o-denied",
      reasons: [{ code: "INSUFFICIENT_BUYING_POWER", limit: "1", observed: "2" }],
    });
  });

  it("takes an Idempotency-Key, and says when the answer was given before", async () => {
    const replayed = { ...ORDER, portfolioId: "replayed" };
    const response = await gateway.fetch(
      "/api/orders",
      post(replayed, { "idempotency-key": "k-1" }),
    );
    expect(seen?.meta.idempotencyKey).toBe("k-1");
    expect(response.headers.get("idempotent-replayed")).toBe("true");
    const first = await gateway.fetch("/api/orders", post(ORDER));
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(seen?.meta.idempotencyKey).toBeUndefined();
  });

  it.each(["", "with space", "k".repeat(256)])("refuses the key %p", async (key) => {
    const response = await gateway.fetch("/api/orders", post(ORDER, { "idempotency-key": key }));
    expect(response.status).toBe(422);
  });

  it("answers with the status that its action chose", async () => {
    const response = await gateway.fetch("/api/orders", post({ ...ORDER, portfolioId: "dry" }));
    expect(response.status).toBe(200);
  });
});

describe("a body", () => {
  it.each([
    ["that is not JSON", "{", "application/json", 400, "MALFORMED_JSON"],
    ["that is nothing", "", "application/json", 422, "VALIDATION_FAILED"],
    ["that is a list", "[]", "application/json", 422, "VALIDATION_FAILED"],
    ["that is text", "{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["in another charset", "{}", "application/json; charset=latin1", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["that nests without end", "[".repeat(200_000), "application/json", 400, "MALFORMED_JSON"],
    ["that is too large", `"${"x".repeat(262_144)}"`, "application/json", 413, "PAYLOAD_TOO_LARGE"],
  ])("%s is refused", async (_what, body, type, status, code) => {
    const response = await gateway.fetch("/api/orders", post(body, { "content-type": type }));
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ status, code, instance: "/api/orders" });
  });

  it("of bytes that are no UTF-8 is refused", async () => {
    const init = { ...post(""), body: new Uint8Array([0x22, 0xff, 0x22]) };
    expect((await gateway.fetch("/api/orders", init)).status).toBe(400);
  });

  it("in chunks beyond the limit is refused", async () => {
    const chunks = Array.from({ length: 5 }, () => Buffer.alloc(65_536, " "));
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    const init = { ...post(""), body, duplex: "half" } as RequestInit;
    expect((await gateway.fetch("/api/orders", init)).status).toBe(413);
  });

  it("is not ignored where none belongs", async () => {
    const response = await gateway.fetch("/api/orders/x", { ...post({ a: 1 }), method: "DELETE" });
    expect(await problemOf(response)).toMatchObject({
      errors: [{ path: "a", code: "UNKNOWN_FIELD" }],
    });
  });
});

describe("a query", () => {
  it("is read by its schema", async () => {
    const query = "status=new,filled&since=2026-03-02&limit=5&order=asc&symbol=BTC-USD";
    const response = await gateway.fetch(`/api/orders?${query}`);
    const { data } = (await response.json()) as { data: unknown[] };
    const since = Date.UTC(2026, 2, 2);
    expect(data).toEqual([
      { status: ["new", "filled"], since, limit: 5, order: "asc", symbol: "BTC-USD" },
    ]);
  });

  it.each([
    ["limit=0", "limit", "OUT_OF_RANGE"],
    ["limit=abc", "limit", "INVALID_TYPE"],
    ["limit=1&limit=2", "limit", "INVALID_VALUE"],
    ["status=new,odd", "status[1]", "UNSUPPORTED_VALUE"],
    ["since=never", "since", "INVALID_VALUE"],
    ["colour=red", "colour", "UNKNOWN_FIELD"],
    ["symbol=%00", "symbol", "INVALID_VALUE"],
  ])("%s is 422 and names %s", async (query, path, code) => {
    const response = await gateway.fetch(`/api/orders?${query}`);
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors).toEqual([expect.objectContaining({ path, code })]);
  });
});

describe("an error", () => {
  it.each([
    ["absent", 404, "NOT_FOUND", null],
    ["closed", 409, "ORDER_CLOSED", null],
    ["down", 503, "UNAVAILABLE", "7"],
    ["slow", 503, "TIMED_OUT", "1"],
    ["broken", 500, "INTERNAL_ERROR", null],
  ])("of an order that is %s is %d %s", async (orderId, status, code, retryAfter) => {
    const response = await gateway.fetch(`/api/orders/${orderId}`);
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code, instance: `/api/orders/${orderId}` });
    expect(problem["requestId"]).toBe(response.headers.get("x-request-id"));
    expect(JSON.stringify(problem)).not.toContain("secret");
  });

  it("of a service that is not there is 503, and never 404", async () => {
    const response = await gateway.fetch("/api/trades");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("2");
  });

  it.each([
    "/",
    "/api",
    "/api/nothing",
    "/orders/get",
    "/symbols/secret",
    "/api/symbols/secret/x",
    "/api/orders/a/b",
  ])("of the path %s is 404", async (path) => {
    const response = await gateway.fetch(path);
    expect(response.status).toBe(404);
    expect((await problemOf(response))["code"]).toBe("NOT_FOUND");
  });

  it("of a method is 405 and tells the others", async () => {
    const response = await gateway.fetch("/api/symbols", { method: "PATCH" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("OPTIONS, HEAD, GET");
  });

  it("of an address that cannot be decoded is 400", async () => {
    expect((await gateway.fetch("/api/orders/%ff")).status).toBe(400);
  });
});

describe("a read", () => {
  it("is not sent again to who has it", async () => {
    const first = await gateway.fetch("/api/symbols/AAPL");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    const again = await gateway.fetch("/api/symbols/AAPL", {
      headers: { "if-none-match": `"x", ${etag}` },
    });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
    const other = await gateway.fetch("/api/symbols/MSFT", { headers: { "if-none-match": etag } });
    expect(other.status).toBe(200);
  });

  it("is compressed when it is worth it and wanted", async () => {
    const large = await gateway.fetch("/api/symbols");
    expect(large.headers.get("content-encoding")).toBe("gzip");
    expect(await large.json()).toMatchObject({ data: symbols });
    const plain = await gateway.fetch("/api/symbols", {
      headers: { "accept-encoding": "identity" },
    });
    expect(plain.headers.get("content-encoding")).toBeNull();
    const refused = await gateway.fetch("/api/symbols", {
      headers: { "accept-encoding": "gzip;q=0" },
    });
    expect(refused.headers.get("content-encoding")).toBeNull();
    const small = await gateway.fetch("/api/symbols/AAPL");
    expect(small.headers.get("content-encoding")).toBeNull();
  });

  it("can be asked for its headers alone", async () => {
    const head = await gateway.fetch("/api/symbols/AAPL", { method: "HEAD" });
    const get = await gateway.fetch("/api/symbols/AAPL");
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect(await head.text()).toBe("");
  });

  it("finds its path with a slash at the end too", async () => {
    expect((await gateway.fetch("/api/symbols/AAPL/")).status).toBe(200);
  });
});

describe("a request id", () => {
  it("is the client's when it may stand in a header and a log", async () => {
    const headers = { "x-request-id": "abc-1" };
    expect((await gateway.fetch("/health/live", { headers })).headers.get("x-request-id")).toBe(
      "abc-1",
    );
  });

  it.each(["x y", "<script>", "x".repeat(129)])("%p is replaced", async (id) => {
    const { headers } = await gateway.fetch("/health/live", { headers: { "x-request-id": id } });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a page of another origin", () => {
  const ask = (origin: string): Promise<Response> =>
    gateway.fetch("/api/orders", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });

  it("that is listed may call", async () => {
    const { status, headers } = await ask("https://desk.example");
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe("https://desk.example");
    expect(headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
  });

  it("that is not listed is not told that it may", async () => {
    const { headers } = await ask("https://evil.example");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  it("asks, and nothing is carried out", async () => {
    seen = null;
    await gateway.fetch("/api/orders", { method: "OPTIONS" });
    await ask("https://desk.example");
    expect(seen).toBeNull();
  });
});

it("a body that is refused unread does not become the next request", async () => {
  const { port } = new URL(gateway.url);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const req = request({ port, host: "127.0.0.1", method: "POST", path: "/api/orders" }, (res) => {
      expect(res.headers.connection).toBe("close");
      resolve(res.statusCode);
      req.destroy();
    });
    req.on("error", reject);
    req.setHeader("content-type", "application/json");
    req.setHeader("content-length", 1000);
    req.write("{");
  });
  expect(status).toBe(401);
});
