import { Errors } from "moleculer";
import type { ActionHandler, ActionSchema, Middleware } from "moleculer";
import { remainingMs } from "./deadline.ts";
import type { ResilienceMetrics } from "./metrics.ts";

/*
 * Moleculer's own timeout stands outside of everything that should hear of it. Ours are the same a moment earlier, further
 * inside; a call that is not ended by one of them is ended by Moleculer's.
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

/** Counts the timeouts of all; outside of Moleculer's. */
export function timeoutCount(metrics: ResilienceMetrics): Middleware {
  const wrap = (next: ActionHandler, { name: action = "" }: ActionSchema): ActionHandler =>
    function counted(ctx) {
      // sound: inside of Moleculer's wrappers every handler answers with a promise
      const work = next.call(this, ctx) as Promise<unknown>;
      // Beside the call and not in its way, which every call would pay for.
      work.catch((error: unknown) => {
        if (isErrorOf(error, "REQUEST_TIMEOUT", action))
          metrics.deadlineExceeded({ action, outcome: "timedOut" });
      });
      return work;
    };
  return { name: "TimeoutCount", localAction: wrap, remoteAction: wrap };
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
      return new Errors.RequestTimeoutError({ action, nodeID: ctx.nodeID ?? "" });
    });
  };
}

function orTimeOut<T>(work: Promise<T>, ms: number, error: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(error()), Math.max(0, ms));
    const settled = () => clearTimeout(timer);
    work.then(resolve, reject);
    work.then(settled, settled);
  });
}
