import { collect, putDataSource } from "../../mixins/rest/routes/data-sources.ts";
import { getJob } from "../../mixins/rest/routes/jobs.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { readBars } from "../../models/timescale/bars.ts";
import { ChildNode } from "../support/child-node.ts";
import { createTestDatabase } from "../support/database.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { VendorServer } from "../support/vendor-server.ts";

const EMAIL = "admin@crash.test";
const PASSWORD = "correct horse battery staple";
const SYMBOLS = ["AAA", "BBB", "CCC", "DDD"];
const CSV = "Date,Open,High,Low,Close,Volume\n2024-01-02,1,1,1,1,10\n2024-01-03,2,2,2,2,20";

const stock = (symbol: string) => ({
  symbol,
  name: symbol,
  assetClass: "equity",
  venue: "PAPER",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  multiplier: "1",
  shortable: false,
  calendar: "XNYS",
});

describe("a node that is killed while it collects", () => {
  it("leaves a job that the next one goes on with, and asks for nothing twice that was stored", async () => {
    const directory = await temporaryDirectory();
    const vendor = await VendorServer.start();
    const database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      STOOQ_URL: vendor.url,
      ADMIN_EMAIL: EMAIL,
      ADMIN_PASSWORD: PASSWORD,
      SAMPLE_DATA: "off",
      LOG_LEVEL: "error",
    };
    const askedOf = (): readonly (string | null)[] =>
      vendor.asked.map(({ searchParams }) => searchParams.get("s"));
    let isStalling = true;
    // The third symbol's answer never ends.
    vendor.respond = (url) =>
      isStalling && url.searchParams.get("s") === "ccc.us"
        ? { body: CSV, manner: "stall" }
        : { body: CSV };
    const first = await ChildNode.start({ dataDir: directory.path, env });
    let second: ChildNode | null = null;
    try {
      const admin = await first.client.login(EMAIL, PASSWORD);
      await prepare(admin);
      const range = { start: "2024-01-02", end: "2024-01-04" };
      const asked = { source: "stooq", symbols: SYMBOLS, timeframe: "1d", ...range };
      const { jobId } = await admin.call(collect, asked);
      await eventually("the third symbol", () => (askedOf().includes("ccc.us") ? true : null));
      await first.kill();
      // So that nobody has to wait until the dead node's lease has lapsed.
      await database.pool.query("UPDATE ops.job SET lease_until = clock_timestamp()");
      isStalling = false;
      vendor.asked.length = 0;
      second = await ChildNode.start({ dataDir: directory.path, env });
      const again = await second.client.login(EMAIL, PASSWORD);
      const job = await eventually("the job's end", async () => {
        const now = await again.call(getJob, { jobId });
        return now.status === "running" || now.status === "queued" ? null : now;
      });
      expect([job.status, job.error]).toEqual(["succeeded", undefined]);
      expect(askedOf()).toEqual(["ccc.us", "ddd.us"]);
      for (const symbol of SYMBOLS) {
        const query = { symbol, timeframe: "1d", limit: 9, order: "asc" } as const;
        const bars = await readBars(database.pool, query);
        expect(bars.map(({ close }) => close)).toEqual(["1", "2"]);
      }
    } finally {
      await first.kill();
      await second?.stop();
      await vendor.close();
      await database.drop();
      await directory.remove();
    }
  });
});

async function prepare(admin: HttpClient): Promise<void> {
  for (const symbol of SYMBOLS) await admin.call(putSymbol, stock(symbol));
  await admin.call(putDataSource, {
    sourceId: "stooq",
    isEnabled: true,
    priority: 1,
    rateLimit: { requests: 100, perSeconds: 1 },
  });
}
