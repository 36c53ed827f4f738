import { drawsOf } from "./draws.ts";
import type { Block, SimulationInput } from "./input.ts";
import { TILE } from "./kernel/tile.ts";
import { tileKernel } from "./kernel/tile-kernel.ts";
import { type EllipticalLaw, oneFactor } from "./law.ts";
import type { BlockResult } from "./block-result.ts";
import { keptOf } from "./tail-ranks.ts";
import { WorstPaths } from "./worst-paths.ts";

/** The whole horizon at once. Where assets need not be told apart, the book is one of them. */
export function ellipticalBlocks(
  input: SimulationInput,
  whole: EllipticalLaw,
): (block: Block) => BlockResult {
  const law = input.hasComponents ? whole : oneFactor(whole, input.exposures);
  const exposures = input.hasComponents ? input.exposures : Float64Array.of(1);
  const kernel = tileKernel(law.lower, exposures);
  const { mean, nu } = law;
  const rows = law.lower.rows;
  const centre = mean.reduce((sum, value, i) => sum + value * (exposures[i] ?? 0), 0);
  const chiSquares = new Float64Array(TILE);
  const scales = new Float64Array(TILE).fill(1);
  return (block) => {
    const draws = drawsOf(input, block, { rows, steps: 1, nu });
    const outcomes = new Float64Array(block.paths);
    const worst = input.hasComponents ? new WorstPaths(keptOf(input, block), rows) : null;
    for (let from = 0; from < block.paths; from += TILE) {
      draws.draw(kernel.z, chiSquares);
      kernel.run();
      // The deviation is that of the covariance, so that t is scaled by √((ν − 2)/ν), and √(ν/χ²) makes it of the normal.
      if (nu !== null)
        for (let p = 0; p < TILE; p += 1) scales[p] = Math.sqrt((nu - 2) / (chiSquares[p] ?? 1));
      const count = Math.min(TILE, block.paths - from);
      for (let p = 0; p < count; p += 1) {
        const scale = scales[p] ?? 1;
        const outcome = centre + scale * (kernel.y[p] ?? 0);
        outcomes[from + p] = outcome;
        worst?.offer(
          outcome,
          (i) => (exposures[i] ?? 0) * ((mean[i] ?? 0) + scale * (kernel.x[i * TILE + p] ?? 0)),
        );
      }
    }
    return { outcomes, worst: worst?.take() ?? null, drawdowns: null, values: null };
  };
}
