import { sessionOfDate } from "../../domain/market/calendars/calendars.ts";
import { XNYS } from "../../domain/market/calendars/xnys.ts";
import { listAlternativeData } from "../../mixins/rest/routes/alternative-data.ts";
import {
  createCollectionSchedule,
  deleteCollectionSchedule,
  getCollectionSchedule,
  listCollectionSchedules,
  updateCollectionSchedule,
} from "../../mixins/rest/routes/collection-schedules.ts";
import type { CollectionScheduleView } from "../../mixins/rest/routes/collection-schedules.ts";
import { putDataSource } from "../../mixins/rest/routes/data-sources.ts";
import { getJob, listJobs } from "../../mixins/rest/routes/jobs.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";
import { DIALECTS } from "../support/vendor-dialects.ts";
import type { VendorRow } from "../support/vendor-dialects.ts";
import { VendorServer } from "../support/vendor-server.ts";
import { expectProblem } from "./problems.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const today = Math.floor(Date.now() / DAY_MS);
/** One bar for each session of the last fortnight. */
const ROWS: readonly VendorRow[] = Array.from({ length: 14 }, (_, i) => today - 14 + i)
  .filter((date) => sessionOfDate(XNYS, date) !== null)
  .map((date) => {
    const text = String(date - today + 100);
    const prices = { open: text, high: text, low: text, close: text, volume: "1000" };
    return { startMs: date * DAY_MS, ...prices };
  });
const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>
  <item><title>Anvils are dear</title><link>https://wire.example/1</link><guid>w-1</guid>
  <pubDate>${new Date(Date.now() - DAY_MS).toUTCString()}</pubDate></item></channel></rss>`;
const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"];

describe("schedules of collection", () => {
  let stooq: VendorServer;
  let wire: VendorServer;
  let node: TestNode;
  let analyst: TestUser;
  let colleague: TestUser;
  let overseer: TestUser;
  let foreigner: TestUser;

  const start = (database?: TestNode["database"]): Promise<TestNode> =>
    startTestNode({
      env: { STOOQ_URL: stooq.url, NEWS_FEEDS: `wire=${wire.url}/feed.xml` },
      ...(database && { database }),
    });

  beforeAll(async () => {
    stooq = await VendorServer.start();
    wire = await VendorServer.start();
    wire.respond = () => ({ body: FEED, headers: { "content-type": "application/rss+xml" } });
    node = await start();
    analyst = await signUp(node, { role: "analyst" });
    colleague = await signUp(node, { role: "analyst" });
    overseer = await signUp(node, { role: "risk_manager" });
    foreigner = await signUp(node, { role: "trader", tenantId: "elsewhere" });
    await node.admin.call(putDataSource, {
      sourceId: "stooq",
      isEnabled: true,
      priority: 1,
      rateLimit: { requests: 1_000, perSeconds: 1 },
    });
    await node.admin.call(putSymbol, {
      symbol: "ANVL",
      name: "Anvil Works",
      assetClass: "equity",
      venue: "PAPER",
      currency: "USD",
      tickSize: "0.01",
      lotSize: "1",
      multiplier: "1",
      shortable: false,
      calendar: "XNYS",
    });
  });

  beforeEach(() => {
    stooq.respond = (url) => dialect().bars(url, ROWS);
  });

  afterAll(async () => {
    await node.stop();
    await node.database.drop();
    await stooq.close();
    await wire.close();
  });

  const dialect = () => {
    const found = DIALECTS.find(({ sourceId }) => sourceId === "stooq");
    if (found === undefined) throw new Error("there is a dialect of stooq");
    return found;
  };

  const BARS = { source: "stooq", symbols: ["ANVL"], timeframe: "1d" };
  const CLOSES = { calendar: "XNYS", afterCloseMinutes: 30 };
  const bars = { name: "closes", marketData: BARS, dailyAt: CLOSES };
  const create = (body: RouteInput = bars, client: HttpClient = analyst.client) =>
    client.call(createCollectionSchedule, body);
  const read = (scheduleId: string, client: HttpClient = analyst.client) =>
    client.call(getCollectionSchedule, { scheduleId });

  /** As if the clock had come to it. */
  const makeDue = (scheduleId: string, minutesAgo = 0) =>
    node.database.pool.query(
      `UPDATE ops.collection_schedule SET revision = revision + 1,
              due_at = date_trunc('milliseconds', clock_timestamp()) - $2::float8 * interval '1 minute',
              start_at = date_trunc('milliseconds', clock_timestamp()) - $2::float8 * interval '1 minute'
        WHERE schedule_id = $1`,
      [scheduleId, minutesAgo],
    );

  const settled = (scheduleId: string): Promise<CollectionScheduleView> =>
    eventually("a run that is taken note of", async () => {
      const { rows } = await node.database.pool.query(
        "SELECT FROM ops.collection_schedule WHERE schedule_id = $1 AND job_id IS NULL AND last_run IS NOT NULL",
        [scheduleId],
      );
      return rows.length > 0 ? read(scheduleId) : null;
    });

  it("collect bars when they are due, as a job of their user", async () => {
    const made = await create();
    expect(made).toMatchObject({
      ...bars,
      isEnabled: true,
      createdBy: { userId: analyst.userId, role: "analyst" },
      lastRun: null,
      failuresInARow: 0,
    });
    expect(Date.parse(made.nextRunAt ?? "")).toBeGreaterThan(Date.now());
    await makeDue(made.scheduleId);
    const { lastRun, nextRunAt } = await settled(made.scheduleId);
    expect(lastRun).toMatchObject({ status: "succeeded", error: null });
    expect(nextRunAt).toBe(made.nextRunAt);
    const job = await analyst.client.call(getJob, { jobId: lastRun?.jobId });
    expect(job).toMatchObject({ kind: "collect", status: "succeeded" });
    const { data } = await analyst.client.call(getBars, {
      symbol: "ANVL",
      start: (today - 14) * DAY_MS,
    });
    expect(data.map(({ close }) => close)).toEqual(ROWS.map(({ close }) => close));
    // The newest bar is there: what comes after it is asked for, no more.
    stooq.asked.length = 0;
    await makeDue(made.scheduleId);
    await eventually("another run", async () => {
      const { lastRun: last } = await read(made.scheduleId);
      return last?.jobId !== lastRun?.jobId && last?.status === "succeeded" ? true : null;
    });
    const newest = new Date(ROWS.at(-1)?.startMs ?? 0).toISOString().slice(0, 10);
    for (const { searchParams } of stooq.asked)
      expect((searchParams.get("d1") ?? "") > newest.replaceAll("-", "")).toBe(true);
  });

  it("collect alternative data", async () => {
    const alternativeData = { source: "rss-wire", knownAt: "now", lookbackDays: 2 };
    const { scheduleId } = await create({ name: "news", alternativeData, everyMinutes: 15 });
    expect(await read(scheduleId)).toMatchObject({ alternativeData, everyMinutes: 15 });
    await makeDue(scheduleId);
    const { lastRun } = await settled(scheduleId);
    expect(lastRun?.status).toBe("succeeded");
    const { data } = await analyst.client.call(listAlternativeData, { source: "rss-wire" });
    expect(data.map(({ title }) => title)).toEqual(["Anvils are dear"]);
  });

  it("try a source that fails again a minute later, and say why", async () => {
    stooq.respond = () => ({ status: 401, body: "no" });
    const { scheduleId } = await create({
      ...bars,
      marketData: { ...BARS, lookbackDays: 100 },
    });
    await makeDue(scheduleId);
    const failed = await settled(scheduleId);
    expect(failed).toMatchObject({
      failuresInARow: 1,
      lastRun: { status: "failed", error: { code: "SOURCE_UNAUTHORISED" } },
    });
    const waitMs = Date.parse(failed.nextRunAt ?? "") - Date.now();
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(MINUTE_MS);
    stooq.respond = (url) => dialect().bars(url, ROWS);
    await makeDue(scheduleId);
    await eventually("a run that succeeds", async () =>
      (await read(scheduleId)).failuresInARow === 0 ? true : null,
    );
  });

  it("say so when what they ask for cannot be collected any more", async () => {
    const { scheduleId } = await create();
    const stooqIs = (isEnabled: boolean) =>
      node.admin.call(putDataSource, { sourceId: "stooq", isEnabled, priority: 1 });
    await stooqIs(false);
    await makeDue(scheduleId);
    const { lastRun } = await settled(scheduleId);
    expect(lastRun).toEqual({
      dueAt: expect.any(String),
      at: expect.any(String),
      jobId: null,
      status: "notStarted",
      error: { code: "CONFLICT", message: "stooq is disabled" },
    });
    expectProblem(await analyst.client.ask(createCollectionSchedule, bars), "CONFLICT");
    await stooqIs(true);
  });

  it("collect nothing for a user that lost the permission", async () => {
    const leaver = await signUp(node, { role: "analyst" });
    const { scheduleId } = await create(bars, leaver.client);
    const before = await node.admin.all(listJobs, { kind: "collect" });
    await node.database.pool.query(
      "UPDATE identity.app_user SET role = 'viewer' WHERE user_id = $1",
      [leaver.userId],
    );
    await makeDue(scheduleId);
    const refused = await eventually("a run that is refused", async () => {
      const schedule = await read(scheduleId, node.admin);
      return schedule.lastRun === null ? null : schedule;
    });
    expect(refused).toMatchObject({
      createdBy: { role: "analyst" },
      lastRun: { status: "refused", jobId: null, error: { code: "FORBIDDEN" } },
    });
    expect(await node.admin.all(listJobs, { kind: "collect" })).toHaveLength(before.length);
  });

  it("are paused, resumed and changed, and end", async () => {
    const { client } = analyst;
    const { scheduleId } = await create();
    const change = (body: RouteInput) =>
      client.call(updateCollectionSchedule, { scheduleId, ...body });
    expect(await change({ isEnabled: false })).toMatchObject({ isEnabled: false, nextRunAt: null });
    await makeDue(scheduleId, 100_000);
    const resumed = await change({ isEnabled: true });
    expect(Date.parse(resumed.nextRunAt ?? "")).toBeGreaterThan(Date.now());
    const dailyAt = { time: "17:30", timeZone: "America/New_York", weekdays: WEEKDAYS };
    const daily = await change({ name: "evenings", dailyAt });
    expect(daily).toMatchObject({ name: "evenings", marketData: BARS, dailyAt });
    expect(daily.nextRunAt).toMatch(/T2[12]:30:00\.000Z$/);
    const { nextRunAt, updatedAt } = await change({ name: "nights" });
    expect([nextRunAt, updatedAt >= daily.updatedAt]).toEqual([daily.nextRunAt, true]);
    const alternativeData = { source: "rss-wire", knownAt: "published", lookbackDays: 7 };
    const replaced = await change({
      alternativeData: { source: "rss-wire", knownAt: "published" },
      everyMinutes: 60,
    });
    expect(replaced).toMatchObject({ alternativeData, everyMinutes: 60 });
    expect([replaced.marketData, replaced.dailyAt]).toEqual([undefined, undefined]);
    expect(Date.parse(replaced.nextRunAt ?? "") - Date.parse(replaced.updatedAt)).toBe(
      60 * MINUTE_MS,
    );
    expectProblem(
      await client.ask(updateCollectionSchedule, { scheduleId, marketData: BARS, alternativeData }),
      "VALIDATION_FAILED",
      ["alternativeData"],
    );
    expectProblem(
      await client.ask(updateCollectionSchedule, { scheduleId, everyMinutes: 1, dailyAt }),
      "VALIDATION_FAILED",
      ["dailyAt"],
    );
    await client.call(deleteCollectionSchedule, { scheduleId });
    for (const route of [getCollectionSchedule, deleteCollectionSchedule, updateCollectionSchedule])
      expectProblem(await client.ask(route, { scheduleId }), "NOT_FOUND");
  });

  it("are there for their user and who oversees, and changed by who may collect", async () => {
    const { scheduleId } = await create();
    for (const { client } of [colleague, foreigner])
      for (const route of [
        getCollectionSchedule,
        updateCollectionSchedule,
        deleteCollectionSchedule,
      ])
        expectProblem(await client.ask(route, { scheduleId }), "NOT_FOUND");
    expect((await read(scheduleId, overseer.client)).scheduleId).toBe(scheduleId);
    const pause = { scheduleId, isEnabled: false };
    expectProblem(await overseer.client.ask(updateCollectionSchedule, pause), "FORBIDDEN");
    expectProblem(await overseer.client.ask(createCollectionSchedule, bars), "FORBIDDEN");
    const paused = await node.admin.call(updateCollectionSchedule, pause);
    expect(paused.createdBy.userId).toBe(analyst.userId);
    expectProblem(await node.anonymous.ask(listCollectionSchedules), "UNAUTHENTICATED");
    expect(await foreigner.client.all(listCollectionSchedules)).toEqual([]);
  });

  it("are listed a page at a time, in the order in which they were made", async () => {
    const own = await signUp(node, { role: "trader" });
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await create({ ...bars, name, isEnabled: name !== "c" }, own.client);
    const listed = async (query: RouteInput) =>
      (await own.client.all(listCollectionSchedules, query, 2)).map(({ name }) => name);
    expect(await listed({ order: "asc" })).toEqual(names);
    expect(await listed({})).toEqual(names.toReversed());
    expect(await listed({ isEnabled: false })).toEqual(["c"]);
    expect((await node.admin.all(listCollectionSchedules)).length).toBeGreaterThan(5);
  });

  it("are made once under a key, and another body under it is refused", async () => {
    const headers = { "idempotency-key": "nightly" };
    const ask = (body: RouteInput) => analyst.client.ask(createCollectionSchedule, body, headers);
    const first = await ask(bars);
    const again = await ask(bars);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expectProblem(await ask({ ...bars, name: "other" }), "IDEMPOTENCY_KEY_REUSED");
  });

  const rss = { source: "rss-wire" };
  const clock = { time: "17:30", timeZone: "America/New_York" };
  it.each<readonly [string, RouteInput, string]>([
    ["no target", { marketData: undefined }, "marketData"],
    ["two targets", { alternativeData: rss }, "alternativeData"],
    ["no time", { dailyAt: undefined }, "everyMinutes"],
    ["two times", { everyMinutes: 5 }, "dailyAt"],
    ["an empty name", { name: "" }, "name"],
    ["a source that is none", { marketData: { ...BARS, source: "nobody" } }, "marketData.source"],
    [
      "a symbol that is none",
      { marketData: { ...BARS, symbols: ["ANVL", "NONE"] } },
      "marketData.symbols[1]",
    ],
    ["no symbols", { marketData: { ...BARS, symbols: [] } }, "marketData.symbols"],
    ["bars it has not", { marketData: { ...BARS, timeframe: "1mo" } }, "marketData.symbols[0]"],
    [
      "too many bars",
      { marketData: { ...BARS, source: "auto", timeframe: "1m", lookbackDays: 3_650 } },
      "marketData.lookbackDays",
    ],
    ["a start", { marketData: { ...BARS, start: "2024-01-01" } }, "marketData.start"],
    ["no lookback", { marketData: { ...BARS, lookbackDays: 0 } }, "marketData.lookbackDays"],
    [
      "a wire that is none",
      { marketData: undefined, alternativeData: { source: "rss-none" } },
      "alternativeData.source",
    ],
    [
      "what the wire does not heed",
      { marketData: undefined, alternativeData: { ...rss, query: "anvils" } },
      "alternativeData.query",
    ],
    ["a part of a minute", { dailyAt: undefined, everyMinutes: 0.5 }, "everyMinutes"],
    ["no minutes", { dailyAt: undefined, everyMinutes: 0 }, "everyMinutes"],
    ["more than a month", { dailyAt: undefined, everyMinutes: 43_201 }, "everyMinutes"],
    ["nothing of a time", { dailyAt: {} }, "dailyAt.time"],
    ["no zone", { dailyAt: { time: "17:30" } }, "dailyAt.timeZone"],
    ["a zone that is none", { dailyAt: { ...clock, timeZone: "Mars/Base" } }, "dailyAt.timeZone"],
    ["a time that is none", { dailyAt: { ...clock, time: "24:00" } }, "dailyAt.time"],
    ["a time in words", { dailyAt: { ...clock, time: "5 pm" } }, "dailyAt.time"],
    ["a day that is none", { dailyAt: { ...clock, weekdays: ["someday"] } }, "dailyAt.weekdays[0]"],
    ["no day", { dailyAt: { ...clock, weekdays: [] } }, "dailyAt.weekdays"],
    ["a calendar that is none", { dailyAt: { ...CLOSES, calendar: "XMRS" } }, "dailyAt.calendar"],
    ["half of a close", { dailyAt: { calendar: "XNYS" } }, "dailyAt.afterCloseMinutes"],
    [
      "before the close",
      { dailyAt: { ...CLOSES, afterCloseMinutes: -1 } },
      "dailyAt.afterCloseMinutes",
    ],
    ["a clock and a close", { dailyAt: { ...clock, ...CLOSES } }, "dailyAt.time"],
    ["weekdays of a close", { dailyAt: { ...CLOSES, weekdays: ["friday"] } }, "dailyAt.weekdays"],
  ])("are refused by name with %s", async (_, body, path) => {
    const answer = await analyst.client.ask(createCollectionSchedule, { ...bars, ...body });
    expectProblem(answer, "VALIDATION_FAILED", [path]);
  });

  it("go on after a restart: what fell due meanwhile is done once, and is counted", async () => {
    const { scheduleId } = await create({ ...bars, dailyAt: undefined, everyMinutes: 10 });
    await makeDue(scheduleId, 1_000);
    await node.stop();
    const { database } = node;
    node = await start(database);
    analyst = {
      ...analyst,
      client: await node.anonymous.login(analyst.email, "a passphrase for tests"),
    };
    const { lastRun, nextRunAt } = await settled(scheduleId);
    expect(lastRun?.status).toBe("succeeded");
    expect(Date.parse(nextRunAt ?? "")).toBeGreaterThan(Date.now());
    const { text } = await node.anonymous.send({ method: "GET", path: "/metrics" });
    expect(text).toMatch(/collection_schedule_runs\{target="marketData",outcome="succeeded"\} 1/);
  });

  it("have logged no error in all of that", () => {
    expect(node.errors).toEqual([]);
  });
});
