import type { Bus } from "./bus.ts";
import { EXCHANGE } from "./exchange.ts";
import type { SimulatedNode } from "./node.ts";
import type { Random } from "./random.ts";
import { STORE } from "./store/connection.ts";
import type { World } from "./world.ts";

/** How often each thing goes wrong, relative to the others. */
const FAULTS = {
  crash: 3,
  "crash at a step soon": 5,
  stop: 1,
  freeze: 4,
  "cut from the store": 2,
  "cut from a node": 2,
  "cut from the exchange": 1,
  "clock jump": 2,
  "store restart": 1,
  "store stall": 2,
  "session ended": 4,
  "bus outage": 1,
} as const;
type Fault = keyof typeof FAULTS;

/** Breaks things, one after another, until it is told to stop; then everything is as it should be. */
export class Nemesis {
  readonly #world: World;
  readonly #nodes: readonly SimulatedNode[];
  readonly #bus: Bus;
  readonly #random: Random;
  readonly #meanMs: number;
  #isOver = false;

  constructor(world: World, nodes: readonly SimulatedNode[], bus: Bus, meanMs: number) {
    this.#world = world;
    this.#nodes = nodes;
    this.#bus = bus;
    this.#random = world.random.fork("nemesis");
    this.#meanMs = meanMs;
  }

  start(): void {
    this.#later(this.#random.exponential(this.#meanMs), () => {
      this.#strike(this.#random.weighted<Fault>(FAULTS));
      this.start();
    });
  }

  /** Ends every fault; nodes that are down come back. */
  heal(): void {
    const { network, server, trace } = this.#world;
    this.#isOver = true;
    trace.step("all is healed");
    network.calm();
    server.database.calm();
    this.#bus.isUp = true;
    for (const node of this.#nodes) {
      node.spare();
      node.machine.skewMs = 0;
      node.process?.resume();
    }
    this.#keepUp();
  }

  /** One that is still on its way down is to come back too. */
  #keepUp(): void {
    for (const node of this.#nodes) node.boot();
    this.#world.scheduler.after(500, () => this.#keepUp());
  }

  #later(ms: number, fn: () => void): void {
    this.#world.scheduler.after(ms, () => {
      if (!this.#isOver) fn();
    });
  }

  #strike(fault: Fault): void {
    const node = this.#random.pick(this.#nodes);
    const { database, members } = this.#world.server;
    this.#world.trace.fault(fault, node.nodeId);
    switch (fault) {
      case "crash":
        node.crash();
        this.#later(this.#random.between(50, 8_000), () => node.boot());
        break;
      case "crash at a step soon":
        node.crashAtProbe();
        break;
      case "stop":
        void node.stop();
        this.#later(this.#random.between(500, 6_000), () => node.boot());
        break;
      case "freeze":
        node.process?.freeze();
        this.#resumeLater(node);
        break;
      case "cut from the store":
        this.#cut(node.nodeId, STORE);
        break;
      case "cut from a node":
        this.#cut(node.nodeId, this.#random.pick(this.#nodes).nodeId);
        break;
      case "cut from the exchange":
        this.#cut(node.nodeId, EXCHANGE);
        break;
      case "clock jump":
        node.machine.skewMs +=
          this.#random.pick([-1, 1]) * this.#random.pick([200, 3_000, 90_000, 600_000]);
        break;
      case "store restart":
        database.crash();
        members.endSessions();
        this.#later(this.#random.between(100, 3_000), () => database.restart());
        break;
      case "store stall":
        database.stalledUntilMs = this.#world.scheduler.nowMs + this.#random.between(200, 3_000);
        break;
      case "session ended":
        members.endSessions(node.process?.name);
        break;
      case "bus outage":
        this.#bus.isUp = false;
        this.#later(this.#random.between(200, 4_000), () => (this.#bus.isUp = true));
        break;
    }
  }

  #resumeLater(node: SimulatedNode): void {
    const { process } = node;
    const longMs = this.#random.pick([1_000, 4_000, 12_000]);
    this.#later(this.#random.between(100, longMs), () => process?.resume());
  }

  /** One way or both, for a while. */
  #cut(from: string, to: string): void {
    const { network } = this.#world;
    const isThere = this.#random.chance(0.7);
    const isBack = !isThere || this.#random.chance(0.6);
    const longMs = this.#random.pick([500, 3_000, 10_000]);
    if (isThere) network.cut(from, to);
    if (isBack) network.cut(to, from);
    this.#later(this.#random.between(50, longMs), () => {
      network.heal(from, to);
      network.heal(to, from);
    });
  }
}
