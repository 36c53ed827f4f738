import { TILE } from "./kernel/tile.ts";
import { assetsOf, type Law } from "./law.ts";

/** `random`; `antithetic`: every draw with its mirror image; `sobol`: sixteen independent scrambles of Sobol's sequence. */
export const SAMPLINGS = ["random", "antithetic", "sobol"] as const;
export type Sampling = (typeof SAMPLINGS)[number];

/** A simulation, as plain data: the same input gives the same bytes, however it is spread over threads. */
export interface SimulationInput {
  /** what a return of 1 is worth, asset by asset: of the book's value, or in money */
  readonly exposures: Float64Array;
  /** the book at the start, in the unit of `exposures`, for drawdowns and paths of value; null: not asked for */
  readonly wealth: number | null;
  readonly law: Law;
  readonly paths: number;
  /** a whole number from 0 to 2⁵³ − 1 */
  readonly seed: number;
  readonly sampling: Sampling;
  /** the normals of each block of paths are brought to mean 0 and variance 1; only of elliptical laws */
  readonly isMatched: boolean;
  /** within (0, 1) */
  readonly confidences: readonly number[];
  /** whether assets are told apart in the tail */
  readonly hasComponents: boolean;
}

/** Paths with a stream of random numbers of their own: the unit of work. */
export interface Block {
  readonly index: number;
  readonly paths: number;
}

const BLOCK_PATHS = 4_096;

/** Independent scrambles, or batches, that a standard error is taken from where paths are not independent. */
export const BATCHES = 16;

/**
 * How many paths are run for so many that were asked for: antithetic ones in whole tiles, Sobol's in scrambles of a power of
 * two, which is where its nets are even.
 */
export function pathsRun(asked: number, sampling: Sampling): number {
  switch (sampling) {
    case "random":
      return asked;
    case "antithetic":
      return Math.ceil(asked / TILE) * TILE;
    case "sobol":
      return BATCHES * 2 ** Math.max(0, Math.ceil(Math.log2(asked / BATCHES)));
  }
}

export function blocksOf({
  paths: asked,
  sampling,
}: Pick<SimulationInput, "paths" | "sampling">): readonly Block[] {
  const paths = pathsRun(asked, sampling);
  const size = sampling === "sobol" ? paths / BATCHES : BLOCK_PATHS;
  return Array.from({ length: Math.ceil(paths / size) }, (_, index) => ({
    index,
    paths: Math.min(size, paths - index * size),
  }));
}

/** Of the rarest loss that is asked for so many must be seen, or its estimate is of nothing; of batches so many each. */
const TAIL_MIN = 10;
const BATCH_TAIL_MIN = 2;

/** Numbers that are kept of the paths in the tail, asset by asset: 160 MB of them. */
const KEPT_MAX = 20_000_000;

/** @throws RangeError saying what does not fit */
export function requireSound(input: SimulationInput): void {
  const { law, exposures, sampling, isMatched, paths, confidences, seed } = input;
  if (exposures.length !== assetsOf(law))
    throw new RangeError(`expected ${assetsOf(law)} exposures, found ${exposures.length}`);
  if (!exposures.every(Number.isFinite)) throw new RangeError("expected finite exposures");
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`expected a whole number from 0 to 2^53 - 1 as seed, found ${seed}`);
  if (isMatched && law.kind !== "elliptical")
    throw new RangeError("moments are matched of normal and Student's t returns only");
  if (law.kind === "bootstrap" && sampling !== "random")
    throw new RangeError(`a bootstrap draws days at random: it has no ${sampling} sampling`);
  requireRoom(input);
  const needed = sampling === "random" ? TAIL_MIN : BATCH_TAIL_MIN * BATCHES;
  for (const confidence of confidences) {
    if (!(confidence > 0 && confidence < 1))
      throw new RangeError(`expected a confidence within (0, 1), found ${confidence}`);
    const least = Math.ceil(needed / Math.min(confidence, 1 - confidence) - 1e-6);
    if (paths < least)
      throw new RangeError(
        `confidence ${confidence} needs at least ${least} simulations, found ${paths}`,
      );
  }
}

function requireRoom({ hasComponents, paths, confidences, exposures }: SimulationInput): void {
  if (!hasComponents) return;
  const tail = 1.2 * (1 - Math.min(1, ...confidences));
  if (paths * tail * exposures.length <= KEPT_MAX) return;
  throw new RangeError(
    "components of so many assets need fewer simulations, or a confidence further out",
  );
}
