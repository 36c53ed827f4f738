import type { BlockResult } from "./block-result.ts";
import { ellipticalBlocks } from "./elliptical-blocks.ts";
import { type Block, requireSound, type SimulationInput } from "./input.ts";
import { pathBlocks } from "./path-blocks.ts";

/**
 * What runs the blocks of a simulation, in any order and anywhere.
 * @throws RangeError saying what of the input does not fit
 */
export function blockRunner(input: SimulationInput): (block: Block) => BlockResult {
  requireSound(input);
  const { law } = input;
  return law.kind === "elliptical" ? ellipticalBlocks(input, law) : pathBlocks(input, law);
}
