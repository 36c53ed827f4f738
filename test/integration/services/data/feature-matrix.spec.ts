import {
  BAR_COLUMNS,
  type BarColumn,
  type MatrixRequest,
} from "../../../../domain/features/matrix.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import { fromStream } from "../../../../mixins/column-stream.ts";
import { createFormula } from "../../../../mixins/rest/routes/feature-sets.ts";
import { getFeatures } from "../../../../mixins/rest/routes/features.ts";
import { barsOf, KNOWN_MS } from "../../../e2e/stored-bars.ts";
import { withNode } from "../../../support/node.ts";
import { signUp } from "../../../support/node-users.ts";

const node = withNode();
const { define, split, store } = barsOf(node);

const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2021, 2, 1);

/** A bar that moved. */
function bar(symbol: string, day: number, close = 100 + 9 * Math.sin(day / 3) + (day % 4)): Bar {
  const text = (value: number) => value.toFixed(4);
  return {
    symbol,
    timeframe: "1d",
    startMs: FIRST_MS + day * DAY_MS,
    open: text(close - 0.3),
    high: text(close + 1.2),
    low: text(close - 1.4),
    close: text(close),
    volume: String(1_000 + ((day * 31) % 300)),
    source: "test",
  };
}

const bars = (symbol: string, count: number) =>
  Array.from({ length: count }, (_, day) => bar(symbol, day));

const request = (symbol: string, more: Partial<MatrixRequest> = {}): MatrixRequest => ({
  tenantId: "default",
  symbol,
  timeframe: "1d",
  features: ["sma_3", "ema_5"],
  adjust: "none",
  ...more,
});

async function matrixOf(asked: MatrixRequest) {
  const stream = await node().context.broker.call<unknown, MatrixRequest>("features.matrix", asked);
  const { head, columns } = await fromStream(stream);
  // sound: what the action says
  const { token, features } = head as {
    readonly token: string | null;
    readonly features: string[];
  };
  const column = (name: BarColumn) => [...(columns[BAR_COLUMNS.indexOf(name)] ?? [])];
  const feature = (name: string) => [
    ...(columns[BAR_COLUMNS.length + features.indexOf(name)] ?? []),
  ];
  return { token, features, bar: column, feature };
}

const tokenOf = (asked: MatrixRequest) =>
  node().context.broker.call<string | null, MatrixRequest>("features.matrixToken", asked);

describe("a matrix of features", () => {
  it("has the values that REST has of the same bars, NaN where REST has null", async () => {
    await define("FMA");
    await store(bars("FMA", 40));
    const asked = request("FMA", {
      features: ["sma_3", "rsi_14", "macd_3_6_4", "bbands_5_2.5.upper"],
    });
    const found = await matrixOf(asked);
    expect(found.features).toEqual([
      "sma_3",
      "rsi_14",
      "macd_3_6_4.macd",
      "macd_3_6_4.signal",
      "macd_3_6_4.histogram",
      "bbands_5_2.5.upper",
    ]);
    const { features } = await node().admin.call(getFeatures, {
      symbol: "FMA",
      features: "sma_3,rsi_14,macd_3_6_4,bbands_5_2.5",
      limit: 1000,
    });
    const shown = (values: readonly number[]) => values.map((v) => (Number.isNaN(v) ? null : v));
    expect(shown(found.feature("sma_3"))).toEqual(features["sma_3"]);
    expect(shown(found.feature("macd_3_6_4.signal"))).toEqual(
      Reflect.get(features["macd_3_6_4"] ?? {}, "signal"),
    );
    expect(shown(found.feature("bbands_5_2.5.upper"))).toEqual(
      Reflect.get(features["bbands_5_2.5"] ?? {}, "upper"),
    );
    // New York's close, in winter time and after the change of the clocks.
    expect(found.bar("closeMs")[0]).toBe(Date.UTC(2021, 2, 1, 21));
    expect(found.bar("closeMs")[21]).toBe(Date.UTC(2021, 2, 22, 20));
  });

  it("sees a revision only from when it became known on", async () => {
    await define("FMB");
    await store(bars("FMB", 30));
    const before = await matrixOf(request("FMB"));
    // The bar of day 10 is found to be wrong in the evening of day 20.
    const learntMs = FIRST_MS + 20 * DAY_MS + 23 * 3_600_000;
    await store([bar("FMB", 10, 500)], Math.max(learntMs, KNOWN_MS + 1));
    const late = await matrixOf(request("FMB"));
    // Known only after the last bar: no row has it, and labels have it.
    expect(late.feature("ema_5")).toEqual(before.feature("ema_5"));
    expect(late.bar("close")).toEqual(before.bar("close"));
    expect(late.bar("finalClose")[10]).toBe(500);
  });

  it("follows what depends on a revised bar again from there, as if it had always been so", async () => {
    await define("FMC");
    await store(bars("FMC", 400), FIRST_MS);
    // Two revisions of different bars, known while bars went on closing; FIRST_MS is when the others became known.
    const learnt = (day: number) => FIRST_MS + day * DAY_MS + 60_000;
    await store([bar("FMC", 150, 90)], learnt(300));
    await store([bar("FMC", 299, 80), bar("FMC", 20, 70)], learnt(301));
    const asked = request("FMC", { features: ["sma_3", "ema_5", "rsi_14", "obv"] });
    const found = await matrixOf(asked);
    const asOf = async (day: number) => {
      const { features } = await node().admin.call(getFeatures, {
        symbol: "FMC",
        features: "sma_3,ema_5,rsi_14,obv",
        asOf: new Date(FIRST_MS + day * DAY_MS + 23 * 3_600_000).toISOString(),
        end: new Date(FIRST_MS + (day + 1) * DAY_MS).toISOString(),
        limit: 1,
      });
      return features;
    };
    for (const day of [150, 299, 300, 301, 302, 399]) {
      const features = await asOf(day);
      for (const name of asked.features)
        expect([day, name, found.feature(name)[day]]).toEqual([
          day,
          name,
          // sound: a feature without lines
          (features[name] as readonly number[])[0],
        ]);
    }
    expect(found.bar("closeBefore")[300]).toBe(found.bar("close")[299]);
    expect(found.bar("close")[150]).not.toBe(90);
    expect(found.bar("finalClose")[150]).toBe(90);
  });

  it("as of an instant is the same for ever, whatever is learnt afterwards", async () => {
    await define("FMD");
    await store(bars("FMD", 50));
    const asked = request("FMD", { knownAtMs: KNOWN_MS + 10, adjust: "all" });
    const first = await matrixOf(asked);
    expect(first.token).toBeNull();
    await store([bar("FMD", 7, 300), bar("FMD", 60)], KNOWN_MS + 1_000);
    await split("FMD", "2021-03-20", "2");
    const again = await matrixOf(asked);
    for (const name of BAR_COLUMNS) expect(again.bar(name)).toEqual(first.bar(name));
    expect(again.feature("ema_5")).toEqual(first.feature("ema_5"));
    expect((await matrixOf(request("FMD"))).bar("finalClose")[7]).toBe(300);
  });

  it("is in the units of the first bar, so that the next split changes no row", async () => {
    await define("FME");
    await store(bars("FME", 20));
    const adjusted = request("FME", { adjust: "splits" });
    const before = await matrixOf(adjusted);
    await split("FME", "2021-03-16", "2");
    const after = await matrixOf(adjusted);
    // 2021-03-16 is day 15.
    expect(after.feature("ema_5").slice(0, 15)).toEqual(before.feature("ema_5").slice(0, 15));
    expect(after.bar("close")[15]).toBe(2 * (before.bar("close")[15] ?? 0));
    expect(after.bar("close")[14]).toBe(before.bar("close")[14]);
  });

  it("has a token while nothing has changed, and goes on from its state when bars are added", async () => {
    await define("FMF");
    await store(bars("FMF", 60));
    const asked = request("FMF");
    expect(await tokenOf(asked)).toBeNull();
    const first = await matrixOf(asked);
    expect(await tokenOf(asked)).toBe(first.token);
    await store([bar("FMF", 60), bar("FMF", 61)]);
    expect(await tokenOf(asked)).toBeNull();
    const longer = await matrixOf(asked);
    expect(longer.token).not.toBe(first.token);
    // As of an instant nothing is kept: it is computed from the beginning.
    const whole = await matrixOf({ ...asked, knownAtMs: KNOWN_MS + 10 });
    for (const name of asked.features) expect(longer.feature(name)).toEqual(whole.feature(name));
  });

  it("takes a stored formula for what it says, and a range without changing a value", async () => {
    await define("FMG");
    await store(bars("FMG", 30));
    const trader = await signUp(node(), { role: "trader" });
    await trader.client.call(createFormula, {
      name: "speed",
      formula: "close / lag(close, 2) - 1",
    });
    const columns = (tenantId: string) =>
      node().context.broker.call<readonly string[], object>("features.columns", {
        tenantId,
        features: ["custom:speed", "sma"],
      });
    const names = await columns("default");
    expect(names).toEqual(["= close / lag(close, 2) - 1", "sma_20"]);
    await expect(columns("another")).rejects.toMatchObject({ code: "FEATURE_UNKNOWN" });
    const all = await matrixOf(request("FMG", { features: names }));
    const startMs = FIRST_MS + 25 * DAY_MS;
    const part = await matrixOf(
      request("FMG", { features: names, startMs, endMs: startMs + 3 * DAY_MS }),
    );
    for (const name of names) expect(part.feature(name)).toEqual(all.feature(name).slice(25, 28));
  });

  it("refuses what it cannot be made of", async () => {
    await define("FMH");
    await expect(matrixOf(request("FMH"))).rejects.toMatchObject({
      code: 422,
      type: "INSUFFICIENT_DATA",
    });
    await expect(matrixOf(request("NOBODY"))).rejects.toMatchObject({ code: 404 });
    const unknown = request("FMH", { features: ["nosuch_3"] });
    await expect(matrixOf(unknown)).rejects.toMatchObject({ code: "FEATURE_UNKNOWN" });
    const beta = request("FMH", { features: ["rollingbeta_20"] });
    await expect(matrixOf(beta)).rejects.toMatchObject({ code: "FEATURE_UNKNOWN" });
    const line = request("FMH", { features: ["macd_12_26_9.nosuch"] });
    await expect(matrixOf(line)).rejects.toMatchObject({ code: "FEATURE_UNKNOWN" });
  });
});
