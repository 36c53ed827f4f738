import { blocksOf } from "../../../domain/risk/simulation/input.ts";
import { inputOf, type Recipe } from "../../../domain/risk/simulation/recipe.ts";
import { type BlockResult, buffersOf } from "../../../domain/risk/simulation/block-result.ts";
import { blockRunner } from "../../../domain/risk/simulation/run-block.ts";
import { type SimulationResult, summarise } from "../../../domain/risk/simulation/summary.ts";
import type { ComputeRun } from "../../../mixins/compute/compute.ts";

/* What threads do of a simulation. */

export interface Share {
  readonly recipe: Recipe;
  /** of the blocks, in their order: from this one up to, but not, that one */
  readonly from: number;
  readonly to: number;
}

/** Some of the blocks. */
export function simulateBlocks(share: Share, run: ComputeRun): readonly BlockResult[] {
  const blocks = blocksRun(share, run);
  run.transfer(...blocks.flatMap(buffersOf));
  return blocks;
}

/** All of them, and what they come to. */
export function simulateWhole(recipe: Recipe, run: ComputeRun): SimulationResult {
  const input = inputOf(recipe);
  const to = blocksOf(recipe).length;
  return summarise(input, blocksRun({ recipe, from: 0, to }, run));
}

export function mergeBlocks({
  recipe,
  blocks,
}: {
  readonly recipe: Recipe;
  readonly blocks: readonly BlockResult[];
}): SimulationResult {
  return summarise(inputOf(recipe), blocks);
}

function blocksRun({ recipe, from, to }: Share, run: ComputeRun): readonly BlockResult[] {
  const runBlock = blockRunner(inputOf(recipe));
  const blocks = blocksOf(recipe).slice(from, to);
  return blocks.map((block, i) => {
    if (run.isCancelled) throw new Error("the simulation was cancelled");
    run.report(i / blocks.length);
    return runBlock(block);
  });
}
