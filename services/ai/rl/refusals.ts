import { JobFailure } from "../../../mixins/jobs/kind.ts";
import { isProblemCode, type ProblemCode } from "../../../mixins/rest/problem-codes.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";

interface Refused {
  readonly code: ProblemCode;
  readonly message: string;
}

/** What is refused for what was asked: by a thread, by the domain, or by another service. Null: a fault of ours. */
function refusedOf(error: unknown): Refused | null {
  if (!(error instanceof Error)) return null;
  const { message } = error;
  if (error instanceof RestError) {
    const isTheirs = error.code < 500 && error.code !== 429;
    return isTheirs && isProblemCode(error.type) ? { code: error.type, message } : null;
  }
  const code: unknown = Reflect.get(error, "code");
  const isRefusal = error.name === "FitRefused" || error.name === "Refusal";
  return isRefusal && isProblemCode(code) ? { code, message } : null;
}

/** As a job's failure. */
export function failureOf(error: unknown): unknown {
  const refused = refusedOf(error);
  return refused === null ? error : new JobFailure(refused.code, refused.message);
}

/** As an answer. */
export function answerOf(error: unknown): unknown {
  const refused = refusedOf(error);
  return refused === null ? error : new RestError(refused.code, refused.message);
}
