import { trainModel } from "../../../domain/ai/training/train.ts";
import type { TrainingInput, TrainingOutcome } from "../../../domain/ai/training/terms.ts";
import type { ComputeRun } from "../../../mixins/compute/compute.ts";
import { ALGORITHMS } from "../runtimes/index.ts";

/** One training, in a thread of its own. @throws FitRefused, FitCancelled */
export function trainHere(input: TrainingInput, run: ComputeRun): TrainingOutcome {
  const outcome = trainModel(input, ALGORITHMS, run);
  run.transfer(outcome.artifact.buffer, outcome.evidence.buffer);
  return outcome;
}
