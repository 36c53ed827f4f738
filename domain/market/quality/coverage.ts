import type { Timeframe } from "../bar.ts";
import { barEndMs } from "../timeframe.ts";

/** A run of bars that should be there and are not. */
export interface Gap {
  /** opening time of the first missing bar, epoch ms */
  readonly startMs: number;
  /** end of the last missing bar */
  readonly endMs: number;
  readonly missing: number;
}

export interface Coverage {
  readonly expected: number;
  /** of the expected ones */
  readonly present: number;
  /** bars that the calendar does not know of: before the opening, on holidays */
  readonly unexpected: number;
  /** oldest first */
  readonly gaps: readonly Gap[];
}

/** Holds bars that are there against those that should be, one after another: whoever asks may rest in between. */
export class CoverageCount {
  readonly #starts: Float64Array;
  readonly #timeframe: Timeframe;
  readonly #gaps: Gap[] = [];
  #row = 0;
  #expected = 0;
  #present = 0;
  #open: Gap | null = null;

  /** @param starts opening times of the bars that are there, ascending, epoch ms */
  constructor(starts: Float64Array, timeframe: Timeframe) {
    this.#starts = starts;
    this.#timeframe = timeframe;
  }

  /** @param startMs opening time of a bar that should be there, later than the one before */
  expect(startMs: number): void {
    this.#expected += 1;
    while ((this.#starts[this.#row] ?? Infinity) < startMs) this.#row += 1;
    if (this.#starts[this.#row] === startMs) {
      this.#present += 1;
      this.#close();
      return;
    }
    const { startMs: since = startMs, missing = 0 } = this.#open ?? {};
    const endMs = barEndMs(this.#timeframe, startMs);
    this.#open = { startMs: since, endMs, missing: missing + 1 };
  }

  finish(): Coverage {
    this.#close();
    const [expected, present] = [this.#expected, this.#present];
    return { expected, present, unexpected: this.#starts.length - present, gaps: this.#gaps };
  }

  #close(): void {
    if (this.#open !== null) this.#gaps.push(this.#open);
    this.#open = null;
  }
}
