import { ServiceBroker } from "moleculer";
import { systemClock } from "../../mixins/clock.ts";
import { Metrics } from "../../mixins/metrics.ts";
import { resilienceMetrics } from "../../mixins/resilience/metrics.ts";
import brokerOptions from "../../moleculer.config.ts";
import { actorsService, brokerTransport } from "../../services/actors.service.ts";
import { BrokerMetrics } from "../../services/broker-metrics.ts";
import type { NodeContext } from "../../services/context.ts";
import { closedLoop } from "../closed-loop.ts";
import { ALL_KINDS, openActors } from "../driven/actors.ts";
import { contest } from "../driven/contestant.ts";
import type { Contestant } from "../driven/contestant.ts";

export interface BareCalls {
  readonly nodeId: string;
  readonly callers: number;
  readonly durationMs: number;
}

/** A node of a cluster with the benchmark's actors and nothing else: the product's broker options, door and actor layer. */
async function open(): Promise<Contestant> {
  const { NODE_ID = "", NATS_URL = "", HOSTS = "" } = process.env;
  const broker = new ServiceBroker(
    brokerOptions({
      nodeId: NODE_ID,
      natsServers: [NATS_URL],
      logger: false,
      metricsReporter: new BrokerMetrics({}),
      resilience: resilienceMetrics(new Metrics()),
      onStopped: () => actors.stop(),
    }),
  );
  const context = {
    clock: systemClock,
    get actorSystem() {
      return actors.system;
    },
  };
  // sound: the service asks a node for these two
  broker.createService(actorsService(context as unknown as NodeContext));
  broker.createService({ name: "bench", actions: { echo: ({ params }) => params as unknown } });
  await broker.start();
  const actors = await openActors({
    nodeId: NODE_ID,
    kinds: HOSTS === "all" ? ALL_KINDS : [],
    transport: brokerTransport(broker, () => systemClock.now()),
  });
  return {
    ...actors,
    stop: async () => {
      await actors.system.handOver();
      await broker.stop();
    },
    questions: {
      ready: () => Promise.resolve(actors.system.isReady),
      // sound: the benchmark asks nothing else
      bare: (body) => bareCalls(broker, body as BareCalls),
    },
  };
}

/** What any call to another node costs. */
function bareCalls(broker: ServiceBroker, { nodeId, callers, durationMs }: BareCalls) {
  return closedLoop(callers, durationMs, (caller, n) =>
    broker.call("bench.echo", { type: "Add", amount: 1, id: `${caller}-${n}` }, { nodeID: nodeId }),
  );
}

contest(open);
