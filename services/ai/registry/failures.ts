import { FitRefused } from "../../../domain/ai/learning/algorithm.ts";
import { JobFailure } from "../../../mixins/jobs/kind.ts";
import { toFailure } from "../../../mixins/rest/problem.ts";

/** Of a thread that went beyond its memory. */
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/**
 * Turns what a user can do something about into a failure of the job that says so; anything else stays what it is, a fault of ours.
 * @throws JobFailure
 */
export async function orJobFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(error) ?? error;
  }
}

function failureOf(error: unknown): JobFailure | null {
  if (error instanceof JobFailure) return error;
  if (error instanceof FitRefused) return new JobFailure(error.code, error.message);
  if (codeOf(error) === OUT_OF_MEMORY)
    return new JobFailure("OUT_OF_MEMORY", "the training needed more memory than it may have");
  const { status, code, detail } = toFailure(error);
  return status < 500 || code === "TIMED_OUT" ? new JobFailure(code, detail) : null;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, "code") : null;
}
