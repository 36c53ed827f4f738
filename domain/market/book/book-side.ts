import type { DecimalString } from "../../shared/decimal.ts";
import type { BookLevel } from "../displayed-book.ts";
import { compareTexts } from "./level-text.ts";

interface Level {
  /** the double nearest to the price, negative for asks: the best level has the highest */
  readonly rank: number;
  readonly price: DecimalString;
  size: DecimalString;
}

/** Levels a side keeps at most; what is worse is forgotten. */
const LEVELS_MAX = 10_000;
/** Forgotten together: to cut the array for each level would cost more than the level. */
const CUT = 1_000;

/**
 * One side of a book, sorted by exact price. It answers for prices from the best to its horizon: beyond the worst price of a
 * snapshot that was cut off, only changes are heard of and nothing is known of what stood there before, so such changes are
 * not taken in.
 */
export class BookSide {
  readonly #sign: 1 | -1;
  /** Worst first: most changes are near the best price and move few others. */
  #levels: Level[] = [];
  /** the worst price that is answered for; null: all are */
  #horizon: Level | null = null;

  constructor(side: "bids" | "asks") {
    this.#sign = side === "bids" ? 1 : -1;
  }

  get size(): number {
    return this.#levels.length;
  }

  /** Whether worse prices exist that are not known here. */
  get isCutOff(): boolean {
    return this.#horizon !== null;
  }

  get best(): BookLevel | null {
    return this.#levels.at(-1) ?? null;
  }

  clear(): void {
    this.#levels = [];
    this.#horizon = null;
  }

  /** What stands in it now is all that is known: the worst of it becomes the horizon. */
  cutOff(): void {
    this.#horizon = this.#levels[0] ?? null;
  }

  /** @param size what stands at this price from now on; `0`: nothing. Both canonical */
  set(price: DecimalString, size: DecimalString): void {
    const rank = this.#sign * Number(price);
    if (this.#horizon !== null && this.#compare(rank, price, this.#horizon) < 0) return;
    const at = this.#find(rank, price);
    const level = this.#levels[at];
    if (level?.price === price) {
      if (size === "0") this.#levels.splice(at, 1);
      else level.size = size;
      return;
    }
    if (size === "0") return;
    this.#levels.splice(at, 0, { rank, price, size });
    if (this.#levels.length > LEVELS_MAX + CUT) this.#forgetWorst();
  }

  /** The best `count` levels, best first. */
  top(count: number): readonly BookLevel[] {
    const top: BookLevel[] = [];
    for (let at = this.#levels.length - 1; at >= 0 && top.length < count; at -= 1) {
      const level = this.#levels[at];
      if (level !== undefined) top.push({ price: level.price, size: level.size });
    }
    return top;
  }

  #forgetWorst(): void {
    this.#levels = this.#levels.slice(-LEVELS_MAX);
    this.cutOff();
  }

  /** The place of a price: that of the first level that is not worse. */
  #find(rank: number, price: DecimalString): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.#levels[middle];
      if (level !== undefined && this.#compare(rank, price, level) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Rounding to doubles keeps the order but may make neighbours equal: then the digits decide.
  #compare(rank: number, price: DecimalString, level: Level): number {
    const difference = rank - level.rank;
    return difference !== 0 ? difference : this.#sign * compareTexts(price, level.price);
  }
}
