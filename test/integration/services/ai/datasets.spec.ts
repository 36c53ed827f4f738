import type { DataDefinition } from "../../../../domain/ai/model/definition.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import { describeDataset } from "../../../../mixins/rest/routes/datasets.ts";
import { Datasets, type DatasetRequest } from "../../../../services/ai/datasets/datasets.ts";
import { barsOf, KNOWN_MS } from "../../../e2e/stored-bars.ts";
import { withNode } from "../../../support/node.ts";
import { signUp } from "../../../support/node-users.ts";

const node = withNode();
const { define, split, dividend, store } = barsOf(node);

const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2020, 0, 6);
const WHEN_MS = KNOWN_MS + 1_000;

function bar(symbol: string, day: number, close = 50 + 11 * Math.sin(day / 5) + (day % 7)): Bar {
  const text = (value: number) => value.toFixed(4);
  return {
    symbol,
    timeframe: "1d",
    startMs: FIRST_MS + day * DAY_MS,
    open: text(close + 0.2),
    high: text(close + 1.2),
    low: text(close - 1.4),
    close: text(close),
    volume: String(1_000 + ((day * 31) % 300)),
    source: "test",
  };
}

const bars = (symbol: string, count: number) =>
  Array.from({ length: count }, (_, day) => bar(symbol, day));

const definition = (symbols: readonly string[], more: Partial<DataDefinition> = {}) => ({
  symbols,
  timeframe: "1d" as const,
  features: ["returns_1", "sma_5", "rsi_7"],
  target: { kind: "direction", horizon: 3, threshold: 0 } as const,
  adjust: "all" as const,
  ...more,
});

const build = (of: DataDefinition, more: Partial<DatasetRequest> = {}) =>
  new Datasets(node().context).build({
    tenantId: "default",
    definition: of,
    knownAtMs: WHEN_MS,
    ...more,
  });

const rowOf = ({ x }: { x: { columns: number; data: Float64Array } }, row: number) => [
  ...x.data.subarray(row * x.columns, (row + 1) * x.columns),
];

describe("a data set", () => {
  it("is the same for ever, though bars are revised, added and split, and changes with its knowledge", async () => {
    await define("DSA");
    await store(bars("DSA", 60));
    await dividend("DSA", "2020-02-03", "0.5");
    const asked = definition(["DSA"]);
    // The dividend is known from now on, which is after the bars.
    const knownAtMs = node().context.clock.now();
    const first = await build(asked, { knownAtMs });
    await store([bar("DSA", 30, 99), bar("DSA", 60), bar("DSA", 61)], knownAtMs + 1);
    await split("DSA", "2020-02-20", "4");
    const again = await build(asked, { knownAtMs });
    expect(again.sha256).toBe(first.sha256);
    expect(again.sample).toEqual(first.sample);
    const now = await build(asked, { knownAtMs: knownAtMs + 60_000 });
    expect(now.sha256).not.toBe(first.sha256);
    expect(now.rows).toBe(first.rows + 2);
    // From its own range, as it is kept with a version.
    const { startMs, endMs } = first;
    expect((await build(asked, { knownAtMs, startMs, endMs })).sha256).toBe(first.sha256);
  });

  it("pools symbols one after the other, and no label looks across", async () => {
    await define("DSB");
    await define("DSC");
    await store([...bars("DSB", 30), ...bars("DSC", 20)]);
    const { sample, rows } = await build(definition(["DSB", "DSC"], { adjust: "none" }));
    // The first bar has no value of any of the features.
    expect([...sample.symbol]).toEqual([...Array(29).fill(0), ...Array(19).fill(1)]);
    expect(rows).toBe(48);
    expect(sample.y.subarray(26, 29)).toEqual(new Float64Array(3).fill(Number.NaN));
    expect(sample.labelEndMs.subarray(45)).toEqual(new Float64Array(3).fill(Number.NaN));
    expect(sample.labelEndMs[0]).toBe(sample.closeMs[3]);
    const alone = await build(definition(["DSC"], { adjust: "none" }));
    expect(sample.y.subarray(29)).toEqual(alone.sample.y);
    expect(rowOf(sample, 35)).toEqual(rowOf(alone.sample, 6));
  });

  it("ends where it is told to, labels too", async () => {
    const endMs = FIRST_MS + 10 * DAY_MS;
    const startMs = FIRST_MS + 4 * DAY_MS;
    const { sample, rows } = await build(definition(["DSB"], { adjust: "none" }), {
      startMs,
      endMs,
    });
    expect(rows).toBe(6);
    expect([...sample.y].map(Number.isNaN)).toEqual([false, false, false, true, true, true]);
    const whole = await build(definition(["DSB"], { adjust: "none" }));
    expect(rowOf(sample, 0)).toEqual(rowOf(whole.sample, 3));
  });

  it("gives live the very rows that were learnt from, with level features, splits and late revisions", async () => {
    await define("DSD");
    await store(bars("DSD", 80), FIRST_MS);
    await split("DSD", "2020-02-10", "2");
    await dividend("DSD", "2020-02-24", "0.7");
    await store([bar("DSD", 20, 61), bar("DSD", 59, 62)], FIRST_MS + 60 * DAY_MS);
    const asked = definition(["DSD"], {
      features: ["sma_5", "ema_12", "obv", "macd_3_6_4.signal"],
      target: { kind: "volatility", horizon: 2, measure: "garmanKlass" },
    });
    const { sample } = await build(asked, { knownAtMs: node().context.clock.now() });
    const live = new Datasets(node().context);
    for (const row of [0, 3, 36, 58, 59, 60, 61, sample.x.rows - 1]) {
      const asOfMs = (sample.closeMs[row] ?? 0) + 5;
      const latest = await live.latest({
        tenantId: "default",
        definition: asked,
        symbol: "DSD",
        asOfMs,
      });
      expect(latest.closeMs).toBe(sample.closeMs[row]);
      expect(latest.row).toBe(row);
      expect(latest.sample.x.rows).toBe(row + 1);
      expect([...latest.sample.x.data]).toEqual([...sample.x.data.subarray(0, 4 * (row + 1))]);
      expect(latest.sample.variance).toEqual(sample.variance.subarray(0, row + 1));
      expect(latest.sample.logReturn).toEqual(sample.logReturn.subarray(0, row + 1));
      const shown = Object.values(latest.features).map((value) => value ?? Number.NaN);
      expect(shown).toEqual(rowOf(sample, row));
    }
  });

  it("gives live the bar that has just closed, and again without computing anything", async () => {
    await define("DSE");
    await store(bars("DSE", 50));
    const live = new Datasets(node().context);
    const request = { tenantId: "default", definition: definition(["DSE"]), symbol: "DSE" };
    const first = await live.latest(request);
    expect((await live.latest(request)).sample).toBe(first.sample);
    await store([bar("DSE", 50)], KNOWN_MS + 5);
    const next = await live.latest(request);
    expect(next.row).toBe(first.row + 1);
    expect(next.sample.x.data.subarray(0, first.sample.x.data.length)).toEqual(first.sample.x.data);
    const { sample } = await build(definition(["DSE"]));
    expect(next.sample.x).toEqual(sample.x);
  });

  it("says which symbol has too little, and what is too much before it reads anything", async () => {
    await define("DSF");
    await expect(build(definition(["DSB", "DSF"]))).rejects.toMatchObject({
      type: "INSUFFICIENT_DATA",
      message: expect.stringContaining("DSF") as string,
    });
    await define("DSG");
    await store(bars("DSG", 2));
    await node().database.pool.query(
      `UPDATE md.series SET bar_count = 10000000
       WHERE symbol_id = (SELECT symbol_id FROM md.symbol WHERE symbol = 'DSG')`,
    );
    const begunMs = performance.now();
    await expect(build(definition(["DSG"]))).rejects.toMatchObject({
      code: 422,
      type: "VALIDATION_FAILED",
    });
    expect(performance.now() - begunMs).toBeLessThan(200);
  });
});

describe("POST /api/models/dataset", () => {
  const body = {
    symbols: ["DSB", "DSC"],
    features: ["sma_5", "macd_3_6_4"],
    target: { kind: "direction", horizon: 2 },
  };

  it("describes what a model would learn from", async () => {
    const found = await node().admin.call(describeDataset, { ...body, show: 2 });
    expect(found.symbols).toEqual([
      { symbol: "DSB", rows: 26, labelled: 24 },
      { symbol: "DSC", rows: 16, labelled: 14 },
    ]);
    expect(found.features.map(({ name }) => name)).toEqual([
      "sma_5",
      "macd_3_6_4.macd",
      "macd_3_6_4.signal",
      "macd_3_6_4.histogram",
    ]);
    expect(found.features[0]?.missing).toBe(0);
    expect(found.features[2]?.missing).toBeGreaterThan(0);
    expect(found.label.mean).toBeGreaterThan(0);
    expect(found.label.mean).toBeLessThan(1);
    expect([found.first.length, found.last.length]).toEqual([2, 2]);
    expect(found.last[1]?.label).toBeNull();
    const again = await node().admin.call(describeDataset, { ...body, knownAt: found.knownAt });
    expect(again.sha256).toBe(found.sha256);
  });

  it("refuses what it cannot be made of", async () => {
    const codeOf = async (more: object) => {
      const { status, text } = await node().admin.ask(describeDataset, { ...body, ...more });
      // sound: problems are JSON objects with a code
      return [status, (JSON.parse(text) as { readonly code: string }).code];
    };
    expect(await codeOf({ features: ["nosuch"] })).toEqual([422, "FEATURE_UNKNOWN"]);
    expect(await codeOf({ features: ["sma_0"] })).toEqual([422, "FEATURE_PARAMETER_INVALID"]);
    expect(await codeOf({ features: ["series_NOSUCH"] })).toEqual([422, "FEATURE_UNKNOWN"]);
    expect(await codeOf({ symbols: ["NOBODY"] })).toEqual([404, "NOT_FOUND"]);
    expect(await codeOf({ symbols: ["DSF"] })).toEqual([422, "INSUFFICIENT_DATA"]);
    expect(await codeOf({ symbols: ["DSG"] })).toEqual([422, "VALIDATION_FAILED"]);
    expect(await codeOf({ target: { kind: "direction", horizon: 0 } })).toEqual([
      422,
      "VALIDATION_FAILED",
    ]);
    expect(await codeOf({ knownAt: "2001-01-01T00:00:00Z" })).toEqual([422, "INSUFFICIENT_DATA"]);
  });

  it("is for whoever may read models", async () => {
    expect((await node().anonymous.ask(describeDataset, body)).status).toBe(401);
    const { client } = await signUp(node(), { role: "viewer", tenantId: "elsewhere" });
    expect((await client.ask(describeDataset, body)).status).toBe(200);
  });
});
