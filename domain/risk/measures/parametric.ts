import { mean } from "../../numeric/moments.ts";
import { DEFAULT_LAMBDA } from "../covariance/estimate.ts";
import { alongMoves, meansOf, type ObservedBook } from "./book.ts";
import { normalTail, type Spread, spreadMeasure, studentTail } from "./elliptical.ts";
import { fitNu } from "./fit-nu.ts";
import type { Measured, VarSpec } from "./spec.ts";

/** −(mean + z·s), s of n − 1, and −mean + s·φ(z)/(1 − c). */
export function normalMeasure(
  book: ObservedBook,
  { confidence, parameters }: VarSpec,
  isSplit: boolean,
): Measured {
  return spreadMeasure(sampleSpread(book, isSplit), normalTail(confidence, parameters.z));
}

/** The same with Student's t of that deviation, whose ν is given or fitted to the book's returns. */
export function studentMeasure(
  book: ObservedBook,
  { confidence, parameters }: VarSpec,
  isSplit: boolean,
): Measured {
  const nu = parameters.nu ?? fitNu(book.returns);
  const found = spreadMeasure(sampleSpread(book, isSplit), studentTail(confidence, nu));
  return { ...found, fitted: { ...found.fitted, nu } };
}

/** Normal tails by variances and covariances that fall with age about a mean of zero (RiskMetrics 1996). */
export function ewmaMeasure(
  { columns, returns }: ObservedBook,
  { confidence, parameters }: VarSpec,
  isSplit: boolean,
): Measured {
  const lambda = parameters.lambda ?? DEFAULT_LAMBDA;
  const aged = new Float64Array(returns.length);
  let total = 0;
  for (let t = returns.length - 1, weight = 1; t >= 0; t -= 1, weight *= lambda) {
    aged[t] = weight * (returns[t] ?? 0);
    total += weight;
  }
  const along = (x: ArrayLike<number>): number => {
    let sum = 0;
    for (let t = 0; t < aged.length; t += 1) sum += (aged[t] ?? 0) * (x[t] ?? 0);
    return sum / total;
  };
  const spread: Spread = {
    mean: 0,
    deviation: Math.sqrt(along(returns)),
    names: isSplit
      ? { means: new Float64Array(columns.length), along: Float64Array.from(columns, along) }
      : null,
  };
  const found = spreadMeasure(spread, normalTail(confidence, parameters.z));
  return { ...found, fitted: { standardDeviation: spread.deviation, lambda } };
}

/** Mean and deviation of the sample, n − 1. */
function sampleSpread({ columns, returns }: ObservedBook, isSplit: boolean): Spread {
  const centre = mean(returns);
  const moves = returns.map((value) => value - centre);
  const [own = 0] = alongMoves([returns], moves);
  const degrees = returns.length - 1;
  return {
    mean: centre,
    deviation: Math.sqrt(own / degrees),
    names: isSplit
      ? {
          means: meansOf(columns),
          along: alongMoves(columns, moves).map((sum) => sum / degrees),
        }
      : null,
  };
}
