import { regress } from "../../numeric/least-squares.ts";
import type { Json } from "../../shared/json.ts";
import { type Algorithm, type FitJob, FitRefused, type Predictor } from "../learning/algorithm.ts";
import type { Sample } from "../learning/sample.ts";
import type { Parameters } from "../learning/parameters.ts";
import { faultsOfEmpty, refuseFaults } from "./faults.ts";
import { Fields, parametersOf } from "./fitted.ts";
import { startsOf } from "./panel.ts";
import { targetsOf } from "./target.ts";

/**
 * A mean variance over a short window counts as no less than this part of the mean over the longest: bars that did not move
 * have a variance of 0, which has no logarithm, and 1 % of the usual deviation is calm enough.
 */
const FLOOR = 1e-4;

interface Terms {
  /** in bars, ascending */
  readonly windows: readonly number[];
  readonly leverage: boolean;
}

/**
 * The heterogeneous autoregression of volatility in logarithms (Corsi 2009; logs: Andersen, Bollerslev & Diebold 2007): the log
 * of the variance ahead on those of the mean variances of the last day, week and month, by least squares. With `leverage` what
 * each window's bars have lost also counts (Corsi & Renò 2012): min(mean log return, 0) in units of the window's own deviation.
 */
export const har: Algorithm = {
  name: "har",
  kinds: ["forecaster"],
  parameters: {
    windows: {
      type: "integers",
      min: 1,
      max: 1_000,
      lengthMax: 6,
      default: [1, 5, 22],
      about: "bars over which variances are averaged, ascending",
    },
    leverage: {
      type: "boolean",
      default: false,
      about: "whether losses count beside variances",
    },
  },
  check: (parameters) => faultsOfEmpty(parameters, "windows"),
  acceptsMissing: true,
  scaling: "none",
  lookback: (parameters) => longestOf(termsOf(parameters)) - 1,
  fit: fitHar,
  predictor: (fitted) => harPredictor(new Fields(fitted, "fitted")),
};

function termsOf(parameters: Parameters): Terms {
  const given = parametersOf(parameters);
  const windows = [...new Set(given.numbers("windows"))].toSorted((a, b) => a - b);
  refuseFaults(faultsOfEmpty(parameters, "windows"));
  return { windows, leverage: given.boolean("leverage") };
}

function longestOf({ windows }: Terms): number {
  return windows.at(-1) ?? 1;
}

function fitHar(job: FitJob): Json {
  const terms = termsOf(job.parameters);
  const width = widthOf(terms);
  targetsOf(job, width + 2);
  const starts = startsOf(job.sample);
  const rows: number[] = [];
  const regressors: Float64Array[] = [];
  for (const row of job.train) {
    const x = new Float64Array(width);
    if (!regressorsOf(job.sample, starts[row] ?? 0, row, terms, x)) continue;
    rows.push(row);
    regressors.push(x);
  }
  return { ...terms, coefficients: coefficientsOf(job, rows, regressors, width) };
}

/** By weighted least squares: rows times the roots of their weights. */
function coefficientsOf(
  { sample, weights }: FitJob,
  rows: readonly number[],
  regressors: readonly Float64Array[],
  width: number,
): readonly number[] {
  const roots = rows.map((row) => Math.sqrt(weights?.[row] ?? 1));
  const scaled = (of: (i: number) => number) => Float64Array.from(roots, (root, i) => root * of(i));
  const columns = Array.from({ length: width }, (_, j) => scaled((i) => regressors[i]?.[j] ?? 0));
  const y = scaled((i) => sample.y[rows[i] ?? 0] ?? 0);
  const found = regress(y, columns, { hasIntercept: false, errors: "classic" });
  if (found === "tooFew")
    throw new FitRefused("TOO_FEW_ROWS", `${rows.length} rows have the variances that HAR reads`);
  if ("dependent" in found)
    throw new FitRefused(
      "DEPENDENT_COLUMNS",
      "the mean variances move as one: HAR cannot be told apart",
    );
  return found.coefficients.map(({ estimate }) => estimate);
}

function harPredictor(fitted: Fields): Predictor {
  const terms = { windows: fitted.numbers("windows"), leverage: fitted.boolean("leverage") };
  const coefficients = fitted.numbers("coefficients");
  const width = widthOf(terms);
  if (coefficients.length !== width)
    throw new RangeError(`expected ${width} coefficients, found ${coefficients.length}`);
  return {
    importance: null,
    predict(sample, rows) {
      const starts = startsOf(sample);
      const x = new Float64Array(width);
      return Float64Array.from(rows, (row) =>
        regressorsOf(sample, starts[row] ?? 0, row, terms, x) ? dot(x, coefficients) : Number.NaN,
      );
    },
  };
}

function widthOf({ windows, leverage }: Terms): number {
  return 1 + windows.length * (leverage ? 2 : 1);
}

/**
 * The intercept, a log mean variance a window, and a loss a window.
 * @param from the first row of the symbol
 * @returns false where the longest window is not full, or nothing moved in it
 */
function regressorsOf(
  sample: Sample,
  from: number,
  row: number,
  terms: Terms,
  into: Float64Array,
): boolean {
  const longest = longestOf(terms);
  if (row - longest + 1 < from) return false;
  const usual = meanOf(sample.variance, row, longest);
  if (!(usual > 0 && usual < Infinity)) return false;
  into[0] = 1;
  let at = 1;
  for (const window of terms.windows) {
    const mean = Math.max(meanOf(sample.variance, row, window), FLOOR * usual);
    into[at++] = Math.log(mean);
    if (!terms.leverage) continue;
    const loss = Math.min(0, meanOf(sample.logReturn, row, window));
    if (Number.isNaN(loss)) return false;
    into[at++] = loss / Math.sqrt(mean / window);
  }
  return true;
}

function meanOf(values: Float64Array, row: number, window: number): number {
  let sum = 0;
  for (let i = row - window + 1; i <= row; i += 1) sum += values[i] ?? Number.NaN;
  return sum / window;
}

function dot(x: Float64Array, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient, i) => sum + coefficient * (x[i] ?? 0), 0);
}
