import process from "node:process";
import { Errors } from "moleculer";
import type { ActionHandler, ActionSchema, Context, Middleware, ServiceBroker } from "moleculer";
import { remainingMs } from "./deadline.ts";

/*
 * The timeout of all calls stands outside of everything that should hear of it. Two others are the same a moment earlier,
 * further inside; a call that is not ended by one of them is ended by it.
 */

/**
 * For calls to other nodes; inside of the tracker, which otherwise remembers each that was never answered for ever, and
 * waits in vain for it when the node stops.
 */
export function remoteTimeout(): Middleware {
  return { name: "RemoteTimeout", remoteAction: timed };
}

/**
 * For calls in this process, before an action that has a breaker; inside of the breaker, and outside of tracker and bulkhead,
 * which must know that the work goes on.
 */
export function breakerTimeout(): Middleware {
  return {
    name: "BreakerTimeout",
    localAction: (next, action) =>
      action.circuitBreaker?.enabled === true ? timed(next, action) : next,
  };
}

/**
 * For all calls, in the place of Moleculer's own, which makes seven promises of each where two do. How long a call may take
 * is said by the call, else by the action, else by the broker.
 */
export function callTimeout(): Middleware {
  return {
    name: "CallTimeout",
    localAction(next, action) {
      return limited(next, action, this);
    },
    remoteAction(next, action) {
      return limited(next, action, this);
    },
  };
}

function limited(
  next: ActionHandler,
  action: ActionSchema,
  { options: { requestTimeout = 0 }, logger }: ServiceBroker,
): ActionHandler {
  const { name = "" } = action;
  // sound: Moleculer's own field, which its typings do not know
  const { timeout: usualMs = requestTimeout } = action as { readonly timeout?: number };
  return function limitedCall(ctx) {
    const timeoutMs = (ctx.options.timeout ??= usualMs);
    if (timeoutMs > 0) begin(ctx);
    // sound: inside of Moleculer's wrappers every handler answers with a promise
    const work = next.call(this, ctx) as Promise<unknown>;
    if (timeoutMs <= 0) return work;
    return orTimeOut(work, timeoutMs, () => {
      logger.warn(`${name} timed out`, { requestID: ctx.requestID, nodeID: ctx.nodeID, timeoutMs });
      return timedOut(name, ctx);
    });
  };
}

/** What is left of the time is counted from here, on this node and, by Moleculer, for those that are called. */
function begin(ctx: Context): void {
  // sound: Moleculer's own field, which its typings do not know
  const started = ctx as { startHrTime?: [number, number] | null };
  started.startHrTime ??= process.hrtime();
}

/** Whether an error of Moleculer's is of this action, and not of one that it has called. */
export function isErrorOf(error: unknown, type: string, action: string): boolean {
  if (typeof error !== "object" || error === null || Reflect.get(error, "type") !== type)
    return false;
  const data: unknown = Reflect.get(error, "data");
  return typeof data === "object" && data !== null && Reflect.get(data, "action") === action;
}

const HEAD_START_MS = 2;

function timed(next: ActionHandler, { name: action = "" }: ActionSchema): ActionHandler {
  return function timedCall(ctx) {
    const leftMs = remainingMs(ctx);
    // sound: inside of Moleculer's wrappers every handler answers with a promise
    const work = next.call(this, ctx) as Promise<unknown>;
    if (leftMs === Infinity) return work;
    return orTimeOut(work, leftMs - HEAD_START_MS, () => {
      return timedOut(action, ctx);
    });
  };
}

function timedOut(action: string, ctx: Context): Error {
  return new Errors.RequestTimeoutError({ action, nodeID: ctx.nodeID ?? "" });
}

function orTimeOut<T>(work: Promise<T>, ms: number, error: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(error()), Math.max(0, ms));
    const settled =
      <A>(tell: (outcome: A) => void) =>
      (outcome: A): void => {
        clearTimeout(timer);
        tell(outcome);
      };
    work.then(settled(resolve), settled(reject));
  });
}
