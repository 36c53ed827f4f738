import assert from "node:assert/strict";
import { group } from "../../../../../domain/execution/group/group.ts";
import type { GroupEvent } from "../../../../../domain/execution/group/messages.ts";
import type { GroupState } from "../../../../../domain/execution/group/state.ts";
import type { PaperVenueEvent } from "../../../../../domain/execution/paper-messages.ts";
import type { PaperVenueState } from "../../../../../domain/execution/paper-state.ts";
import { paperVenue } from "../../../../../domain/execution/paper-venue.ts";
import type { ParentEvent } from "../../../../../domain/execution/parent/messages.ts";
import { parent } from "../../../../../domain/execution/parent/parent.ts";
import type { ParentState } from "../../../../../domain/execution/parent/state.ts";
import type { OrderEvent } from "../../../../../domain/order/messages.ts";
import { order } from "../../../../../domain/order/order.ts";
import type { OrderState } from "../../../../../domain/order/order-state.ts";
import type { PortfolioEvent } from "../../../../../domain/portfolio/messages.ts";
import { portfolio } from "../../../../../domain/portfolio/portfolio.ts";
import type { PortfolioState } from "../../../../../domain/portfolio/state.ts";
import type {
  ActorRef,
  Decider,
  Effect,
  Env,
  Message,
  Recorded,
} from "../../../../../domain/shared/decider.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import { besideId, seededRandom, uuidv5 } from "../../../../../mixins/actor/ids.ts";
import { throughJson } from "../../portfolio/given.ts";

/** What an actor of each type is and records. */
export interface Kinds {
  readonly portfolio: { readonly state: PortfolioState; readonly event: PortfolioEvent };
  readonly order: { readonly state: OrderState; readonly event: OrderEvent };
  readonly venue: { readonly state: PaperVenueState; readonly event: PaperVenueEvent };
  readonly group: { readonly state: GroupState; readonly event: GroupEvent };
  readonly algo: { readonly state: ParentState; readonly event: ParentEvent };
}
export type Kind = keyof Kinds;

type AnyDecider = Decider<unknown, Message, Message, unknown>;
const DECIDERS = { portfolio, order, venue: paperVenue, group, algo: parent } as const;

interface Actor {
  readonly ref: ActorRef & { readonly type: Kind };
  readonly decider: AnyDecider;
  state: unknown;
  readonly recorded: Recorded<Message>[];
  /** the reply to each command that left something to record */
  readonly answered: Map<string, { readonly command: string; readonly reply: unknown }>;
}

/** An effect on its way. */
export interface Letter {
  readonly id: string;
  readonly from: ActorRef;
  readonly effect: Effect;
  attempts: number;
}

interface Reminder {
  readonly ref: ActorRef;
  readonly dueMs: number;
  readonly command: Message;
}

interface Options {
  readonly commandId: string;
  /** what a repeat must be the same in; absent: the command */
  readonly body?: unknown;
  /** as the venue takes its commands: a repeat is decided again */
  readonly isRepeatDecided?: true;
}

/** The actors and what is between them: one reply per command and actor, effects at least once and in any order, all in JSON. */
export class Post {
  readonly letters: Letter[] = [];
  nowMs: number;
  /** whether what is told jointly is done in the turn that tells it, as on one node */
  readonly isJoint: boolean;
  readonly #actors = new Map<string, Actor>();
  readonly #reminders = new Map<string, Reminder>();

  constructor(nowMs: number, isJoint: boolean) {
    this.nowMs = nowMs;
    this.isJoint = isJoint;
  }

  ids(type: Kind): readonly string[] {
    return [...this.#actors.values()]
      .filter(({ ref, recorded }) => ref.type === type && recorded.length > 0)
      .map(({ ref }) => ref.id);
  }

  state<K extends Kind>(type: K, id: string): Kinds[K]["state"] {
    // sound: an actor's state is its kind's
    return this.#actor({ type, id }).state as Kinds[K]["state"]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
  }

  recorded<K extends Kind>(type: K, id: string): readonly Recorded<Kinds[K]["event"]>[] {
    // sound: an actor's events are its kind's
    return this.#actor({ type, id }).recorded as readonly Recorded<Kinds[K]["event"]>[]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
  }

  /** @throws Refusal as the actor's decider */
  call(ref: ActorRef, command: Message, options: Options): unknown {
    const actor = this.#actor(ref);
    const sent = throughJson(command);
    const { commandId, isRepeatDecided } = options;
    const body = JSON.stringify(options.body ?? sent);
    const known = actor.answered.get(commandId);
    if (known !== undefined && isRepeatDecided !== true) {
      assert.equal(body, known.command, `${ref.type} ${ref.id}: one command id, two commands`);
      return known.reply;
    }
    const decision = throughJson(
      actor.decider.decide(actor.state, sent, this.#env(actor.ref, commandId)),
    );
    const { events, effects = [], reminders = [], reply } = decision;
    for (const event of events) {
      const version = actor.recorded.length + 1;
      const recorded = { event, version, atMs: this.nowMs, commandId };
      actor.recorded.push(recorded);
      actor.state = actor.decider.evolve(actor.state, recorded);
    }
    if (events.length + effects.length + reminders.length > 0)
      actor.answered.set(commandId, { command: body, reply });
    for (const change of reminders) {
      const name = "set" in change ? change.set : change.cancel;
      const key = `${ref.type}:${ref.id}:${name}`;
      if ("set" in change)
        this.#reminders.set(key, { ref, dueMs: change.dueMs, command: change.command });
      else this.#reminders.delete(key);
    }
    effects.forEach((effect, i) => {
      const name = `effect:${ref.type}:${ref.id}:${actor.recorded.length}:${i}`;
      this.#send({ id: uuidv5(commandId, name), from: ref, effect, attempts: 0 });
    });
    return reply;
  }

  /** What the letter tells; for effects that tell. @throws Refusal as the receiver */
  deliver({ effect, id }: Letter): void {
    assert("to" in effect);
    this.call(effect.to, effect.command, { commandId: effect.commandId ?? id });
  }

  /** The actor loses its memory, and finds itself again by what is on record. */
  crash(pick: number): void {
    const actors = [...this.#actors.values()];
    const actor = actors[pick % Math.max(actors.length, 1)];
    if (actor === undefined) return;
    const live = JSON.stringify(actor.state);
    actor.state = throughJson(actor.recorded).reduce(
      (state, recorded) => actor.decider.evolve(state, recorded),
      actor.decider.initial(actor.ref.id),
    );
    const { type, id } = actor.ref;
    assert.equal(JSON.stringify(actor.state), live, `a replay of ${type} ${id} is not what it was`);
  }

  /** Fires the reminder that is due next, up to `untilMs`; false when there is none. */
  fireNext(untilMs: number): boolean {
    const [next] = [...this.#reminders].toSorted(([, a], [, b]) => a.dueMs - b.dueMs);
    if (next === undefined || next[1].dueMs > untilMs) return false;
    const [key, { ref, dueMs, command }] = next;
    this.#reminders.delete(key);
    this.nowMs = Math.max(this.nowMs, dueMs);
    this.call(ref, command, { commandId: uuidv5(NAMESPACE, `${key}:${dueMs}:${this.nowMs}`) });
    return true;
  }

  get isReminding(): boolean {
    return this.#reminders.size > 0;
  }

  #send(letter: Letter): void {
    const { effect } = letter;
    const isNow = this.isJoint && "to" in effect && effect.isJoint === true;
    if (!isNow) {
      this.letters.push(letter);
      return;
    }
    try {
      this.deliver(letter);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.letters.push(letter);
    }
  }

  #actor(ref: ActorRef): Actor {
    const key = `${ref.type}:${ref.id}`;
    const known = this.#actors.get(key);
    if (known !== undefined) return known;
    assert(isKind(ref.type), `there are no actors of type ${ref.type}`);
    // sound: each decider is given its own states, commands and events only, as the host does
    const decider = DECIDERS[ref.type] as unknown as AnyDecider;
    const state = decider.initial(ref.id);
    const { type, id } = { type: ref.type, id: ref.id };
    const actor = { ref: { type, id }, decider, state, recorded: [], answered: new Map() };
    this.#actors.set(key, actor);
    return actor;
  }

  #env(actor: ActorRef, commandId: string): Env {
    let random: (() => number) | undefined;
    return {
      actor,
      nowMs: this.nowMs,
      commandId,
      id: (name) => besideId(actor.id, commandId, name),
      random: () => (random ??= seededRandom(commandId))(),
    };
  }
}

export const NAMESPACE = "3d0c2c5e-6d0f-4f0e-9d0b-6a1f6f0f3b11";

function isKind(type: string): type is Kind {
  return Object.hasOwn(DECIDERS, type);
}
