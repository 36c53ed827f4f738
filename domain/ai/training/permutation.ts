import { RandomStream } from "../../numeric/random.ts";
import { shuffle } from "../../numeric/shuffle.ts";
import { mean } from "../../numeric/moments.ts";
import { lossOf } from "../metrics/losses.ts";
import { spread } from "../model/novelty.ts";
import type { Fold } from "../validation/splits.ts";
import { type FittedRows, type FitSetting, shownOf } from "./fit-rows.ts";

/** Predictions that all columns and folds together may take. */
const WORK = 200_000;
const ROWS_MIN = 20;
const STREAM = 0x9e27;

/**
 * How much the loss rises on rows that a model has not learnt from when one feature is taken from other rows (Breiman 2001; Fisher, Rudin &
 * Dominici 2019). Blocks of neighbouring rows are exchanged, not single ones, so that a slow feature stays slow.
 */
export class PermutationImportance {
  readonly #setting: FitSetting;
  readonly #rowsMax: number;
  readonly #block: number;
  readonly #sums: Float64Array;
  #rows = 0;

  constructor(setting: FitSetting, folds: number) {
    const { columns } = setting.sample.x;
    this.#setting = setting;
    this.#rowsMax = Math.max(ROWS_MIN, Math.floor(WORK / (Math.max(1, columns) * folds)));
    this.#block = Math.max(5, setting.terms.definition.target.horizon);
    this.#sums = new Float64Array(columns);
  }

  /** Takes a fold's fit into account. @param check called before each column; throws to stop */
  add({ predictor, scaled, factor }: FittedRows, fold: Fold, check: () => void): void {
    const { columns } = scaled.x;
    const rows = spread(fold.test, this.#rowsMax);
    if (columns === 0 || rows.length < 2) return;
    const x = { ...scaled.x, data: scaled.x.data.slice() };
    const sample = { ...scaled, x };
    const loss = (): number => this.#loss(predictor.predict(sample, rows), factor, rows);
    const usual = loss();
    for (let column = 0; column < columns; column += 1) {
      check();
      const order = blockOrder(rows, this.#block, this.#random(column));
      for (let i = 0; i < rows.length; i += 1)
        x.data[(rows[i] ?? 0) * columns + column] =
          scaled.x.data[(order[i] ?? 0) * columns + column] ?? Number.NaN;
      this.#sums[column] = (this.#sums[column] ?? 0) + (loss() - usual) * rows.length;
      for (const row of rows)
        x.data[row * columns + column] = scaled.x.data[row * columns + column] ?? Number.NaN;
    }
    this.#rows += rows.length;
  }

  /** The mean rise of the loss a column; null where nothing was measured. Below 0: the model is better off without it. */
  result(): Float64Array | null {
    return this.#rows === 0 ? null : this.#sums.map((sum) => sum / this.#rows);
  }

  #random(column: number): RandomStream {
    return RandomStream.of(this.#setting.terms.seed, STREAM + column);
  }

  #loss(raw: Float64Array, factor: number, rows: Int32Array): number {
    const { sample, terms } = this.#setting;
    const { kind } = terms.definition;
    const of = lossOf(kind);
    const losses = Array.from(rows, (row, i) =>
      of(shownOf(kind, raw[i] ?? Number.NaN, factor), shownOf(kind, sample.y[row] ?? 0, 1)),
    ).filter(Number.isFinite);
    return losses.length === 0 ? 0 : mean(losses);
  }
}

/** The rows in blocks, the blocks in random order. */
function blockOrder(rows: Int32Array, block: number, random: RandomStream): Int32Array {
  const count = Math.ceil(rows.length / block);
  const starts = shuffle(
    Int32Array.from({ length: count }, (_, k) => k * block),
    random,
  );
  return Int32Array.from(
    Array.from(starts).flatMap((start) => Array.from(rows.subarray(start, start + block))),
  );
}
