import { ServiceBroker } from "moleculer";
import type { Middleware } from "moleculer";
import { brokerStates } from "./broker-states.ts";
import { deadlineCheck } from "./deadline.ts";
import { resilienceGuard } from "./guard.ts";
import type { ResilienceMetrics } from "./metrics.ts";
import { breakerTimeout, remoteTimeout, timeoutCount } from "./timeouts.ts";

/**
 * Every middleware of a broker, innermost first: Moleculer's own, and ours at their places among them. Those that a broker
 * is given are inside of its own, so its own must be switched off (`internalMiddlewares: false`) and given too.
 */
export function resilientMiddlewares(metrics: ResilienceMetrics): (Middleware | string)[] {
  const own = ServiceBroker.INTERNAL_MIDDLEWARES.flatMap((name): (Middleware | string)[] => {
    if (name === "Bulkhead") return [name, brokerStates(metrics)];
    if (name === "ContextTracker") return [remoteTimeout(), name];
    if (name === "CircuitBreaker") return [breakerTimeout(), name];
    if (name === "Timeout") return [name, timeoutCount(metrics)];
    return [name];
  });
  return [resilienceGuard(), deadlineCheck(metrics), ...own];
}
