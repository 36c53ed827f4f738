import type { ActorRef, Message } from "../../domain/shared/decider.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { CallOptions } from "../../mixins/actor/client.ts";
import type { ActorSystem } from "../../mixins/actor/system.ts";
import type { WireError } from "./call.ts";
import type { SimulatedNode } from "./node.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const CLIENTS = "clients";

export interface Request {
  readonly ref: ActorRef;
  readonly command: Message;
  readonly commandId: string;
  readonly isBirth?: boolean;
  /** whether the store must have a record of it once it is answered */
  readonly isRecorded: boolean;
}

export interface Acknowledgement {
  readonly reply: Json;
  readonly version: number;
  readonly isReplay: boolean;
}

/** What became of a request in the end: an answer, or a refusal of the actor. */
export type Fate = { readonly answer: Acknowledgement } | { readonly refusal: WireError };

/** Those who are told what clients hear. */
export interface Ear {
  acknowledged(request: Request, answer: Acknowledgement): void;
  read(ref: ActorRef, version: number): void;
  /** an error that no client should ever see */
  broken(request: Request, error: WireError): void;
}

/** Errors after which a command is sent again under its id. */
const REPEATABLE = new Set([
  "NOT_OWNER",
  "OWNER_UNREACHABLE",
  "ACTOR_OVERLOADED",
  "NODE_OVERLOADED",
  "DEADLINE_EXCEEDED",
  "STORE_UNAVAILABLE",
  "OUTCOME_UNKNOWN",
]);

/** The world's way to the nodes: any node may be asked, and who gets no answer asks again until there is one. */
export class Clients {
  readonly #world: World;
  readonly #nodes: readonly SimulatedNode[];
  readonly #ear: Ear;
  readonly #random: Random;
  /** requests whose fate is not known */
  #open = 0;

  constructor(world: World, nodes: readonly SimulatedNode[], ear: Ear) {
    this.#world = world;
    this.#nodes = nodes;
    this.#ear = ear;
    this.#random = world.random.fork("clients");
  }

  get isIdle(): boolean {
    return this.#open === 0;
  }

  /** Sends until the fate is known. */
  async perform(request: Request): Promise<Fate> {
    this.#open += 1;
    for (;;) {
      const fate = await this.#attempt(request);
      if (fate) {
        this.#open -= 1;
        return fate;
      }
      await this.#world.scheduler.sleep(this.#random.between(20, 1_000));
    }
  }

  /** Once, to whatever node: a repeat must be harmless, and a loss too. */
  post(request: Request, isDeduplicated: boolean, taken: () => void): void {
    this.#ask(
      (system) =>
        system.client.call(request.ref, request.command, { ...optionsOf(request), isDeduplicated }),
      (outcome) => {
        if (!("error" in outcome)) taken();
        else if (!REPEATABLE.has(outcome.error.code)) this.#ear.broken(request, outcome.error);
      },
    );
  }

  /** Reads once, and tells what was seen. */
  read(ref: ActorRef): void {
    this.#ask(
      (system) => system.client.read(ref),
      (outcome) => {
        if (!("error" in outcome)) this.#ear.read(ref, outcome.version);
      },
    );
  }

  async #attempt(request: Request): Promise<Fate | null> {
    const { scheduler } = this.#world;
    return new Promise((resolve) => {
      const hear = (outcome: Acknowledgement | { error: WireError }): void => {
        const fate = this.#judge(request, outcome);
        if (fate) resolve(fate);
        else scheduler.after(0, () => resolve(null));
      };
      const send = (): void =>
        this.#ask(
          (system) => system.client.call(request.ref, request.command, optionsOf(request)),
          hear,
        );
      send();
      // Impatient ones ask twice.
      if (this.#random.chance(0.08)) send();
      scheduler.after(this.#random.between(1_000, 7_000), () => resolve(null));
    });
  }

  /** @returns null when it is to be sent again */
  #judge(request: Request, outcome: Acknowledgement | { error: WireError }): Fate | null {
    if (!("error" in outcome)) {
      this.#ear.acknowledged(request, outcome);
      return { answer: outcome };
    }
    const { error } = outcome;
    if (REPEATABLE.has(error.code)) return null;
    if (error.name !== "Refusal") this.#ear.broken(request, error);
    return { refusal: error };
  }

  #ask<T>(
    work: (system: ActorSystem) => Promise<T>,
    hear: (outcome: T | { error: WireError }) => void,
  ): void {
    const { network } = this.#world;
    const node = this.#random.pick(this.#nodes);
    network.send(CLIENTS, node.nodeId, () =>
      node.ask(work, (outcome) => network.send(node.nodeId, CLIENTS, () => hear(outcome))),
    );
  }
}

function optionsOf({ commandId, isBirth = false }: Request): CallOptions {
  return { commandId, isBirth };
}
