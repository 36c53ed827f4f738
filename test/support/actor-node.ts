import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { createActorStores } from "../../models/journal/stores.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";
import { actorMetrics } from "../../mixins/actor/metrics.ts";
import type { ActorOptions, ActorPorts } from "../../mixins/actor/ports.ts";
import type { Transport } from "../../mixins/actor/router.ts";
import { ActorSystem } from "../../mixins/actor/system.ts";
import { systemClock } from "../../mixins/clock.ts";
import { Metrics } from "../../mixins/metrics.ts";

export interface TestNode {
  readonly system: ActorSystem;
  readonly metrics: Metrics;
  /** what came over the bus, in order */
  readonly published: OutboxEvent[];
}

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** An actor system on a database, as a node would have it, started. Whoever starts it stops it. */
export async function startActorNode(
  pool: Pool,
  kinds: readonly ActorKind[],
  overrides: {
    readonly ports?: Partial<ActorPorts>;
    readonly options?: Partial<ActorOptions>;
    readonly transport?: Transport;
  } = {},
): Promise<TestNode> {
  const metrics = new Metrics();
  const published: OutboxEvent[] = [];
  const ports: ActorPorts = {
    ...createActorStores(pool),
    clock: systemClock,
    bus: {
      publish: async (events) => {
        published.push(...events);
      },
    },
    log: quiet,
    metrics: actorMetrics(metrics),
    random: Math.random,
    newId: randomUUID,
    probe: () => undefined,
    ...overrides.ports,
  };
  const nodeId = overrides.options?.nodeId ?? "node-1";
  const system = new ActorSystem({
    ports,
    kinds,
    options: { ...overrides.options, nodeId },
    ...(overrides.transport && { transport: overrides.transport }),
  });
  await system.start();
  return { system, metrics, published };
}
