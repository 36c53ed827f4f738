import { PURE_ALGORITHMS } from "../../../../../domain/ai/algorithms/index.ts";
import type { Parameters } from "../../../../../domain/ai/learning/parameters.ts";
import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import { computeSeries } from "../../../../../domain/features/pipeline.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { columnsOf, SP500 } from "../../features/sp500-bars.ts";
import { jobOf, rowsOf } from "./samples.ts";

/*
 * One day ahead on the S&P 500: the Parkinson variance of the next day, models fitted anew every 63 days on all that was known,
 * 2006-01-03 to 2020-04-16 scored by QLIKE = y/h − ln(y/h) − 1 (Patton 2011).
 *
 * A model says the mean of a logarithm; as a variance that is too little. The factor that brings it up is Duan's (1983) smearing
 * estimate, the mean of exp(y − said) over the training rows: no other has a smaller QLIKE on them, whose derivative by a factor c is
 * 1/c − mean(y/h)/c². Half the variance of the residuals gives the same to three digits here (HAR 0.4069 beside 0.4068); none at all
 * gives 0.480.
 *
 * Measured here: HAR 0.407, with 66 days and losses 0.385, network 0.386, boosting (60 rounds, depth 3, rate 0.1) 0.372, the geometric
 * mean of the last three 0.367 with t = −6.1 against HAR; test/unit/domain/ai/acceptance shows that one by the whole pipeline.
 */

/** 27 of the catalogue, as they are: a network needs them in units of their deviation, but no logarithms. */
const FEATURES = `
  parkinson_2 parkinson_3 parkinson_5 parkinson_10 parkinson_22 parkinson_66
  volatility_5 volatility_22 volatility_66 natr_2 natr_14 ewmavol_0.94
  returns_1 returns_2 returns_5 returns_10 returns_22 returns_66
  rsi_2 rsi_14 drawdown_22 drawdown_66 zscore_5 zscore_20
  bop relvolume_20 bandwidth_20_2`
  .trim()
  .split(/\s+/);

/** The first row at which every feature has a value. */
const FIRST = 75;
const REFIT_EVERY = 63;

const SAMPLE = sampleOfBars();
const START = SP500.findIndex(({ startMs = 0 }) => startMs >= Date.UTC(2006, 0, 1));
const END = SP500.length - 1;

function sampleOfBars(): LabelledSample {
  const rows = SP500.length;
  const series = computeSeries(FEATURES, columnsOf(SP500));
  const data = new Float64Array(rows * FEATURES.length);
  for (const [j, name] of FEATURES.entries()) {
    const values = series[name];
    if (!Array.isArray(values)) throw new Error(`${name} has lines`);
    for (let i = 0; i < rows; i += 1) data[i * FEATURES.length + j] = values[i] ?? Number.NaN;
  }
  const variance = Float64Array.from(
    SP500,
    ({ high, low }) => Math.log(high / low) ** 2 / (4 * Math.LN2),
  );
  const closeMs = Float64Array.from(SP500, ({ startMs = Number.NaN }) => startMs);
  return {
    x: { rows, columns: FEATURES.length, data },
    symbol: new Int32Array(rows),
    closeMs,
    logReturn: Float64Array.from(SP500, ({ close }, i) =>
      Math.log(close / (SP500[i - 1]?.close ?? Number.NaN)),
    ),
    variance,
    y: Float64Array.from(SP500, (_, i) => Math.log(variance[i + 1] ?? Number.NaN)),
    labelEndMs: Float64Array.from(SP500, (_, i) => closeMs[i + 1] ?? Number.NaN),
    forwardReturn: new Float64Array(rows),
  };
}

/** Columns with mean 0 and deviation 1 of the training rows. */
function scaled(sample: LabelledSample, train: Int32Array): LabelledSample {
  const { columns } = sample.x;
  const data = Float64Array.from(sample.x.data);
  for (let j = 0; j < columns; j += 1) {
    const values = Float64Array.from(train, (row) => data[row * columns + j] ?? Number.NaN);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    for (let at = j; at < data.length; at += columns)
      data[at] = ((data[at] ?? Number.NaN) - mean) / Math.sqrt(square);
  }
  return { ...sample, x: { ...sample.x, data } };
}

/** QLIKE of each day, in order. */
function lossesOf(name: string, given: { readonly [name: string]: Json } = {}): readonly number[] {
  const algorithm = PURE_ALGORITHMS.get(name);
  if (algorithm === undefined) throw new Error(`no ${name}`);
  const read = readParameters(algorithm.parameters, given);
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const losses: number[] = [];
  for (let from = START; from < END; from += REFIT_EVERY) {
    const test = rowsOf(from, Math.min(END, from + REFIT_EVERY));
    const said = variancesOf(algorithm, read.parameters, from, test);
    for (const [i, row] of test.entries()) {
      const ratio = Math.exp(SAMPLE.y[row] ?? Number.NaN) / (said[i] ?? Number.NaN);
      losses.push(ratio - Math.log(ratio) - 1);
    }
  }
  return losses;
}

type Named = NonNullable<ReturnType<typeof PURE_ALGORITHMS.get>>;

function variancesOf(
  algorithm: Named,
  parameters: Parameters,
  from: number,
  test: Int32Array,
): Float64Array {
  // The label of the row before is settled at the close of the first test row's bar; a day's embargo beside it.
  const train = rowsOf(FIRST, from - 1);
  const sample = algorithm.scaling === "standard" ? scaled(SAMPLE, train) : SAMPLE;
  const predictor = algorithm.predictor(algorithm.fit(jobOf(sample, train, { parameters })));
  const ratios = predictor
    .predict(sample, train)
    .map((said, i) => Math.exp((SAMPLE.y[train[i] ?? 0] ?? Number.NaN) - said));
  const smearing = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  return predictor.predict(sample, test).map((said) => smearing * Math.exp(said));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Diebold & Mariano's statistic with Newey & West's variance, ⌊4(n/100)^(2/9)⌋ lags: below 0 where the first loses less. */
function dieboldMariano(one: readonly number[], other: readonly number[]): number {
  const differences = one.map((loss, i) => loss - (other[i] ?? Number.NaN));
  const mean = meanOf(differences);
  const lags = Math.floor(4 * (differences.length / 100) ** (2 / 9));
  const centred = differences.map((difference) => difference - mean);
  const covariance = (lag: number) =>
    meanOf(centred.map((value, t) => (t < lag ? 0 : value * (centred[t - lag] ?? 0))));
  const variance = Array.from({ length: lags }, (_, i) => i + 1).reduce(
    (sum, lag) => sum + 2 * (1 - lag / (lags + 1)) * covariance(lag),
    covariance(0),
  );
  return mean / Math.sqrt(variance / differences.length);
}

const HAR = lossesOf("har");
const HARX = { windows: [1, 5, 22, 66], leverage: true };

describe("the volatility of the S&P 500, one day ahead", () => {
  test("HAR has a QLIKE of 0.408", () => {
    expect(HAR).toHaveLength(3_596);
    expect(Math.abs(meanOf(HAR) - 0.408)).toBeLessThan(0.01);
  });

  test.each([
    ["ewma", 0.467],
    ["garch", 0.457],
  ])("%s does no better than %d, and worse than HAR beyond chance", (name, known) => {
    const losses = lossesOf(name);
    expect(Math.abs(meanOf(losses) - known)).toBeLessThan(0.003);
    expect(dieboldMariano(losses, HAR)).toBeGreaterThan(3);
  });

  test("persistence is worst of all", () => {
    // With the smearing factor; the bare variance of the day before has 0.777.
    expect(meanOf(lossesOf("persistence"))).toBeCloseTo(0.575, 2);
  });

  test("a month more and what was lost make HAR better", () => {
    const losses = lossesOf("har", HARX);
    expect(meanOf(losses)).toBeLessThan(0.4);
    expect(dieboldMariano(losses, HAR)).toBeLessThan(-2);
  });

  test("a small network on 27 features is better than HAR", () => {
    const losses = lossesOf("mlp", { hidden: [8], nets: 3, epochs: 10, l2: 0.01 });
    expect(meanOf(losses)).toBeLessThan(0.395);
    expect(dieboldMariano(losses, HAR)).toBeLessThan(-1.5);
  });
});
