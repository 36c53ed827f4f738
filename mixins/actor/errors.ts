/** Closed list; docs/ERRORS.md explains each. */
export const ACTOR_ERROR_CODES = [
  /** this node does not own the actor's shard (any more): ask the owner */
  "NOT_OWNER",
  /** the owner is another node, and no way leads there now: nothing was done */
  "OWNER_UNREACHABLE",
  "ACTOR_OVERLOADED",
  "NODE_OVERLOADED",
  /** the caller had stopped waiting before its turn came: nothing was done */
  "DEADLINE_EXCEEDED",
  "IDEMPOTENCY_KEY_REUSED",
  "STORE_UNAVAILABLE",
  /** the connection was lost during the commit, or no answer came in time: retry with the same command id */
  "OUTCOME_UNKNOWN",
  /** the stream cannot be replayed, an event of it is missing or cannot be applied: an operator must look */
  "STREAM_QUARANTINED",
  "UNKNOWN_ACTOR_TYPE",
  /** `decide` failed: a defect, the actor lives on */
  "COMMAND_FAILED",
] as const;
export type ActorErrorCode = (typeof ACTOR_ERROR_CODES)[number];

/** A retry under the same command id can succeed, and is harmless. */
const RETRYABLE: ReadonlySet<ActorErrorCode> = new Set([
  "NOT_OWNER",
  "OWNER_UNREACHABLE",
  "ACTOR_OVERLOADED",
  "NODE_OVERLOADED",
  "STORE_UNAVAILABLE",
  "OUTCOME_UNKNOWN",
]);

/** The actor layer could not carry a command through; nothing is said about the command itself. */
export class ActorError extends Error {
  override readonly name = "ActorError";
  readonly code: ActorErrorCode;

  constructor(code: ActorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}
