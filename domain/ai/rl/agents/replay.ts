import type { RandomStream } from "../../../numeric/random.ts";
import { arrayOf, type Checkpoint, numberOf } from "./learner.ts";

/** The newest steps, to be learnt from again: a row is the observation, the action, the reward, 1 where nothing follows, the next observation. */
export class Replay {
  readonly #width: number;
  readonly #rows: Float64Array;
  readonly #capacity: number;
  #count = 0;
  #next = 0;

  constructor(capacity: number, width: number) {
    this.#capacity = capacity;
    this.#width = width;
    this.#rows = new Float64Array(capacity * (2 * width + 3));
  }

  get size(): number {
    return this.#count;
  }

  add(
    before: Float64Array,
    action: number,
    reward: number,
    isTerminal: boolean,
    after: Float64Array,
  ): void {
    const width = this.#width;
    const at = this.#next * (2 * width + 3);
    const rows = this.#rows;
    rows.set(before, at);
    rows[at + width] = action;
    rows[at + width + 1] = reward;
    rows[at + width + 2] = isTerminal ? 1 : 0;
    rows.set(after, at + width + 3);
    this.#next = (this.#next + 1) % this.#capacity;
    this.#count = Math.min(this.#capacity, this.#count + 1);
  }

  /** One at random. */
  draw(random: RandomStream): Float64Array {
    const row = random.below(this.#count);
    const length = 2 * this.#width + 3;
    return this.#rows.subarray(row * length, (row + 1) * length);
  }

  save(): Pick<Checkpoint, "numbers" | "arrays"> {
    const used = this.#rows.slice(0, this.#count * (2 * this.#width + 3));
    return {
      numbers: { replayNext: this.#next, replayCount: this.#count },
      arrays: { replay: used },
    };
  }

  restore(checkpoint: Checkpoint): void {
    this.#count = numberOf(checkpoint, "replayCount");
    this.#next = numberOf(checkpoint, "replayNext");
    this.#rows.set(arrayOf(checkpoint, "replay", this.#count * (2 * this.#width + 3)));
  }
}
