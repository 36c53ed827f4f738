import { randomUUID } from "node:crypto";
import type { ActorRef } from "../../../../domain/shared/decider.ts";
import type { OutboxEvent } from "../../../../domain/shared/journal.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import type { StreamMessage } from "../../../../mixins/rest/stream-channels.ts";
import type { Distribution } from "../../../../services/bus/distribution.ts";
import { InProcessBus } from "../../../../services/bus/in-process.ts";
import { JetStreamBus } from "../../../../services/bus/jetstream-bus.ts";
import type { BusSettings } from "../../../../services/bus/jetstream-bus.ts";
import { LiveFeed } from "../../../../services/live-feed.ts";
import { createLogger } from "../../../../services/logging.ts";
import { startActorNode } from "../../../support/actor-node.ts";
import { counterKind } from "../../../support/counter.ts";
import { withDatabase } from "../../../support/database.ts";
import { eventually } from "../../../support/node-eventually.ts";

export const quietLog = createLogger({
  level: "fatal",
  format: "json",
  nodeId: "bus",
  write: () => undefined,
});

/** A node as far as its bus goes: what its listeners were told, and what its watcher was handed. */
export interface BusNode {
  readonly bus: Distribution;
  readonly live: LiveFeed;
  readonly metrics: Metrics;
  /** `id:version`, in order */
  readonly told: string[];
  readonly facts: StreamMessage[];
  readonly handled: string[];
  stop(): Promise<void>;
}

export interface BusNodeOptions {
  /** absent: inside the process */
  readonly servers?: readonly string[];
  readonly settings?: Partial<BusSettings>;
  readonly hasStreams?: boolean;
  /** the name of its watcher */
  readonly consumer?: string;
  /** where its watcher notes what it is handed, perhaps beside another's */
  readonly handled?: string[];
}

interface Told {
  readonly id: string;
  readonly version: number;
}

const ADD = { type: "Add", amount: 1 } as const;
const CHANNEL = { tenantId: "t-1", portfolioId: null, ownerId: null };

export function fact(channel: string, value: number): StreamMessage {
  return { channel, ...CHANNEL, data: { value } };
}

/** A database for the describe block that calls it, buses on it, and actors whose events they carry. */
export function withBusNodes() {
  const database = withDatabase();
  const toStop = new Set<() => Promise<void>>();

  afterEach(async () => {
    for (const stop of [...toStop].toReversed()) await stop();
    toStop.clear();
  });

  const ending = (stop: () => Promise<void>) => {
    const once = async () => {
      if (toStop.delete(once)) await stop();
    };
    toStop.add(once);
    return once;
  };

  /** With a listener and a watcher. */
  const open = async (options: BusNodeOptions = {}): Promise<BusNode> => {
    const live = new LiveFeed(database.pool, new Map([["counter", tellCounter]]));
    const told: string[] = [];
    const facts: StreamMessage[] = [];
    const handled = options.handled ?? [];
    const hear = (message: StreamMessage): number => {
      if (message.channel !== "orders") return facts.push(message);
      // sound: the teller's own words
      const { id, version } = message.data as unknown as Told;
      return told.push(`${id}:${version}`);
    };
    live.subscribe(hear, "everything");
    live.watch({
      consumer: options.consumer ?? "watcher",
      type: "counter",
      handle: (event) => void handled.push(nameOf(event)),
    });
    const metrics = new Metrics();
    const bus = busOf(options, live, metrics);
    await bus.start();
    return { bus, live, metrics, told, facts, handled, stop: ending(() => bus.stop()) };
  };

  const busOf = (options: BusNodeOptions, live: LiveFeed, metrics: Metrics): Distribution => {
    if (options.servers === undefined) return new InProcessBus(live);
    const { servers, settings = {}, hasStreams = true } = options;
    return new JetStreamBus(
      {
        servers,
        namespace: "qa-test",
        maxAgeMs: 86_400_000,
        maxBytes: 67_108_864,
        replicas: 1,
        duplicateWindowMs: 120_000,
        ...settings,
      },
      {
        nodeId: "bus",
        pool: database.pool,
        clock: systemClock,
        log: quietLog,
        metrics,
        live,
        hasStreams,
      },
    );
  };

  /** Counters whose events are relayed to the bus. */
  const actors = async (bus?: Distribution) => {
    const node = await startActorNode(database.pool, [countedKind], {
      ...(bus && { ports: { bus } }),
    });
    const stop = ending(() => node.system.stop());
    const add = (id: string) =>
      node.system.client.call({ type: "counter", id }, ADD, {
        commandId: randomUUID(),
        deadlineMs: systemClock.now() + 20_000,
      });
    return {
      stop,
      system: node.system,
      published: node.published,
      add,
      /** `count` events for each of these counters, at once */
      addAll: async (ids: readonly string[], count: number): Promise<void> => {
        await Promise.all(ids.flatMap((id) => Array.from({ length: count }, () => add(id))));
      },
    };
  };

  /** Events that are committed and not relayed to any bus. */
  const record = async (ids: readonly string[], count: number): Promise<readonly OutboxEvent[]> => {
    const { addAll, published, stop } = await actors();
    await addAll(ids, count);
    await eventually("all that was recorded", () =>
      published.length >= ids.length * count ? true : null,
    );
    await stop();
    return published;
  };

  return { database, open, actors, record };
}

export type Actors = Awaited<ReturnType<ReturnType<typeof withBusNodes>["actors"]>>;

/** The names of `count` events of each of these counters. */
export function namesOf(ids: readonly string[], count: number): readonly string[] {
  return ids.flatMap((id) => Array.from({ length: count }, (_, i) => `${id}:${i + 1}`)).toSorted();
}

/** Ids that are new in each test, so that tests may share a database. */
export function newIds(count: number): readonly string[] {
  return Array.from({ length: count }, () => `c-${randomUUID()}`);
}

/** Fails unless each name is there once, and the versions of each stream in their order. */
export function expectOnceInOrder(names: readonly string[], expected: readonly string[]): void {
  expect(names.toSorted()).toEqual(expected.toSorted());
  const last = new Map<string, number>();
  for (const name of names) {
    const [id = "", version] = name.split(":");
    expect(Number(version)).toBe((last.get(id) ?? 0) + 1);
    last.set(id, Number(version));
  }
}

function nameOf({ ref, version }: OutboxEvent): string {
  return `${ref.id}:${version}`;
}

function tellCounter({ ref, version }: OutboxEvent): readonly StreamMessage[] {
  return [{ channel: "orders", ...CHANNEL, data: { id: ref.id, version } }];
}

const countedKind = counterKind({
  project: (ref: ActorRef, state, recorded) => ({
    view: {
      tenantId: "t-1",
      ownerId: null,
      portfolioId: null,
      symbol: null,
      status: "open",
      createdAtMs: recorded[0]?.atMs ?? 0,
      doc: { id: ref.id, sum: state.sum },
    },
    ledger: [],
    trades: [],
  }),
});
