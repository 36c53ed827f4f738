import { drawsOf } from "./draws.ts";
import { RandomStream } from "../../numeric/random.ts";
import type { Block, SimulationInput } from "./input.ts";
import { TILE } from "./kernel/tile.ts";
import { tileKernel } from "./kernel/tile-kernel.ts";
import type { BootstrapLaw, CopulaLaw, GbmLaw, Marginal } from "./law.ts";
import { normalQuantile } from "../../numeric/distributions.ts";
import { quantileOfSorted } from "../../numeric/quantile.ts";
import { tabulatedCdf } from "./tabulated-cdf.ts";

/** Multiplies the growth of a tile's assets, of asset i and path p at i·TILE + p, with that of the next step. */
export type Stepper = (growth: Float64Array) => void;

/** @returns one for each block; what blocks share is made once */
export function steppersOf(
  input: SimulationInput,
  law: GbmLaw | CopulaLaw | BootstrapLaw,
): (block: Block) => Stepper {
  switch (law.kind) {
    case "gbm":
      return gbmSteppers(input, law);
    case "copula":
      return copulaSteppers(input, law);
    case "bootstrap":
      return (block) => bootstrapStepper(RandomStream.of(input.seed, block.index), law);
  }
}

function gbmSteppers(input: SimulationInput, law: GbmLaw): (block: Block) => Stepper {
  const { drift, lower, steps } = law;
  const rows = lower.rows;
  const kernel = tileKernel(lower, new Float64Array(rows));
  const unused = new Float64Array(TILE);
  return (block) => {
    const draws = drawsOf(input, block, { rows, steps, nu: null });
    return (growth) => {
      draws.draw(kernel.z, unused);
      kernel.run();
      for (let i = 0; i < rows; i += 1)
        for (let at = i * TILE; at < (i + 1) * TILE; at += 1)
          growth[at] = (growth[at] ?? 1) * Math.exp((drift[i] ?? 0) + (kernel.x[at] ?? 0));
    };
  };
}

function copulaSteppers(input: SimulationInput, law: CopulaLaw): (block: Block) => Stepper {
  const { lower, nu, marginals, steps } = law;
  const rows = lower.rows;
  const kernel = tileKernel(lower, new Float64Array(rows));
  const chiSquares = new Float64Array(TILE);
  const scales = new Float64Array(TILE).fill(1);
  const toReturn = marginals.map((marginal) => returnOf(marginal, nu));
  return (block) => {
    const draws = drawsOf(input, block, { rows, steps, nu });
    return (growth) => {
      draws.draw(kernel.z, chiSquares);
      kernel.run();
      if (nu !== null)
        for (let p = 0; p < TILE; p += 1) scales[p] = Math.sqrt(nu / (chiSquares[p] ?? 1));
      for (const [i, transform] of toReturn.entries())
        for (let p = 0, at = i * TILE; p < TILE; p += 1, at += 1)
          growth[at] = (growth[at] ?? 1) * (1 + transform((kernel.x[at] ?? 0) * (scales[p] ?? 1)));
    };
  };
}

/** The return of an asset where its share of the copula, normal or Student's t, is x. */
function returnOf(marginal: Marginal, nu: number | null): (x: number) => number {
  if (marginal.kind === "normal" && nu === null)
    return (x) => marginal.mean + marginal.deviation * x;
  const cdf = tabulatedCdf(nu);
  switch (marginal.kind) {
    case "normal":
      return (x) => marginal.mean + marginal.deviation * normalQuantile(cdf(x));
    case "empirical":
      return (x) => quantileOfSorted(marginal.ascending, cdf(x));
  }
}

function bootstrapStepper(stream: RandomStream, law: BootstrapLaw): Stepper {
  const { columns, blocks, steps } = law;
  const history = columns[0]?.length ?? 0;
  const days = new Int32Array(TILE);
  const left = new Int32Array(TILE);
  let step = 0;
  const advance = (p: number): void => {
    const isMoving = blocks.kind === "moving";
    const isNew =
      step === 0 || (isMoving ? (left[p] ?? 0) === 0 : stream.uniform() * blocks.length < 1);
    if (!isNew) days[p] = ((days[p] ?? 0) + 1) % history;
    else days[p] = stream.below(isMoving ? history - blocks.length + 1 : history);
    left[p] = (isNew ? blocks.length : (left[p] ?? 0)) - 1;
  };
  return (growth) => {
    for (let p = 0; p < TILE; p += 1) advance(p);
    for (const [i, column] of columns.entries())
      for (let p = 0, at = i * TILE; p < TILE; p += 1, at += 1)
        growth[at] = (growth[at] ?? 1) * (1 + (column[days[p] ?? 0] ?? Number.NaN));
    step = (step + 1) % steps;
  };
}
