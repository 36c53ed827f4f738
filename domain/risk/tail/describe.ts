import { mean } from "../../numeric/moments.ts";
import { quantileOfSorted, sorted } from "../../numeric/quantile.ts";
import { type HillEstimate, hillEstimates } from "./hill.ts";
import { fitPareto, type ParetoFit } from "./pareto.ts";

export interface TailAsked {
  /** losses, in any order */
  readonly data: ArrayLike<number>;
  /** a loss, or the quantile of the losses that it is */
  readonly threshold: { readonly loss: number } | { readonly quantile: number };
  /** numbers of the largest losses, of Hill's estimates; null: those above the threshold */
  readonly hill: readonly number[] | null;
}

export interface TailFound {
  readonly threshold: number;
  /** null where too few exceed the threshold */
  readonly fit: ParetoFit | null;
  readonly hill: readonly HillEstimate[];
  /** of the losses above the threshold, how far on average; null of none */
  readonly meanExcess: number | null;
  /** the same over each of up to so many of the largest losses, a line where the tail is a generalised Pareto one */
  readonly meanExcesses: readonly { readonly threshold: number; readonly meanExcess: number }[];
}

const POINTS = 50;

export function describeTail({ data, threshold: asked, hill }: TailAsked): TailFound {
  const ascending = sorted(data);
  const threshold = "loss" in asked ? asked.loss : quantileOfSorted(ascending, asked.quantile);
  const above = ascending.filter((loss) => loss > threshold);
  return {
    threshold,
    fit: fitPareto(data, threshold),
    hill: hillEstimates(ascending, hill ?? [above.length]),
    meanExcess: above.length === 0 ? null : mean(above) - threshold,
    meanExcesses: meanExcesses(above),
  };
}

/** @param above the threshold, ascending */
function meanExcesses(above: Float64Array): TailFound["meanExcesses"] {
  const points: { threshold: number; meanExcess: number }[] = [];
  const every = Math.max(1, Math.ceil(above.length / POINTS));
  let sum = 0;
  for (let i = above.length - 1; i >= 1; i -= 1) {
    sum += above[i] ?? 0;
    const at = above[i - 1] ?? 0;
    // Over the last few there is little to take a mean of; of the same losses only the first is over them.
    if ((i - 1) % every === 0 && at < (above[i] ?? 0))
      points.push({ threshold: at, meanExcess: sum / (above.length - i) - at });
  }
  return points.toReversed();
}
