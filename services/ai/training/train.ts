import { FitRefused } from "../../../domain/ai/learning/algorithm.ts";
import type { TrainingInput, TrainingOutcome } from "../../../domain/ai/training/terms.ts";
import type { Compute, ComputeOptions, ComputeTask } from "../../../mixins/compute/compute.ts";
import { sharedSample } from "./shared-sample.ts";

const TRAIN: ComputeTask<TrainingInput, TrainingOutcome> = {
  module: new URL("./train.worker.ts", import.meta.url),
  name: "trainHere",
};

export type TrainOptions = Pick<
  ComputeOptions,
  "signal" | "onProgress" | "memoryMb" | "deadlineMs"
>;

/**
 * Trains in one of the node's threads.
 * @throws FitRefused saying why the data cannot be learnt from; the signal's reason; what `Compute.run` throws
 */
export async function trainInThread(
  { compute }: { readonly compute: Compute },
  { terms, sample }: TrainingInput,
  options: TrainOptions = {},
): Promise<TrainingOutcome> {
  options.signal?.throwIfAborted();
  try {
    const input = { terms, sample: await sharedSample(sample) };
    return await compute.run(TRAIN, input, { ...options, isLong: true });
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** What a thread throws comes without its class, with its name and code. */
function refusalOf(error: unknown): FitRefused | null {
  if (!(error instanceof Error) || error.name !== "FitRefused") return null;
  return "code" in error && typeof error.code === "string"
    ? new FitRefused(error.code, error.message)
    : null;
}
