import type { Drawdown } from "../../../domain/risk/performance/drawdowns.ts";
import type { DrawdownView } from "../../../mixins/rest/routes/risk-metrics.ts";

/** @param nameOf what stands for the index of a period */
export function drawdownView(
  { from, trough, to, depth, length }: Drawdown,
  nameOf: (index: number) => number | string,
): DrawdownView {
  return {
    from: nameOf(from),
    trough: nameOf(trough),
    to: to === null ? null : nameOf(to),
    depth,
    length,
  };
}
