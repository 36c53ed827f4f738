import { type Block, pathsRun, type SimulationInput } from "./input.ts";

/** How many of so many outcomes, sorted, are as bad as the quantile of type 7, or worse. */
function tailCount(paths: number, confidence: number): number {
  return Math.floor((paths - 1) * (1 - confidence)) + 1;
}

/** How many of sorted values are not above a limit. */
export function countUpTo(ascending: Float64Array, limit: number): number {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] ?? 0) <= limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Of a loss as rare as the worst `tail` the neighbours on either side whose assets are averaged over. */
export function windowOf(tail: number): number {
  return Math.max(5, Math.ceil(tail / 10));
}

/**
 * How many of a block's worst paths are kept, so that those which turn out to matter among all are there: as many as its
 * share, and twelve standard deviations more, which does not happen.
 */
export function keptOf(input: SimulationInput, block: Block): number {
  const paths = pathsRun(input.paths, input.sampling);
  const ranks = input.confidences.map((confidence) => {
    const tail = tailCount(paths, confidence);
    return tail + windowOf(tail);
  });
  const share = (Math.max(0, ...ranks) / paths) * block.paths;
  return Math.min(block.paths, Math.ceil(share + 12 * Math.sqrt(share) + 16));
}
