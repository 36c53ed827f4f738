import { randomBytes } from "node:crypto";
import { ServiceBroker } from "moleculer";
import type { ServiceSchema } from "moleculer";
import { Metrics } from "../../mixins/metrics.ts";
import { resilienceMetrics } from "../../mixins/resilience/metrics.ts";
import brokerOptions from "../../moleculer.config.ts";
import { BrokerMetrics } from "../../services/broker-metrics.ts";

export interface ResilientBroker {
  readonly broker: ServiceBroker;
  /** as /metrics would have it */
  rendered(): string;
}

/**
 * Brokers with the product's own options, which see each other: over NATS_URL where it is set, else inside this process,
 * in a namespace of their own.
 */
export async function startBrokers(
  ...nodes: readonly (readonly ServiceSchema[])[]
): Promise<readonly ResilientBroker[]> {
  const namespace = `test-${randomBytes(6).toString("hex")}`;
  const brokers = nodes.map((services, i) => makeBroker(`node-${i + 1}`, namespace, services));
  await Promise.all(brokers.map(({ broker }) => broker.start()));
  const names = [...new Set(nodes.flat().map(({ name }) => name))];
  await Promise.all(brokers.map(({ broker }) => broker.waitForServices(names, 10_000, 10)));
  return brokers;
}

export async function stopBrokers(brokers: readonly ResilientBroker[]): Promise<void> {
  await Promise.all(brokers.map(({ broker }) => broker.stop()));
}

function makeBroker(
  nodeId: string,
  namespace: string,
  services: readonly ServiceSchema[],
): ResilientBroker {
  const metrics = new Metrics();
  const nats = process.env["NATS_URL"];
  const options = brokerOptions({
    nodeId,
    natsServers: nats === undefined ? null : nats.split(","),
    logger: false,
    metricsReporter: new BrokerMetrics({}),
    resilience: resilienceMetrics(metrics),
    onStopped: () => Promise.resolve(),
  });
  const broker = new ServiceBroker({
    ...options,
    namespace,
    transporter: options.transporter ?? "Fake",
    // Soon enough for a test.
    circuitBreaker: { ...options.circuitBreaker, minRequestCount: 4, halfOpenTime: 300 },
  });
  for (const service of services) broker.createService(service);
  return { broker, rendered: () => metrics.render() };
}
