import { mean, standardDeviation } from "../../numeric/moments.ts";
import { quantileOfSorted } from "../../numeric/quantile.ts";
import { type Components, componentsOf } from "./components.ts";
import { tailWithErrors, type TailWithErrors } from "./estimates.ts";
import type { SimulationInput } from "./input.ts";
import { shownSteps } from "./path-blocks.ts";
import type { BlockResult } from "./block-result.ts";
import { countUpTo } from "./tail-ranks.ts";

export interface SimulationResult {
  /** that were run */
  readonly paths: number;
  /** of profit and loss at the horizon, in the unit of the exposures */
  readonly mean: number;
  readonly standardDeviation: number;
  readonly probabilityOfLoss: number;
  readonly percentiles: readonly Percentile[];
  readonly tails: readonly SimulatedTail[];
  readonly histogram: Histogram;
  /** null where the horizon is reached at once */
  readonly path: PathSummary | null;
}

export interface Percentile {
  readonly level: number;
  readonly value: number;
}

export interface SimulatedTail extends TailWithErrors {
  readonly confidence: number;
  readonly components: Components | null;
}

export interface Histogram {
  /** one more than `counts`: the first bin begins at the first, the last ends at the last */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface PathSummary {
  /** the book's value at the end of a step */
  readonly fan: readonly { readonly step: number; readonly percentiles: readonly Percentile[] }[];
  /** of the peak before it, positive */
  readonly maxDrawdown: { readonly mean: number; readonly percentiles: readonly Percentile[] };
}

const LEVELS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const FAN_LEVELS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const BINS = 50;

/**
 * @param blocks in the order of their indices, so that no thread can change a sum
 * @throws RangeError when an outcome is not finite
 */
export function summarise(
  input: SimulationInput,
  blocks: readonly BlockResult[],
): SimulationResult {
  const outcomes = joined(blocks.map((block) => block.outcomes));
  const ascending = outcomes.toSorted();
  requireFinite(ascending);
  return {
    paths: outcomes.length,
    mean: mean(ascending),
    standardDeviation: outcomes.length > 1 ? standardDeviation(ascending) : 0,
    // What is below 0 is not above the greatest number below it.
    probabilityOfLoss: countUpTo(ascending, -Number.MIN_VALUE) / outcomes.length,
    percentiles: percentilesOf(ascending, LEVELS),
    tails: input.confidences.map((confidence) => {
      const tail = tailWithErrors(ascending, outcomes, confidence, input.sampling);
      const worst = blocks.flatMap((block) => block.worst ?? []);
      const components = input.hasComponents
        ? componentsOf(worst, ascending, confidence, tail, input.exposures.length)
        : null;
      return { confidence, ...tail, components };
    }),
    histogram: histogramOf(ascending),
    path: pathOf(input, blocks),
  };
}

function pathOf(input: SimulationInput, blocks: readonly BlockResult[]): PathSummary | null {
  const drawdowns = joined(blocks.flatMap((block) => block.drawdowns ?? [])).toSorted();
  if (drawdowns.length === 0 || input.law.kind === "elliptical") return null;
  const fan = shownSteps(input.law.steps).map((step, k) => {
    const values = blocks.flatMap(({ values: all, outcomes: { length } }) =>
      all === null ? [] : all.subarray(k * length, (k + 1) * length),
    );
    return { step, percentiles: percentilesOf(joined(values).toSorted(), FAN_LEVELS) };
  });
  return {
    fan,
    maxDrawdown: { mean: mean(drawdowns), percentiles: percentilesOf(drawdowns, FAN_LEVELS) },
  };
}

function percentilesOf(ascending: Float64Array, levels: readonly number[]): readonly Percentile[] {
  return levels.map((level) => ({ level, value: quantileOfSorted(ascending, level) }));
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Sorting puts what is not a number last. */
function requireFinite(ascending: Float64Array): void {
  if (!Number.isFinite(ascending[0]) || !Number.isFinite(ascending.at(-1)))
    throw new RangeError("expected outcomes that are finite: returns or exposures are too large");
}

/** From the least outcome to the greatest; a constant is one bin. */
function histogramOf(ascending: Float64Array): Histogram {
  const low = ascending[0] ?? 0;
  const width = ((ascending.at(-1) ?? 0) - low) / BINS;
  if (!(width > 0) || !Number.isFinite(width) || low + width === low)
    return { edges: [low, ascending.at(-1) ?? low], counts: [ascending.length] };
  const counts = Array.from({ length: BINS }, () => 0);
  for (const value of ascending) {
    const bin = Math.min(BINS - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges: Array.from({ length: BINS + 1 }, (_, i) => low + i * width), counts };
}
