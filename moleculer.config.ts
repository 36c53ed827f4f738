import type { BrokerOptions, LoggerConfig, MetricReporters } from "moleculer";
import { toFailure } from "./mixins/rest/problem.ts";
import { resilientMiddlewares } from "./mixins/resilience/middlewares.ts";
import type { ResilienceMetrics } from "./mixins/resilience/metrics.ts";

export interface BrokerSettings {
  readonly nodeId: string;
  /** null: one process, no transporter */
  readonly natsServers: readonly string[] | null;
  /** tells the nodes of one installation from those of another on the same NATS */
  readonly namespace?: string;
  /** of a call that says nothing else; 5 s when absent */
  readonly requestTimeoutMs?: number;
  readonly logger: LoggerConfig | false;
  readonly metricsReporter: InstanceType<typeof MetricReporters.Base>;
  readonly resilience: ResilienceMetrics;
  /** what is to be done once the services have stopped, whoever stops the broker: a signal, the REPL, a test */
  readonly onStopped: () => Promise<void>;
}

/** Every broker option that matters, with its reason. What they were measured to do is in docs/ARCHITECTURE.md. */
export default function brokerOptions(settings: BrokerSettings): BrokerOptions {
  const { nodeId, natsServers, logger, metricsReporter, resilience, onStopped } = settings;
  return {
    nodeID: nodeId,
    namespace: settings.namespace ?? "quantumalpha",
    logger,
    transporter:
      natsServers === null
        ? null
        : { type: "NATS", options: { servers: [...natsServers], maxReconnectAttempts: -1 } },
    // As fast as any serializer here; decimals and times are strings, so nothing is lost.
    serializer: "JSON",
    // 0, the default, waits for ever.
    requestTimeout: settings.requestTimeoutMs ?? 5_000,
    // For routing hints only; who owns an actor is decided by leases.
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    registry: {
      // Services are stateless doors, the nearest will do. Calls to actors name their node and are not balanced.
      preferLocal: true,
      strategy: "RoundRobin",
    },
    transit: TRANSIT,
    // A stop waits for calls in flight instead of cutting them off after 0.1 s.
    tracking: { enabled: true, shutdownTimeout: 3_000 },
    // A framework that repeats commands would repeat orders. The actor client repeats, under the same command id.
    retryPolicy: { enabled: false },
    // For actions whose description switches theirs on; see mixins/resilience/. Off for all others by the guard there,
    // because without the global switch the window of a breaker never moves on.
    circuitBreaker: CIRCUIT_BREAKER,
    // By the description of each heavy action alone.
    bulkhead: { enabled: false },
    maxCallLevel: 20,
    validator: true,
    // sound: the registry takes an instance too; its typings know names only
    metrics: { enabled: true, reporter: metricsReporter as unknown as "Prometheus" },
    // Moleculer's own are in this list too: ours have their places among them.
    internalMiddlewares: false,
    middlewares: [{ name: "Drain", stopped: onStopped }, ...resilientMiddlewares(resilience)],
    // The entry point handles signals: a drain must come first.
    skipProcessEventRegistration: true,
  };
}

/** At 1 s, the default, nodes disagree about a newcomer for a second. Apart, because the typings do not know the option. */
const TRANSIT = { serviceChangedDebounceTime: 0, maxQueueSize: 10_000 };

const CIRCUIT_BREAKER = {
  enabled: true,
  windowTime: 60,
  minRequestCount: 20,
  threshold: 0.5,
  halfOpenTime: 5_000,
  check: isFault,
};

/** All but what the caller is to blame for. Moleculer's own check misses refused connections and plain errors. */
function isFault(error: Error): boolean {
  const code: unknown = Reflect.get(error, "code");
  if (typeof code === "number" && code >= 400 && code < 500) return false;
  const failure = toFailure(error);
  // What was not begun says nothing of how the work goes.
  return failure.status >= 500 && Reflect.get(error, "type") !== "REQUEST_SKIPPED";
}
