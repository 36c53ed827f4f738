import { RandomStream } from "../../../numeric/random.ts";
import { FitCancelled, type FitJob } from "../../learning/algorithm.ts";
import { targetsOf } from "../target.ts";
import { type Bag, drawBag } from "./bag.ts";
import { type Binned, binned } from "./binned.ts";
import { Forest } from "./forest.ts";
import { Grower, type Grown } from "./grow.ts";
import { fillPairs, type Goal, goalOf, meanLoss } from "./objective.ts";
import { type Packed, packed } from "./packed.ts";
import type { BoostingTerms } from "./terms.ts";
import type { Tree } from "./tree.ts";

export interface FittedTrees {
  readonly goal: Goal;
  readonly trees: readonly Tree[];
  /** Σ gain of the splits by each column, of the trees that are kept */
  readonly gains: Float64Array;
}

/**
 * Tree by tree, until all rounds are done or the stopping rows have not become better for `patience` rounds.
 * @throws FitRefused, FitCancelled
 */
export function fitTrees(job: FitJob, terms: BoostingTerms): FittedTrees {
  targetsOf(job, 2);
  const fit = new Fit(job, terms);
  const trees: Tree[] = [];
  let best = { loss: Infinity, rounds: terms.rounds, gains: fit.gains };
  for (let round = 0; round < terms.rounds; round += 1) {
    if (job.run.isCancelled) throw new FitCancelled();
    trees.push(fit.round(round));
    job.run.report((round + 1) / terms.rounds);
    if (terms.patience === 0 || job.valid.length === 0) continue;
    const loss = fit.stoppingLoss();
    if (loss < best.loss) best = { loss, rounds: round + 1, gains: fit.gains.slice() };
    else if (round + 1 - best.rounds >= terms.patience) break;
  }
  return { goal: fit.goal, trees: trees.slice(0, best.rounds), gains: best.gains };
}

/** The rows of a job, those to learn from before those to stop by, and what the trees say of them so far. */
class Fit {
  readonly goal: Goal;
  readonly #job: FitJob;
  readonly #terms: BoostingTerms;
  readonly #rows: Int32Array;
  readonly #binned: Binned;
  readonly #margins: Float64Array;
  readonly #grower: Grower;
  #packed: Packed | null = null;
  #pairs = new Float64Array();

  constructor(job: FitJob, terms: BoostingTerms) {
    const { sample, train, valid, weights, objective } = job;
    this.#job = job;
    this.#terms = terms;
    this.#rows = joined(train, valid);
    const y = Float64Array.from(this.#rows, (row) => sample.y[row] ?? Number.NaN);
    const weight = Float64Array.from(this.#rows, (row) => weights?.[row] ?? 1);
    this.goal = goalOf(objective, y, weight, train.length);
    this.#binned = binned(sample.x, this.#rows, train.length, terms.bins, job.run);
    this.#margins = new Float64Array(this.#rows.length);
    const setting = { binned: this.#binned, terms, stride: terms.bins + 1 };
    this.#grower = new Grower(setting, sample.x.columns, job.run);
  }

  get gains(): Float64Array {
    return this.#grower.gains;
  }

  stoppingLoss(): number {
    return meanLoss(this.goal, this.#margins, this.#job.train.length);
  }

  round(round: number): Tree {
    const { subsample, columnSample } = this.#terms;
    const { train, seed } = this.#job;
    const random = RandomStream.of(seed, round);
    const bag = drawBag(random, train.length, this.#binned.columns, subsample, columnSample);
    const chosen = this.#pack(bag);
    if (this.#pairs.length !== 2 * chosen.rows) this.#pairs = new Float64Array(2 * chosen.rows);
    fillPairs(this.#pairs, this.goal, this.#margins, bag.rows);
    const grown = this.#grower.grow(chosen, this.#pairs);
    this.#say(grown, bag.rows);
    return grown.tree;
  }

  /** All rows and columns are packed but once. */
  #pack(bag: Bag): Packed {
    const isAll = bag.rows === null && bag.columns.length === this.#binned.columns;
    if (isAll && this.#packed !== null) return this.#packed;
    this.#packed = packed(this.#binned, bag.columns, bag.rows, this.#job.train.length);
    return this.#packed;
  }

  /** Adds what a tree says to what those before it said. */
  #say({ tree, rows, leaves }: Grown, bag: Int32Array | null): void {
    const margins = this.#margins;
    const isSaid = bag === null ? null : new Uint8Array(this.#job.train.length);
    for (const { from, to, value } of leaves)
      for (let i = from; i < to; i += 1) {
        const at = rows[i] ?? 0;
        const row = bag === null ? at : (bag[at] ?? 0);
        margins[row] = (margins[row] ?? 0) + value;
        if (isSaid !== null) isSaid[row] = 1;
      }
    this.#walk(tree, isSaid);
  }

  /** Rows that the tree was not grown on find their leaves by their features. */
  #walk(tree: Tree, isSaid: Uint8Array | null): void {
    const others: number[] = [];
    if (isSaid !== null)
      for (let row = 0; row < isSaid.length; row += 1) if (isSaid[row] === 0) others.push(row);
    for (let row = this.#job.train.length; row < this.#rows.length; row += 1) others.push(row);
    if (others.length === 0) return;
    const { data, columns } = this.#job.sample.x;
    const values = new Float64Array(others.length);
    const rows = Int32Array.from(others, (row) => this.#rows[row] ?? 0);
    new Forest([tree], columns).addTo(values, data, rows);
    for (const [i, row] of others.entries())
      this.#margins[row] = (this.#margins[row] ?? 0) + (values[i] ?? 0);
  }
}

function joined(first: Int32Array, second: Int32Array): Int32Array {
  const both = new Int32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
