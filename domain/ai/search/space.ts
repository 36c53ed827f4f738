import { RandomStream } from "../../numeric/random.ts";
import type { Json } from "../../shared/json.ts";

/** The values that one parameter may have in a search. */
export type Dimension =
  | { readonly kind: "values"; readonly values: readonly Json[] }
  | {
      readonly kind: "range";
      readonly min: number;
      readonly max: number;
      /** of a logarithmic one both ends are above 0 */
      readonly scale: "linear" | "log";
      /** values in a grid, at least 2 */
      readonly steps: number;
      readonly isInteger: boolean;
    };

/** By the name of the parameter. */
export type Space = { readonly [name: string]: Dimension };

/** What one trial sets of the parameters. */
export type Choice = { readonly [name: string]: Json };

/** How many a grid has. */
export function gridSize(space: Space): number {
  return namesOf(space).reduce((product, name) => product * gridOf(space[name]).length, 1);
}

/** All combinations, the last name's values changing fastest; names in alphabetical order. */
export function gridChoices(space: Space): readonly Choice[] {
  return namesOf(space).reduce<readonly Choice[]>(
    (choices, name) =>
      choices.flatMap((choice) =>
        gridOf(space[name]).map((value) => ({ ...choice, [name]: value })),
      ),
    [{}],
  );
}

const STREAM = 0x5ea7c4;
/** A small space has been drawn whole long before. */
const TRIES_EACH = 20;

/** Combinations drawn at random, each once: fewer than `count` where the space has not so many. The same seed draws the same. */
export function randomChoices(space: Space, count: number, seed: number): readonly Choice[] {
  const random = RandomStream.of(seed, STREAM);
  const names = namesOf(space);
  const drawn = new Map<string, Choice>();
  for (let i = 0; i < count * TRIES_EACH && drawn.size < count; i += 1) {
    const choice = Object.fromEntries(names.map((name) => [name, drawOf(space[name], random)]));
    drawn.set(JSON.stringify(choice), choice);
  }
  return [...drawn.values()];
}

function namesOf(space: Space): readonly string[] {
  return Object.keys(space).toSorted();
}

function gridOf(dimension: Dimension | undefined): readonly Json[] {
  if (dimension === undefined) return [];
  if (dimension.kind === "values") return dimension.values;
  const { steps } = dimension;
  const values = Array.from({ length: steps }, (_, i) => valueAt(dimension, i / (steps - 1)));
  return [...new Set(values)];
}

function drawOf(dimension: Dimension | undefined, random: RandomStream): Json {
  if (dimension === undefined) return null;
  if (dimension.kind === "range") return valueAt(dimension, random.uniform());
  return dimension.values[random.below(dimension.values.length)] ?? null;
}

type Range = Extract<Dimension, { readonly kind: "range" }>;

/** @param part of the way from one end to the other, 0 to 1 */
function valueAt({ min, max, scale, isInteger }: Range, part: number): number {
  // Logarithms would miss the ends by a rounding.
  if (part === 0) return min;
  if (part === 1) return max;
  const value =
    scale === "linear"
      ? min + part * (max - min)
      : Math.exp(Math.log(min) + part * (Math.log(max) - Math.log(min)));
  const within = Math.min(max, Math.max(min, value));
  return isInteger ? Math.round(within) : within;
}
