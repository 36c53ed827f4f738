import * as fc from "fast-check";
import type { FeatureValues } from "../../../../domain/features/pipeline.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import { createFeatureSet, createFormula } from "../../../../mixins/rest/routes/feature-sets.ts";
import { deleteFeatureSet, deleteFormula } from "../../../../mixins/rest/routes/feature-sets.ts";
import {
  getCorrelation,
  getCrossSection,
} from "../../../../mixins/rest/routes/feature-statistics.ts";
import { getFeatureCatalogue, getFeatures } from "../../../../mixins/rest/routes/features.ts";
import { putListings } from "../../../../mixins/rest/routes/corporate-actions.ts";
import { listSymbols, putSymbol } from "../../../../mixins/rest/routes/symbols.ts";
import { storeBars } from "../../../../models/timescale/bars.ts";
import { barsBefore } from "../../../../services/data/features/bars.ts";
import { LiveFeatures } from "../../../../services/data/live-features.ts";
import { Market } from "../../../../services/data/market.ts";
import { resolveFeatures } from "../../../../services/data/features/resolve.ts";
import { computeFrom } from "../../../../services/data/features/compute.ts";
import { readBarColumns } from "../../../../models/timescale/bars.ts";
import { readBarColumnsAsOf } from "../../../../models/timescale/bars-as-of.ts";
import { DAY_MS, dayBar, FIRST_DAY_MS, HandMarket } from "../../../support/node-market.ts";
import { signUp } from "../../../support/node-users.ts";
import { withNode } from "../../../support/node.ts";
import type { HttpClient, RouteInput } from "../../../support/http.ts";

const node = withNode();

const iso = (ms: number) => new Date(ms).toISOString();
const dayMs = (day: number) => FIRST_DAY_MS + day * DAY_MS;

/** A bar that moved, so that every indicator has something to say. */
function bar(symbol: string, day: number, close = 100 + 7 * Math.sin(day / 3) + (day % 5)): Bar {
  const text = (value: number) => value.toFixed(2);
  return {
    ...dayBar(symbol, dayMs(day), text(close)),
    open: text(close - 0.4),
    high: text(close + 1.3),
    low: text(close - 1.1),
    volume: String(1000 + ((day * 37) % 400)),
  };
}

const bars = (symbol: string, count: number) =>
  Array.from({ length: count }, (_, day) => bar(symbol, day));

let market: HandMarket;

beforeAll(async () => {
  market = await HandMarket.open(node());
});

async function listed(symbol: string, list: readonly Bar[] = [], knownAtMs = dayMs(0)) {
  await market.list(symbol);
  await storeBars(node().context.pool, list, knownAtMs);
  return symbol;
}

async function problemOf(
  client: HttpClient,
  route: Parameters<HttpClient["ask"]>[0],
  input: RouteInput,
) {
  const answer = await client.ask(route, input);
  // sound: problems are JSON objects with a code
  return JSON.parse(answer.text) as {
    readonly code: string;
    readonly detail: string;
    readonly errors?: readonly { path: string }[];
  };
}

const liveFeatures = () => {
  const { context } = node();
  const known = new Market(context);
  return new LiveFeatures(context.pool, (next) => barsBefore(context, known, next));
};

const LIVE = [
  "sma_5",
  "ema_4",
  "rsi_3",
  "macd_3_6_2",
  "psar",
  "vwap",
  "cdl_doji",
  "cdl_bullish_engulfing",
];

describe("features at the close of a live bar", () => {
  const pool = () => node().context.pool;
  const resolved = () => resolveFeatures(pool(), null, LIVE);

  it("are those of the whole history to the last bit, wherever memory was lost", async () => {
    const symbol = await listed("CUT");
    const list = bars(symbol, 40);
    const features = await resolved();
    let live = liveFeatures();
    const lost = new Set([1, 7, 8, 20, 33]);
    const seen: FeatureValues[] = [];
    for (const [i, next] of list.entries()) {
      await storeBars(pool(), [next], dayMs(i + 1));
      if (lost.has(i)) live = liveFeatures();
      const { present, previous } = await live.at(next, features);
      if (i > 0) expect(previous).toEqual(seen.at(-1));
      expect((await live.at(next, features)).present).toEqual(present);
      seen.push(present);
    }
    const columns = await readBarColumns(pool(), { symbol, timeframe: "1d" });
    for (const feature of features) {
      const batch = await computeFrom(feature, columns, 0);
      expect(seen.map((values) => values[feature.name])).toEqual(batch);
    }
  });

  it("are computed anew after a bar of the past was revised, or came late", async () => {
    const symbol = await listed(
      "PAST",
      bars("PAST", 20).filter((_, day) => day !== 9 && day !== 0),
    );
    const features = await resolved();
    const live = liveFeatures();
    await live.at(bar(symbol, 19), features);
    for (const changed of [bar(symbol, 15, 250), bar(symbol, 0)]) {
      await storeBars(pool(), [changed], dayMs(30));
      const next = bar(symbol, changed.startMs === dayMs(0) ? 21 : 20);
      await storeBars(pool(), [next], dayMs(30));
      const { present } = await live.at(next, features);
      expect(present).toEqual((await liveFeatures().at(next, features)).present);
    }
  });
});

describe("features at the close of a live bar whose series grew in its middle", () => {
  const pool = () => node().context.pool;

  it("take the bars of a gap in that were stored while the series was live, and read nothing otherwise", async () => {
    const symbol = await listed(
      "GAP",
      bars("GAP", 20).filter((_, day) => day < 5 || day > 9),
    );
    const features = await resolveFeatures(pool(), null, LIVE);
    const known = new Market(node().context);
    let reads = 0;
    const live = new LiveFeatures(pool(), (next) => {
      reads += 1;
      return barsBefore(node().context, known, next);
    });
    const at = async (day: number) => {
      await storeBars(pool(), [bar(symbol, day)], dayMs(40));
      const { present } = await live.at(bar(symbol, day), features);
      expect(present).toEqual((await liveFeatures().at(bar(symbol, day), features)).present);
    };
    for (const day of [20, 21, 22]) await at(day);
    expect(reads).toBe(1);
    await storeBars(
      pool(),
      [7, 8].map((day) => bar(symbol, day)),
      dayMs(40),
    );
    for (const day of [23, 24]) await at(day);
    expect(reads).toBe(2);
    await storeBars(pool(), [bar(symbol, 6)], dayMs(40));
    await storeBars(pool(), [bar(symbol, 25)], dayMs(40));
    await at(26);
    expect(reads).toBe(3);
  });

  it("go on from the ticker that the symbol had before, and hear of what changes there", async () => {
    await listed("OLDER", bars("OLDER", 10));
    await listed("YOUNG");
    await node().admin.call(putListings, {
      symbol: "OLDER",
      listings: [{ ticker: "OLDER", from: "2000-01-01", until: "2001-01-01" }],
    });
    await node().admin.call(putListings, {
      symbol: "YOUNG",
      listings: [
        { ticker: "OLDER", from: "2020-01-01", until: "2020-01-10" },
        { ticker: "YOUNG", from: "2020-01-11" },
      ],
    });
    const features = await resolveFeatures(pool(), null, ["sma_3"]);
    const live = liveFeatures();
    const at = async (day: number) => {
      await storeBars(pool(), [bar("YOUNG", day, 200)], dayMs(40));
      return (await live.at(bar("YOUNG", day, 200), features)).present["sma_3"];
    };
    const close = (day: number) => Number(bar("OLDER", day).close);
    expect(await at(10)).toBeCloseTo((close(8) + close(9) + 200) / 3, 9);
    await storeBars(pool(), [bar("OLDER", 9, 500)], dayMs(41));
    expect(await at(11)).toBeCloseTo((500 + 200 + 200) / 3, 9);
  });
});

describe("GET /api/features/{symbol}", () => {
  it("gives a value that does not depend on where the question begins", async () => {
    const symbol = await listed("WHERE", bars("WHERE", 60));
    const features = "sma_5,ema_9,rsi_7,cdl_doji";
    const whole = await node().admin.call(getFeatures, { symbol, features, limit: 1000 });
    expect(whole.timestamps).toHaveLength(60);
    const part = await node().admin.call(getFeatures, {
      symbol,
      features,
      start: iso(dayMs(50)),
      end: iso(dayMs(55)),
    });
    expect(part.timestamps).toEqual(whole.timestamps.slice(50, 55));
    for (const [name, line] of Object.entries(whole.features)) {
      expect(part.features[name]).toEqual((line as readonly unknown[]).slice(50, 55));
    }
  });

  it("takes a formula, and a stored one by its name", async () => {
    const symbol = await listed("FORM", bars("FORM", 12));
    const { client } = await signUp(node(), { role: "analyst" });
    const stored = await client.call(createFormula, {
      name: "range_up",
      formula: "(high - low) > lag(high - low,1)",
    });
    expect(stored).toMatchObject({
      formula: "(high - low) > lag(high - low,1)",
      features: [],
      warmup: 1,
    });
    const asked = { symbol, features: "custom:range_up,sma_3", formula: "close / sma_3 - 1" };
    const { features } = await client.call(getFeatures, asked);
    expect(Object.keys(features)).toEqual(["custom:range_up", "sma_3", "formula"]);
    const sma = features["sma_3"] as readonly (number | null)[];
    expect(features["formula"]).toEqual(
      sma.map((mean, day) => (mean === null ? null : Number(bar(symbol, day).close) / mean - 1)),
    );
    const { data } = await client.call(getFeatureCatalogue, {});
    expect(data.find(({ name }) => name === "custom:range_up")).toMatchObject({
      source: "formula",
    });
    expect(data.find(({ name }) => name === "cdl_hammer")).toMatchObject({
      source: "technicalindicators",
    });
  });

  it("refuses what is not there, by name", async () => {
    const symbol = await listed("LITTLE", bars("LITTLE", 3));
    const ask = (input: RouteInput) => problemOf(node().admin, getFeatures, { symbol, ...input });
    expect(await ask({})).toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ path: "features" }],
    });
    expect((await ask({ features: "sma_3" })).code).toBe(undefined);
    expect(await ask({ features: "sma_4" })).toMatchObject({ code: "INSUFFICIENT_DATA" });
    expect(await ask({ features: "custom:none" })).toMatchObject({ code: "FEATURE_UNKNOWN" });
    expect(await ask({ features: "cdl_none" })).toMatchObject({ code: "FEATURE_UNKNOWN" });
    expect(await ask({ formula: "close +" })).toMatchObject({ code: "FORMULA_INVALID" });
    expect(await ask({ features: "sma_2", symbol: "NOBODY" })).toMatchObject({ code: "NOT_FOUND" });
  });
});

it.each(["correlation", "cross-section", "custom", "sets"])(
  "no symbol can be called %s, which stands in its place in an address",
  async (symbol) => {
    const {
      data: [known],
    } = await node().admin.call(listSymbols, { limit: 1 });
    expect(await problemOf(node().admin, putSymbol, { ...known, symbol })).toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ path: "symbol" }],
    });
  },
);

it("a feature that compares needs its benchmark, and takes its closes of the same times", async () => {
  const symbol = await listed("BETA", bars("BETA", 40));
  await listed(
    "INDEX",
    bars("INDEX", 40).filter((_, day) => day !== 30),
  );
  const asked = { symbol, features: "rollingbeta_5", limit: 1000 };
  expect(await problemOf(node().admin, getFeatures, asked)).toMatchObject({
    code: "VALIDATION_FAILED",
    errors: [{ path: "benchmark" }],
  });
  const { features } = await node().admin.call(getFeatures, { ...asked, benchmark: "INDEX" });
  const beta = features["rollingbeta_5"] as readonly (number | null)[];
  expect(beta[20]).toBeCloseTo(1, 9);
  expect(beta[30]).toBeNull();
  expect(
    await problemOf(node().admin, getCorrelation, { symbols: "BETA,INDEX", of: "rollingbeta_5" }),
  ).toMatchObject({
    errors: [{ path: "of" }],
  });
});

it("lines come one list each, as the contract has them", async () => {
  const symbol = await listed("LINES", bars("LINES", 60));
  const { features } = await node().admin.call(getFeatures, {
    symbol,
    features: "macd_12_26_9,bbands_20_2",
    limit: 1000,
  });
  const { macd_12_26_9: macd = [], bbands_20_2: bands = [] } = features;
  expect(Object.keys(macd)).toEqual(["macd", "signal", "histogram"]);
  expect(Object.keys(bands)).toEqual(["upper", "middle", "lower"]);
  for (const line of Object.values(bands)) expect(line).toHaveLength(60);
});

describe("as of an instant", () => {
  it("a later revision of a bar cannot be seen, in the features either", async () => {
    const symbol = await listed("ASOF", bars("ASOF", 10), dayMs(20));
    const features = "sma_3,ema_3";
    const before = await node().admin.call(getFeatures, { symbol, features, asOf: iso(dayMs(21)) });
    await storeBars(node().context.pool, [bar(symbol, 8, 500)], dayMs(22));
    await storeBars(node().context.pool, [bar(symbol, 8, 600), bar(symbol, 10)], dayMs(24));
    const ask = (day: number) =>
      node().admin.call(getFeatures, { symbol, features, asOf: iso(dayMs(day)) });
    expect(await ask(21)).toEqual(before);
    const between = await ask(23);
    expect(between.timestamps).toHaveLength(10);
    expect(between.features).not.toEqual(before.features);
    const now = await node().admin.call(getFeatures, { symbol, features });
    expect(now.timestamps).toHaveLength(11);
    expect({ ...(await ask(25)), asOf: null }).toEqual(now);
    expect(
      await problemOf(node().admin, getFeatures, { symbol, features, asOf: iso(dayMs(19)) }),
    ).toMatchObject({ code: "INSUFFICIENT_DATA" });
  });

  it("aggregates know what their bars knew", async () => {
    const { pool } = node().context;
    const symbol = await listed("ASOFW", bars("ASOFW", 21), dayMs(30));
    const query = { symbol, timeframe: "1w" as const };
    const before = await readBarColumns(pool, query);
    expect(await readBarColumnsAsOf(pool, query, dayMs(30))).toEqual(before);
    await storeBars(pool, [bar(symbol, 8, 900)], dayMs(31));
    expect(await readBarColumnsAsOf(pool, query, dayMs(30))).toEqual(before);
    expect(await readBarColumnsAsOf(pool, query, dayMs(31))).toEqual(
      await readBarColumns(pool, query),
    );
  });

  it("any history of revisions is seen as it was at each of its times", async () => {
    const { pool } = node().context;
    let round = 0;
    const change = fc.record({ day: fc.nat(4), close: fc.integer({ min: 50, max: 60 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const symbol = await listed(`REV${round++}`);
        const believed = new Map<number, number>();
        const history: (readonly [knownAtMs: number, closes: readonly number[]])[] = [];
        for (const [i, { day, close }] of changes.entries()) {
          await storeBars(pool, [bar(symbol, day, close)], dayMs(50 + i));
          believed.set(day, close);
          const closes = [...believed].toSorted(([a], [b]) => a - b).map(([, value]) => value);
          history.push([dayMs(50 + i), closes]);
        }
        for (const [knownAtMs, closes] of history) {
          const { close } = await readBarColumnsAsOf(pool, { symbol, timeframe: "1d" }, knownAtMs);
          expect([...close]).toEqual(closes);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe("a set of features", () => {
  it("is recorded as bars close, as they were known, and anew after a revision", async () => {
    const symbol = "KEPT";
    await market.list(symbol);
    const { client } = await signUp(node(), { role: "trader", tenantId: "keepers" });
    await client.call(createFormula, { name: "gain", formula: "close - lag(close, 1)" });
    const set = { name: "kept", symbols: [symbol], features: ["sma_2", "custom:gain"] };
    expect(await client.call(createFeatureSet, set)).toMatchObject({ ...set, timeframe: "1d" });
    for (const price of [10, 12, 11]) await market.play({ [symbol]: price });
    const ask = (input: RouteInput = {}) =>
      client.call(getFeatures, {
        symbol,
        features: "sma_2,custom:gain",
        basis: "recorded",
        ...input,
      });
    const recorded = await ask();
    expect(recorded).toMatchObject({
      basis: "recorded",
      features: { sma_2: [null, 11, 11.5], "custom:gain": [null, 2, -1] },
    });
    const computed = await client.call(getFeatures, { symbol, features: "sma_2,custom:gain" });
    expect(computed.features).toEqual(recorded.features);
    const { rows } = await node().context.pool.query<{ at: number }>(
      "SELECT max(known_at) AS at FROM md.feature",
    );
    const asOf = iso(rows[0]?.at ?? 0);
    const [, secondDay = ""] = recorded.timestamps;
    await node().context.broker.call("features.onRevisedBar", {
      bar: await revised(symbol, Date.parse(secondDay)),
    });
    expect((await ask()).features).toEqual({
      sma_2: [null, 15, 15.5],
      "custom:gain": [null, 10, -9],
    });
    expect((await ask({ asOf })).features).toEqual(recorded.features);
    await client.call(deleteFormula, { name: "gain" });
    await market.play({ [symbol]: 13 });
    const { features } = await client.call(getFeatures, {
      symbol,
      formula: "close - lag(close, 1)",
      basis: "recorded",
    });
    expect(features).toEqual({ formula: [null, 10, -9, 2] });
    await client.call(deleteFeatureSet, { name: "kept" });
    await market.play({ [symbol]: 14 });
    expect(
      (await client.call(getFeatures, { symbol, features: "sma_2", basis: "recorded" })).timestamps,
    ).toHaveLength(4);
  });

  async function revised(symbol: string, startMs: number): Promise<Bar> {
    const changed = dayBar(symbol, startMs, "20");
    await storeBars(node().context.pool, [changed], Date.now());
    return changed;
  }

  it("with other content under its name is refused; the same again is a repeat", async () => {
    await market.list("TWICE");
    const { client } = await signUp(node(), { role: "trader" });
    const set = { name: "twice", symbols: ["TWICE"], features: ["sma_2"] };
    const first = await client.call(createFeatureSet, set);
    expect(await client.call(createFeatureSet, set)).toEqual(first);
    expect(
      await problemOf(client, createFeatureSet, { ...set, features: ["sma_3"] }),
    ).toMatchObject({ code: "CONFLICT" });
    expect(
      await problemOf(client, createFeatureSet, { ...set, symbols: ["NOBODY"] }),
    ).toMatchObject({ code: "NOT_FOUND" });
    await client.call(createFormula, { name: "once", formula: "close" });
    expect(await problemOf(client, createFormula, { name: "once", formula: "open" })).toMatchObject(
      { code: "CONFLICT" },
    );
  });

  it("and a formula are their tenant's", async () => {
    const { client } = await signUp(node(), { role: "trader" });
    await client.call(createFormula, { name: "mine", formula: "close" });
    const stranger = await signUp(node(), { role: "trader", tenantId: "strangers" });
    const symbol = await listed("OURS", bars("OURS", 3));
    expect(await problemOf(stranger.client, deleteFormula, { name: "mine" })).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(
      await problemOf(stranger.client, getFeatures, { symbol, features: "custom:mine" }),
    ).toMatchObject({ code: "FEATURE_UNKNOWN" });
    expect(
      (await client.call(getFeatures, { symbol, features: "custom:mine" })).timestamps,
    ).toHaveLength(3);
  });
});

describe("correlation", () => {
  it("of three symbols: symmetric, with the counts of each pair", async () => {
    const up = [100, 101, 103, 102, 106];
    await listed(
      "AAA",
      up.map((close, day) => bar("AAA", day, close)),
    );
    await listed(
      "BBB",
      up.map((close, day) => bar("BBB", day, close * 2)),
    );
    await listed(
      "CCC",
      [0, 1, 3, 4].map((day) => bar("CCC", day, 300 - (up[day] ?? 0))),
    );
    const ask = (input: RouteInput = {}) =>
      node().admin.call(getCorrelation, { symbols: "AAA,BBB,CCC", ...input });
    const { matrix, counts, sampleSize } = await ask({ of: "close", method: "spearman" });
    expect(counts).toEqual([
      [5, 5, 4],
      [5, 5, 4],
      [4, 4, 4],
    ]);
    expect(sampleSize).toBe(4);
    expect(matrix).toEqual([
      [1, 1, -1],
      [1, 1, -1],
      [-1, -1, 1],
    ]);
    const returns = await ask();
    expect(returns.counts[0]).toEqual([4, 4, 3]);
    expect(returns.matrix[0]?.[1]).toBeCloseTo(1, 12);
    expect(await ask({ of: "sma_2", method: "kendall" })).toMatchObject({ of: "sma_2" });
  });

  it("is refused where too little is common, or a symbol is named twice", async () => {
    await listed("SOLO", [bar("SOLO", 900), bar("SOLO", 901)]);
    const ask = (input: RouteInput) => problemOf(node().admin, getCorrelation, input);
    expect(await ask({ symbols: "AAA,SOLO" })).toMatchObject({ code: "INSUFFICIENT_DATA" });
    expect(await ask({ symbols: "AAA,AAA" })).toMatchObject({ errors: [{ path: "symbols" }] });
    expect(await ask({ symbols: "AAA,NOBODY" })).toMatchObject({ code: "NOT_FOUND" });
    expect(await ask({ symbols: "AAA,BBB", of: "close +" })).toMatchObject({
      code: "FORMULA_INVALID",
    });
  });
});

describe("a cross-section", () => {
  it("takes the last bar of each that had closed, never one that closed later", async () => {
    for (const [symbol, closes] of [
      ["XA", [1, 2, 30]],
      ["XB", [5, 6, 7]],
      ["XC", [9]],
    ] as const) {
      await listed(
        symbol,
        closes.map((close, day) => bar(symbol, day, close + 10)),
      );
    }
    const ask = (at: number) =>
      node().admin.call(getCrossSection, { symbols: "XA,XB,XC", feature: "close", at: iso(at) });
    const { data, sampleSize } = await ask(dayMs(3) - 1);
    expect(sampleSize).toBe(3);
    expect(data.map(({ value, rank }) => [value, rank])).toEqual([
      [12, 1],
      [16, 2],
      [19, 3],
    ]);
    expect(data[0]?.timestamp).toBe(iso(dayMs(1)));
    expect((await ask(dayMs(3))).data.map(({ value, rank }) => [value, rank])).toEqual([
      [40, 3],
      [17, 1],
      [19, 2],
    ]);
    expect(
      await problemOf(node().admin, getCrossSection, {
        symbols: "XA",
        feature: "close",
        at: iso(dayMs(0)),
      }),
    ).toMatchObject({ code: "INSUFFICIENT_DATA" });
  });
});
