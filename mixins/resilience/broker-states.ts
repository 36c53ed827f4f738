import type { Middleware, ServiceBroker } from "moleculer";
import { STATE_VALUE } from "./metrics.ts";
import type { ResilienceMetrics } from "./metrics.ts";
import type { BreakerState } from "./circuit-breaker.ts";
import { isErrorOf } from "./timeouts.ts";

/** Moleculer's names of its gauges. */
const IN_FLIGHT = "moleculer.request.bulkhead.inflight";
const QUEUED = "moleculer.request.bulkhead.queue.size";

/** Shows Moleculer's own breakers and bulkheads under the names of ours. It belongs directly outside of its bulkhead. */
export function brokerStates(metrics: ResilienceMetrics): Middleware {
  return {
    name: "BrokerStates",
    created(broker) {
      watchBreakers(broker, metrics);
      metrics.onRender(() => {
        copyGauge(broker, IN_FLIGHT, metrics.bulkheadInFlight);
        copyGauge(broker, QUEUED, metrics.bulkheadQueued);
      });
    },
    localAction(next, action) {
      if (action.bulkhead?.enabled !== true) return next;
      const name = action.name ?? "";
      metrics.bulkheadInFlight(0, { action: name });
      metrics.bulkheadQueued(0, { action: name });
      metrics.bulkheadRejected({ action: name }, 0);
      return async function counted(ctx) {
        try {
          return await next.call(this, ctx);
        } catch (error) {
          if (isErrorOf(error, "QUEUE_FULL", name)) metrics.bulkheadRejected({ action: name });
          throw error;
        }
      };
    },
  };
}

function copyGauge(
  broker: ServiceBroker,
  name: string,
  set: (value: number, labels: { readonly action: string }) => void,
): void {
  // sound: a gauge of Moleculer's registry; its typings know only what all metrics have
  const gauge = broker.metrics.getMetric(name) as unknown as {
    readonly values: ReadonlyMap<
      string,
      { readonly value: number; readonly labels: { readonly action: string } }
    >;
  } | null;
  for (const { value, labels } of gauge?.values.values() ?? [])
    set(value, { action: labels.action });
}

/** What Moleculer tells of a breaker: the node and the action that it stands before. */
interface Tripped {
  readonly nodeID: string;
  readonly action: string;
}

function watchBreakers(broker: ServiceBroker, metrics: ResilienceMetrics): void {
  const on = (event: string, to: BreakerState): void => {
    broker.localBus.on(`$circuit-breaker.${event}`, ({ action, nodeID }: Tripped) => {
      const dependency = `${action}@${nodeID}`;
      metrics.breakerState(STATE_VALUE[to], { dependency });
      metrics.breakerTransition({ dependency, to });
    });
  };
  on("opened", "open");
  on("half-opened", "halfOpen");
  on("closed", "closed");
}
