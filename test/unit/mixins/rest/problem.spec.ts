import { Errors } from "moleculer";
import type { Denial } from "../../../../domain/order/new-order.ts";
import { Refusal, StoreUnavailable, UnknownOutcome } from "../../../../domain/shared/errors.ts";
import { ActorError } from "../../../../mixins/actor/errors.ts";
import { PROBLEM_CODES, PROBLEMS } from "../../../../mixins/rest/problem-codes.ts";
import { toFailure, toProblem } from "../../../../mixins/rest/problem.ts";
import {
  conflict,
  denied,
  insufficientData,
  notFound,
  RestError,
  unavailable,
} from "../../../../mixins/rest/rest-error.ts";

/** As Moleculer's transit makes it anew on the calling node: fields without their class. */
function overTheWire(error: Error): Error {
  const { name, message } = error;
  const { code, type, data, retryable } = error as unknown as Record<string, unknown>;
  const sent: unknown = JSON.parse(JSON.stringify({ name, message, code, type, data, retryable }));
  return Object.assign(new Error(message), sent);
}

const REASON: Denial = {
  code: "INSUFFICIENT_BUYING_POWER",
  message: "needs 1000",
  limit: "500",
  observed: "1000",
};

describe("every error of ours is the same answer here and over the wire", () => {
  it.each([
    ["not found", notFound("order", "x"), 404, "NOT_FOUND"],
    ["conflict", conflict("busy"), 409, "CONFLICT"],
    ["denied", denied([REASON], "o-1"), 422, "ORDER_DENIED"],
    ["insufficient data", insufficientData("3 of 20 bars"), 422, "INSUFFICIENT_DATA"],
    ["unavailable", unavailable("no quote source"), 503, "UNAVAILABLE"],
    ["not the owner", new ActorError("NOT_OWNER", "n2 owns it"), 503, "UNAVAILABLE"],
    ["mailbox full", new ActorError("ACTOR_OVERLOADED", "1000 wait"), 503, "OVERLOADED"],
    ["late", new ActorError("DEADLINE_EXCEEDED", "late"), 503, "TIMED_OUT"],
    ["key reused", new ActorError("IDEMPOTENCY_KEY_REUSED", "x"), 422, "IDEMPOTENCY_KEY_REUSED"],
    ["store down", new StoreUnavailable("refused"), 503, "UNAVAILABLE"],
    ["commit unknown", new UnknownOutcome("cut"), 503, "OUTCOME_UNKNOWN"],
    ["no service", new Errors.ServiceNotFoundError({ action: "a.b" }), 503, "UNAVAILABLE"],
    ["timeout", new Errors.RequestTimeoutError({ action: "a.b" }), 503, "TIMED_OUT"],
    ["queue full", new Errors.QueueIsFullError({ action: "a.b" }), 503, "OVERLOADED"],
    ["a lost socket", Object.assign(new Error("x"), { code: "ECONNREFUSED" }), 503, "UNAVAILABLE"],
    ["a lost session", Object.assign(new Error("x"), { code: "57P01" }), 503, "UNAVAILABLE"],
    ["a closed order", new Refusal("conflict", "ORDER_CLOSED", "filled"), 409, "ORDER_CLOSED"],
  ])("%s", (_name, error, status, code) => {
    expect(toFailure(error)).toMatchObject({ status, code });
    expect(toFailure(overTheWire(error))).toEqual(toFailure(error));
  });
});

describe("an answer to an error", () => {
  it("tells every reason of a denial, and the order on record", () => {
    expect(toFailure(denied([REASON], "o-1"))).toMatchObject({
      detail: "needs 1000",
      reasons: [REASON],
      orderId: "o-1",
    });
  });

  it("has a status by the kind of a refusal whose code is not listed", () => {
    const refusal = new Refusal("conflict", "SOMETHING_NEW", "not now", { step: 3 });
    expect(toFailure(refusal)).toEqual({
      status: 409,
      code: "CONFLICT",
      detail: "not now",
      data: { step: 3 },
    });
  });

  it.each([
    new Error("password=hunter2"),
    new TypeError("cannot read x"),
    Object.assign(new Error("null value in column"), { code: "23502" }),
    new ActorError("COMMAND_FAILED", "decide threw"),
    "text",
    undefined,
  ])("tells nothing of a defect: %p", (error) => {
    expect(toFailure(error)).toEqual({
      status: 500,
      code: "INTERNAL_ERROR",
      detail: "the request could not be carried out; quote the request id",
    });
  });

  it("is never a 5xx for a validation error", () => {
    const complaints = [{ type: "required", field: "symbol", message: "…" }];
    const error = new Errors.ValidationError("x", "VALIDATION_ERROR", complaints);
    expect(toFailure(error)).toEqual({
      status: 422,
      code: "VALIDATION_FAILED",
      detail: "symbol is required",
      errors: [{ path: "symbol", code: "REQUIRED", message: "is required" }],
    });
  });

  it("becomes a problem of RFC 9457, without what belongs into headers", () => {
    const failure = toFailure(new RestError("RATE_LIMITED", "slow down", { retryAfterS: 3 }));
    expect(failure.retryAfterS).toBe(3);
    expect(toProblem(failure, "/api/orders", "r-1")).toEqual({
      type: "urn:quantumalpha:problem:RATE_LIMITED",
      title: "Too many requests",
      status: 429,
      detail: "slow down",
      instance: "/api/orders",
      code: "RATE_LIMITED",
      requestId: "r-1",
    });
  });

  it("has a code from a list in which every code has a status of an error", () => {
    for (const code of PROBLEM_CODES) expect(PROBLEMS[code][0]).toBeGreaterThanOrEqual(400);
  });
});
