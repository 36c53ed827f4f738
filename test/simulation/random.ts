import { seededRandom } from "../../mixins/actor/ids.ts";

/** All chance of a run: the same seed and name give the same draws, whatever the others drew. */
export class Random {
  readonly #seed: string;
  readonly #next: () => number;

  constructor(seed: string) {
    this.#seed = seed;
    this.#next = seededRandom(seed);
  }

  /** A source of its own for one part of the run, so that a draw more in one part does not shift all the others. */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** uniform in [0, 1) */
  readonly unit = (): number => this.#next();

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  between(min: number, max: number): number {
    return min + this.#next() * (max - min);
  }

  /** uniform in [min, max], whole */
  int(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  /** Mostly short, seldom long: as waiting times are. */
  exponential(mean: number): number {
    return -Math.log(1 - this.#next()) * mean;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }

  /** Picks a key by the weight beside it. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    // sound: the keys of the record
    const entries = Object.entries<number>(weights) as [K, number][];
    let left = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return this.pick(entries)[0];
  }

  readonly uuid = (): string => {
    const hex = Array.from({ length: 4 }, () =>
      Math.floor(this.#next() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
}
