import { Errors } from "moleculer";
import type { Denial } from "../../domain/order/new-order.ts";
import { PROBLEMS } from "./problem-codes.ts";
import type { ProblemCode } from "./problem-codes.ts";
import type { FieldError } from "./readers.ts";

/** What a problem says beside its code and detail; plain JSON, so that it crosses the wire. */
export interface ProblemData {
  readonly errors?: readonly FieldError[];
  readonly reasons?: readonly Denial[];
  /** of the order that was denied and recorded */
  readonly orderId?: string;
  readonly retryAfterS?: number;
}

/** An answer other than success, as a service gives it: code, HTTP status and data survive the wire. */
export class RestError extends Errors.MoleculerError {
  declare readonly data: ProblemData;

  constructor(code: ProblemCode, detail: string, data: ProblemData = {}) {
    super(detail, PROBLEMS[code][0], code, data);
    this.name = "RestError";
    this.retryable = this.code === 503;
  }
}

/** Absent, or another tenant's: the two look the same from outside. */
export function notFound(what: string, id: string): RestError {
  return new RestError("NOT_FOUND", `there is no ${what} ${id}`);
}

export function conflict(detail: string): RestError {
  return new RestError("CONFLICT", detail);
}

export function unprocessable(errors: readonly FieldError[]): RestError {
  const detail = errors.map(({ path, message }) => `${path} ${message}`.trimStart()).join("; ");
  return new RestError("VALIDATION_FAILED", detail, { errors });
}

/** @param orderId of the recorded order; absent for a dry run */
export function denied(reasons: readonly Denial[], orderId?: string): RestError {
  const detail = reasons.map((reason) => reason.message).join("; ");
  return new RestError("ORDER_DENIED", detail, {
    reasons,
    ...(orderId !== undefined && { orderId }),
  });
}

export function insufficientData(detail: string): RestError {
  return new RestError("INSUFFICIENT_DATA", detail);
}

export function unavailable(detail: string, retryAfterS = 2): RestError {
  return new RestError("UNAVAILABLE", detail, { retryAfterS });
}
