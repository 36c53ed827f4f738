import { arrayOf, type Checkpoint } from "./learner.ts";

/** A grid over observations: the cells of a table. */
export class Bins {
  readonly cells: number;
  /** between the bins of each number observed, ascending */
  readonly #edges: readonly Float64Array[];

  constructor(edges: readonly Float64Array[]) {
    this.#edges = edges;
    this.cells = edges.reduce((product, { length }) => product * (length + 1), 1);
  }

  /**
   * One bin a level where a number has few; of any other `bins`, all but the outer two within `reach` of 0.
   */
  static over(levels: readonly (readonly number[] | null)[], bins: number, reach: number): Bins {
    const even = Float64Array.from({ length: bins - 1 }, (_, i) =>
      bins === 2 ? 0 : reach * ((2 * i) / (bins - 2) - 1),
    );
    return new Bins(levels.map((values) => (values === null ? even : between(values))));
  }

  /** @throws RangeError when the checkpoint holds no grid */
  static restored(checkpoint: Checkpoint): Bins {
    const edges = arrayOf(checkpoint, "edges");
    let from = 0;
    return new Bins(
      Array.from(arrayOf(checkpoint, "counts"), (count) => {
        from += count;
        return edges.slice(from - count, from);
      }),
    );
  }

  save(): Checkpoint["arrays"] {
    return {
      edges: Float64Array.from(this.#edges.flatMap((edges) => Array.from(edges))),
      counts: Float64Array.from(this.#edges, ({ length }) => length),
    };
  }

  cellOf(observation: Float64Array): number {
    let cell = 0;
    for (const [i, edges] of this.#edges.entries())
      cell = cell * (edges.length + 1) + binOf(edges, observation[i] ?? 0);
    return cell;
  }
}

function between(values: readonly number[]): Float64Array {
  return Float64Array.from(values.slice(1), (value, i) => (value + (values[i] ?? 0)) / 2);
}

/** How many edges lie at or below the value. */
function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
