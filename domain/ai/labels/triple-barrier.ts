import { standardDeviation } from "../../numeric/moments.ts";
import type { Target } from "../model/definition.ts";
import { type LabelBars, logRatio } from "./bars.ts";

type TripleBarrier = Extract<Target, { readonly kind: "tripleBarrier" }>;

/** How a row's label ended. */
export interface BarrierHit {
  readonly label: 0 | 1;
  /** the bar at whose close it ended */
  readonly end: number;
}

/**
 * The first barrier that the closes cross after a bar, in log returns from the row's close: above `upper` deviations, below
 * minus `lower` of them, or the end of the horizon. Closes and not highs and lows, as in López de Prado's getEvents: of a bar that
 * crossed both nobody knows which came first. A deviation is the sample deviation (n − 1) of the `window` log returns up to the row.
 * @param returns log returns of all closes
 * @returns null where the window is not full, or the price did not move in it, or the whole horizon is not in the data: labels that
 * are known only because a barrier was crossed early would be those of wild days
 */
export function barrierAfter(
  { close }: LabelBars,
  returns: Float64Array,
  row: number,
  { horizon, upper, lower, window }: TripleBarrier,
): BarrierHit | null {
  const last = row + horizon;
  if (row < window || last >= close.length) return null;
  const deviation = standardDeviation(returns.subarray(row - window + 1, row + 1));
  if (!(deviation > 0)) return null;
  for (let end = row + 1; end <= last; end += 1) {
    const move = logRatio(close[end], close[row]);
    if (Number.isNaN(move)) return null;
    if (move > upper * deviation) return { label: 1, end };
    if (move < -lower * deviation) return { label: 0, end };
  }
  return { label: logRatio(close[last], close[row]) > 0 ? 1 : 0, end: last };
}
