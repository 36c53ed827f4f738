import { request } from "node:http";
import type { Server } from "node:http";
import { promisify } from "node:util";
import type { PoolClient } from "pg";
import { getFeatures } from "../../mixins/rest/routes/features.ts";
import type { HttpAnswer, HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const SERIES = { symbol: "ACME", features: "sma_2", timeframe: "1d", limit: 2 };
/** as services/data/features.service.ts sets them */
const AT_ONCE = 2;
const WAITING = 16;

describe("when more is asked for than a node can do at once", () => {
  const node = withNode();
  let admin: HttpClient;
  /** holds the table of bars, so that whoever reads them waits */
  let holder: PoolClient;

  beforeAll(async () => {
    ({ admin } = node());
    const hand = await HandMarket.open(node());
    await hand.list("ACME");
    for (const price of [100, 101, 102]) await hand.play({ ACME: price });
  });
  beforeEach(async () => {
    holder = await node().database.pool.connect();
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE md.bar IN ACCESS EXCLUSIVE MODE");
  });
  afterEach(() => holder.release(true));

  const ask = (): Promise<HttpAnswer> => admin.ask(getFeatures, SERIES);
  const metric = async (name: string): Promise<number> => {
    const { text } = await node().anonymous.send({ method: "GET", path: "/metrics" });
    const line = new RegExp(`^${name}\\{action="features.series"\\} (\\d+)$`, "m").exec(text);
    return Number(line?.[1] ?? "NaN");
  };
  const connections = (): Promise<number> => {
    // sound: moleculer-web puts its server on the service
    const { server } = node().context.broker.getLocalService("api") as unknown as {
      readonly server: Server;
    };
    return promisify(server.getConnections.bind(server))();
  };
  const until = (name: string, value: number) =>
    eventually(`${name} ${value}`, async () => ((await metric(name)) === value ? true : null));

  it("refuses what is too much with 503 and Retry-After, does the rest, and then takes more", async () => {
    const taken = Array.from({ length: AT_ONCE + WAITING }, ask);
    await until("bulkhead_in_flight", AT_ONCE);
    await until("bulkhead_queued", WAITING);

    const refused = await ask();
    expectProblem(refused, "OVERLOADED");
    expect(refused.headers["retry-after"]).toBe("1");
    expect(await metric("bulkhead_rejected_total")).toBe(1);

    await holder.query("ROLLBACK");
    const answers = await Promise.all(taken);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await ask()).status).toBe(200);
    await until("bulkhead_in_flight", 0);
    await until("bulkhead_queued", 0);
  });

  it("does not begin what its client no longer waits for", async () => {
    const taken = Array.from({ length: AT_ONCE }, ask);
    await until("bulkhead_in_flight", AT_ONCE);
    const hangUps = Array.from({ length: 3 }, () => askAndHangUp(admin));
    await until("bulkhead_queued", 3);
    const before = await connections();
    for (const hangUp of hangUps) hangUp();
    await eventually("the hang-ups", async () =>
      (await connections()) === before - hangUps.length ? true : null,
    );

    await holder.query("ROLLBACK");
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200]);
    await until("abandoned_calls_total", 3);
    await until("bulkhead_queued", 0);
  });
});

/** @returns hangs up */
function askAndHangUp({ url, token }: HttpClient): () => void {
  const { symbol, ...query } = SERIES;
  const search = new URLSearchParams({ ...query, limit: String(query.limit) });
  const asked = request(`${url}/api/features/${symbol}?${search.toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  asked.on("error", () => undefined);
  asked.end();
  return () => void asked.destroy();
}
