import type { Json } from "./json.ts";

/**
 * A command that cannot be carried out in the actor's present state: an expected outcome, told to its sender and
 * recorded nowhere. `code` comes from the closed list in docs/ERRORS.md; `kind` decides the HTTP status at the edge
 * (conflict 409, invalid 422, notFound 404).
 */
export class Refusal extends Error {
  readonly code: string;
  readonly kind: "conflict" | "invalid" | "notFound";
  readonly data: { readonly [key: string]: Json };

  constructor(
    kind: Refusal["kind"],
    code: string,
    message: string,
    data: { readonly [key: string]: Json } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.kind = kind;
    this.code = code;
    this.data = data;
  }

  /** One that came as plain JSON, from another node. */
  static revive({ kind, code, message, data }: RefusalTerms): Refusal {
    return new this(kind, code, message, data);
  }
}

/** What of a refusal crosses from node to node. */
export type RefusalTerms = Pick<Refusal, "kind" | "code" | "message" | "data">;

/** Says that a broken invariant was found: a defect, never an answer. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

/**
 * The connection was lost between sending a write and hearing of it: neither success nor failure. Whoever sees it must
 * forget what it believes and ask again under the same id.
 */
export class UnknownOutcome extends Error {
  override readonly name = "UnknownOutcome";
}

/** A client's idempotency key is on record with another body: nothing was written. */
export class RequestKeyReused extends Error {
  override readonly name = "RequestKeyReused";
}

/** The store cannot be reached, and nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** The lease to be renewed has ended: whoever held it must forget all that it covered. */
export class LeaseLapsed extends Error {
  override readonly name = "LeaseLapsed";
}
