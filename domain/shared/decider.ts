import type { Json } from "./json.ts";

/** The name of an actor. Its shard is a hash of `type:id`; of the part of `id` in braces when there is one; of the first group of an id that is a UUID. */
export interface ActorRef {
  readonly type: string;
  readonly id: string;
}

/** Tagged by `type`; plain JSON, so that it survives storage, a wire and a replay. */
export interface Message {
  readonly type: string;
}

/** What happened, as recorded: an event with the place and time at which its stream took it. */
export interface Recorded<E extends Message> {
  readonly event: E;
  readonly version: number;
  /** when the turn that made it ran, epoch ms, never decreasing within a stream */
  readonly atMs: number;
  readonly commandId: string;
}

/** Everything that `decide` may know beside state and command. */
export interface Env {
  readonly actor: ActorRef;
  readonly nowMs: number;
  readonly commandId: string;
  /** a UUIDv5 of (command id, name): the same in every replay and every retry */
  id(name: string): string;
  /** uniform in [0, 1), seeded by the command id: the same in every retry */
  random(): number;
  /** present when the command is the firing of a reminder */
  readonly reminder?: ReminderFiring;
}

/**
 * Work to be done after the commit, at least once, until it reports success. `tell` sends a command to another actor under
 * the effect's own id, so that a repeat is harmless; other kinds are run by the handler that the actor's service registers.
 */
export type Effect = TellEffect | WorkEffect;

export interface TellEffect {
  readonly kind: "tell";
  readonly to: ActorRef;
  readonly command: Message;
  /** the effect's own id unless given: for a command that its receiver may get from elsewhere too */
  readonly commandId?: string;
  /**
   * How long whoever sent the command that led to this may take to send it on themselves, under `commandId`: once the
   * receiver has taken it, the effect is done. It is run after that time, or after a crash.
   */
  readonly graceMs?: number;
  /** the receiver's id was made with this event: nothing can be on record of it */
  readonly isBirth?: boolean;
  /** carried out in the commit of the turn that tells it, when the receiver is at rest on the same node; else like any other */
  readonly isJoint?: boolean;
}

export interface WorkEffect {
  /** any name but `tell` */
  readonly kind: string;
  readonly payload: Json;
}

/** Late firings: each missed one, one for all of them, or one flagged as skipped so that the actor can redistribute. */
export type Misfire = "fireAll" | "fireOnce" | { readonly skipAfterMs: number };

export type ReminderChange =
  | {
      readonly set: string;
      readonly dueMs: number;
      readonly everyMs?: number;
      /** sent to the actor itself when due */
      readonly command: Message;
      readonly misfire: Misfire;
    }
  | { readonly cancel: string };

export interface ReminderFiring {
  readonly name: string;
  readonly dueMs: number;
  readonly lateMs: number;
  /** earlier occurrences that this firing stands for */
  readonly missed: number;
  /** later than the misfire rule allows: nothing of this slot may be done as if it were on time */
  readonly isSkipped: boolean;
}

export interface Decision<E extends Message, R> {
  readonly events: readonly E[];
  readonly effects?: readonly Effect[];
  readonly reminders?: readonly ReminderChange[];
  /** plain JSON; stored with the command id and given again to every repeat of the command */
  readonly reply: R;
}

/**
 * The brain of an actor: pure, synchronous, plain JSON throughout. A command that cannot be carried out throws a `Refusal`.
 * `evolve` may not fail: an event is a fact.
 */
export interface Decider<S, C extends Message, E extends Message, R> {
  initial(id: string): S;
  decide(state: S, command: C, env: Env): Decision<E, R>;
  evolve(state: S, recorded: Recorded<E>): S;
}
