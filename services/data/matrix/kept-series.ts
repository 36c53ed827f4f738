import type { FeatureValue } from "../../../domain/features/kernel.ts";
import type { BarChange } from "../../../domain/market/known-bars.ts";
import { grown } from "../../../domain/numeric/growing.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { lineOf, numberOf, runThrough } from "../features/compute.ts";
import type { ResolvedFeature } from "../features/resolve.ts";
import type { MatrixColumn } from "./columns.ts";
import type { History } from "./history.ts";
import { runAsKnown } from "./run.ts";

type Computed = Extract<MatrixColumn, { readonly kind: "computed" }>;

/** A feature over a history: a column a line, and the state from which the next bar is taken in. */
interface Line {
  readonly columns: ReadonlyMap<string | null, Float64Array>;
  readonly state: Json;
}

/** A history with the features that were computed of it. */
export class KeptSeries {
  readonly history: History;
  readonly closeBefore: Float64Array;
  /** the same word while nothing but rows at the end has changed */
  readonly lineage: string;
  /** by the key of their features */
  readonly #lines = new Map<string, Promise<Line>>();
  /** of a history that this one continues */
  readonly #before: Map<string, Promise<Line>>;
  readonly #rowsBefore: number;
  #columns = 12;

  /**
   * @param before what was kept until now
   * @param lineage a new word, for a history that is not the earlier one with more rows
   */
  constructor(history: History, before: KeptSeries | null, lineage: string) {
    this.history = history;
    const continued = before !== null && continues(before.history, history) ? before : null;
    this.closeBefore = closesBefore(history, continued?.closeBefore ?? new Float64Array(0));
    this.lineage = continued?.lineage ?? lineage;
    this.#before = new Map(continued === null ? [] : continued.#lines);
    this.#rowsBefore = continued?.history.closeMs.length ?? 0;
  }

  get bytes(): number {
    return 8 * this.history.closeMs.length * this.#columns;
  }

  /** NaN where there is no value. */
  async column({ feature, line }: Computed): Promise<Float64Array> {
    const { columns } = await this.#line(feature);
    const column = columns.get(line);
    if (column === undefined) throw new Error(`${feature.name} has no line ${line}`);
    return column;
  }

  /** Computed once, however many ask at once. */
  #line(feature: ResolvedFeature): Promise<Line> {
    const { key } = feature;
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line = this.#compute(feature).catch((error: unknown) => {
      this.#lines.delete(key);
      throw error;
    });
    this.#lines.set(key, line);
    this.#columns += feature.kernel.lines?.length ?? 1;
    return line;
  }

  async #compute(feature: ResolvedFeature): Promise<Line> {
    const { history } = this;
    const rows = history.closeMs.length;
    const names = feature.kernel.lines ?? [null];
    const before = await this.#before.get(feature.key);
    this.#before.delete(feature.key);
    const columns = new Map(
      names.map((name) => [name, emptyAfter(before?.columns.get(name), rows)] as const),
    );
    const tell = (value: FeatureValue, row: number): void => put(columns, value, row);
    if (before === undefined) return { columns, state: await runAsKnown(feature, history, tell) };
    // A copy: another may go on from it as well.
    const begun = { row: this.#rowsBefore, state: structuredClone(before.state) };
    return { columns, state: await runThrough(feature, history.bars, tell, begun) };
  }
}

function put(
  columns: ReadonlyMap<string | null, Float64Array>,
  value: FeatureValue,
  row: number,
): void {
  if (value === null) return;
  for (const [name, column] of columns) {
    const number = name === null ? numberOf(value) : lineOf(value, name);
    if (number !== null) column[row] = number;
  }
}

/** The values that there are, then NaN. */
function emptyAfter(column: Float64Array = new Float64Array(0), rows: number): Float64Array {
  return grown(column, rows).fill(Number.NaN, column.length);
}

/**
 * Whether a history is an earlier one with more bars at its end, and nothing was learnt of what went before: of what was learnt then, the
 * states that are gone on from know.
 */
function continues(before: History, now: History): boolean {
  const fields = ["startMs", "open", "high", "low", "close", "volume"] as const;
  return (
    areSame(before.changes, now.changes) &&
    isPrefix(before.closeMs, now.closeMs) &&
    fields.every((field) => isPrefix(before.bars[field], now.bars[field]))
  );
}

function areSame(before: readonly BarChange[], now: readonly BarChange[]): boolean {
  const fields = ["row", "bar", "open", "high", "low", "close", "volume"] as const;
  return (
    before.length === now.length &&
    before.every((change, i) => fields.every((field) => change[field] === now[i]?.[field]))
  );
}

function isPrefix(part: Float64Array, whole: Float64Array): boolean {
  if (part.length > whole.length) return false;
  // A column that has grown where it was, whose values never change.
  if (part.buffer === whole.buffer && part.byteOffset === whole.byteOffset) return true;
  for (let i = 0; i < part.length; i += 1) if (part[i] !== whole[i]) return false;
  return true;
}

/**
 * At each bar the close of the bar before, as it was believed then; NaN at the first.
 * @param known of the first bars
 */
function closesBefore({ bars, changes }: History, known: Float64Array): Float64Array {
  const before = grown(known, bars.close.length);
  if (known.length === 0) before[0] = Number.NaN;
  const first = Math.max(1, known.length);
  before.set(bars.close.subarray(first - 1, -1), first);
  for (const { row, bar, close } of changes)
    if (row >= known.length && bar === row - 1) before[row] = close;
  return before;
}
