import type { Fields } from "../fitted.ts";
import type { Tree } from "./tree.ts";

/** Rows walked through one tree before the next one is looked at: the tree stays near, and so do they. */
const BLOCK = 64;

/** Trees put behind each other, for reading only. */
export class Forest {
  readonly #columns: number;
  readonly #roots: Int32Array;
  readonly #feature: Int32Array;
  readonly #value: Float64Array;
  readonly #right: Int32Array;
  readonly #missingLeft: Uint8Array;

  /** @param columns of the rows that are predicted; @throws RangeError of trees that do not end or look at other columns */
  constructor(trees: readonly Tree[], columns: number) {
    const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0);
    this.#columns = columns;
    this.#roots = new Int32Array(trees.length);
    this.#feature = new Int32Array(nodes);
    this.#value = new Float64Array(nodes);
    this.#right = new Int32Array(nodes);
    this.#missingLeft = new Uint8Array(nodes);
    let start = 0;
    for (const [i, tree] of trees.entries()) {
      check(tree, columns);
      this.#roots[i] = start;
      this.#feature.set(tree.feature, start);
      this.#value.set(tree.value, start);
      this.#missingLeft.set(tree.missingLeft, start);
      for (const [node, right] of tree.right.entries()) this.#right[start + node] = start + right;
      start += tree.feature.length;
    }
  }

  /**
   * Adds what all trees say.
   * @param data row by row, of as many columns as the forest
   * @param rows of `data`, one a sum
   */
  addTo(sums: Float64Array, data: Float64Array, rows: Int32Array): void {
    for (let from = 0; from < rows.length; from += BLOCK) {
      const to = Math.min(rows.length, from + BLOCK);
      for (const root of this.#roots)
        for (let i = from; i < to; i += 1)
          sums[i] = (sums[i] ?? 0) + this.#walk(root, data, (rows[i] ?? 0) * this.#columns);
    }
  }

  #walk(root: number, data: Float64Array, offset: number): number {
    let node = root;
    for (;;) {
      const feature = this.#feature[node] ?? -1;
      const value = this.#value[node] ?? 0;
      if (feature < 0) return value;
      const x = data[offset + feature] ?? Number.NaN;
      // A missing value is neither below nor above.
      const isLeft = x < value || (!(x >= value) && this.#missingLeft[node] === 1);
      node = isLeft ? node + 1 : (this.#right[node] ?? 0);
    }
  }
}

/** @throws RangeError when it is something else */
export function treeFrom(fields: Fields): Tree {
  return {
    feature: [...fields.numbers("feature")],
    value: [...fields.numbers("value")],
    right: [...fields.numbers("right")],
    missingLeft: [...fields.numbers("missingLeft")],
  };
}

/** Children come behind their parents, so whoever walks arrives. */
function check({ feature, value, right, missingLeft }: Tree, columns: number): void {
  const nodes = feature.length;
  if (nodes === 0 || [value, right, missingLeft].some(({ length }) => length !== nodes))
    throw new RangeError("expected a tree of as many values as nodes");
  for (const [node, column] of feature.entries()) {
    if (column === -1) continue;
    const child = right[node] ?? 0;
    const isTree = Number.isInteger(child) && child > node + 1 && child < nodes;
    if (!isTree || !Number.isInteger(column) || column < 0 || column >= columns)
      throw new RangeError(`expected a tree of ${columns} columns, found column ${column}`);
  }
}
