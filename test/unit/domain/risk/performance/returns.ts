import { readFileSync } from "node:fs";
import type { Convention } from "../../../../../domain/risk/performance/conventions.ts";
import type { MetricName } from "../../../../../domain/risk/performance/catalogue.ts";
import { measure, type Measurement } from "../../../../../domain/risk/performance/measure.ts";

import { sharedFile } from "../../../services/data/shared-data.ts";

/** Beside the market's data. */
export const REFERENCE = {
  bacon: "../reference/portfolio_bacon.csv",
  managers: "../reference/managers.csv",
  edhec: "../reference/edhec.csv",
} as const;

/** A column of one of the series with published results; NaN where it has no value. */
export function column(file: keyof typeof REFERENCE, name: string | number): Float64Array {
  const [head = "", ...rows] = readFileSync(sharedFile(REFERENCE[file]), "utf8").trim().split("\n");
  const names = head.split(",").map((cell) => cell.replaceAll('"', ""));
  const at = typeof name === "number" ? name : names.indexOf(name);
  return Float64Array.from(rows, (row) => {
    const cell = row.split(",")[at];
    return cell === undefined || cell === "" ? Number.NaN : Number(cell);
  });
}

interface Terms {
  readonly benchmark?: Float64Array | readonly number[];
  /** one for all periods, or one each */
  readonly riskFree?: number | Float64Array;
  readonly mar?: number;
  readonly periodsPerYear?: number;
  readonly confidence?: number;
  readonly convention?: Convention;
  readonly drawdowns?: number;
}

export function measured(returns: ArrayLike<number>, terms: Terms = {}): Measurement {
  const { riskFree = 0, mar = 0, periodsPerYear = 252, confidence = 0.95, benchmark } = terms;
  return measure(
    {
      returns: Float64Array.from(returns),
      riskFree:
        typeof riskFree === "number" ? new Float64Array(returns.length).fill(riskFree) : riskFree,
      benchmark: benchmark === undefined ? null : Float64Array.from(benchmark),
      mar,
      periodsPerYear,
      confidence,
    },
    { convention: terms.convention ?? "default", drawdowns: terms.drawdowns ?? 10 },
  );
}

/** @throws where the metric is undefined, with the reason */
export function metricOf(returns: ArrayLike<number>, name: MetricName, terms: Terms = {}): number {
  const { metrics, undefinedMetrics } = measured(returns, terms);
  const value = metrics[name];
  if (value === null || value === undefined) throw new Error(`${name}: ${undefinedMetrics[name]}`);
  return value;
}
