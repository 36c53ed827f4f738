import type { DataDefinition } from "../../../domain/ai/model/definition.ts";
import { mean, standardDeviation } from "../../../domain/numeric/moments.ts";
import { at } from "../../../domain/numeric/matrix.ts";
import type { DatasetView } from "../../../mixins/rest/routes/datasets.ts";
import type { Steps } from "../../../domain/shared/steps.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { Dataset } from "./datasets.ts";

type RowView = DatasetView["first"][number];

/** What a data set is, as a client reads it. @param show rows from each end */
export function* toDatasetView(
  { timeframe, adjust, features }: DataDefinition,
  dataset: Dataset,
  { knownAtMs, show }: { readonly knownAtMs: number; readonly show: number },
): Steps<DatasetView> {
  const { sample, rows, startMs, endMs, sha256 } = dataset;
  const { y } = sample;
  const shown = (from: number, until: number): RowView[] =>
    Array.from({ length: until - from }, (_, i) => rowView(dataset, features, from + i));
  const columns: DatasetView["features"][number][] = [];
  // One for all columns, one after the other.
  const room = new Float64Array(rows);
  for (const [j, name] of features.entries()) {
    const known = knownOf(room, (i) => at(sample.x, i, j));
    yield;
    const moments = yield* momentsOf(known);
    columns.push({ name, missing: 1 - known.length / rows, ...moments });
  }
  const labels = knownOf(room, (i) => y[i] ?? Number.NaN);
  yield;
  const label = yield* momentsOf(labels);
  return {
    rows,
    labelled: labels.length,
    start: isoTime(startMs),
    end: isoTime(endMs),
    knownAt: isoTime(knownAtMs),
    sha256,
    timeframe,
    adjust,
    symbols: symbolViews(dataset),
    features: columns,
    label,
    first: shown(0, Math.min(show, rows)),
    last: shown(Math.max(0, rows - show), rows),
  };
}

function symbolViews({ symbols, sample: { symbol, y } }: Dataset): DatasetView["symbols"] {
  const views = symbols.map((name) => ({ symbol: name, rows: 0, labelled: 0 }));
  for (const [i, number] of symbol.entries()) {
    const view = views[number];
    if (view === undefined) continue;
    view.rows += 1;
    if (!Number.isNaN(y[i])) view.labelled += 1;
  }
  return views;
}

function rowView({ sample, symbols }: Dataset, features: readonly string[], i: number): RowView {
  const { x, symbol, closeMs, y, labelEndMs, forwardReturn } = sample;
  const endMs = orNull(labelEndMs[i]);
  return {
    symbol: symbols[symbol[i] ?? 0] ?? "",
    closedAt: isoTime(closeMs[i] ?? 0),
    features: Object.fromEntries(features.map((name, j) => [name, orNull(at(x, i, j))])),
    label: orNull(y[i]),
    labelEndsAt: endMs === null ? null : isoTime(endMs),
    forwardReturn: orNull(forwardReturn[i]),
  };
}

/** The values that there are. @param room for one a row */
function knownOf(room: Float64Array, valueAt: (row: number) => number): Float64Array {
  let count = 0;
  for (let i = 0; i < room.length; i += 1) {
    const value = valueAt(i);
    if (Number.isNaN(value)) continue;
    room[count] = value;
    count += 1;
  }
  return room.subarray(0, count);
}

function* momentsOf(known: Float64Array): Steps<DatasetView["label"]> {
  let [min, max] = [Infinity, -Infinity];
  for (const value of known) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  yield;
  const average = orNull(mean(known));
  yield;
  const deviation = orNull(standardDeviation(known));
  yield;
  return { mean: average, deviation, min: orNull(min), max: orNull(max) };
}

function orNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
