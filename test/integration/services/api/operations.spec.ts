import { ROUTES } from "../../../../mixins/rest/routes/index.ts";
import { startGateway } from "./gateway.ts";
import type { TestGateway } from "./gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway([]);
});
afterAll(() => gateway.stop());

const get = (path: string): Promise<Response> => fetch(gateway.url + path);

describe("the router and the document", () => {
  it("are the same set of routes", async () => {
    const document = (await (await get("/api/openapi.json")).json()) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
      ),
    );
    const service = gateway.broker.getLocalService("api") as unknown as {
      aliases: { method: string; fullPath: string; action: string }[];
    };
    const routed = service.aliases.map(
      ({ method, fullPath, action }) =>
        `${method} ${fullPath.replace(/:(\w+)/g, "{$1}")} ${action}`,
    );
    expect(documented.toSorted()).toEqual(routed.toSorted());
    expect(documented).toHaveLength(ROUTES.length);
  });

  it("lead to an action each: two routes of one action could not be told apart", () => {
    expect(new Set(ROUTES.map(({ action }) => action)).size).toBe(ROUTES.length);
  });

  it("can be had for one service", async () => {
    const risk = (await (await get("/api/openapi.json?service=risk")).json()) as { paths: object };
    const roots = Object.keys(risk.paths).map((path) => path.split("/").slice(0, 3).join("/"));
    expect([...new Set(roots)].toSorted()).toEqual(["/api/portfolios", "/api/risk"]);
    expect((await get("/api/openapi.json?service=nonsense")).status).toBe(422);
  });

  it("cannot be changed over the bus", () => {
    const actions = gateway.broker.registry
      .getActionList({ onlyLocal: true })
      .map(({ name }: { name: string }) => name);
    expect(actions.filter((name: string) => name.startsWith("api."))).toEqual([]);
  });
});

describe("the documentation", () => {
  it("needs nothing from elsewhere", async () => {
    const page = await get("/api/docs");
    const html = await page.text();
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script>/);
    for (const [, path = ""] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await get(path);
      expect(asset.status).toBe(200);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it.each(["package.json", "..%2Fpackage.json", "index.html"])("has no file %s", async (name) => {
    expect((await get(`/api/docs/${name}`)).status).toBe(404);
  });
});

describe("health", () => {
  it("is live while the process answers", async () => {
    const response = await get("/health/live");
    expect(await response.json()).toEqual({ status: "live" });
  });

  it("is ready when every dependency is, and 503 with their names when not", async () => {
    gateway.readiness = { ready: true, dependencies: { postgres: { ok: true } } };
    const ready = await get("/health/ready");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: "ready",
      dependencies: { postgres: { ok: true } },
    });
    gateway.readiness = { ready: false, dependencies: { postgres: { ok: false, detail: "down" } } };
    const notReady = await get("/health/ready");
    expect(notReady.status).toBe(503);
    expect(await notReady.json()).toMatchObject({ status: "notReady" });
  });
});

it("metrics are in Prometheus' format", async () => {
  const response = await get("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await response.text()).toBe("up 1\n");
});
