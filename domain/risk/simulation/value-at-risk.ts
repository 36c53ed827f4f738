import { blocksOf, type SimulationInput } from "./input.ts";
import { blockRunner } from "./run-block.ts";
import { type SimulatedTail, type SimulationResult, summarise } from "./summary.ts";

/** A whole simulation in this thread. @throws RangeError saying what of the input does not fit */
export function simulated(input: SimulationInput): SimulationResult {
  return summarise(input, blocksOf(input).map(blockRunner(input)));
}

export type SimulatedVaRInput = Pick<
  SimulationInput,
  "exposures" | "law" | "paths" | "seed" | "hasComponents"
> &
  Partial<Pick<SimulationInput, "sampling">> & { readonly confidence: number };

/**
 * Value at risk and expected shortfall of a book by simulation, in the unit of its exposures, with their standard errors.
 * @returns losses as positive numbers; `paths` says how many were run
 * @throws RangeError saying what of the input does not fit
 */
export function simulatedVaR({
  confidence,
  sampling = "random",
  ...input
}: SimulatedVaRInput): SimulatedTail & { readonly paths: number } {
  const { tails, paths } = simulated({
    ...input,
    sampling,
    isMatched: false,
    wealth: null,
    confidences: [confidence],
  });
  const [tail] = tails;
  if (tail === undefined) throw new Error("expected the tail of one confidence");
  return { ...tail, paths };
}
