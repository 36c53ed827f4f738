import { blocksOf } from "../../domain/risk/simulation/input.ts";
import type { Recipe } from "../../domain/risk/simulation/recipe.ts";
import { type BlockResult, buffersOf } from "../../domain/risk/simulation/block-result.ts";
import type { SimulationResult } from "../../domain/risk/simulation/summary.ts";
import type { Compute, ComputeTask } from "../../mixins/compute/compute.ts";
import type {
  mergeBlocks,
  Share,
  simulateBlocks,
  simulateWhole,
} from "./workers/simulate.worker.ts";

export interface SimulateOptions {
  readonly signal?: AbortSignal;
  /** 0 to 1 */
  readonly onProgress?: (progress: number) => void;
}

const MODULE = new URL("./workers/simulate.worker.ts", import.meta.url);

type TaskOf<F extends (input: never, ...rest: never) => unknown> = ComputeTask<
  Parameters<F>[0],
  ReturnType<F>
>;
const WHOLE: TaskOf<typeof simulateWhole> = { module: MODULE, name: "simulateWhole" };
const BLOCKS: TaskOf<typeof simulateBlocks> = { module: MODULE, name: "simulateBlocks" };
const MERGE: TaskOf<typeof mergeBlocks> = { module: MODULE, name: "mergeBlocks" };

/**
 * Runs a simulation in the node's threads. What comes out is the same with any number of them: a block of paths has a stream of
 * random numbers of its own, and blocks are put together in their order.
 * @throws RangeError saying what of the recipe does not fit; the signal's reason; what `Compute.run` throws
 */
export async function simulate(
  { compute }: { readonly compute: Compute },
  recipe: Recipe,
  options: SimulateOptions = {},
): Promise<SimulationResult> {
  const count = blocksOf(recipe).length;
  const parts = Math.min(compute.threads, count);
  if (parts === 1) return compute.run(WHOLE, recipe, options);
  const blocks = await inParts(compute, recipe, count, parts, options);
  return compute.run(
    MERGE,
    { recipe, blocks },
    { ...options, transfer: blocks.flatMap(buffersOf) },
  );
}

/** When one part fails the others are not wanted any more. */
async function inParts(
  compute: Compute,
  recipe: Recipe,
  count: number,
  parts: number,
  { signal, onProgress }: SimulateOptions,
): Promise<readonly BlockResult[]> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const progress = Array.from({ length: parts }, () => 0);
  const results = await Promise.all(
    progress.map(async (_, i) => {
      const share: Share = {
        recipe,
        from: Math.floor((i * count) / parts),
        to: Math.floor(((i + 1) * count) / parts),
      };
      try {
        return await compute.run(BLOCKS, share, {
          signal: either,
          onProgress: (part) => {
            progress[i] = part;
            onProgress?.(progress.reduce((sum, one) => sum + one, 0) / parts);
          },
        });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  return results.flat();
}
