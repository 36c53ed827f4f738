import { finished, inSpans, type Steps } from "../../shared/steps.ts";
import type { Target } from "../model/definition.ts";
import { type LabelBars, logReturnSteps, simpleReturn } from "./bars.ts";
import { barrierAfter } from "./triple-barrier.ts";
import { logVariance, varianceSteps } from "./variance.ts";

/** What happened after each close; NaN in all three where it is not known, or has no meaning. As long as the bars. */
export interface Labels {
  /** in the target's space: 0 or 1, a simple return, or the logarithm of a mean variance a bar */
  readonly y: Float64Array;
  /** when the last bar closed that the label looks at, epoch ms */
  readonly labelEndMs: Float64Array;
  /** simple return from the row's close to that close */
  readonly forwardReturn: Float64Array;
}

/**
 * The labels of one symbol's bars. A label looks at bars after its own, up to `labelEndMs`, and at the closes up to its own as what
 * they are compared with; never beyond the bars that are given.
 */
export function labelsOf(bars: LabelBars, target: Target): Labels {
  return finished(labelSteps(bars, target));
}

/** What `labelsOf` does, for long histories. */
export function labelSteps(bars: LabelBars, target: Target): Steps<Labels> {
  switch (target.kind) {
    case "direction":
      return atHorizon(bars, target.horizon, 1, (change) => (change > target.threshold ? 1 : 0));
    case "return":
      return atHorizon(bars, target.horizon, 1, (change) => change);
    case "volatility":
      return volatilityLabels(bars, target);
    case "tripleBarrier":
      return barrierLabels(bars, target);
  }
}

/** @param unitsARow what `labelOf` costs */
function* atHorizon(
  bars: LabelBars,
  horizon: number,
  unitsARow: number,
  labelOf: (change: number, row: number) => number,
): Steps<Labels> {
  const labels = nothing(bars.close.length);
  yield* inSpans(Math.max(0, bars.close.length - horizon), unitsARow, (from, until) => {
    for (let row = from; row < until; row += 1) {
      const change = simpleReturn(bars.close[row + horizon], bars.close[row]);
      if (Number.isNaN(change)) continue;
      put(labels, bars, { row, end: row + horizon, y: labelOf(change, row) });
    }
  });
  return labels;
}

function* volatilityLabels(
  bars: LabelBars,
  { horizon, measure }: Extract<Target, { readonly kind: "volatility" }>,
): Steps<Labels> {
  const variances = yield* varianceSteps(bars, measure);
  return yield* atHorizon(bars, horizon, horizon, (_, row) => {
    let sum = 0;
    for (let i = row + 1; i <= row + horizon; i += 1) sum += variances[i] ?? Number.NaN;
    return logVariance(sum / horizon);
  });
}

function* barrierLabels(
  bars: LabelBars,
  target: Extract<Target, { readonly kind: "tripleBarrier" }>,
): Steps<Labels> {
  const labels = nothing(bars.close.length);
  const returns = yield* logReturnSteps(bars.close);
  yield* inSpans(bars.close.length, target.horizon + target.window, (from, until) => {
    for (let row = from; row < until; row += 1) {
      const hit = barrierAfter(bars, returns, row, target);
      if (hit !== null) put(labels, bars, { row, end: hit.end, y: hit.label });
    }
  });
  return labels;
}

function nothing(length: number): Labels {
  const none = () => new Float64Array(length).fill(Number.NaN);
  return { y: none(), labelEndMs: none(), forwardReturn: none() };
}

function put(
  { y, labelEndMs, forwardReturn }: Labels,
  { close, closeMs }: LabelBars,
  found: { readonly row: number; readonly end: number; readonly y: number },
): void {
  if (Number.isNaN(found.y)) return;
  y[found.row] = found.y;
  labelEndMs[found.row] = closeMs[found.end] ?? Number.NaN;
  forwardReturn[found.row] = simpleReturn(close[found.end], close[found.row]);
}
