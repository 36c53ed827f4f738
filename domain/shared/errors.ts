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
}

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

/** The store cannot be reached, and nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
