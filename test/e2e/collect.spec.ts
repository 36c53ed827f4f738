import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { collect, listDataSources, putDataSource } from "../../mixins/rest/routes/data-sources.ts";
import { createFeatureSet } from "../../mixins/rest/routes/feature-sets.ts";
import { getFeatures } from "../../mixins/rest/routes/features.ts";
import { cancelJob, getJob, listJobs } from "../../mixins/rest/routes/jobs.ts";
import type { JobView } from "../../mixins/rest/routes/jobs.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { listCorporateActions } from "../../models/corporate-actions.ts";
import { readBars, storeBars } from "../../models/timescale/bars.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";
import { DIALECTS } from "../support/vendor-dialects.ts";
import type { VendorRow } from "../support/vendor-dialects.ts";
import { VendorServer } from "../support/vendor-server.ts";
import { leaveJob } from "./jobs.ts";
import { expectProblem } from "./problems.ts";

/** The sessions of New York in January 2024: the first was a holiday, and so was the fifteenth. */
const SESSIONS = [2, 3, 4, 5, 8, 9, 10, 11, 12, 16, 17, 18, 19, 22, 23, 24, 25, 26, 29, 30, 31];
const JANUARY = { start: "2024-01-01", end: "2024-02-01" };

function day(date: number, close = 100 + date): VendorRow {
  const startMs = Date.UTC(2024, 0, date);
  const text = String(close);
  return { startMs, open: text, high: text, low: text, close: text, volume: "1000" };
}

const dialect = (sourceId: string) => {
  const found = DIALECTS.find((one) => one.sourceId === sourceId);
  if (found === undefined) throw new Error(`no dialect ${sourceId}`);
  return found;
};

interface Results {
  readonly symbols: readonly {
    readonly symbol: string;
    readonly stored: number;
    readonly duplicates: number;
    readonly refused: number;
    readonly gapsLeft: number;
    readonly barsLeft: number;
    readonly source: string | null;
    readonly faults: readonly { readonly source: string; readonly code: string }[];
  }[];
}

describe("collecting", () => {
  let stooq: VendorServer;
  let yahoo: VendorServer;
  let node: TestNode;
  let trader: TestUser;
  let files: string;

  const env = () => ({
    STOOQ_URL: stooq.url,
    YAHOO_URL: yahoo.url,
    DATA_FILES_DIR: files,
  });

  beforeAll(async () => {
    stooq = await VendorServer.start();
    yahoo = await VendorServer.start();
    files = await mkdtemp(join(tmpdir(), "qa-files-"));
    node = await startTestNode({ env: env() });
    trader = await signUp(node, { role: "trader" });
    await setSource("stooq", 70);
    await setSource("yahoo", 60);
  });

  afterAll(async () => {
    await node.stop();
    await node.database.drop();
    await stooq.close();
    await yahoo.close();
    await rm(files, { recursive: true });
  });

  const setSource = (sourceId: string, priority: number) =>
    node.admin.call(putDataSource, {
      sourceId,
      isEnabled: true,
      priority,
      rateLimit: { requests: 1_000, perSeconds: 1 },
    });

  const listStock = (symbol: string) =>
    node.admin.call(putSymbol, {
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

  const ended = (client: HttpClient, jobId: string): Promise<JobView> =>
    eventually("a job that is over", async () => {
      const job = await client.call(getJob, { jobId });
      return job.status === "queued" || job.status === "running" ? null : job;
    });

  const collected = async (source: string, symbol: string): Promise<Results["symbols"][number]> => {
    const body = { source, symbols: [symbol], timeframe: "1d", ...JANUARY };
    const { jobId } = await trader.client.call(collect, body);
    const job = await ended(trader.client, jobId);
    expect([job.status, job.error]).toEqual(["succeeded", undefined]);
    // sound: what jobs of this kind result in
    const [first] = (job.result as unknown as Results).symbols;
    if (first === undefined) throw new Error("one symbol was asked for");
    return first;
  };

  it("stores what is missing, and asks for that alone the next time", async () => {
    await listStock("FULL");
    const rows = SESSIONS.map((date) => day(date));
    stooq.respond = (url) => dialect("stooq").bars(url, rows.slice(0, 10));
    const first = await collected("stooq", "FULL");
    expect(first).toMatchObject({ stored: 10, barsLeft: 11, gapsLeft: 1, source: "stooq" });
    stooq.asked.length = 0;
    stooq.respond = (url) => dialect("stooq").bars(url, rows);
    expect(await collected("stooq", "FULL")).toMatchObject({ stored: 11, barsLeft: 0 });
    expect(stooq.asked.map(({ searchParams }) => searchParams.get("d1"))).toEqual(["20240117"]);
    stooq.asked.length = 0;
    expect(await collected("stooq", "FULL")).toMatchObject({ stored: 0, gapsLeft: 0 });
    expect(stooq.asked).toEqual([]);
    const { data } = await trader.client.call(getBars, { symbol: "FULL", ...JANUARY });
    expect(data.map(({ close }) => close)).toEqual(SESSIONS.map((date) => String(100 + date)));
  });

  it("goes on where the stored bars of each symbol end when nobody says from when on", async () => {
    await listStock("GOON");
    await listStock("NEWLY");
    const { startMs, ...prices } = day(10);
    const bar = { symbol: "GOON", timeframe: "1d", startMs, ...prices, source: "test" } as const;
    await storeBars(node.database.pool, [bar], startMs);
    const asked = async (symbol: string): Promise<string | null | undefined> => {
      stooq.asked.length = 0;
      stooq.respond = (url) => dialect("stooq").bars(url, []);
      const body = { source: "stooq", symbols: [symbol], timeframe: "1d" };
      const { jobId } = await trader.client.call(collect, body);
      await ended(trader.client, jobId);
      return stooq.asked[0]?.searchParams.get("d1");
    };
    expect(await asked("GOON")).toBe("20240111");
    const date = (await asked("NEWLY")) ?? "";
    const atMs = Date.parse(date.replace(/(....)(..)(..)/, "$1-$2-$3"));
    const daysAgo = (Date.now() - atMs) / 86_400_000;
    // A holiday and a weekend may come first.
    expect([daysAgo > 25, daysAgo < 31]).toEqual([true, true]);
  });

  it("has features on record computed anew from the first bar on that it stored", async () => {
    await listStock("KEPT");
    const { client } = trader;
    const features = ["sma_2"];
    await client.call(createFeatureSet, { name: "kept", symbols: ["KEPT"], features });
    for (const date of [30, 31]) {
      const { startMs, ...prices } = day(date);
      const bar = { symbol: "KEPT", timeframe: "1d", startMs, ...prices, source: "test" } as const;
      await storeBars(node.database.pool, [bar], startMs);
      await node.context.broker.call("features.onBar", { bar });
    }
    const asked = { symbol: "KEPT", features: "sma_2", basis: "recorded" };
    expect((await client.call(getFeatures, asked)).features).toEqual({ sma_2: [null, 130.5] });
    stooq.respond = (url) => dialect("stooq").bars(url, [day(26), day(29)]);
    expect(await collected("stooq", "KEPT")).toMatchObject({ stored: 2 });
    expect((await client.call(getFeatures, asked)).features).toEqual({ sma_2: [129.5, 130.5] });
  });

  it("goes on to the next source when one cannot answer, and says why", async () => {
    await listStock("FALLOVER");
    yahoo.respond = () => ({ status: 500, body: "down" });
    const rows = [...SESSIONS.map((date) => day(date)), { ...day(5), high: "1" }];
    stooq.respond = (url) => dialect("stooq").bars(url, rows);
    const result = await collected("auto", "FALLOVER");
    expect(result).toMatchObject({ stored: 21, refused: 1, source: "stooq" });
    expect(result.faults.map(({ source, code }) => `${source} ${code}`)).toEqual([
      "files SOURCE_SYMBOL_UNKNOWN",
      "yahoo SOURCE_UNAVAILABLE",
    ]);
    const { data } = await trader.client.call(listDataSources);
    const of = (id: string) => data.find(({ sourceId }) => sourceId === id)?.health;
    expect(of("yahoo")).toMatchObject({
      state: "failing",
      lastError: { code: "SOURCE_UNAVAILABLE" },
    });
    expect(of("stooq")).toMatchObject({ state: "well" });
    expect(data.map(({ sourceId }) => sourceId).slice(0, 2)).toEqual(["files", "alpaca"]);
  });

  it("waits for a source that says when it may be asked again", async () => {
    await listStock("PATIENT");
    let refusals = 1;
    stooq.respond = (url) => {
      refusals -= 1;
      if (refusals >= 0) return { status: 429, headers: { "retry-after": "0" }, body: "slow down" };
      return dialect("stooq").bars(url, [day(2)]);
    };
    expect(await collected("stooq", "PATIENT")).toMatchObject({ stored: 1, faults: [] });
  });

  it("fails with the source's fault when nobody answered", async () => {
    await listStock("NOBODY");
    stooq.respond = () => ({ status: 401, body: "no" });
    const body = { source: "stooq", symbols: ["NOBODY"], timeframe: "1d", ...JANUARY };
    const { jobId } = await trader.client.call(collect, body);
    const job = await ended(trader.client, jobId);
    expect([job.status, job.error?.code]).toEqual(["failed", "SOURCE_UNAUTHORISED"]);
  });

  it("takes prices as quoted on their date from a source that adjusts for splits", async () => {
    await listStock("SPLIT");
    const atMs = Date.UTC(2024, 0, 10, 14, 30);
    yahoo.respond = () => ({
      body: JSON.stringify({
        chart: {
          result: [
            {
              meta: { gmtoffset: -18_000, currency: "USD" },
              timestamp: [atMs / 1_000, atMs / 1_000 + 86_400],
              events: {
                splits: { x: { date: atMs / 1_000 + 86_400, numerator: 4, denominator: 1 } },
                // 0.24 a share before the split
                dividends: { x: { date: atMs / 1_000, amount: 0.06 } },
              },
              indicators: {
                quote: [
                  {
                    // 185.64 before the split, and 46.25 after it, as float32
                    open: [46.40999984741211, 46.25],
                    high: [46.40999984741211, 46.25],
                    low: [46.40999984741211, 46.25],
                    close: [46.40999984741211, 46.25],
                    volume: [4000, 100],
                  },
                ],
              },
            },
          ],
        },
      }),
    });
    await collected("yahoo", "SPLIT");
    const range = { startMs: Date.UTC(2024, 0, 1), endMs: Date.UTC(2024, 1, 1) };
    const query = { symbol: "SPLIT", timeframe: "1d", limit: 9, order: "asc", ...range } as const;
    const bars = await readBars(node.database.pool, query);
    expect(bars.map(({ close, volume }) => [close, volume])).toEqual([
      ["185.64", "1000"],
      ["46.25", "100"],
    ]);
    expect(bars.map(({ startMs }) => startMs)).toEqual([
      Date.UTC(2024, 0, 10),
      Date.UTC(2024, 0, 11),
    ]);
    const { data: actions } = await listCorporateActions(node.database.pool, {
      symbol: "SPLIT",
      limit: 9,
    });
    expect(actions.map(({ action, source }) => [source, action])).toEqual([
      [
        "yahoo",
        {
          kind: "dividend",
          exDay: Date.UTC(2024, 0, 10) / 86_400_000,
          amount: "0.24",
          currency: "USD",
          referencePrice: null,
        },
      ],
      [
        "yahoo",
        {
          kind: "split",
          exDay: Date.UTC(2024, 0, 11) / 86_400_000,
          newUnits: "4",
          oldUnits: "1",
        },
      ],
    ]);
    expect(await collected("yahoo", "SPLIT")).toMatchObject({ corporateActions: 0 });
  });

  it("reads files as an operator has laid them out, and nothing outside of their directory", async () => {
    await listStock("FILED");
    await mkdir(join(files, "vendor"));
    const csv = "Day,O,H,L,C,Vol\n01/02/2024,1.5,2,1,1.75,10\n";
    await writeFile(join(files, "vendor", "FILED.csv.gz"), gzipSync(csv));
    const columns = {
      timestamp: "Day",
      open: "O",
      high: "H",
      low: "L",
      close: "C",
      volume: "Vol",
    };
    const layout = {
      format: "csv",
      path: "vendor/{symbol}.csv",
      columns,
      dateFormat: "MM/dd/yyyy",
    };
    const set = { sourceId: "files", isEnabled: true, priority: 5 };
    await node.admin.call(putDataSource, { ...set, layouts: [layout] });
    expect(await collected("files", "FILED")).toMatchObject({ stored: 1, source: "files" });
    const outside = { ...layout, path: "../vendor/{symbol}.csv" };
    const refused = await node.admin.ask(putDataSource, { ...set, layouts: [outside] });
    expectProblem(refused, "VALIDATION_FAILED", ["layouts[0].path"]);
  });

  it("refuses what could never be collected", async () => {
    const ask = (change: object) =>
      trader.client.ask(collect, {
        source: "stooq",
        symbols: ["FULL"],
        timeframe: "1d",
        ...JANUARY,
        ...change,
      });
    expectProblem(await ask({ source: "nobody" }), "VALIDATION_FAILED", ["source"]);
    expectProblem(await ask({ symbols: ["FULL", "NONE"] }), "VALIDATION_FAILED", ["symbols[1]"]);
    expectProblem(await ask({ timeframe: "1mo" }), "VALIDATION_FAILED", ["symbols[0]"]);
    expectProblem(await ask({ end: "2023-01-01" }), "VALIDATION_FAILED", ["end"]);
    expectProblem(await ask({ source: "polygon" }), "CONFLICT");
    const minutes = { timeframe: "1m", start: "1990-01-01", source: "auto" };
    expectProblem(await ask(minutes), "VALIDATION_FAILED", ["start"]);
    const ahead = { start: "2190-01-01", end: undefined };
    expectProblem(await ask(ahead), "VALIDATION_FAILED", ["start"]);
  });

  it("gives the same job to the same key, and refuses another body under it", async () => {
    stooq.respond = (url) => dialect("stooq").bars(url, []);
    const body = { source: "stooq", symbols: ["FULL"], timeframe: "1d", ...JANUARY };
    const headers = { "idempotency-key": "once" };
    const first = await trader.client.ask(collect, body, headers);
    const again = await trader.client.ask(collect, body, headers);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    const other = await trader.client.ask(collect, { ...body, end: "2024-01-20" }, headers);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
  });

  it("is cancelled while a source hangs", async () => {
    await listStock("STUCK");
    stooq.respond = () => ({ body: "x".repeat(100), manner: "stall" });
    const body = { source: "stooq", symbols: ["STUCK"], timeframe: "1d", ...JANUARY };
    stooq.asked.length = 0;
    const { jobId } = await trader.client.call(collect, body);
    await eventually("a source that is asked", () => (stooq.asked.length > 0 ? true : null));
    await trader.client.call(cancelJob, { jobId });
    expect((await ended(trader.client, jobId)).status).toBe("cancelled");
    await trader.client.call(cancelJob, { jobId });
  });

  it("fills in what a stream missed", async () => {
    await listStock("MISSED");
    const minuteMs = Date.UTC(2024, 0, 16, 15, 0);
    const rows = [0, 1, 2].map((index) => ({ ...day(16), startMs: minuteMs + index * 60_000 }));
    yahoo.respond = (url) => dialect("yahoo").bars(url, rows);
    const range = { startMs: minuteMs, endMs: minuteMs + 180_000 };
    const asked = { source: "yahoo", symbol: "MISSED", kinds: ["bars"], ...range };
    const filled = await node.context.broker.call("sources.backfill", asked);
    expect(filled).toEqual({ changed: 3 });
  });

  it("lists jobs to their owner and to nobody else", async () => {
    const stranger = await signUp(node, { role: "trader", tenantId: "elsewhere" });
    const own = await trader.client.all(listJobs, { kind: "collect" });
    expect(own.length).toBeGreaterThan(5);
    expect(await stranger.client.all(listJobs)).toEqual([]);
    const [first] = own;
    expectProblem(await stranger.client.ask(getJob, { jobId: first?.jobId }), "NOT_FOUND");
    const done = await leaveJob(node.database.pool, trader.userId, "succeeded");
    expectProblem(await trader.client.ask(cancelJob, { jobId: done }), "CONFLICT");
  });

  it("is taken up again once nobody renews its lease", async () => {
    await listStock("RESUMED");
    const body = { source: "stooq", symbols: ["RESUMED"], timeframe: "1d", ...JANUARY };
    stooq.asked.length = 0;
    stooq.respond = () => ({ body: "x".repeat(100), manner: "stall" });
    const { jobId } = await trader.client.call(collect, body);
    await eventually("a source that is asked", () => (stooq.asked.length > 0 ? true : null));
    // What the store looks like once a node is dead: a lease that nobody renews, held by nobody that runs.
    const killed = `UPDATE ops.job SET claimed_by = 'dead', lease_until = clock_timestamp() - interval '1 s'
                     WHERE job_id = $1`;
    stooq.respond = (url) =>
      dialect("stooq").bars(
        url,
        SESSIONS.map((date) => day(date)),
      );
    await node.database.pool.query(killed, [jobId]);
    const job = await ended(trader.client, jobId);
    expect(job.status).toBe("succeeded");
    expect(job.result).toMatchObject({ symbols: [{ symbol: "RESUMED", stored: 21, barsLeft: 0 }] });
  });

  it("has logged no error in all of that", () => {
    expect(node.errors).toEqual([]);
  });
});
