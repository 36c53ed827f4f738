import type {
  Decider,
  Decision,
  Env,
  Message,
  Recorded,
  WorkEffect,
  ActorRef,
} from "../../domain/shared/decider.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";

/** What a service tells the actor layer about one type of actor. */
export interface ActorDefinition<S, C extends Message, E extends Message, R> {
  /** no colon in it */
  readonly type: string;
  readonly decider: Decider<S, C, E, R>;
  /** raise it when the shape of the state changes: older snapshots are then ignored and the events replayed */
  readonly schemaVersion: number;
  /** brings an event of an older shape up to date before it is applied */
  readonly upcast?: (event: Message) => E;
  /** the answer to reads */
  readonly summarize: (id: string, state: S) => Json;
  /** rows written in the transaction of a turn */
  readonly project?: (ref: ActorRef, state: S, recorded: readonly Recorded<E>[]) => Projection;
  /** commands that go before others: cancels, halts, fills */
  readonly urgent?: ReadonlySet<C["type"]>;
  /** kinds of effects other than `tell` */
  readonly effects?: Readonly<Record<string, EffectHandler>>;
  /**
   * Puts facts of this node beside a command, just before it is decided: prices as they are at the turn, which no message and
   * no event carries. It reads memory only and changes nothing; nothing of it is recorded but what events come to say.
   */
  readonly attend?: (state: S, command: C, nowMs: number) => C;
  /** present when the state is not event-sourced but rebuilt from elsewhere */
  readonly soft?: SoftStore<S, E>;
}

/** State that is rebuilt, not replayed: `save` must be idempotent, and is the turn's commit. */
export interface SoftStore<S, E extends Message> {
  load(id: string): Promise<S>;
  save(id: string, events: readonly E[]): Promise<void>;
}

export interface EffectRun {
  readonly effectId: string;
  readonly ref: ActorRef;
  /** failed attempts before this one; a crashed attempt is not counted, so 0 does not prove that nothing was sent */
  readonly attempts: number;
}

/** Runs until it reports success by returning; at least once, so it must be harmless to repeat. */
export type EffectHandler = (effect: WorkEffect, run: EffectRun) => Promise<void>;

/** A definition with its types taken off, as the host runs it. */
export interface ActorKind {
  readonly type: string;
  readonly schemaVersion: number;
  readonly isSoft: boolean;
  readonly effects: Readonly<Record<string, EffectHandler>>;
  initial(id: string): unknown;
  restore(id: string): Promise<unknown>;
  save(id: string, events: readonly Message[]): Promise<void>;
  attend(state: unknown, command: Message, nowMs: number): Message;
  decide(state: unknown, command: Message, env: Env): Decision<Message, unknown>;
  evolve(state: unknown, recorded: Recorded<Message>): unknown;
  summarize(id: string, state: unknown): Json;
  project(ref: ActorRef, state: unknown, recorded: readonly Recorded<Message>[]): Projection;
  isUrgent(command: Message): boolean;
}

const NOTHING: Projection = { view: null, ledger: [], trades: [] };

/**
 * Takes the types off. The casts are sound because the host hands a kind only what came from that kind: its own states,
 * events that it decided, and commands whose senders are checked against the service's contract.
 */
export function defineActor<S, C extends Message, E extends Message, R>(
  definition: ActorDefinition<S, C, E, R>,
): ActorKind {
  const { decider, soft, upcast, project, urgent, attend } = definition;
  const known = (recorded: Recorded<Message>): Recorded<E> =>
    // sound: an event of this kind's stream, brought up to date
    ({ ...recorded, event: upcast ? upcast(recorded.event) : (recorded.event as E) });
  return {
    type: definition.type,
    schemaVersion: definition.schemaVersion,
    isSoft: soft !== undefined,
    effects: definition.effects ?? {},
    initial: (id) => decider.initial(id),
    restore: async (id) => (soft ? soft.load(id) : decider.initial(id)),
    // sound: events that this kind decided
    save: async (id, events) => soft?.save(id, events as readonly E[]),
    attend: (state, command, nowMs) =>
      // sound: this kind's own state, and a command sent to it
      attend ? attend(state as S, command as C, nowMs) : command,
    // sound: this kind's own state, and a command sent to it
    decide: (state, command, env) => decider.decide(state as S, command as C, env),
    // sound: this kind's own state
    evolve: (state, recorded) => decider.evolve(state as S, known(recorded)),
    // sound: this kind's own state
    summarize: (id, state) => definition.summarize(id, state as S),
    project: (ref, state, recorded) =>
      // sound: this kind's own state and events
      project ? project(ref, state as S, recorded as readonly Recorded<E>[]) : NOTHING,
    isUrgent: (command) => urgent?.has(command.type) ?? false,
  };
}
