import { ServiceBroker } from "moleculer";
import type { Middleware } from "moleculer";
import { brokerStates } from "./broker-states.ts";
import { deadlineCheck } from "./deadline.ts";
import { resilienceGuard } from "./guard.ts";
import type { ResilienceMetrics } from "./metrics.ts";
import { callMetrics } from "./call-metrics.ts";
import { breakerTimeout, callTimeout, remoteTimeout } from "./timeouts.ts";

/** What no action here has. Each would put a promise into the way of every call. */
const UNUSED: ReadonlySet<string> = new Set(["Fallback"]);

/**
 * Every middleware of a broker, innermost first: Moleculer's own, and ours at their places among them. Those that a broker
 * is given are inside of its own, so its own must be switched off (`internalMiddlewares: false`) and given too.
 */
export function resilientMiddlewares(metrics: ResilienceMetrics): (Middleware | string)[] {
  const own = ServiceBroker.INTERNAL_MIDDLEWARES.flatMap((name): (Middleware | string)[] => {
    if (name === "Bulkhead") return [name, brokerStates(metrics)];
    if (name === "ContextTracker") return [remoteTimeout(), name];
    if (name === "CircuitBreaker") return [breakerTimeout(), name];
    if (name === "Timeout") return [callTimeout()];
    if (name === "Metrics") return [made(callMetrics(metrics))];
    return UNUSED.has(name) ? [] : [name];
  });
  return [resilienceGuard(), deadlineCheck(metrics), ...own];
}

function made(make: (broker: ServiceBroker) => Middleware): Middleware {
  // sound: Moleculer takes what makes a middleware of its broker, as its own do; its typings know only what is made
  return make as unknown as Middleware;
}
