import { getPrediction, predictRows } from "../../mixins/rest/routes/predictions.ts";
import type { PredictedRowsView } from "../../mixins/rest/routes/predictions.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { onnxFile, port, tensor } from "../support/onnx-file.ts";
import { defined, HAR, sp500Bars, trained } from "./ai-desk.ts";
import { alias, imported } from "./imported.ts";
import { expectProblem } from "./problems.ts";
import { barsOf } from "./stored-bars.ts";

const FEATURES = ["returns_1", "rsi_14", "volatility_21"];
const TREES: RouteInput = {
  kind: "classifier",
  algorithm: "boosting",
  symbols: ["SPX"],
  timeframe: "1d",
  features: FEATURES,
  target: { kind: "direction", horizon: 5 },
  parameters: { rounds: 30 },
};

describe("models that were trained here, on the packaged S&P 500", () => {
  const node = withNode();
  const { define, store } = barsOf(node);
  const bars = sp500Bars(2012);
  const last = bars.at(-1)?.startMs ?? 0;
  let trees: string;
  let har: string;

  const rowsOf = async (rows: readonly (readonly (number | null)[])[]) => {
    const asked = { symbol: "SPX", modelId: trees, rows };
    // sound: rows were asked for
    return (await node().admin.call(predictRows, asked)) as PredictedRowsView;
  };

  beforeAll(async () => {
    await define("SPX");
    await store(bars);
    const { admin } = node();
    trees = await defined(admin, { ...TREES, name: "trees" });
    har = await defined(admin, { ...HAR, name: "har" });
    for (const modelId of [trees, har]) {
      await trained(admin, { modelId, seed: 1 });
      await alias(node(), "default", modelId, { champion: 1 });
    }
  });

  it("predict the bars after the newest, naming them", async () => {
    const found = await node().admin.call(getPrediction, { symbol: "SPX", modelId: trees });
    expect(found).toMatchObject({
      version: 1,
      kind: "classifier",
      method: "boosting",
      horizon: 5,
      // The close of New York.
      asOf: new Date(last + 20 * 3_600_000).toISOString(),
      reason: null,
      isRecorded: true,
    });
    expect(found.prediction?.probability).toBeGreaterThan(0);
    expect(found.prediction?.probability).toBeLessThan(1);
    expect(found.sampleSize).toBeGreaterThan(1_000);
    // Bars that the calendar of New York has, holidays left out.
    expect(new Date(found.for?.start ?? 0).getTime()).toBeGreaterThan(last);
    const variance = await node().admin.call(getPrediction, { symbol: "SPX", modelId: har });
    const { value, interval } = variance.prediction ?? {};
    expect(value).toBeGreaterThan(0);
    expect(interval?.lower).toBeLessThan(value ?? 0);
    expect(interval?.upper).toBeGreaterThan(value ?? 0);
    // As measured: 0.9 was asked for.
    expect(interval?.coverage).toBeCloseTo(0.9, 1);
  });

  it("say of rows of one's own what they say of the same rows of the market", async () => {
    const { features, prediction } = await node().admin.call(getPrediction, {
      symbol: "SPX",
      modelId: trees,
    });
    const row = FEATURES.map((name) => features[name] ?? null);
    const thousand = Array.from({ length: 1_000 }, () => row);
    const { rows } = await rowsOf(thousand);
    expect(rows).toHaveLength(1_000);
    for (const one of rows) expect(one.prediction).toEqual(prediction);
  });

  it("have no answer to a row that is unlike all that they have seen, and say so", async () => {
    const { rows } = await rowsOf([
      [25, 50, 0.01],
      [0.001, 55, 0.008],
      [0.001, 55, 9],
    ]);
    expect(rows.map(({ reason }) => reason)).toEqual(["NOVEL_ROW", null, "NOVEL_ROW"]);
    expect(rows[0]).toMatchObject({
      prediction: null,
      message: expect.stringContaining("returns_1"),
    });
    expect(rows[2]?.message).toContain("volatility_21");
  });

  it("that read the bars before a row cannot be given rows", async () => {
    const asked = { symbol: "SPX", modelId: har, rows: [[1]] };
    expectProblem(await node().admin.ask(predictRows, asked), "VALIDATION_FAILED", ["rows"]);
  });

  it("that were imported in a file of megabytes say what the file says, weight by weight", async () => {
    const size = 900;
    const filled = (length: number, value: number) => Array.from({ length }, () => value);
    // The mean of relu((a + b) / size + 1) over the layer, by way of the unit matrix.
    const unit = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
    const file = onnxFile({
      nodes: [
        { op: "Gemm", inputs: ["x", "V", "b"], outputs: ["h"] },
        { op: "Relu", inputs: ["h"], outputs: ["r"] },
        { op: "MatMul", inputs: ["r", "W"], outputs: ["s"] },
        { op: "MatMul", inputs: ["s", "U"], outputs: ["y"] },
      ],
      initializers: [
        tensor("V", [2, size], filled(2 * size, 1 / size)),
        tensor("b", [size], filled(size, 1)),
        tensor("W", [size, size], unit),
        tensor("U", [size, 1], filled(size, 1 / size)),
      ],
      inputs: [port("x", [null, 2])],
      outputs: [port("y", [null, 1])],
    });
    const { admin } = node();
    const { modelId, artifact } = await imported(
      admin,
      {
        name: "large",
        kind: "regressor",
        symbols: ["SPX"],
        timeframe: "1d",
        features: ["returns_1", "returns_5"],
        target: { kind: "return", horizon: 1 },
        trialStart: "2020-01-01T00:00:00Z",
      },
      file,
    );
    expect(artifact.bytes).toBeGreaterThan(3_000_000);
    const asked = { symbol: "SPX", modelId, version: 1 };
    const { features, prediction } = await admin.call(getPrediction, asked);
    const sum = (features["returns_1"] ?? Number.NaN) + (features["returns_5"] ?? Number.NaN);
    expect(prediction?.value).toBeCloseTo(1 + sum / size, 5);
  });
});
