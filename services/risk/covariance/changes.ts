import { toRows } from "../../../domain/numeric/matrix.ts";
import { isConstant } from "../../../domain/numeric/moments.ts";
import { at, type Matrix } from "../../../domain/numeric/matrix.ts";
import { correlationOf } from "../../../domain/numeric/symmetric.ts";
import {
  concentrationOf,
  fisherTest,
  jennrichTest,
} from "../../../domain/risk/covariance/change.ts";
import { completeRows, DEFAULT_LAMBDA } from "../../../domain/risk/covariance/estimate.ts";
import { ewmaCorrelation, rollingCorrelation } from "../../../domain/risk/covariance/path.ts";
import { covarianceMatrix } from "../../../domain/risk/covariance/sample.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { CorrelationChangesView } from "../../../mixins/rest/routes/risk-covariance.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { type NamedSeries, seriesOf } from "./assess.ts";

type Asked = ActionMap["risk-covariance.changes"]["params"];

const ROLLING = 60;

/** @throws RestError 404; 422 where a window has too little, or a name does not vary in it */
export async function correlationChanges(
  ctx: RequestContext<Asked>,
  nowMs: number,
): Promise<CorrelationChangesView> {
  const { params } = ctx;
  const series = await completed(ctx, params);
  const count = series.columns[0]?.length ?? 0;
  const { start, middle } = windowsOf(params, count);
  const now = windowOf(series, middle, count);
  const before = windowOf(series, start, middle);
  return {
    names: series.names,
    now: now.view,
    before: before.view,
    changes: changesOf(series.names, now, before),
    equality: jennrichTest(now.matrix, now.count, before.matrix, before.count),
    path: pathOf(series, params),
    method: "Pearson",
    asOf: isoTime(nowMs),
    sampleSize: count,
    source: series.source,
  };
}

async function completed(ctx: RequestContext, asked: Asked): Promise<NamedSeries> {
  const series = await seriesOf(ctx, asked);
  const isGap = (k: number) => series.columns.some((column) => Number.isNaN(column[k]));
  return {
    ...series,
    columns: completeRows(series.columns),
    timesMs: series.timesMs?.filter((_, k) => !isGap(k)) ?? null,
  };
}

function windowsOf({ window, windowBefore }: Asked, count: number) {
  const length = window ?? Math.floor(count / 2);
  const middle = count - length;
  const earlier = windowBefore ?? Math.min(length, middle);
  if (length < 2 || earlier < 2 || earlier > middle)
    throw insufficientData(
      `two windows of at least 2 returns are needed, of ${window ?? "half"} and ${windowBefore ?? "what is before"}, and all names have ${count} returns in common`,
    );
  return { start: middle - earlier, middle };
}

interface Window {
  readonly matrix: Matrix;
  readonly count: number;
  readonly view: CorrelationChangesView["now"];
}

function windowOf({ names, columns, timesMs }: NamedSeries, from: number, to: number): Window {
  const part = columns.map((column) => column.subarray(from, to));
  const still = part.findIndex((column) => isConstant(column));
  if (still >= 0)
    throw insufficientData(
      `${names[still]} does not vary in the ${to - from} returns from ${from}, so that it has no correlation`,
    );
  const matrix = correlationOf(covarianceMatrix(part));
  const timeOf = (k: number) => (timesMs === null ? null : isoTime(timesMs[k] ?? 0));
  const view = {
    from: timeOf(from),
    to: timeOf(to - 1),
    sampleSize: to - from,
    correlation: toRows(matrix),
    ...concentrationOf(matrix),
  };
  return { matrix, count: to - from, view };
}

function changesOf(names: readonly string[], now: Window, before: Window) {
  const changes: CorrelationChangesView["changes"][number][] = [];
  for (const [i, first] of names.entries())
    for (const [j, second] of names.entries()) {
      if (j <= i) continue;
      const [here, then] = [at(now.matrix, i, j), at(before.matrix, i, j)];
      const test = fisherTest(here, now.count, then, before.count);
      changes.push({
        names: [first, second],
        now: here,
        before: then,
        change: here - then,
        statistic: test?.statistic ?? null,
        pValue: test?.pValue ?? null,
      });
    }
  return changes.toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change));
}

function pathOf({ names, columns, timesMs }: NamedSeries, asked: Asked) {
  const { pair, rollingWindow = ROLLING, lambda = DEFAULT_LAMBDA } = asked;
  if (pair === undefined) return null;
  const [x, y] = pair.map((name, i) => {
    const column = columns[names.indexOf(name)];
    if (column !== undefined) return column;
    const message = `must be one of the names, found ${name}`;
    throw unprocessable([{ path: `pair[${i}]`, code: "INVALID_VALUE", message }]);
  });
  if (x === undefined || y === undefined) return null;
  return {
    names: pair,
    times: timesMs === null ? null : Array.from(timesMs, isoTime),
    rolling: [...rollingCorrelation(x, y, rollingWindow)],
    ewma: [...ewmaCorrelation(x, y, lambda)],
  };
}
