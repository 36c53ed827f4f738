import type { PriceColumns } from "../adjust/adjust-columns.ts";
import { RollingScore } from "./rolling-score.ts";

/** A bar that is unlike those before it. It is shown, never removed: markets do jump. */
export interface Outlier {
  /** opening time, epoch ms */
  readonly startMs: number;
  /** `return`: the log return of the close; `volume`: log(1 + volume) */
  readonly kind: "return" | "volume";
  readonly value: number;
  /** modified z-score, signed */
  readonly score: number;
}

export interface PriceScan {
  readonly outliers: readonly Outlier[];
  /** bars with a price of 0 or below, which is right for some markets and wrong for most */
  readonly nonPositive: number;
  /** the longest run of bars that repeat the prices of the one before; null when none does */
  readonly frozen: { readonly startMs: number; readonly bars: number } | null;
}

export const OUTLIER_WINDOW = 63;
const LEAST_OBSERVATIONS = 20;

/**
 * Looks at bars one after another: whoever asks may rest in between. A return over a price of 0 or below is not defined and
 * is not judged. Give it split-adjusted columns, or every split is an outlier.
 */
export class PriceScanner {
  readonly #columns: PriceColumns;
  readonly #threshold: number;
  readonly #returns = new RollingScore(OUTLIER_WINDOW, LEAST_OBSERVATIONS);
  readonly #volumes = new RollingScore(OUTLIER_WINDOW, LEAST_OBSERVATIONS);
  readonly #outliers: Outlier[] = [];
  #nonPositive = 0;
  #frozen: { readonly startMs: number; readonly bars: number } | null = null;
  #repeats = 0;

  /** @param threshold scores beyond it, either way, are outliers */
  constructor(columns: PriceColumns, threshold: number) {
    this.#columns = columns;
    this.#threshold = threshold;
  }

  look(row: number): void {
    this.#lookAtPrices(row);
    this.#lookAtRepeats(row);
    const volume = Math.log1p(this.#columns.volume[row] ?? 0);
    this.#judge(row, "volume", volume, this.#volumes);
  }

  finish(): PriceScan {
    return { outliers: this.#outliers, nonPositive: this.#nonPositive, frozen: this.#frozen };
  }

  #lookAtPrices(row: number): void {
    const { low, close } = this.#columns;
    if (!((low[row] ?? 0) > 0)) this.#nonPositive += 1;
    const [before = 0, now = 0] = [close[row - 1], close[row]];
    if (before > 0 && now > 0) this.#judge(row, "return", Math.log(now / before), this.#returns);
  }

  #judge(row: number, kind: Outlier["kind"], value: number, scores: RollingScore): void {
    const score = scores.next(value);
    if (score === null || Math.abs(score) <= this.#threshold) return;
    this.#outliers.push({ startMs: this.#columns.startMs[row] ?? 0, kind, value, score });
  }

  #lookAtRepeats(row: number): void {
    const { startMs, open, high, low, close } = this.#columns;
    const isSame = [open, high, low, close].every((column) => column[row] === column[row - 1]);
    this.#repeats = isSame ? this.#repeats + 1 : 0;
    if (this.#repeats <= (this.#frozen?.bars ?? 0)) return;
    this.#frozen = { startMs: startMs[row - this.#repeats + 1] ?? 0, bars: this.#repeats };
  }
}
