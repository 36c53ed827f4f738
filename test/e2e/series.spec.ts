import { PLAIN_EXECUTION } from "../../domain/ai/signals/execution.ts";
import { readFileSync } from "node:fs";
import type { MarketClose } from "../../domain/portfolio/equity-curve.ts";
import { putListings, importCorporateActions } from "../../mixins/rest/routes/corporate-actions.ts";
import { getSpecialBars } from "../../mixins/rest/routes/bars.ts";
import { createFeatureSet, createFormula } from "../../mixins/rest/routes/feature-sets.ts";
import { getCorrelation, getCrossSection } from "../../mixins/rest/routes/feature-statistics.ts";
import { getFeatures } from "../../mixins/rest/routes/features.ts";
import { exportBars, ingestBars } from "../../mixins/rest/routes/market-store.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listSignals } from "../../mixins/rest/routes/signals.ts";
import { upsertStrategy } from "../../models/strategies.ts";
import type { RouteInput } from "../support/http.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { dailyBars } from "../unit/services/data/recorded-bars.ts";
import { describeWith, sharedFile } from "../unit/services/data/shared-data.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { bars, define, dividend, split, store } = barsOf(node);
const LEAN = "equities_daily_lean";

const features = (input: RouteInput) => node().admin.call(getFeatures, { limit: 1000, ...input });

/** The values of a feature that has one line. */
function line(view: Awaited<ReturnType<typeof features>>, name: string): readonly number[] {
  const values = view.features[name] ?? [];
  if (!Array.isArray(values)) throw new Error(`${name} has more than one line`);
  return values.map((value) => value ?? Number.NaN);
}

/** The largest move of a line from one value to the next, as a fraction. */
function largestMove(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return Math.max(...known.slice(1).map((value, i) => Math.abs(value / (known[i] ?? 0) - 1)));
}

describeWith(
  ["AAPL", "FB"].map((ticker) => `${LEAN}/${ticker}.csv.gz`),
  "features of real bars, with LEAN's files imported",
  () => {
    const fileOf = (kind: string, ticker: string) =>
      readFileSync(sharedFile(`${LEAN}/${kind}_files/${ticker.toLowerCase()}.csv`), "utf8");
    const recorded = ["AAPL", "FB"].map(
      (symbol) => [symbol, dailyBars(`${LEAN}/${symbol}.csv.gz`, symbol).bars] as const,
    );

    beforeAll(async () => {
      for (const [symbol, history] of recorded) {
        await define(symbol);
        await store(history);
        await node().admin.call(importCorporateActions, {
          symbol,
          factorFile: fileOf("factor", symbol),
          mapFile: fileOf("map", symbol),
        });
      }
    });

    it("AAPL's sma_5 falls by 17 % and more over the 7:1 split as traded, and moves by less than 1 % with adjust=splits", async () => {
      const of = (adjust: string) =>
        features({
          symbol: "AAPL",
          features: "sma_5",
          formula: "close",
          start: "2014-05-27",
          end: "2014-06-24",
          adjust,
        });
      const [raw, adjusted] = [await of("none"), await of("splits")];
      expect([raw.adjust, adjusted.adjust]).toEqual(["none", "splits"]);
      // One of five closes falls to a seventh: 1 − (4 + 1/7)/5 = 17.1 %.
      expect(largestMove(line(raw, "sma_5"))).toBeGreaterThan(0.17);
      expect(largestMove(line(adjusted, "sma_5"))).toBeLessThan(0.01);
      const day = adjusted.timestamps.indexOf("2014-06-06T00:00:00.000Z");
      const closes = line(adjusted, "formula");
      // 645.57 / 28 and 93.7 / 4
      expect(closes[day]).toBeCloseTo(23.056071428571, 10);
      expect(closes[day + 1]).toBeCloseTo(23.425, 10);
    });

    it("FB's features begin with the company that has the ticker today, and its former holder's are asked for by a date", async () => {
      const asked = { symbol: "FB", features: "sma_2", end: "2013-01-01" };
      const own = await features(asked);
      expect(own.timestamps[0]).toBe("2012-05-18T00:00:00.000Z");
      expect(line(own, "sma_2")[0]).toBeNaN();
      const former = await features({ ...asked, on: "2005-01-03" });
      expect([former.timestamps[0], former.sampleSize]).toEqual(["1999-09-29T00:00:00.000Z", 716]);
    });

    it("an export in today's units has the bars that are answered in pages", async () => {
      const asked = { symbol: "AAPL", adjust: "all", start: "2014-05-01", end: "2014-07-01" };
      const { text } = await node().admin.ask(exportBars, asked);
      const rows = text.trimEnd().split("\n").slice(1);
      const { data } = await bars(asked);
      expect(rows.map((row) => row.split(",").slice(0, 6))).toEqual(
        data.map((one) => [one.timestamp, one.open, one.high, one.low, one.close, one.volume]),
      );
      expect(rows.length).toBe(42);
    });
  },
);

describe("adjusted features", () => {
  beforeAll(async () => {
    for (const symbol of ["UNIT", "FLAT"]) await define(symbol);
    await store([bar("UNIT", "2024-03-01", "100")], Date.UTC(2024, 2, 2));
    await store([bar("UNIT", "2024-03-04", "104")], Date.UTC(2024, 2, 5));
    await store([bar("UNIT", "2024-03-05", "51")], Date.UTC(2024, 2, 6));
    await store([bar("UNIT", "2024-03-06", "53")], Date.UTC(2024, 2, 7));
    for (const [i, close] of ["20", "20.8", "20.4", "21.2"].entries()) {
      await store([bar("FLAT", `2024-03-0${[1, 4, 5, 6][i]}`, close)]);
    }
    await split("UNIT", "2024-03-05", "2", { knownAt: "2024-02-20" });
    await dividend("UNIT", "2024-03-06", "0.51", { knownAt: "2024-03-08" });
  });

  const close = async (input: RouteInput) =>
    line(await features({ symbol: "UNIT", formula: "close", ...input }), "formula");

  it("are of bars as they were traded unless it is asked otherwise", async () => {
    expect(await close({})).toEqual([100, 104, 51, 53]);
    expect(await close({ adjust: "splits" })).toEqual([50, 52, 51, 53]);
    const all = await close({ adjust: "all" });
    // the dividend's factor is 1 − 0.51 / 51 = 0.99
    for (const [i, value] of [49.5, 51.48, 50.49, 53].entries()) {
      expect(all[i]).toBeCloseTo(value, 10);
    }
  });

  it("as of an instant know only the actions that were known then and had happened", async () => {
    const at = (asOf: string) => close({ adjust: "all", asOf });
    expect(await at("2024-03-05T00:00:00Z")).toEqual([100, 104]);
    expect(await at("2024-03-06T12:00:00Z")).toEqual([50, 52, 51]);
    expect(await at("2024-03-07T12:00:00Z")).toEqual([50, 52, 51, 53]);
    expect((await at("2024-03-09"))[2]).toBeCloseTo(50.49, 10);
  });

  it("of weeks are made of adjusted days", async () => {
    const high = await features({
      symbol: "UNIT",
      timeframe: "1w",
      formula: "high",
      adjust: "splits",
    });
    expect(line(high, "formula")).toEqual([50, 53]);
  });

  it("a correlation over a split is that of the companies", async () => {
    const asked = { symbols: "UNIT,FLAT", of: "close" };
    const raw = await node().admin.call(getCorrelation, asked);
    const adjusted = await node().admin.call(getCorrelation, { ...asked, adjust: "splits" });
    expect([raw.adjust, adjusted.adjust]).toEqual(["none", "splits"]);
    expect(raw.matrix[0]?.[1]).toBeLessThan(0);
    expect(adjusted.matrix[0]?.[1]).toBeCloseTo(1, 9);
  });

  it("a cross-section has the units of its instant", async () => {
    const valueAt = async (at: string) =>
      (
        await node().admin.call(getCrossSection, {
          symbols: "UNIT",
          feature: "sma_2",
          adjust: "splits",
          at,
        })
      ).data[0]?.value;
    expect(await valueAt("2024-03-05T00:00:00Z")).toBe(102);
    expect(await valueAt("2024-03-06T00:00:00Z")).toBe(51.5);
  });

  it("are not on record: what is recorded is of bars as they were traded", async () => {
    const asked = { symbol: "UNIT", features: "sma_2", basis: "recorded" };
    const ask = (more: RouteInput) => node().admin.ask(getFeatures, { ...asked, ...more });
    expectProblem(await ask({ adjust: "splits" }), "VALIDATION_FAILED", ["adjust"]);
    expectProblem(await ask({ on: "2024-03-01" }), "VALIDATION_FAILED", ["on"]);
    expectProblem(await ask({ basis: "computed", on: "2024-02-30" }), "VALIDATION_FAILED", ["on"]);
  });
});

describe("an instrument that was traded under another ticker", () => {
  beforeAll(async () => {
    for (const symbol of ["OLD", "NEW"]) await define(symbol);
    await node().admin.call(putListings, {
      symbol: "OLD",
      listings: [{ ticker: "OLD", from: "2000-01-01", until: "2000-12-31" }],
    });
    await node().admin.call(putListings, {
      symbol: "NEW",
      listings: [
        { ticker: "MIDDLE", from: "2023-01-01", until: "2023-12-31" },
        { ticker: "OLD", from: "2024-01-01", until: "2024-03-04" },
        { ticker: "NEW", from: "2024-03-05" },
      ],
    });
    await store([
      bar("OLD", "2000-03-01", "7"),
      bar("OLD", "2024-03-01", "100"),
      bar("OLD", "2024-03-04", "104"),
      bar("NEW", "2024-03-05", "51"),
    ]);
    await split("NEW", "2024-03-05", "2");
  });

  const closes = async (symbol: string, since: string) => {
    const params = { symbol, sinceMs: Date.parse(since) };
    const found = await node().context.broker.call<readonly MarketClose[], unknown>(
      "market-data.closes",
      params,
    );
    return found.map((one) => [one.symbol, one.closeMs / DAY_MS, one.close]);
  };

  it("is valued by all of its bars as they were traded", async () => {
    const day = Date.UTC(2024, 2, 1) / DAY_MS;
    expect(await closes("NEW", "2000-01-01")).toEqual([
      ["NEW", day + 1, "100"],
      ["NEW", day + 4, "104"],
      ["NEW", day + 5, "51"],
    ]);
    expect((await closes("NEW", "2024-03-04")).map(([, , close]) => close)).toEqual(["104", "51"]);
  });

  it("is meant by a ticker that nobody has today and nothing is called by, from a day on which it had it", async () => {
    const found = await closes("MIDDLE", "2023-06-01");
    expect(found.map(([symbol, , close]) => [symbol, close])).toEqual([
      ["MIDDLE", "100"],
      ["MIDDLE", "104"],
      ["MIDDLE", "51"],
    ]);
  });

  it("is meant by the ticker that it had on the day, though another had it before", async () => {
    const found = await closes("OLD", "2024-03-01");
    expect(found.map(([symbol, , close]) => [symbol, close])).toEqual([
      ["OLD", "100"],
      ["OLD", "104"],
      ["OLD", "51"],
    ]);
    expect((await closes("OLD", "2000-02-01")).map(([, , close]) => close)).toEqual(["7"]);
  });

  it("has special bars that are built of all of its bars", async () => {
    const asked = { symbol: "NEW", kind: "volume", size: "100", start: "2000-01-01" };
    const { data, builtFrom } = await node().admin.call(getSpecialBars, asked);
    expect(builtFrom).toBe("bars");
    expect(data.map(({ close }) => close)).toEqual(["100", "104", "51"]);
  });
});

describe("what follows from bars that were stored together", () => {
  let hand: HandMarket;

  beforeAll(async () => {
    hand = await HandMarket.open(node(), 200);
  });

  const date = (day: number) => new Date(FIRST_DAY_MS + day * DAY_MS).toISOString();

  it("an upload that changes the past has what is on record of it and after recorded anew", async () => {
    await hand.list("KEEP");
    const set = { name: "kept", symbols: ["KEEP"], features: ["sma_2"] };
    await node().admin.call(createFeatureSet, set);
    for (const price of [10, 12, 14]) await hand.play({ KEEP: price });
    const asked = { symbol: "KEEP", features: "sma_2", basis: "recorded" };
    const before = await features(asked);
    expect(line(before, "sma_2").slice(1)).toEqual([11, 13]);
    const rows = [
      [199, "20"],
      [201, "22"],
    ] as const;
    await node().admin.call(ingestBars, {
      symbol: "KEEP",
      timeframe: "1d",
      source: "by-hand",
      data: rows.map(([day, price]) => {
        const prices = { open: price, high: price, low: price, close: price };
        return { timestamp: date(day), ...prices, volume: "1000000" };
      }),
    });
    const after = await features(asked);
    expect(after.timestamps).toEqual(before.timestamps);
    expect(line(after, "sma_2")).toEqual([15, 16, 18]);
    await hand.play({ KEEP: 16 });
    expect(line(await features(asked), "sma_2")).toEqual([15, 16, 18, 15]);
  });

  it("a strategy has the formulas of its portfolio's tenant, and not those of another", async () => {
    await hand.list("FORM");
    const owner = await signUp(node(), { role: "trader", tenantId: "formulas" });
    await owner.client.call(createFormula, { name: "fast", formula: "close" });
    const body = { name: "Own", baseCurrency: "USD", initialCash: "100000" };
    const { portfolioId } = await owner.client.call(createPortfolio, body);
    const { portfolioId: foreign } = await node().admin.call(createPortfolio, body);
    for (const [strategyId, of, tenantId] of [
      ["by-formula", portfolioId, "formulas"],
      ["without", foreign, "default"],
    ] as const) {
      await upsertStrategy(node().database.pool, {
        strategyId,
        portfolioId: of,
        tenantId,
        name: "Cross",
        symbols: ["FORM"],
        timeframe: "1d",
        kind: "crossover",
        parameters: { fast: "custom:fast", slow: "sma_3" },
        sizing: { method: "fixedFraction", fraction: "0.1" },
        allowShort: false,
        maxPosition: null,
        execution: PLAIN_EXECUTION,
        maxOpenPositions: null,
        cooldownBars: null,
        maxDailyLoss: null,
        status: "running",
      });
    }
    for (const price of [100, 90, 80, 120]) await hand.play({ FORM: price });
    const { data } = await owner.client.call(listSignals, { symbol: "FORM" });
    expect(data.map(({ strategyId, side }) => [strategyId, side])).toEqual([["by-formula", "buy"]]);
    const complaints = node().errors.splice(0);
    expect(complaints).toHaveLength(4);
    for (const complaint of complaints) expect(complaint).toContain("custom:fast");
  });
});
