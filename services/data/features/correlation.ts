import { setImmediate } from "node:timers/promises";
import { correlate } from "../../../domain/features/statistics/correlation.ts";
import type { Change, TimedValues } from "../../../domain/features/statistics/correlation.ts";
import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { CorrelationView } from "../../../mixins/rest/routes/feature-statistics.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { barsAsked } from "./bars.ts";
import { computeFrom, firstAt, numberOf } from "./compute.ts";
import { resolveExpression } from "./resolve.ts";
import type { ResolvedFeature } from "./resolve.ts";

type Params = ActionMap["features.correlation"]["params"];

/** Two points always lie on a line: a coefficient of fewer than three says nothing. */
const PAIRS_MIN = 3;

/** The matrix of correlations of some symbols, pair by pair over the times that both have. */
export async function correlationMatrix(
  node: NodeContext,
  market: Market,
  ctx: RequestContext<Params>,
): Promise<CorrelationView> {
  const { symbols, timeframe, method, of, adjust } = ctx.params;
  const change: Change = of === "returns" || of === "logreturns" ? of : "none";
  const text = change === "none" ? of : "close";
  const feature = await resolveExpression(node.pool, userOf(ctx).tenantId, text);
  refuseBenchmark(feature, "of");
  const series: TimedValues[] = [];
  for (const symbol of symbols) {
    const columns = await barsOf(node, market, symbol, ctx.params);
    series.push(await valuesOf(columns, feature, ctx.params));
  }
  if (change !== "none") requirePositive(symbols, series);
  const cells = await compareAll(series, (a, b) => correlate(a, b, method, change));
  requirePairs(symbols, cells);
  const counts = cells.map((row) => row.map(({ count }) => count));
  return {
    symbols,
    timeframe,
    adjust,
    of,
    method,
    ...spanOf(series),
    sampleSize: Math.min(...counts.flat()),
    counts,
    matrix: cells.map((row) => row.map(({ value }) => value)),
  };
}

/** @throws RestError 422: there is no second series here */
export function refuseBenchmark({ name, kernel }: ResolvedFeature, path: string): void {
  if (kernel.input !== "benchmark") return;
  const message = `${name} compares with a benchmark, which cannot be given here`;
  throw unprocessable([{ path, code: "INVALID_VALUE", message }]);
}

function barsOf(
  node: NodeContext,
  market: Market,
  symbol: string,
  { timeframe, end, adjust, on }: Params,
): Promise<PriceColumns> {
  return barsAsked(node, market, { symbol, timeframe, adjust, on, endMs: end });
}

async function valuesOf(
  columns: PriceColumns,
  feature: ResolvedFeature,
  { start, limit }: Params,
): Promise<TimedValues> {
  const count = columns.startMs.length;
  const from = start === undefined ? 0 : firstAt(columns.startMs, start);
  const first = Math.max(from, count - limit);
  const found = await computeFrom(feature, columns, first);
  const timesMs: number[] = [];
  const values: number[] = [];
  for (const [i, value] of found.entries()) {
    const number = numberOf(value);
    if (number === null) continue;
    timesMs.push(columns.startMs[first + i] ?? Number.NaN);
    values.push(number);
  }
  return { timesMs, values };
}

function requirePositive(symbols: readonly string[], series: readonly TimedValues[]): void {
  const at = series.findIndex(({ values }) => Array.from(values).some((price) => price <= 0));
  if (at < 0) return;
  const message = `returns need positive prices, which ${symbols[at]} has not; try close`;
  throw unprocessable([{ path: "of", code: "INVALID_VALUE", message }]);
}

/** Compares each pair once; whoever else waits for the node has a turn between two pairs. */
async function compareAll<T, R>(
  items: readonly T[],
  compare: (a: T, b: T) => R,
): Promise<readonly (readonly R[])[]> {
  const rows: R[][] = items.map(() => []);
  for (const [i, a] of items.entries()) {
    for (const [j, b] of items.entries()) {
      const mirrored = rows[j]?.[i];
      if (mirrored === undefined) await setImmediate();
      rows[i]?.push(mirrored ?? compare(a, b));
    }
  }
  return rows;
}

function requirePairs(
  symbols: readonly string[],
  cells: readonly (readonly { readonly count: number }[])[],
): void {
  for (const [i, row] of cells.entries()) {
    const j = row.findIndex(({ count }) => count < PAIRS_MIN);
    if (j < 0) continue;
    const [a, b, count] = [symbols[i], symbols[j], row[j]?.count];
    throw insufficientData(
      `${a} and ${b} need ${PAIRS_MIN} common observations, there are ${count}`,
    );
  }
}

function spanOf(series: readonly TimedValues[]): Pick<CorrelationView, "start" | "end"> {
  const times = series.flatMap(({ timesMs }) => [timesMs[0], timesMs[timesMs.length - 1]]);
  const known = times.filter((time) => time !== undefined);
  return { start: isoTime(Math.min(...known)), end: isoTime(Math.max(...known)) };
}
