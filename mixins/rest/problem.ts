import { isProblemCode, PROBLEMS } from "./problem-codes.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { isLostDependency } from "./lost-dependency.ts";
import type { ProblemData } from "./rest-error.ts";
import { isRecord } from "./schema.ts";
import { toFieldErrors } from "./validation.ts";

/** What went wrong, before it is known of which request. */
export interface Failure extends ProblemData {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  /** what a refusal adds, e.g. the status of the order */
  readonly data?: { readonly [name: string]: unknown };
}

/** RFC 9457 `application/problem+json`. */
export interface Problem extends Omit<Failure, "retryAfterS"> {
  readonly type: string;
  readonly title: string;
  readonly instance: string;
  readonly requestId: string;
}

export function toProblem(from: Failure, instance: string, requestId: string): Problem {
  const { retryAfterS: _, status, code, detail, ...rest } = from;
  const type = `urn:quantumalpha:problem:${code}`;
  const title = PROBLEMS[code][1];
  return { type, title, status, detail, instance, code, requestId, ...rest };
}

/**
 * The one mapping from whatever was thrown to an answer. Errors are told by their fields and not by their class, which
 * does not survive the wire. What is not known is a defect: 500, and nothing of it is told.
 */
export function toFailure(error: unknown): Failure {
  const thrown = fieldsOf(error);
  return (
    fromRestError(thrown) ??
    fromValidation(thrown) ??
    fromRefusal(thrown) ??
    fromInfrastructure(thrown) ??
    failure("INTERNAL_ERROR", "the request could not be carried out; quote the request id")
  );
}

interface Thrown {
  readonly name: unknown;
  readonly message: string;
  readonly code: unknown;
  readonly type: unknown;
  readonly kind: unknown;
  readonly data: unknown;
}

/** By its fields: an error may be of another realm, as those of workers are. */
function fieldsOf(error: unknown): Thrown {
  const { name, message, code, type, kind, data } = isRecord(error) ? error : NOTHING;
  return { name, message: String(message), code, type, kind, data };
}

const NOTHING: { readonly [field: string]: unknown } = {};

function failure(code: ProblemCode, detail: string, data: ProblemData = {}): Failure {
  return { status: PROBLEMS[code][0], code, detail, ...data };
}

function fromRestError({ type, code, message, data }: Thrown): Failure | null {
  if (!isProblemCode(type) || code !== PROBLEMS[type][0]) return null;
  return failure(type, message, isRecord(data) ? data : {});
}

function fromValidation({ type, data }: Thrown): Failure | null {
  if (type !== "VALIDATION_ERROR" || !Array.isArray(data)) return null;
  const errors = toFieldErrors(data);
  const detail = errors.map(({ path, message }) => `${path} ${message}`.trimStart()).join("; ");
  return failure("VALIDATION_FAILED", detail, { errors });
}

const REFUSED = {
  conflict: [409, "CONFLICT"],
  invalid: [422, "VALIDATION_FAILED"],
  notFound: [404, "NOT_FOUND"],
} as const;

/** A refusal that crossed the wire has lost its kind; the status of its code stands in. */
function fromRefusal({ name, code, kind, message, data }: Thrown): Failure | null {
  if (name !== "Refusal") return null;
  const [status, general] = REFUSED[isKind(kind) ? kind : "invalid"];
  const known = isProblemCode(code) ? code : general;
  const isLocal = isKind(kind);
  return {
    ...failure(known, message),
    ...(isLocal && { status }),
    ...(isRecord(data) && Object.keys(data).length > 0 && { data }),
  };
}

function isKind(kind: unknown): kind is keyof typeof REFUSED {
  return typeof kind === "string" && Object.hasOwn(REFUSED, kind);
}

type Answer = readonly [code: ProblemCode, detail: string, retryAfterS?: number];

const ANSWERS = {
  gone: ["UNAVAILABLE", "a part of the system is not available now; try again", 2],
  busy: ["OVERLOADED", "too much is waiting; try again", 1],
  late: [
    "TIMED_OUT",
    "the answer did not come in time; ask before repeating, or repeat with the same key",
    1,
  ],
  unknown: ["OUTCOME_UNKNOWN", "the connection to the store was lost; repeat with the same key", 1],
  reused: ["IDEMPOTENCY_KEY_REUSED", "this key was used with another body"],
  unreadable: ["MALFORMED_REQUEST", "the address cannot be decoded"],
} as const satisfies Record<string, Answer>;

/** By `type`, `code` or `name`: Moleculer's errors, the actor layer's, the stores'. */
const INFRASTRUCTURE = new Map<unknown, Answer>([
  ["SERVICE_NOT_FOUND", ANSWERS.gone],
  ["SERVICE_NOT_AVAILABLE", ANSWERS.gone],
  ["REQUEST_REJECTED", ANSWERS.gone],
  ["INVALID_ENDPOINT", ANSWERS.gone],
  ["BAD_GATEWAY", ANSWERS.gone],
  ["BrokerDisconnectedError", ANSWERS.gone],
  ["QUEUE_FULL", ANSWERS.busy],
  ["REQUEST_TIMEOUT", ANSWERS.late],
  ["REQUEST_SKIPPED", ANSWERS.late],
  ["UNABLE_DECODE_PARAM", ANSWERS.unreadable],
  ["NOT_OWNER", ANSWERS.gone],
  ["OWNER_UNREACHABLE", ANSWERS.gone],
  ["UNKNOWN_ACTOR_TYPE", ANSWERS.gone],
  ["STREAM_QUARANTINED", ANSWERS.gone],
  ["STORE_UNAVAILABLE", ANSWERS.gone],
  ["ACTOR_OVERLOADED", ANSWERS.busy],
  ["NODE_OVERLOADED", ANSWERS.busy],
  ["DEADLINE_EXCEEDED", ANSWERS.late],
  ["OUTCOME_UNKNOWN", ANSWERS.unknown],
  ["IDEMPOTENCY_KEY_REUSED", ANSWERS.reused],
  ["StoreUnavailable", ANSWERS.gone],
  ["CacheUnavailable", ANSWERS.gone],
  ["MongoNetworkError", ANSWERS.gone],
  ["MongoNetworkTimeoutError", ANSWERS.gone],
  ["MongoPoolClearedError", ANSWERS.gone],
  ["MongoServerSelectionError", ANSWERS.gone],
  ["MongoNotConnectedError", ANSWERS.gone],
  ["UnknownOutcome", ANSWERS.unknown],
  ["CommitOutcomeUnknown", ANSWERS.unknown],
]);

function fromInfrastructure({ type, code, name, message }: Thrown): Failure | null {
  const known =
    INFRASTRUCTURE.get(type) ?? INFRASTRUCTURE.get(code) ?? INFRASTRUCTURE.get(name) ?? null;
  const answer = known ?? (isLostDependency(code, message) ? ANSWERS.gone : null);
  if (answer === null) return null;
  const [problem, detail, retryAfterS] = answer;
  return failure(problem, detail, retryAfterS === undefined ? {} : { retryAfterS });
}
