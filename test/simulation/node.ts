import type { Context, ServiceBroker } from "moleculer";
import type { Json } from "../../domain/shared/json.ts";
import type { ActorMetrics } from "../../mixins/actor/metrics.ts";
import type { Pools } from "../../mixins/actor/ids.ts";
import { PROBE_POINTS } from "../../mixins/actor/ports.ts";
import type { ActorLog, ActorOptions, ActorPorts, ProbePoint } from "../../mixins/actor/ports.ts";
import { ActorSystem } from "../../mixins/actor/system.ts";
import { actorsService, brokerTransport } from "../../services/actors.service.ts";
import type { NodeContext } from "../../services/context.ts";
import type { Bus } from "./bus.ts";
import { remoteCall, toWire } from "./call.ts";
import type { WireError } from "./call.ts";
import type { Exchange } from "./exchange.ts";
import { simulatedKinds } from "./kinds.ts";
import type { Outside } from "./kinds.ts";
import type { Machine, Process } from "./machine.ts";
import type { Random } from "./random.ts";
import { Connections } from "./store/connection.ts";
import { simulatedStores } from "./store/stores.ts";
import type { StorePorts } from "./store/stores.ts";
import type { World } from "./world.ts";

/** What nodes share with each other and with the world. */
export interface Surroundings {
  readonly world: World;
  readonly bus: Bus;
  readonly exchange: Exchange;
  readonly witness: (effectId: string, payload: Json) => void;
  readonly peer: (nodeId: string) => SimulatedNode | undefined;
  readonly pools: Pools;
  /** how often a store connection breaks under a statement */
  readonly breaks: number;
  /** replaces ports of the store, to take a safeguard out */
  readonly spoil: (ports: StorePorts) => StorePorts;
}

/** A service that other nodes can call, by name. */
type Handlers = Readonly<Record<string, (params: unknown) => Promise<unknown>>>;

/** Errors of these kinds are defects, whatever is wrong with store and network. */
const DEFECTS = new Set([
  "a turn broke",
  "a command failed in decide",
  "a turn was refused",
  "a stream is quarantined: it cannot be replayed",
  "an effect was refused and is parked",
  "work on a shard that is given up did not end well",
]);

const WORLD = "world";
const WORLD_TIMEOUT_MS = 1_000;

/** A node of the production actor layer, with everything around it simulated. */
export class SimulatedNode {
  readonly machine: Machine;
  readonly #around: Surroundings;
  readonly #random: Random;
  readonly #options: Partial<ActorOptions>;
  /** the types of actors that it hosts */
  readonly #types: ReadonlySet<string>;
  #running: {
    readonly process: Process;
    readonly system: ActorSystem;
    readonly handlers: Handlers;
  } | null = null;
  #crashAt: ProbePoint | null = null;

  constructor(
    machine: Machine,
    around: Surroundings,
    options: Partial<ActorOptions>,
    types: readonly string[],
  ) {
    this.machine = machine;
    this.#around = around;
    this.#random = around.world.random.fork(machine.nodeId);
    this.#options = options;
    this.#types = new Set(types);
  }

  get nodeId(): string {
    return this.machine.nodeId;
  }

  get process(): Process | null {
    return this.machine.process;
  }

  /** streams that it could not replay */
  get quarantined(): readonly string[] {
    return this.#running?.system.status.quarantined ?? [];
  }

  boot(): void {
    if (this.process) return;
    const process = this.machine.boot();
    this.#around.world.trace.step(`${process.name} boots`);
    const broker = this.#broker(process);
    const transport = brokerTransport(broker, () => process.clock.now());
    const outside = this.#outside(process);
    const kinds = simulatedKinds(outside).filter(({ type }) => this.#types.has(type));
    const { nodeId } = this;
    const system = new ActorSystem({
      ports: this.#ports(process),
      kinds,
      options: { ...this.#options, nodeId, pools: this.#around.pools },
      transport,
    });
    this.#running = { process, system, handlers: handlersOf(process, system) };
    void system.start();
  }

  crash(): void {
    const { process } = this;
    if (!process) return;
    this.#crashAt = null;
    this.#running = null;
    process.kill();
  }

  /** Dies as it passes a step of the actor layer for the next time. */
  crashAtProbe(): void {
    this.#crashAt = this.#random.pick(PROBE_POINTS);
  }

  spare(): void {
    this.#crashAt = null;
  }

  /** A graceful end, unless it takes too long. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    const { process, system } = running;
    const end = (): void => {
      if (this.process === process) this.crash();
    };
    this.#around.world.scheduler.after(15_000, end);
    await system.handOver();
    await system.stop();
    end();
  }

  /** Gives a request to the node's code. Nothing comes back when it dies over it. */
  ask<T>(
    work: (system: ActorSystem) => Promise<T>,
    answer: (value: T | { error: WireError }) => void,
  ): void {
    const running = this.#running;
    if (!running) return;
    running.process.deliver(() => {
      const heard = (value: T | { error: WireError }): void => {
        if (running.process.isAlive) answer(value);
      };
      work(running.system).then(heard, (error: unknown) => heard({ error: toWire(error) }));
    });
  }

  /** What another node calls. */
  serve(action: string, params: unknown, answer: (value: unknown) => void): void {
    const handler = this.#running?.handlers[action];
    if (handler) this.ask(() => handler(params), answer);
  }

  #ports(process: Process): ActorPorts {
    const { world, bus, breaks, spoil } = this.#around;
    const { network, trace, server, scheduler } = world;
    const random = this.#random.fork(process.name);
    const { database } = server;
    const shared = { process, network, database, trace, scheduler, breaks };
    const parts = { ...shared, random: random.fork("store") };
    return {
      ...spoil(simulatedStores(server, new Connections(parts))),
      clock: process.clock,
      bus: bus.portOf(process),
      log: this.#log(process),
      metrics: NO_METRICS,
      random: random.unit,
      newId: random.uuid,
      probe: (point) => this.#passes(process, point),
    };
  }

  #passes(process: Process, point: ProbePoint): void {
    if (point !== this.#crashAt || !process.isAlive) return;
    this.#around.world.trace.fault("crash at a step", `${process.name} ${point}`);
    this.crash();
    const { scheduler } = this.#around.world;
    scheduler.after(this.#random.between(100, 5_000), () => this.boot());
  }

  #log(process: Process): ActorLog {
    const { trace } = this.#around.world;
    return {
      info: () => undefined,
      warn: (message) => trace.step(`${process.name} warns: ${message}`),
      error: (message, context) => {
        if (!process.isAlive) return;
        const text = (): string => `${process.name}: ${message} ${describe(context)}`;
        trace.check("nothing breaks", !DEFECTS.has(message), text);
      },
    };
  }

  /** The part of Moleculer's broker that the transport uses. */
  #broker(process: Process): ServiceBroker {
    const { world, peer } = this.#around;
    const call = async (
      action: string,
      params: unknown,
      { nodeID, timeout }: { readonly nodeID: string; readonly timeout: number },
    ): Promise<unknown> => {
      // Whether the registry knows already that a node is gone.
      if (!peer(nodeID)?.process && this.#random.chance(0.5))
        throw new ServiceNotFoundError(action);
      const callee = { place: nodeID, timeoutMs: timeout };
      const answer = await remoteCall(world.network, process, callee, params, (received, say) =>
        peer(nodeID)?.serve(action, received, say),
      );
      const isFailed = typeof answer === "object" && answer !== null && "error" in answer;
      if (isFailed) throw new Error(JSON.stringify(answer.error));
      return answer;
    };
    // sound: brokerTransport calls nothing else of it
    return { call } as unknown as ServiceBroker;
  }

  #outside(process: Process): Outside {
    const { world, exchange, witness } = this.#around;
    return {
      call: (ref, command, options) => {
        const running = this.#running;
        // The dead do not call.
        if (running?.process !== process) return new Promise(() => undefined);
        return running.system.client.call(ref, command, options);
      },
      now: () => process.clock.now(),
      submit: (order) => exchange.submit(process, order),
      cancel: (order) => exchange.cancel(process, order),
      replace: (order) => exchange.replace(process, order),
      witness: async (effectId, payload) => {
        const callee = { place: WORLD, timeoutMs: WORLD_TIMEOUT_MS };
        await remoteCall(world.network, process, callee, payload, (_, answer) => {
          witness(effectId, payload);
          answer(null);
        });
      },
    };
  }
}

class ServiceNotFoundError extends Error {
  override readonly name = "ServiceNotFoundError";
}

/** The production handlers of calls between nodes. */
function handlersOf({ clock }: Process, actorSystem: ActorSystem): Handlers {
  // sound: the service uses these two
  const service = actorsService({ clock, actorSystem } as unknown as NodeContext);
  // sound: its actions are objects with a handler
  const actions = service.actions as unknown as Readonly<
    Record<string, { handler(ctx: Context): Promise<unknown> }>
  >;
  return Object.fromEntries(
    Object.entries(actions).map(([name, action]) => [
      `${service.name}.${name}`,
      // sound: a handler reads the parameters only
      (params: unknown) => action.handler({ params } as Context),
    ]),
  );
}

function describe(context: Readonly<Record<string, unknown>> = {}): string {
  const parts = Object.entries(context).map(([key, value]) => {
    const cause =
      value instanceof Error && value.cause instanceof Error ? ` (${value.cause.message})` : "";
    return `${key}=${String(value)}${cause}`;
  });
  return parts.join(" ");
}

const nothing = (): void => undefined;
const NO_METRICS: ActorMetrics = {
  active: nothing,
  mailboxDepth: nothing,
  turnMs: nothing,
  batchSize: nothing,
  commitMs: nothing,
  append: nothing,
  shardsOwned: nothing,
  leaseMarginMs: nothing,
  activationMs: nothing,
  reminderLateMs: nothing,
  outboxLag: nothing,
  effect: nothing,
  effectsRunning: nothing,
  onRender: nothing,
};
