import type { ModelKind } from "../model/definition.ts";
import type { CommonRow } from "./common-rows.ts";

/** What acting by predictions would have been like; without costs, which turnover stands for. */
export interface Trading {
  /** the mean change of the position a bar, in parts of the whole */
  readonly turnover: number;
  /** the largest fall from a peak, a positive fraction of it */
  readonly maxDrawdown: number;
}

/**
 * Long where the prediction is above what is usual, else flat; each bar a part 1/horizon of the money is put to the row's return, so
 * that returns which overlap are not counted twice. Symbols have equal parts.
 * @param rows in order of time
 * @returns null of a variance, which says nothing of which way to go
 */
export function tradingOf(
  kind: ModelKind,
  rows: readonly CommonRow[],
  prediction: (row: CommonRow) => number,
  horizon: number,
): Trading | null {
  if (kind === "forecaster" || rows.length === 0) return null;
  // Of a probability the share of ones among these very rows, which is the same for whoever is compared on them.
  const usual = kind === "classifier" ? meanOf(rows, ({ truth }) => truth) : 0;
  const held = new Map<string, number>();
  const earned = new Map<number, { sum: number; count: number }>();
  let changed = 0;
  for (const row of rows) {
    const position = prediction(row) > usual ? 1 : 0;
    changed += Math.abs(position - (held.get(row.symbol) ?? 0));
    held.set(row.symbol, position);
    const bar = earned.get(row.closeMs) ?? { sum: 0, count: 0 };
    bar.sum += position === 1 && Number.isFinite(row.forwardReturn) ? row.forwardReturn : 0;
    bar.count += 1;
    earned.set(row.closeMs, bar);
  }
  const returns = [...earned.values()].map(({ sum, count }) => sum / count / horizon);
  return { turnover: changed / rows.length, maxDrawdown: deepest(returns) };
}

function meanOf(rows: readonly CommonRow[], value: (row: CommonRow) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
}

/** @param returns simple, oldest first */
function deepest(returns: readonly number[]): number {
  let [wealth, peak, deepestSoFar] = [1, 1, 0];
  for (const earned of returns) {
    wealth *= 1 + earned;
    peak = Math.max(peak, wealth);
    deepestSoFar = Math.max(deepestSoFar, 1 - wealth / peak);
  }
  return deepestSoFar;
}
