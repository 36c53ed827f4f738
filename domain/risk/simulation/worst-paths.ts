/** The worst of a block's outcomes so far, each with what its assets brought: a heap whose root is the mildest of them. */
export class WorstPaths {
  readonly #assets: number;
  readonly #capacity: number;
  readonly #outcomes: Float64Array;
  /** of the heap's entries: where their rows are */
  readonly #slots: Int32Array;
  readonly #rows: Float64Array;
  #size = 0;

  constructor(capacity: number, assets: number) {
    this.#capacity = capacity;
    this.#assets = assets;
    this.#outcomes = new Float64Array(capacity);
    this.#slots = Int32Array.from({ length: capacity }, (_, i) => i);
    this.#rows = new Float64Array(capacity * assets);
  }

  /** @param contribution of asset i, asked for only when the path is kept */
  offer(outcome: number, contribution: (asset: number) => number): void {
    if (this.#size === this.#capacity && !(outcome < (this.#outcomes[0] ?? -Infinity))) return;
    const place = this.#size < this.#capacity ? this.#size : 0;
    const from = (this.#slots[place] ?? 0) * this.#assets;
    for (let i = 0; i < this.#assets; i += 1) this.#rows[from + i] = contribution(i);
    this.#outcomes[place] = outcome;
    if (this.#size < this.#capacity) {
      this.#size += 1;
      this.#rise(place);
    } else this.#sink();
  }

  /** In no particular order, but always in the same. */
  take(): WorstRows {
    const rows = new Float64Array(this.#size * this.#assets);
    for (let k = 0; k < this.#size; k += 1) {
      const from = (this.#slots[k] ?? 0) * this.#assets;
      rows.set(this.#rows.subarray(from, from + this.#assets), k * this.#assets);
    }
    return { outcomes: this.#outcomes.slice(0, this.#size), rows };
  }

  #rise(start: number): void {
    for (let child = start; child > 0;) {
      const parent = (child - 1) >> 1;
      if ((this.#outcomes[parent] ?? 0) >= (this.#outcomes[child] ?? 0)) return;
      this.#swap(parent, child);
      child = parent;
    }
  }

  #sink(): void {
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      if (left >= this.#size) return;
      const right = left + 1;
      const isRight =
        right < this.#size && (this.#outcomes[right] ?? 0) > (this.#outcomes[left] ?? 0);
      const child = isRight ? right : left;
      if ((this.#outcomes[parent] ?? 0) >= (this.#outcomes[child] ?? 0)) return;
      this.#swap(parent, child);
      parent = child;
    }
  }

  #swap(a: number, b: number): void {
    const outcome = this.#outcomes[a] ?? 0;
    this.#outcomes[a] = this.#outcomes[b] ?? 0;
    this.#outcomes[b] = outcome;
    const slot = this.#slots[a] ?? 0;
    this.#slots[a] = this.#slots[b] ?? 0;
    this.#slots[b] = slot;
  }
}

export interface WorstRows {
  readonly outcomes: Float64Array;
  /** what asset i brought to the k-th of them, at k·assets + i */
  readonly rows: Float64Array;
}
