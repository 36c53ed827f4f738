import { readFileSync } from "node:fs";
import * as routes from "../../mixins/rest/routes/corporate-actions.ts";
import { getQuality, listRevisions } from "../../mixins/rest/routes/quality.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { recordRefusals } from "../../models/quality.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { dailyBars } from "../unit/services/data/recorded-bars.ts";
import { describeWith, sharedFile } from "../unit/services/data/shared-data.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf, closesOf, KNOWN_MS } from "./stored-bars.ts";

const node = withNode();
const { bars, define, split, store } = barsOf(node);
const LEAN = "equities_daily_lean";

describe("quality over REST", () => {
  const quality = (input: RouteInput) => node().admin.call(getQuality, input);

  it("tells gaps by the calendar, what is odd, what was corrected and what was refused", async () => {
    await define("QUAL");
    await store(
      [
        bar("QUAL", "2024-07-01", "10"),
        bar("QUAL", "2024-07-02", "0"),
        bar("QUAL", "2024-07-04", "11"),
        bar("QUAL", "2024-07-09", "11"),
      ],
      KNOWN_MS,
    );
    await store([bar("QUAL", "2024-07-01", "10.5")], KNOWN_MS + 1_000);
    const { pool } = node().database;
    await recordRefusals(pool, "QUAL", "test", "HIGH_BELOW_LOW", 2, "high 1 is below low 2");
    await recordRefusals(pool, "QUAL", "test", "HIGH_BELOW_LOW", 1);
    await recordRefusals(pool, "QUAL", "other", "DUPLICATE", 5);
    const report = await quality({ symbol: "QUAL", end: "2024-07-11", limit: 1 });
    expect(report.coverage).toEqual({
      expected: 7,
      present: 3,
      unexpected: 1,
      completeness: 3 / 7,
    });
    expect(report.gaps).toEqual([
      { start: "2024-07-03T00:00:00.000Z", end: "2024-07-09T00:00:00.000Z", missing: 3 },
    ]);
    const { nextCursor: cursor } = report;
    const rest = await quality({ symbol: "QUAL", end: "2024-07-11", limit: 1, cursor });
    expect(rest.gaps.map(({ missing }) => missing)).toEqual([1]);
    expect(report).toMatchObject({
      gapCount: 2,
      nonPositive: 1,
      frozen: { start: "2024-07-09T00:00:00.000Z", bars: 1 },
      stale: true,
      revisions: { count: 1, last: new Date(KNOWN_MS + 1_000).toISOString() },
      lastUpdate: new Date(KNOWN_MS + 1_000).toISOString(),
      duplicates: 5,
      calendar: "XNYS",
    });
    expect(report.sources).toMatchObject([{ source: "test", bars: 4 }]);
    expect(report.rejected).toMatchObject([
      { source: "test", reason: "HIGH_BELOW_LOW", count: 3, detail: "high 1 is below low 2" },
    ]);
    const { data } = await node().admin.call(listRevisions, { symbol: "QUAL" });
    expect(data).toMatchObject([
      {
        timestamp: "2024-07-01T00:00:00.000Z",
        close: "10",
        revision: 0,
        knownAt: new Date(KNOWN_MS).toISOString(),
        replacedAt: new Date(KNOWN_MS + 1_000).toISOString(),
      },
    ]);
  });

  it("expects nothing where no calendar is known, and says so", async () => {
    await define("NOCAL");
    await node().database.pool.query(
      "UPDATE md.instrument SET calendar = 'XMARS' WHERE symbol = 'NOCAL'",
    );
    await store([bar("NOCAL", "2024-07-01", "10")]);
    const report = await quality({ symbol: "NOCAL" });
    expect([report.calendar, report.stale, report.gapCount]).toEqual([null, null, null]);
    expect(report.coverage).toEqual({
      expected: null,
      present: 1,
      unexpected: null,
      completeness: null,
    });
  });

  it("does not take a known split for an outlier, and takes an unknown one for one", async () => {
    await define("OUT");
    const price = (i: number) => (100 + Math.sin(i)) * (i < 60 ? 7 : 1);
    const days = Array.from({ length: 90 }, (_, i) =>
      bar(
        "OUT",
        new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10),
        price(i).toFixed(2),
      ),
    );
    await store(days);
    const outliers = async () =>
      (await quality({ symbol: "OUT", end: "2024-04-01" })).outliers.filter(
        ({ kind }) => kind === "return",
      );
    expect((await outliers()).map(({ timestamp }) => timestamp.slice(0, 10))).toEqual([
      "2024-03-01",
    ]);
    await split("OUT", "2024-03-01", "7");
    expect(await outliers()).toEqual([]);
  });

  it("refuses a range that is none, or too long, or has no beginning", async () => {
    await define("EMPTY");
    const ask = (input: RouteInput) => node().admin.ask(getQuality, { symbol: "EMPTY", ...input });
    expectProblem(await ask({}), "INSUFFICIENT_DATA");
    expectProblem(await ask({ start: "9000-01-01" }), "VALIDATION_FAILED", ["start"]);
    expectProblem(await ask({ start: "2000-01-01", timeframe: "1m" }), "VALIDATION_FAILED", [
      "start",
    ]);
    const report = await quality({ symbol: "EMPTY", start: "2024-07-01", end: "2024-07-08" });
    expect(report.coverage).toMatchObject({ expected: 4, present: 0, completeness: 0 });
  });

  it("an instrument cannot name a calendar that is not known", async () => {
    const input = {
      symbol: "MARS",
      name: "Mars",
      assetClass: "equity",
      venue: "PAPER",
      currency: "USD",
    };
    const answer = await node().admin.ask(putSymbol, {
      ...input,
      tickSize: "0.01",
      lotSize: "1",
      calendar: "XMARS",
    });
    const { errors = [] } = expectProblem(answer, "VALIDATION_FAILED", ["calendar"]);
    expect(errors[0]?.message).toContain("XNYS, XLON, FX, 24x7");
  });
});

describeWith(
  ["AAPL", "FB", "QQQ"].map((ticker) => `${LEAN}/${ticker}.csv.gz`),
  "23 years of real bars, with LEAN's files imported",
  () => {
    const fileOf = (kind: string, ticker: string) =>
      readFileSync(sharedFile(`${LEAN}/${kind}_files/${ticker.toLowerCase()}.csv`), "utf8");

    // Read before the node starts: it would not hear of closed connections while a file is taken apart.
    const recorded = ["AAPL", "FB", "QQQ"].map(
      (symbol) => [symbol, dailyBars(`${LEAN}/${symbol}.csv.gz`, symbol).bars] as const,
    );

    beforeAll(async () => {
      for (const [symbol, history] of recorded) {
        await define(symbol);
        await store(history);
        await node().admin.call(routes.importCorporateActions, {
          symbol,
          factorFile: fileOf("factor", symbol),
          mapFile: fileOf("map", symbol),
        });
      }
    });

    it("an import is repeated without a change, and names the line that cannot be read", async () => {
      const again = await node().admin.call(routes.importCorporateActions, {
        symbol: "AAPL",
        factorFile: fileOf("factor", "AAPL"),
      });
      expect(again).toMatchObject({ added: 0, unchanged: 39, conflicts: [], listings: 1 });
      const answer = await node().admin.ask(routes.importCorporateActions, {
        symbol: "AAPL",
        factorFile: "20140606,x,1,1",
      });
      expectProblem(answer, "VALIDATION_FAILED", ["factorFile"]);
    });

    it("an import may say that actions were known when they happened", async () => {
      await define("GOOG");
      const input = { symbol: "GOOG", factorFile: fileOf("factor", "GOOG"), knownAt: "exDate" };
      await node().admin.call(routes.importCorporateActions, input);
      const list = (asOf: string) =>
        node().admin.call(routes.listCorporateActions, { symbol: "GOOG", asOf });
      expect((await list("2015-04-26")).data).toEqual([]);
      // Class C shares got 0.27 % of a share for each.
      expect((await list("2015-04-28")).data).toMatchObject([
        { exDate: "2015-04-27", newUnits: "1", oldUnits: "0.997307" },
      ]);
    });

    it("AAPL over 7:1 is 645.57 and 93.70 as traded, 23.06 and 23.43 in today's units", async () => {
      const range = { symbol: "AAPL", start: "2014-06-06", end: "2014-06-10" };
      const closes = async (adjust: string) =>
        (await bars({ ...range, adjust })).data.map(({ close }) => close);
      expect(await closes("none")).toEqual(["645.57", "93.7"]);
      expect(await closes("splits")).toEqual(["23.056071428571", "23.425"]);
      const [before, after] = await closes("all");
      // LEAN's factors of the two dates: 0.9011818 · 0.0357143 and 0.9011818 · 0.25
      expect(Number(before)).toBeCloseTo((645.57 * 0.9011818) / 28, 5);
      expect(Number(after)).toBeCloseTo((93.7 * 0.9011818) / 4, 5);
    });

    it("FB begins on 2012-05-18; the 716 bars before it, from 1999 on, are another company's", async () => {
      expect((await bars({ symbol: "FB", limit: 1 })).data[0]?.timestamp).toBe(
        "2012-05-18T00:00:00.000Z",
      );
      const former = { symbol: "FB", on: "2005-01-03" };
      const { data, nextCursor } = await bars(former);
      expect([data.length, nextCursor]).toEqual([716, null]);
      expect(data[0]?.timestamp).toBe("1999-09-29T00:00:00.000Z");
      const report = await node().admin.call(getQuality, { symbol: "FB", end: "2021-04-01" });
      expect([report.start.slice(0, 10), report.coverage.completeness]).toEqual(["2012-05-18", 1]);
    });

    it("QQQ lacks the years in which it was QQQQ, until bars of QQQQ are stored", async () => {
      const report = async () =>
        node().admin.call(getQuality, { symbol: "QQQ", end: "2021-04-01" });
      const before = await report();
      expect(before.gaps.length).toBe(1);
      expect(before.gaps[0]).toMatchObject({
        start: "2004-12-01T00:00:00.000Z",
        missing: MISSING_OF_QQQQ,
      });
      await store([bar("QQQQ", "2004-12-01", "39.5")]);
      const after = await report();
      expect(after.gaps[0]).toMatchObject({ missing: MISSING_OF_QQQQ - 1 });
      const found = await bars({ symbol: "QQQ", start: "2004-11-30", end: "2011-03-24" });
      expect(closesOf(found).map(([date]) => date)).toEqual([
        "2004-11-30",
        "2004-12-01",
        "2011-03-23",
      ]);
    });
  },
);

/** Sessions of New York from 2004-12-01 to 2011-03-22. */
const MISSING_OF_QQQQ = 1_588;
