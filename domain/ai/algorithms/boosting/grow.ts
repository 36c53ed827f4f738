import { FitCancelled, type FitRun } from "../../learning/algorithm.ts";
import { Ground } from "./ground.ts";
import { emptyHistogram, type Histogram, subtract } from "./histogram.ts";
import type { Packed } from "./packed.ts";
import {
  bestSplit,
  type Bounds,
  leafValue,
  type Split,
  type SplitSetting,
  type Sums,
} from "./split.ts";
import { addLeaf, addNode, emptyTree, type Tree } from "./tree.ts";

/** What a grown tree says, and which of its rows it says it to. */
export interface Grown {
  readonly tree: Tree;
  /** rows of `Packed`: those of a leaf lie together */
  readonly rows: Int32Array;
  readonly leaves: readonly Leaf[];
}

interface Leaf {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** Rows of a ground, what they sum to, and how deep they lie. */
interface Node extends Bounds, Sums {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/** From this many rows on a node is worth a look at whether anybody still wants the fit. */
const LARGE = 4_096;
/** A branch with less than this part of the rows grows on a ground of its own, unless it is small anyhow. */
const SPARSE = 1 / 6;
const SMALL = 1_024;
const UNBOUND: Bounds = { low: -Infinity, high: Infinity };

/**
 * Grows trees down to a depth, the left child of each node before the right: which of them is first makes no difference to the
 * tree, and one histogram a level is enough. That of the smaller child is summed, that of the larger is what is left.
 */
export class Grower {
  readonly #setting: SplitSetting;
  readonly #run: FitRun;
  readonly #spare: readonly Histogram[];
  readonly #gains: Float64Array;
  #ground: Ground;
  /** where the ground's first row lies in the order of all rows */
  #offset = 0;
  #isApart = false;
  #tree: Tree = emptyTree();
  #leaves: Leaf[] = [];

  /** @param columns that a tree has at most */
  constructor(setting: SplitSetting, columns: number, run: FitRun) {
    const { terms, stride, binned } = setting;
    this.#setting = setting;
    this.#run = run;
    this.#spare = Array.from({ length: terms.depth }, () =>
      emptyHistogram(columns, stride, terms.minRows > 1),
    );
    this.#gains = new Float64Array(binned.columns);
    const nothing = { rows: 0, columns: new Int32Array(), words: new Int32Array() };
    this.#ground = new Ground(nothing, new Float64Array());
  }

  /** Σ gain of all splits so far, a column each. */
  get gains(): Float64Array {
    return this.#gains;
  }

  /** @param pairs gradient and hessian, row by row of `packed` */
  grow(packed: Packed, pairs: Float64Array): Grown {
    this.#ground = new Ground(packed, pairs);
    this.#tree = emptyTree();
    this.#leaves = [];
    const root = { ...total(pairs), ...UNBOUND, from: 0, to: packed.rows, depth: 0 };
    const [histogram] = this.#spare;
    if (histogram !== undefined) this.#fill(histogram, root);
    this.#add(root, histogram ?? null);
    return { tree: this.#tree, rows: this.#ground.rows, leaves: this.#leaves };
  }

  /** @param histogram of the node, to be used up; null: it is deep enough */
  #add(node: Node, histogram: Histogram | null): void {
    const { columns } = this.#ground.packed;
    const split =
      histogram === null ? null : bestSplit(this.#setting, histogram, columns, node, node);
    if (histogram === null || split === null) this.#addLeaf(node);
    else if (this.#isSparse(node)) this.#addApart(node, histogram, split);
    else this.#addSplit(node, histogram, split);
  }

  #addLeaf(node: Node): void {
    const { lambda, learningRate } = this.#setting.terms;
    const value = learningRate * leafValue(node.gradient, node.hessian, lambda, node);
    addLeaf(this.#tree, value);
    this.#leaves.push({ from: this.#offset + node.from, to: this.#offset + node.to, value });
  }

  /** Whether its children will be summed, from rows far between. */
  #isSparse({ from, to, depth }: Node): boolean {
    const rows = to - from;
    const isNear = this.#isApart || rows < SMALL || rows > SPARSE * this.#ground.packed.rows;
    return !isNear && depth + 1 < this.#setting.terms.depth;
  }

  #addApart(node: Node, histogram: Histogram, split: Split): void {
    const whole = this.#ground;
    this.#ground = whole.apart(node.from, node.to);
    this.#offset = node.from;
    this.#isApart = true;
    this.#addSplit({ ...node, from: 0, to: node.to - node.from }, histogram, split);
    whole.join(node.from, this.#ground);
    this.#ground = whole;
    this.#offset = 0;
    this.#isApart = false;
  }

  #addSplit(node: Node, histogram: Histogram, split: Split): void {
    const { binned } = this.#setting;
    const column = this.#ground.packed.columns[split.column] ?? 0;
    // Of missing values alone on the right no cut tells: all others are below the largest number.
    const threshold = binned.cuts[column]?.[split.bin] ?? Number.MAX_VALUE;
    this.#gains[column] = (this.#gains[column] ?? 0) + split.gain;
    const at = addNode(this.#tree, column, threshold, split.isMissingLeft ? 1 : 0);
    const middle = this.#ground.part(node.from, node.to, split, binned.missing);
    const [left, right] = this.#children(node, middle, split, column);
    const [leftHistogram, rightHistogram] = this.#histograms(left, right, histogram);
    this.#add(left, leftHistogram);
    this.#tree.right[at] = this.#tree.feature.length;
    this.#add(right, rightHistogram);
  }

  #children(node: Node, middle: number, split: Split, column: number): readonly [Node, Node] {
    const { terms } = this.#setting;
    const depth = node.depth + 1;
    const rest = {
      gradient: node.gradient - split.left.gradient,
      hessian: node.hessian - split.left.hessian,
      count: node.count - split.left.count,
    };
    const [below, above] = boundsOf(node, split.left, rest, terms.lambda, terms.monotone[column]);
    return [
      { ...split.left, ...below, from: node.from, to: middle, depth },
      { ...rest, ...above, from: middle, to: node.to, depth },
    ];
  }

  /** The parent's histogram becomes the larger child's. */
  #histograms(
    left: Node,
    right: Node,
    parent: Histogram,
  ): readonly [Histogram | null, Histogram | null] {
    const spare = this.#spare[left.depth];
    if (spare === undefined) return [null, null];
    const isLeftSmaller = left.to - left.from <= right.to - right.from;
    this.#fill(spare, isLeftSmaller ? left : right);
    subtract(parent, spare);
    return isLeftSmaller ? [spare, parent] : [parent, spare];
  }

  #fill(histogram: Histogram, { from, to }: Node): void {
    if (to - from >= LARGE && this.#run.isCancelled) throw new FitCancelled();
    this.#ground.fill(histogram, this.#setting.stride, from, to);
  }
}

function total(pairs: Float64Array): Sums {
  let [gradient, hessian] = [0, 0];
  for (let i = 0; i < pairs.length; i += 2) {
    gradient += pairs[i] ?? 0;
    hessian += pairs[i + 1] ?? 0;
  }
  return { gradient, hessian, count: pairs.length / 2 };
}

/** Of the children of a split by a monotone column: what is between them bounds both (as XGBoost has it). */
function boundsOf(
  node: Bounds,
  left: Sums,
  right: Sums,
  lambda: number,
  sign = 0,
): readonly [Bounds, Bounds] {
  const { low, high } = node;
  if (sign === 0)
    return [
      { low, high },
      { low, high },
    ];
  const middle =
    (leafValue(left.gradient, left.hessian, lambda, node) +
      leafValue(right.gradient, right.hessian, lambda, node)) /
    2;
  const below = { low, high: middle };
  const above = { low: middle, high };
  return sign > 0 ? [below, above] : [above, below];
}
