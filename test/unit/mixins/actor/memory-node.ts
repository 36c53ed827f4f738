import { randomUUID } from "node:crypto";
import { actorMetrics } from "../../../../mixins/actor/metrics.ts";
import type { ActorKind } from "../../../../mixins/actor/kind.ts";
import type { ActorOptions, ActorPorts } from "../../../../mixins/actor/ports.ts";
import { ActorSystem } from "../../../../mixins/actor/system.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import type { CounterCommand } from "../../../support/counter.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryStores } from "./memory-stores.ts";

/** A node whose clock and stores the test holds in its hand. */
export interface MemoryNode {
  readonly system: ActorSystem;
  readonly clock: ManualClock;
  readonly stores: MemoryStores;
  readonly metrics: Metrics;
  readonly published: string[];
  readonly logged: string[];
  call(id: string, command: CounterCommand, options?: CallDetails): Promise<CallResult>;
}

interface CallDetails {
  readonly commandId?: string;
  readonly isBirth?: boolean;
  readonly isDeduplicated?: boolean;
  readonly deadlineMs?: number;
}

interface CallResult {
  readonly reply: unknown;
  readonly version: number;
  readonly isReplay: boolean;
}

export async function startMemoryNode(
  kinds: readonly ActorKind[],
  overrides: {
    readonly stores?: MemoryStores;
    readonly ports?: Partial<ActorPorts>;
    readonly options?: Partial<ActorOptions>;
  } = {},
): Promise<MemoryNode> {
  const clock = new ManualClock();
  const stores = overrides.stores ?? new MemoryStores();
  const metrics = new Metrics();
  const published: string[] = [];
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const ports: ActorPorts = {
    journal: stores.journal,
    leases: stores.leases,
    effects: stores.effects,
    reminders: stores.reminders,
    outbox: stores.outbox,
    clock,
    bus: {
      publish: async (events) => {
        published.push(...events.map((e) => `${e.ref.id}@${e.version}`));
      },
    },
    log: { info: note, warn: note, error: note },
    metrics: actorMetrics(metrics),
    random: () => 0,
    newId: randomUUID,
    probe: () => undefined,
    ...overrides.ports,
  };
  const system = new ActorSystem({
    ports,
    kinds,
    options: { ...overrides.options, nodeId: "node-1" },
  });
  await system.start();
  return {
    system,
    clock,
    stores,
    metrics,
    published,
    logged,
    call: (id, command, { commandId = randomUUID(), ...details } = {}) =>
      system.client.call({ type: "counter", id }, command, { commandId, ...details }),
  };
}
