import { fitGarch, garchForecast, GARCH_MIN } from "../../risk/volatility/garch.ts";
import { FitCancelled, type FitJob, FitRefused } from "../learning/algorithm.ts";
import type { LabelledSample, Sample } from "../learning/sample.ts";
import type { Fields } from "./fitted.ts";
import { type Series, seriesOf } from "./panel.ts";
import { forecasterOf } from "./variance-path.ts";

/** How shocks come and go: free of units, and so the same for each symbol. */
interface Shocks {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * GARCH(1,1) of log returns (Bollerslev 1986): the mean of the variances that it expects of the bars ahead. α and β are found by
 * the likelihood of each symbol's training returns, put together where a validation cuts them in two, and averaged by their number.
 * The variance that all returns to is that of the symbol's returns so far (variance targeting, Engle & Mezrich 1996), so that symbols of
 * different temper share a model, and no row knows of later ones. Weights of rows count for the level alone.
 */
export const garch = forecasterOf({
  name: "garch",
  parameters: {},
  lookback: () => Infinity,
  fit: (job) => ({ horizon: horizonOf(job), ...shocksOf(job) }),
  follow: (sample, fitted) => followAll(sample, fitted),
});

/** @throws FitCancelled; FitRefused `TOO_FEW_ROWS` */
function shocksOf(job: FitJob): { readonly alpha: number; readonly beta: number } {
  const { sample, train, run } = job;
  const isTrained = new Uint8Array(sample.y.length);
  for (const row of train) isTrained[row] = 1;
  const look = (): void => {
    if (run.isCancelled) throw new FitCancelled();
  };
  let [alpha, beta, count] = [0, 0, 0];
  for (const series of seriesOf(sample)) {
    look();
    const returns = trainedReturns(sample, series, isTrained);
    const fit = returns.length < GARCH_MIN ? null : fitGarch(returns, look);
    if (fit === null) continue;
    alpha += returns.length * fit.alpha;
    beta += returns.length * fit.beta;
    count += returns.length;
  }
  if (count === 0)
    throw new FitRefused(
      "TOO_FEW_ROWS",
      `expected at least ${GARCH_MIN} returns of a symbol, and such that vary`,
    );
  return { alpha: alpha / count, beta: beta / count };
}

function trainedReturns(
  { logReturn }: Sample,
  { from, to }: Series,
  isTrained: Uint8Array,
): Float64Array {
  return logReturn
    .subarray(from, to)
    .filter((value, i) => isTrained[from + i] === 1 && Number.isFinite(value));
}

/** How many bars the labels look ahead: rows have no holes, so the row that closes when the first label ends tells it. */
function horizonOf({ sample, train }: FitJob): number {
  for (const row of train) {
    const ahead = barsAhead(sample, row);
    if (ahead !== null) return ahead;
  }
  return 1;
}

function barsAhead({ symbol, closeMs, labelEndMs }: LabelledSample, row: number): number | null {
  for (let other = row + 1; symbol[other] === symbol[row]; other += 1)
    if ((closeMs[other] ?? 0) >= (labelEndMs[row] ?? Infinity)) return other - row;
  return null;
}

function followAll(sample: Sample, fitted: Fields): Float64Array {
  const shocks = { alpha: fitted.number("alpha"), beta: fitted.number("beta") };
  const horizon = fitted.number("horizon");
  const path = new Float64Array(sample.variance.length).fill(Number.NaN);
  for (const series of seriesOf(sample)) followOne(sample.logReturn, series, shocks, horizon, path);
  return path;
}

/** Rows before which fewer than `GARCH_MIN` returns were seen stay NaN. */
function followOne(
  logReturn: Float64Array,
  { from, to }: Series,
  shocks: Shocks,
  horizon: number,
  path: Float64Array,
): void {
  const { alpha, beta } = shocks;
  const share = reversionOf(shocks, horizon);
  let [count, mean, squares, h] = [0, 0, 0, 0];
  for (let row = from; row < to; row += 1) {
    const value = logReturn[row] ?? Number.NaN;
    // A symbol's first bar has no return.
    if (!Number.isFinite(value)) continue;
    count += 1;
    const before = value - mean;
    mean += before / count;
    squares += before * (value - mean);
    const longRun = squares / count;
    h =
      count === 1 ? longRun : (1 - alpha - beta) * longRun + alpha * (value - mean) ** 2 + beta * h;
    if (count >= GARCH_MIN) path[row] = longRun + share * (h - longRun);
  }
}

/** The mean over the horizon of (α + β)^(k−1): what is left of the next bar's distance from the long run. */
function reversionOf({ alpha, beta }: Shocks, horizon: number): number {
  const path = garchForecast({ mu: 0, omega: 0, alpha, beta }, 1, horizon);
  return path.reduce((sum, left) => sum + left, 0) / horizon;
}
