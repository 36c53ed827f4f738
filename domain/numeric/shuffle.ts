import type { RandomStream } from "./random.ts";

/** Into any order with the same chance, in place (Fisher & Yates 1938; Durstenfeld 1964). @returns the same array */
export function shuffle(values: Int32Array, random: RandomStream): Int32Array {
  for (let i = values.length - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    const value = values[i] ?? 0;
    values[i] = values[j] ?? 0;
    values[j] = value;
  }
  return values;
}
