/**
 * The levels of one side, sorted, with the best one last: what changes most is at the end, where adding and dropping move
 * nothing. A price is searched for from the best one outwards, in steps that double.
 */
import type { Side } from "../../order/new-order.ts";
import { Level } from "./level.ts";

export class Ladder {
  readonly side: Side;
  /** eagerness of the levels, ascending */
  #keys = new Float64Array(16);
  readonly #levels: Level[] = [];
  readonly #free: Level[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  get size(): number {
    return this.#levels.length;
  }

  /** The higher the better: a bid's price, an ask's with the other sign. */
  eagerness(price: number): number {
    return this.side === "buy" ? price : 0 - price;
  }

  best(): Level | undefined {
    return this.#levels[this.#levels.length - 1];
  }

  /** By eagerness, from the worst (0) to the best (size − 1). */
  at(rank: number): Level | undefined {
    return this.#levels[rank];
  }

  /** NaN, which reaches no limit, where there is no level. */
  eagernessAt(rank: number): number {
    const isThere = rank >= 0 && rank < this.#levels.length;
    return isThere ? (this.#keys[rank] ?? Number.NaN) : Number.NaN;
  }

  find(price: number): Level | undefined {
    const key = this.eagerness(price);
    const rank = this.#rankOf(key);
    return this.eagernessAt(rank) === key ? this.#levels[rank] : undefined;
  }

  findOrAdd(price: number): Level {
    const key = this.eagerness(price);
    const rank = this.#rankOf(key);
    const found = this.eagernessAt(rank) === key ? this.#levels[rank] : undefined;
    return found ?? this.#add(price, key, rank);
  }

  dropIfEmpty(level: Level): void {
    if (!level.isEmpty) return;
    const last = this.#levels.length - 1;
    if (this.#levels[last] === level) {
      this.#levels.pop();
    } else {
      const rank = this.#rankOf(this.eagerness(level.price));
      this.#levels.splice(rank, 1);
      this.#keys.copyWithin(rank, rank + 1, last + 1);
    }
    this.#free.push(level);
  }

  #add(price: number, key: number, rank: number): Level {
    const size = this.#levels.length;
    if (size === this.#keys.length) this.#grow();
    const level = this.#free.pop() ?? new Level();
    level.side = this.side;
    level.price = price;
    if (rank === size) {
      this.#levels.push(level);
    } else {
      this.#levels.splice(rank, 0, level);
      this.#keys.copyWithin(rank + 1, rank, size);
    }
    this.#keys[rank] = key;
    return level;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }

  /** How many levels are worse than `key`: its place, whether it is there or not. */
  #rankOf(key: number): number {
    const keys = this.#keys;
    let high = this.#levels.length;
    let low = high - 1;
    for (let step = 1; low >= 0 && (keys[low] ?? 0) >= key; step *= 2) {
      high = low;
      low -= step;
    }
    low = Math.max(low, -1);
    // keys[low] < key ≤ keys[high], where both are there
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] ?? 0) >= key) high = middle;
      else low = middle;
    }
    return high;
  }
}
