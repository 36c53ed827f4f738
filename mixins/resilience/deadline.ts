import process from "node:process";
import { Errors } from "moleculer";
import type { ActionHandler, ActionSchema, Context, Middleware } from "moleculer";
import type { Clock } from "../clock.ts";
import type { ResilienceMetrics } from "./metrics.ts";

/**
 * How long the caller of an action still waits. Moleculer sends it to other nodes as what is left and not as an instant, so
 * that clocks need not agree, and `ctx.call` gives a nested call what is left of it.
 * @returns ms, negative when nobody waits any more; Infinity when nobody said how long they would
 */
export function remainingMs(ctx: Pick<Context, "options">): number {
  const timeoutMs = ctx.options.timeout ?? 0;
  // sound: Moleculer notes it when it sets the timeout; its typings do not know it
  const { startHrTime } = ctx as { readonly startHrTime?: [number, number] | null };
  if (timeoutMs <= 0 || !startHrTime) return Infinity;
  const [seconds, nanoseconds] = process.hrtime(startHrTime);
  return timeoutMs - seconds * 1e3 - nanoseconds / 1e6;
}

/** Until when the caller of an action waits, by this node's clock: for messages to actors. */
export function deadlineOf(
  ctx: Pick<Context, "options">,
  clock: Clock,
): { readonly deadlineMs?: number } {
  const leftMs = remainingMs(ctx);
  return leftMs === Infinity ? {} : { deadlineMs: Math.floor(clock.now() + leftMs) };
}

/**
 * The answer that a client outside waits for, which tells whether it has hung up; kept in `ctx.locals` of the call that its
 * request led to. An answer and not a function of it: with a function that is made and set there for each request, all that
 * a request had made outlived it until the next full collection (5 kB each, and eight times the time of a scavenge).
 */
export interface CallerLocals {
  answer?: { readonly destroyed: boolean; readonly writableFinished: boolean };
}

function isAbandoned(ctx: Context): boolean {
  for (let call: Context | undefined = ctx; call; call = call.options.parentCtx) {
    const { answer }: CallerLocals = call.locals;
    if (answer?.destroyed === true && !answer.writableFinished) return true;
  }
  return false;
}

/**
 * Does not begin what nobody waits for. It must be the innermost: what waited in a bulkhead is looked at when its turn comes.
 */
export function deadlineCheck(metrics: ResilienceMetrics): Middleware {
  return {
    name: "DeadlineCheck",
    localAction(next, action) {
      const name = nameOf(action);
      const skip = (): Promise<never> =>
        // Not thrown: the bulkhead would count it as being worked on for ever.
        Promise.reject(new Errors.RequestSkippedError({ action: name, nodeID: this.nodeID }));
      return function checked(this: ThisParameterType<ActionHandler>, ctx) {
        if (remainingMs(ctx) <= 0) {
          metrics.deadlineExceeded({ action: name, outcome: "notBegun" });
          return skip();
        }
        if (isAbandoned(ctx)) {
          metrics.abandoned({ action: name });
          return skip();
        }
        return next.call(this, ctx);
      };
    },
  };
}

function nameOf({ name = "" }: ActionSchema): string {
  return name;
}
