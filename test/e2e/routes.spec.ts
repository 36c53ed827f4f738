import { tmpdir } from "node:os";
import { isPermitted } from "../../mixins/rest/permissions.ts";
import type { AnyRoute } from "../../mixins/rest/route.ts";
import { ROUTES } from "../../mixins/rest/routes/index.ts";
import type { HttpClient, HttpRequest, RouteInput } from "../support/http.ts";
import { EventStream } from "../support/http-stream.ts";
import { withNode } from "../support/node.ts";
import { WEBHOOK_SECRET } from "../support/signing-client.ts";
import { bodyText, forgedCursors, hostileRequests, pathOf } from "./hostile.ts";
import { expectProblem, problemOf } from "./problems.ts";
import { CASES, makeWorld } from "./route-cases.ts";
import type { RouteCase, World } from "./route-cases.ts";

const CONCURRENCY = 16;
/** More than a route's body may have; 256 KiB where it does not say. */
const tooLarge = ({ bodyMaxBytes = 262_144 }: AnyRoute): string =>
  JSON.stringify({ name: "x".repeat(bodyMaxBytes) });

/** Every route, its case, and a name to call it by. */
const routes = ROUTES.map((route: AnyRoute) => ({
  name: `${route.method} ${route.path}`,
  route,
  // sound: the table has an entry for every action
  test: CASES[route.action as keyof typeof CASES],
}));
const having = (matches: (entry: (typeof routes)[number]) => boolean) =>
  routes.filter((entry) => matches(entry)).map((entry) => [entry.name, entry] as const);

describe("each route", () => {
  const node = withNode({
    env: {
      BROKER_HOSTS: "127.0.0.1",
      DATA_FILES_DIR: tmpdir(),
      // Nobody listens there: what is collected fails, and nothing leaves this machine.
      TREASURY_URL: "http://127.0.0.1:9",
      ALTERNATIVE_WEBHOOKS: `desk-hook:${WEBHOOK_SECRET}`,
    },
  });
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(node());
  });

  const who = (test: RouteCase): HttpClient | Promise<HttpClient> =>
    (test.who ?? (({ trader }: World) => trader))(world);

  const request = (route: AnyRoute, input: RouteInput): HttpRequest => ({
    method: route.method,
    path: pathOf(route, input),
    ...(route.body !== null && { body: bodyText(route, input) }),
  });

  describe.each(having(({ test }) => test.isStream !== true))(
    "%s, asked as it should be",
    (_, { route, test }) => {
      it("answers as its contract says", async () => {
        const client = await who(test);
        const input = await test.input(world);
        if (route.response !== null || route.status === 204) {
          await client.call(route, input);
          return;
        }
        const answer = await client.ask(route, input);
        expect(answer.status).toBe(200);
        expect(answer.headers["content-type"]).toBeDefined();
      });
    },
  );

  it.each(having(({ route, test }) => route.method === "GET" && test.isStream !== true))(
    "%s answers HEAD without a body, and If-None-Match with 304",
    async (_, { route, test }) => {
      const client = await who(test);
      const asked = request(route, await test.input(world));
      const head = await client.send({ ...asked, method: "HEAD" });
      expect([head.status, head.text]).toEqual([200, ""]);
      const { etag } = head.headers;
      if (etag === undefined || isEverNew(route)) return;
      const again = await client.send({ ...asked, headers: { "if-none-match": etag } });
      expect([again.status, again.text]).toEqual([304, ""]);
    },
  );

  it("GET /api/stream opens a stream", async () => {
    const stream = await EventStream.open(world.trader, ["orders", "bars:ACME:1d"]);
    expect(stream.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    await stream.close();
  });

  describe.each(having(({ route }) => route.permission !== null))(
    "%s, without permission",
    (_, { route, test }) => {
      it("is refused without a token, with a bad one, and after the session has ended", async () => {
        const asked = request(route, await test.input(world));
        const missing = await world.anonymous.send(asked);
        expectProblem(missing, "UNAUTHENTICATED");
        expect(missing.headers["www-authenticate"]).toBe("Bearer");
        for (const authorization of badCredentials(world.trader.token ?? "")) {
          const refused = await world.anonymous.send({ ...asked, headers: { authorization } });
          expect(problemOf(refused).status).toBe(401);
        }
        expectProblem(await world.ended.send(asked), "TOKEN_EXPIRED");
      });

      it("is refused to a role that has not its permission", async () => {
        const { permission } = route;
        if (permission === null || isPermitted("viewer", permission)) return;
        const asked = request(route, await test.input(world));
        expect(expectProblem(await world.viewer.send(asked), "FORBIDDEN").detail).toContain(
          permission,
        );
      });
    },
  );

  it.each(having(({ test }) => test.isOwned === true))(
    "%s: what is another's, or another tenant's, is not there",
    async (_, { route, test }) => {
      const asked = request(route, await test.input(world));
      const absent = await world.neighbour.send(asked);
      expectProblem(absent, "NOT_FOUND");
      expectProblem(await world.foreigner.send(asked), "NOT_FOUND");
    },
  );

  describe.each(having(() => true))("%s, asked wrongly", (_, { route, test }) => {
    const fields = Object.keys({ ...route.params, ...route.query, ...route.body });
    let client: HttpClient;
    let input: RouteInput;

    beforeAll(async () => {
      client = await who(test);
      input = await test.input(world);
    });

    it("names an unknown field of the address", async () => {
      const { path, ...rest } = request(route, input);
      const asked = { ...rest, path: `${path}${path.includes("?") ? "&" : "?"}colour=red` };
      expectProblem(await client.send(asked), "VALIDATION_FAILED", ["colour"]);
    });

    it("names an unknown field of the body, __proto__ too", async () => {
      for (const name of ["colour", "__proto__", "constructor"]) {
        const known = bodyText(route, input).slice(1, -1);
        const body = `{${known}${known === "" ? "" : ","}"${name}":{"isAdmin":true}}`;
        const asked = { method: route.method, path: pathOf(route, input), body };
        expectProblem(await client.send(asked), "VALIDATION_FAILED", [name]);
      }
    });

    it("names each required field that is missing", async () => {
      const inBody = Object.entries(route.body ?? {});
      const required = [...Object.entries(route.query), ...inBody].filter(
        ([, field]) => !field.isOptional && field.hasDefault !== true,
      );
      for (const [name] of required) {
        const { [name]: _left, ...rest } = input;
        expectProblem(await client.send(request(route, rest)), "VALIDATION_FAILED", [name]);
      }
    });

    it("names each field of the body that has the wrong type", async () => {
      for (const name of Object.keys(route.body ?? {})) {
        const body = bodyText(route, input, { [name]: '{"no":["such","thing"]}' });
        const answer = await client.send({ ...request(route, input), body });
        const { errors = [] } = expectProblem(answer, "VALIDATION_FAILED");
        expect(errors.some(({ path }) => path === name || path.startsWith(`${name}.`))).toBe(true);
      }
    });

    it("refuses a body that is not JSON, not announced as JSON, no object, or too large", async () => {
      const asked = { method: route.method, path: pathOf(route, input) };
      for (const body of ["{", "{'a':1}", "NaN", '{"a":NaN}', '{"a":1}}', "\u0000", "{,}"]) {
        expectProblem(await client.send({ ...asked, body }), "MALFORMED_JSON");
      }
      for (const type of ["text/plain", "application/xml", "application/json; charset=latin1"]) {
        const headers = { "content-type": type };
        expectProblem(
          await client.send({ ...asked, headers, body: "{}" }),
          "UNSUPPORTED_MEDIA_TYPE",
        );
      }
      for (const body of ["[]", "1", '"text"', "null"]) {
        expectProblem(await client.send({ ...asked, body }), "VALIDATION_FAILED");
      }
      expectProblem(await client.send({ ...asked, body: tooLarge(route) }), "PAYLOAD_TOO_LARGE");
    });

    it("says which methods its path knows", async () => {
      const path = pathOf(route, input);
      const refused = await client.send({ method: "TRACE", path });
      expectProblem(refused, "METHOD_NOT_ALLOWED");
      expect(refused.headers.allow).toContain(route.method);
    });

    it("takes no cursor that it has not given", async () => {
      if (!Object.hasOwn(route.query, "cursor")) return;
      const { cursor: _none, ...rest } = input;
      const answers = await inParallel(forgedCursors(), (cursor) =>
        client.send(request(route, { ...rest, cursor })),
      );
      expect(answers).toHaveLength(forgedCursors().length);
      for (const answer of answers) {
        if (answer.status !== 200) expectProblem(answer, "VALIDATION_FAILED", ["cursor"]);
      }
    });

    it(`survives hostile values in ${fields.length === 0 ? "no field" : fields.join(", ")}`, async () => {
      const send = async (asked: HttpRequest) => ({ asked, answer: await client.send(asked) });
      const workers = atOnce(route);
      const answers = await inParallel(hostileRequests(route, input), send, workers);
      const broken = answers.filter(({ answer }) => answer.status >= 500);
      expect(broken.map(({ asked, answer }) => ({ ...asked, text: answer.text }))).toEqual([]);
      for (const { answer } of answers) if (answer.status >= 400) problemOf(answer);
    });
  });
});

describe("hostile headers", () => {
  const node = withNode();

  it.each([
    ["Idempotency-Key", "x".repeat(256)],
    ["Idempotency-Key", " "],
    ["Idempotency-Key", "clé"],
    ["Idempotency-Key", "a b"],
  ])("%s: %s is refused by name", async (name, value) => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "1" };
    const headers = { [name]: Buffer.from(value).toString("latin1") };
    const answer = await node().admin.send({
      method: "POST",
      path: "/api/portfolios",
      headers,
      body,
    });
    expectProblem(answer, "VALIDATION_FAILED", ["Idempotency-Key"]);
  });

  it("keeps a request id that can stand in a log, and makes one otherwise", async () => {
    const ask = (id: string) =>
      node().anonymous.send({
        method: "GET",
        path: "/health/live",
        headers: { "x-request-id": id },
      });
    expect((await ask("trace-1/2")).headers["x-request-id"]).toBe("trace-1/2");
    expect((await ask('"><script>')).headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(["/api/nothing", "/", "/api/orders/", "/api/orders/x/y/z", "//", "/api/docs/..%2fx"])(
    "there is nothing at %s for a stranger to learn",
    async (path) => {
      const answer = await node().anonymous.send({ method: "GET", path });
      expect([401, 404]).toContain(problemOf(answer).status);
    },
  );

  it("an address that cannot be decoded is refused", async () => {
    const answer = await node().admin.send({ method: "GET", path: "/api/orders/%zz" });
    expectProblem(answer, "MALFORMED_REQUEST");
  });

  it("the published document has every route and no other", async () => {
    const { text } = await node().anonymous.send({ method: "GET", path: "/api/openapi.json" });
    // sound: an OpenAPI document has paths
    const { paths } = JSON.parse(text) as { readonly paths: Record<string, object> };
    const published = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const expected = ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(published.toSorted()).toEqual(expected.toSorted());
  });
});

/** Answers that differ each time by what they tell. */
function isEverNew({ action }: AnyRoute): boolean {
  return [
    "api.metrics",
    "portfolios.get",
    "portfolios.list",
    "portfolios.positions",
    "portfolio-risk.report",
    "limits.get",
    "limits.getTenant",
    "limits.live",
    "system.actors",
    "system.members",
  ].includes(action);
}

/** Made of one that is good. */
function badCredentials(token: string): readonly string[] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  return [
    "Bearer",
    "Bearer  ",
    "Bearer not-a-token",
    "Basic YWRtaW46YWRtaW4=",
    `Bearer ${header}.${payload}.`,
    `Bearer ${unsigned}.${payload}.`,
    `Bearer ${unsigned}.${payload}.${signature}`,
    `Bearer ${header}.${payload}.${signature.toUpperCase()}`,
    `Bearer ${"x".repeat(4_000)}`,
  ];
}

/** Attempts to sign in take turns, each as slow as a password's hash; of files only so many may be on their way. */
function atOnce({ action, multipart }: AnyRoute): number {
  if (action === "auth.login") return 1;
  return multipart === undefined ? CONCURRENCY : 4;
}

async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  workers = CONCURRENCY,
): Promise<readonly R[]> {
  const results: R[] = [];
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift())
      results.push(await work(item));
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}
