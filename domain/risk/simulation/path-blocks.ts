import type { Block, SimulationInput } from "./input.ts";
import { TILE } from "./kernel/tile.ts";
import { assetsOf, type BootstrapLaw, type CopulaLaw, type GbmLaw } from "./law.ts";
import type { BlockResult } from "./block-result.ts";
import { steppersOf } from "./steppers.ts";
import { keptOf } from "./tail-ranks.ts";
import { WorstPaths } from "./worst-paths.ts";

/** Of a path of value at most so many steps are shown. */
const SHOWN_MAX = 20;

/** The steps whose values are shown, evenly spread, the last among them. */
export function shownSteps(steps: number): readonly number[] {
  const count = Math.min(steps, SHOWN_MAX);
  return Array.from({ length: count }, (_, i) => Math.round(((i + 1) * steps) / count));
}

/** Step by step: what is held stays as it was bought, and the rest of the book is cash. */
export function pathBlocks(
  input: SimulationInput,
  law: GbmLaw | CopulaLaw | BootstrapLaw,
): (block: Block) => BlockResult {
  const { exposures, wealth } = input;
  const assets = assetsOf(law);
  const stepperOf = steppersOf(input, law);
  const growth = new Float64Array(assets * TILE);
  const gains = new Float64Array(TILE);
  return (block) => {
    const step = stepperOf(block);
    const outcomes = new Float64Array(block.paths);
    const worst = input.hasComponents ? new WorstPaths(keptOf(input, block), assets) : null;
    const track = wealth === null || law.steps === 1 ? null : tracker(wealth, law.steps, block);
    for (let from = 0; from < block.paths; from += TILE) {
      const count = Math.min(TILE, block.paths - from);
      growth.fill(1);
      track?.begin();
      for (let n = 1; n <= law.steps; n += 1) {
        step(growth);
        if (track === null && n < law.steps) continue;
        gainsOf(exposures, growth, gains);
        track?.take(n, gains, from, count);
      }
      outcomes.set(gains.subarray(0, count), from);
      for (let p = 0; p < count; p += 1)
        worst?.offer(gains[p] ?? 0, (i) => (exposures[i] ?? 0) * ((growth[i * TILE + p] ?? 1) - 1));
    }
    return {
      outcomes,
      worst: worst?.take() ?? null,
      drawdowns: track?.drawdowns ?? null,
      values: track?.values ?? null,
    };
  };
}

function gainsOf(exposures: Float64Array, growth: Float64Array, gains: Float64Array): void {
  gains.fill(0);
  for (let i = 0; i < exposures.length; i += 1) {
    const exposure = exposures[i] ?? 0;
    for (let p = 0, at = i * TILE; p < TILE; p += 1, at += 1)
      gains[p] = (gains[p] ?? 0) + exposure * ((growth[at] ?? 1) - 1);
  }
}

/** Follows the value of the book along the paths of a block. */
function tracker(wealth: number, steps: number, block: Block) {
  const shown = shownSteps(steps);
  const drawdowns = new Float64Array(block.paths);
  const values = new Float64Array(block.paths * shown.length);
  const peaks = new Float64Array(TILE);
  return {
    drawdowns,
    values,
    begin: (): void => void peaks.fill(wealth),
    take: (step: number, gains: Float64Array, from: number, count: number): void => {
      const place = shown.indexOf(step);
      for (let p = 0; p < count; p += 1) {
        const value = wealth + (gains[p] ?? 0);
        const peak = Math.max(peaks[p] ?? 0, value);
        peaks[p] = peak;
        drawdowns[from + p] = Math.max(drawdowns[from + p] ?? 0, (peak - value) / peak);
        if (place >= 0) values[place * block.paths + from + p] = value;
      }
    },
  };
}
