import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { spawnSync } from "node:child_process";
import { createOrder, getOrderEvents, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { ChildNode } from "../support/child-node.ts";
import { EventStream } from "../support/http-stream.ts";
import { eventually } from "../support/node-eventually.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";

const STOPS_WITHIN_MS = 5_000;

describe("the process", () => {
  let directory: TemporaryDirectory;
  let node: ChildNode | null = null;
  let password: string;

  beforeAll(async () => {
    directory = await temporaryDirectory();
  });

  afterAll(async () => {
    await node?.kill();
    await directory.remove();
  });

  const start = (env: Readonly<Record<string, string>> = {}): Promise<ChildNode> =>
    ChildNode.start({ dataDir: directory.path, env: { LOG_LEVEL: "warn", ...env } });

  it("tells at its first start which stores are embedded, its addresses and the password, once", async () => {
    node = await start({ REPLAY_SPEED: "300" });
    expect(node.told("postgres")).toMatch(/^embedded in .*, PostgreSQL 18/);
    expect(node.told("cache")).toBe("in process");
    expect(node.told("docs")).toBe(`${node.client.url}/api/docs`);
    expect(node.told("e-mail")).toBe("admin@localhost");
    password = (node.told("password") ?? "").split(" ")[0] ?? "";
    expect(password.length).toBeGreaterThanOrEqual(12);
    expect(node.output.split(password).length).toBe(2);
    const { status, text } = await node.client.send({ method: "GET", path: "/health/ready" });
    expect([status, JSON.parse(text)]).toMatchObject([200, { status: "ready" }]);
  });

  it("stops on SIGTERM within five seconds with streams open and orders under way, and loses none", async () => {
    if (node === null) throw new Error("there is no node");
    const admin = await node.client.login("admin@localhost", password);
    const body = { name: "Own", baseCurrency: "USD", initialCash: "100000000" };
    const { portfolioId } = await admin.call(createPortfolio, body);
    const streams = await Promise.all(
      ["orders", "trades", "bars:SPX:1d"].map((channel) => EventStream.open(admin, [channel])),
    );
    await eventually("a bar", () => (streams[2]?.events.length ? true : null));
    const acknowledged: string[] = [];
    const ordering = Array.from({ length: 8 }, async () => {
      const order = { portfolioId, symbol: "SPX", side: "buy", type: "market", quantity: "1" };
      for (;;) {
        try {
          acknowledged.push((await admin.call(createOrder, order)).orderId);
        } catch {
          return;
        }
      }
    });
    await eventually("orders", () => (acknowledged.length > 50 ? true : null));
    const exit = await node.stop();
    await Promise.all([...ordering, ...streams.map(({ ended }) => ended)]);
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.tookMs).toBeLessThan(STOPS_WITHIN_MS);
    expect(node.logged("error")).toEqual([]);

    node = await start({ REPLAY_SPEED: "50" });
    expect(node.output).not.toContain("password");
    const again = await node.client.login("admin@localhost", password);
    const orders = await again.all(listOrders, { portfolioId });
    const known = new Set(orders.map(({ orderId }) => orderId));
    expect(acknowledged.filter((orderId) => !known.has(orderId))).toEqual([]);
    for (const { orderId } of orders.slice(0, 30)) {
      const events = await again.all(getOrderEvents, { orderId });
      expect(events.map(({ type }) => type)).not.toContain("OrderMarkedUnknown");
    }
  });

  it("goes on after a restart: with the same portfolios, and the next bar", async () => {
    if (node === null) throw new Error("there is no node");
    const admin = await node.client.login("admin@localhost", password);
    const [trade] = (await admin.call(listTrades, { limit: 1 })).data;
    const { portfolioId = "" } = trade ?? {};
    expect(await admin.call(getPortfolio, { portfolioId })).toMatchObject({ status: "open" });
    const bars = await admin.all(getBars, { symbol: "SPX" });
    const times = bars.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...new Set(times)].toSorted());
    await eventually("the next bar", async () => {
      const more = await admin.all(getBars, { symbol: "SPX" });
      return more.length > bars.length ? true : null;
    });
  });

  it("stops on SIGTERM with nobody there, at once", async () => {
    const exit = await node?.stop();
    expect(exit).toMatchObject({ code: 0 });
    expect(exit?.tookMs).toBeLessThan(STOPS_WITHIN_MS);
  });

  it("does not start with a bad value, and names each", () => {
    const { status, stderr } = spawnSync(process.execPath, ["services/main.ts"], {
      env: { PORT: "many", REPLAY_SPEED: "-1", DATA_DIR: directory.path },
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain("PORT");
    expect(stderr).toContain("REPLAY_SPEED");
  });

  it("does not start on a port that is taken, and leaves no database behind", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    // sound: a server on TCP has such an address
    const { port } = server.address() as AddressInfo;
    await expect(start({ PORT: String(port) })).rejects.toThrow("EADDRINUSE");
    server.close();
  });
});
