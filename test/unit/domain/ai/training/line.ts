import { Fields } from "../../../../../domain/ai/algorithms/fitted.ts";
import { type Algorithm, FitCancelled } from "../../../../../domain/ai/learning/algorithm.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import type { TrainingTerms } from "../../../../../domain/ai/training/terms.ts";

/** The rows that the last fit was given, for tests of what was kept from it. */
export interface Watched {
  readonly algorithm: Algorithm;
  readonly fits: { readonly train: Int32Array; readonly valid: Int32Array }[];
}

/** One straight line on the first column: small enough that tests know what it must say. */
export function watchedLine(over: Partial<Algorithm> = {}): Watched {
  const fits: { train: Int32Array; valid: Int32Array }[] = [];
  const algorithm: Algorithm = {
    name: "line",
    kinds: ["classifier", "regressor", "forecaster"],
    parameters: {},
    acceptsMissing: false,
    scaling: "standard",
    lookback: () => 0,
    fit: ({ sample, train, valid, objective, weights, run }) => {
      fits.push({ train, valid });
      run.report(0.5);
      if (run.isCancelled) throw new FitCancelled("cancelled");
      let [w, sy, sxy, sxx] = [0, 0, 0, 0];
      for (const row of train) {
        const weight = weights?.[row] ?? 1;
        const [x = 0, y = 0] = [sample.x.data[row * sample.x.columns], sample.y[row]];
        w += weight;
        sy += weight * y;
        sxy += weight * x * y;
        sxx += weight * x * x;
      }
      return { level: sy / w, slope: sxy / sxx, isBounded: objective === "binary" };
    },
    predictor: (fitted) => {
      const fields = new Fields(fitted, "line");
      const [level, slope] = [fields.number("level"), fields.number("slope")];
      const isBounded = fields.boolean("isBounded");
      return {
        predict: ({ x }, rows) =>
          Float64Array.from(rows, (row) => {
            const value = level + slope * (x.data[row * x.columns] ?? 0);
            return isBounded ? Math.min(0.99, Math.max(0.01, value)) : value;
          }),
        importance: null,
      };
    },
    ...over,
  };
  return { algorithm, fits };
}

const DAY_MS = 86_400_000;

/** Two columns, of which the first says something of the label `horizon` bars ahead. */
export function noisySample(
  rows: number,
  kind: "classifier" | "regressor" | "forecaster",
  { signal = 1, horizon = 1, seed = 1 } = {},
): LabelledSample {
  const random = RandomStream.of(seed, 0);
  const x = Array.from({ length: rows }, () => [random.normal(), 5 + 2 * random.normal()]);
  const closeMs = Float64Array.from({ length: rows }, (_, i) => i * DAY_MS);
  const raw = x.map(([first = 0]) => signal * first + random.normal());
  const y = Float64Array.from(raw, (value) => labelOf(kind, value));
  const logReturn = Float64Array.from({ length: rows }, () => 0.01 * random.normal());
  return {
    x: matrixOf(x),
    symbol: new Int32Array(rows),
    closeMs,
    logReturn,
    variance: new Float64Array(rows).fill(1e-4),
    y: y.map((value, i) => (i + horizon < rows ? value : Number.NaN)),
    labelEndMs: closeMs.map((close, i) => (i + horizon < rows ? close + horizon * DAY_MS : NaN)),
    forwardReturn: y.map((value) => (kind === "regressor" ? value : 0)),
  };
}

function labelOf(kind: "classifier" | "regressor" | "forecaster", value: number): number {
  if (kind === "classifier") return value > 0 ? 1 : 0;
  return kind === "regressor" ? 0.01 * value : -9 + 0.5 * value;
}

export function termsOf(
  kind: "classifier" | "regressor" | "forecaster",
  over: Partial<TrainingTerms> = {},
  horizon = 1,
): TrainingTerms {
  const targets = {
    classifier: { kind: "direction", horizon, threshold: 0 },
    regressor: { kind: "return", horizon },
    forecaster: { kind: "volatility", horizon, measure: "parkinson" },
  } as const;
  return {
    definition: {
      kind,
      algorithm: "line",
      symbols: ["ONE"],
      timeframe: "1d",
      features: ["useful", "noise"],
      target: targets[kind],
      parameters: {},
      adjust: "none",
    },
    validation: { scheme: "walkForward", folds: 5, embargo: 2, window: "expanding" },
    calibration: "none",
    coverage: 0.9,
    halfLife: null,
    stopShare: 0,
    seed: 7,
    ...over,
  };
}

export const RUN = { report: () => undefined, isCancelled: false };
