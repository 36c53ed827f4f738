import { type LabelledPart, labelledPart } from "../../../../../domain/ai/dataset/part.ts";
import type { DataDefinition, Target } from "../../../../../domain/ai/model/definition.ts";
import {
  BAR_COLUMNS,
  type BarColumn,
  type FeatureMatrix,
} from "../../../../../domain/features/matrix.ts";
import { type Steps, UNITS_A_STEP } from "../../../../../domain/shared/steps.ts";
import { fingerprint } from "../../../../../services/ai/datasets/fingerprint.ts";
import { joined } from "../../../../../services/ai/datasets/joined.ts";
import { toDatasetView } from "../../../../../services/ai/datasets/view.ts";

const ROWS = 150_000;
const FEATURES = ["a", "b", "c", "d", "e"];

function matrixOf(rows: number): FeatureMatrix {
  const column = (scale: number) =>
    Float64Array.from({ length: rows }, (_, i) => 100 + scale * Math.sin(i));
  const times = Float64Array.from({ length: rows }, (_, i) => i);
  // sound: there is one of each name
  const bars = Object.fromEntries(
    BAR_COLUMNS.map((name) => [name, name.endsWith("Ms") ? times : column(1)]),
  ) as Record<BarColumn, Float64Array>;
  const values = FEATURES.map((_, i) => column(i));
  return { symbol: "A", token: null, lineage: null, rows, features: FEATURES, bars, values };
}

function counted<T>(steps: Steps<T>): { readonly stops: number; readonly result: T } {
  for (let stops = 0; ; stops += 1) {
    const step = steps.next();
    if (step.done === true) return { stops, result: step.value };
  }
}

const definitionOf = (target: Target): DataDefinition => ({
  symbols: ["A"],
  timeframe: "1m",
  features: FEATURES,
  target,
  adjust: "none",
});

describe("a large data set", () => {
  const matrix = matrixOf(ROWS);
  const target: Target = { kind: "direction", horizon: 5, threshold: 0 };
  let part: LabelledPart;

  it.each<readonly [Target, number]>([
    [target, 1],
    [{ kind: "volatility", horizon: 60, measure: "parkinson" }, 60],
    [{ kind: "tripleBarrier", horizon: 20, upper: 1, lower: 1, window: 20 }, 40],
  ])("is labelled with a stop after each step's worth of rows: %j", (asked, unitsARow) => {
    const { stops, result } = counted(labelledPart(matrix, asked, -Infinity));
    if (asked === target) part = result;
    expect(stops).toBeGreaterThanOrEqual(Math.floor((ROWS * unitsARow) / UNITS_A_STEP));
  });

  it("is put together, hashed and described so", () => {
    const put = counted(joined([part], ROWS, FEATURES.length));
    const cells = ROWS * FEATURES.length;
    expect(put.stops).toBeGreaterThanOrEqual(Math.floor(cells / UNITS_A_STEP));
    const sample = put.result;
    const definition = definitionOf(target);
    const hashed = counted(fingerprint(definition, sample));
    expect(hashed.stops).toBeGreaterThanOrEqual(
      Math.floor((cells + 7 * ROWS) / (2 * UNITS_A_STEP)),
    );
    const dataset = {
      sample,
      symbols: ["A"],
      startMs: 0,
      endMs: 1,
      rows: ROWS,
      sha256: hashed.result,
    };
    // At most 200,000 rows are described: a pass over a column of them is a step.
    const view = counted(toDatasetView(definition, dataset, { knownAtMs: 1, show: 1 }));
    expect(view.stops).toBeGreaterThanOrEqual(4 * FEATURES.length);
    expect(view.result.features[4]?.mean).toBeCloseTo(100, 2);
  });
});
