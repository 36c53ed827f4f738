import { MetricReporters } from "moleculer";
import type { MetricRegistry } from "moleculer";

/** Moleculer's Prometheus reporter without its own HTTP server: the gateway's /metrics shows both registries. */
export class BrokerMetrics extends MetricReporters.Prometheus {
  override init(registry: MetricRegistry): void {
    MetricReporters.Base.prototype.init.call(this, registry);
    Object.assign(this, { defaultLabels: { nodeID: registry.broker.nodeID } });
  }

  override stop(): Promise<void> {
    return Promise.resolve();
  }

  render(): string {
    return this.generatePrometheusResponse();
  }
}
