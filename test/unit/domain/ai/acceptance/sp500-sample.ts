import { barVariances } from "../../../../../domain/ai/labels/variance.ts";
import { logReturns } from "../../../../../domain/ai/labels/bars.ts";
import { labelsOf } from "../../../../../domain/ai/labels/labels.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import type { ModelDefinition, Target } from "../../../../../domain/ai/model/definition.ts";
import { computeSeries } from "../../../../../domain/features/pipeline.ts";
import { columnsOf, SP500 } from "../../features/sp500-bars.ts";

const DAY_MS = 86_400_000;

/** Returns, volatility, oscillators, ranges and volume: 21 features. */
export const DIRECTION_FEATURES: readonly string[] = `
  roc_1 roc_2 roc_5 roc_10 roc_21 roc_63 roc_126 roc_252
  volatility_5 volatility_21 volatility_63 parkinson_5 parkinson_22 parkinson_66
  rsi_2 rsi_14 zscore_20 relvolume_20 bop drawdown_63 skew_63`
  .trim()
  .split(/\s+/);

/** 27 features of ranges and returns over days to months. */
export const VOLATILITY_FEATURES: readonly string[] = `
  parkinson_2 parkinson_3 parkinson_5 parkinson_10 parkinson_22 parkinson_66
  volatility_5 volatility_22 volatility_66 natr_2 natr_14 ewmavol_0.94
  returns_1 returns_2 returns_5 returns_10 returns_22 returns_66
  rsi_2 rsi_14 drawdown_22 drawdown_66 zscore_5 zscore_20
  bop relvolume_20 bandwidth_20_2`
  .trim()
  .split(/\s+/);

/** The packaged S&P 500 daily bars with features as of each close and what followed. */
export function sp500Sample(features: readonly string[], target: Target): LabelledSample {
  const columns = columnsOf(SP500);
  const bars = {
    open: Float64Array.from(columns.open),
    high: Float64Array.from(columns.high),
    low: Float64Array.from(columns.low),
    close: Float64Array.from(columns.close),
    closeMs: Float64Array.from(columns.startMs, (start) => start + DAY_MS),
  };
  const rows = bars.close.length;
  const measure = target.kind === "volatility" ? target.measure : "parkinson";
  return {
    x: { rows, columns: features.length, data: valuesOf(features, rows) },
    symbol: new Int32Array(rows),
    closeMs: bars.closeMs,
    logReturn: logReturns(bars.close),
    variance: barVariances(bars, measure),
    ...labelsOf(bars, target),
  };
}

function valuesOf(features: readonly string[], rows: number): Float64Array {
  const series = computeSeries(features, columnsOf(SP500));
  const data = new Float64Array(rows * features.length);
  features.forEach((feature, column) => {
    const values = series[feature];
    for (let row = 0; row < rows; row += 1) {
      const value = Array.isArray(values) ? values[row] : undefined;
      data[row * features.length + column] = typeof value === "number" ? value : Number.NaN;
    }
  });
  return data;
}

export function sp500Model(
  over: Pick<ModelDefinition, "kind" | "algorithm" | "target"> &
    Partial<Pick<ModelDefinition, "features" | "parameters">>,
): ModelDefinition {
  return {
    symbols: ["SPX"],
    timeframe: "1d",
    features: [],
    parameters: {},
    adjust: "none",
    ...over,
  };
}
