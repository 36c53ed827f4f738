import { randomBytes } from "node:crypto";
import { seededRandom } from "../../mixins/actor/ids.ts";

/** Chance that can be had again: its seed is printed, and E2E_SEED sets it. */
export interface Chance {
  readonly seed: string;
  /** uniform in [0, 1) */
  readonly next: () => number;
  /** an integer, both ends included */
  readonly between: (low: number, high: number) => number;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
}

export function chance(what: string): Chance {
  const seed = process.env["E2E_SEED"] ?? randomBytes(4).toString("hex");
  console.log(`${what}: E2E_SEED=${seed}`);
  const next = seededRandom(seed);
  const between = (low: number, high: number): number =>
    low + Math.floor(next() * (high - low + 1));
  return { seed, next, between, pick: (items) => items[between(0, items.length - 1)] ?? items[0] };
}
