import type {
  ActorRef,
  Decision,
  Effect,
  Env,
  Message,
  Recorded,
} from "../../domain/shared/decider.ts";
import type { StoredCommand, StoredEvent, Turn } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { CommandEnvelope } from "./envelope.ts";
import { besideId, chainHash, seededRandom, uuidv5 } from "./ids.ts";
import type { ActorKind } from "./kind.ts";

/** Where an activation stands: what its next turn builds on. */
export interface Position {
  readonly state: unknown;
  readonly version: number;
  readonly hash: string;
  readonly atMs: number;
}

/** An effect and the command that wants it. */
export interface DraftEffect {
  readonly effectId: string;
  readonly effect: Effect;
  readonly commandId: string;
}

/**
 * A turn in the making: commands are decided one after another on the state that the ones before them made, and nothing of
 * it counts until the whole is committed.
 */
export class Draft {
  readonly #kind: ActorKind;
  readonly #ref: ActorRef;
  readonly #nowMs: number;
  readonly #expectedVersion: number;
  readonly #recorded: Recorded<Message>[] = [];
  readonly #events: StoredEvent[] = [];
  readonly #commands: StoredCommand[] = [];
  readonly #effects: DraftEffect[] = [];
  readonly #reminders: Turn["reminders"][number][] = [];
  readonly #fired: Turn["fired"][number][] = [];
  #position: Position;

  constructor(kind: ActorKind, ref: ActorRef, start: Position, nowMs: number) {
    this.#kind = kind;
    this.#ref = ref;
    this.#position = start;
    this.#expectedVersion = start.version;
    // A clock that was set back must not make a stream's times run backwards.
    this.#nowMs = Math.max(nowMs, start.atMs);
  }

  get position(): Position {
    return this.#position;
  }

  get recorded(): readonly Recorded<Message>[] {
    return this.#recorded;
  }

  get effects(): readonly DraftEffect[] {
    return this.#effects;
  }

  /** Whether a command of this turn has canceled the reminder or set it anew. */
  hasChangedReminder(name: string): boolean {
    return this.#reminders.some(
      (change) => ("cancel" in change ? change.cancel : change.set) === name,
    );
  }

  /** Whether committing it would write anything. */
  get isEmpty(): boolean {
    return (
      this.#events.length +
        this.#commands.length +
        this.#effects.length +
        this.#reminders.length +
        this.#fired.length ===
      0
    );
  }

  /**
   * Decides one command. What it throws, the command's sender is told; the draft is as it was then.
   * @returns the reply, and whether the command left anything to write
   */
  decide(envelope: CommandEnvelope): { readonly reply: Json; readonly isRecorded: boolean } {
    const { state } = this.#position;
    const command = this.#kind.attend(state, envelope.command, this.#nowMs);
    const decision = this.#kind.decide(state, command, this.#env(envelope));
    // sound: deciders reply in plain JSON, which is what the journal stores and the wire carries
    const reply = (decision.reply ?? null) as Json;
    const next = this.#evolve(decision.events, envelope.commandId);
    this.#position = next.position;
    this.#events.push(...next.events);
    this.#recorded.push(...next.recorded);
    const isRecorded = this.#note(envelope, decision, reply);
    return { reply, isRecorded };
  }

  #env(envelope: CommandEnvelope): Env {
    const { commandId, firing } = envelope;
    let random: (() => number) | undefined;
    return {
      actor: this.#ref,
      nowMs: this.#nowMs,
      commandId,
      id: (name) => besideId(this.#ref.id, commandId, name),
      random: () => (random ??= seededRandom(commandId))(),
      ...(firing && { reminder: firing }),
    };
  }

  /** All events of a decision or none: an event that cannot be applied leaves the draft untouched. */
  #evolve(events: readonly Message[], commandId: string) {
    let position = this.#position;
    const stored: StoredEvent[] = [];
    const recorded: Recorded<Message>[] = [];
    for (const event of events) {
      const version = position.version + 1;
      const data = JSON.stringify(event);
      const hash = this.#kind.isSoft
        ? ""
        : chainHash(position.hash, {
            stream: this.#ref,
            version,
            type: event.type,
            atMs: this.#nowMs,
            commandId,
            data,
          });
      const entry = { event, version, atMs: this.#nowMs, commandId };
      position = {
        state: this.#kind.evolve(position.state, entry),
        version,
        hash,
        atMs: this.#nowMs,
      };
      recorded.push(entry);
      stored.push({ event, version, atMs: this.#nowMs, commandId, type: event.type, data, hash });
    }
    return { position, events: stored, recorded };
  }

  #note(envelope: CommandEnvelope, decision: Decision<Message, unknown>, reply: Json): boolean {
    const effects = decision.effects ?? [];
    const reminders = decision.reminders ?? [];
    const { commandId, firing, requestKey } = envelope;
    const { type, id } = this.#ref;
    // The actor is part of the name: two that were sent one command id must not share the ids of what they tell.
    effects.forEach((effect, i) => {
      const name = `effect:${type}:${id}:${this.#position.version}:${i}`;
      this.#effects.push({ effectId: uuidv5(commandId, name), effect, commandId });
    });
    this.#reminders.push(...reminders);
    if (firing)
      this.#fired.push({ name: firing.name, dueMs: firing.dueMs, nextDueMs: firing.nextDueMs });
    const isRecorded =
      decision.events.length + effects.length + reminders.length > 0 || firing !== null;
    if (isRecorded && envelope.isDeduplicated) {
      const { bodyHash } = envelope;
      const { version } = this.#position;
      this.#commands.push({
        commandId,
        bodyHash,
        version,
        reply: envelope.isAnswered ? reply : null,
        ...(requestKey && { requestKey }),
      });
    }
    return isRecorded;
  }

  /** @param joined what some of its effects told other actors, by the effects' ids: done in the same commit */
  turn(shard: number, epoch: number, joined: ReadonlyMap<string, Turn> = NOTHING_JOINED): Turn {
    return {
      ref: this.#ref,
      shard,
      epoch,
      expectedVersion: this.#expectedVersion,
      atMs: this.#nowMs,
      hash: this.#position.hash,
      events: this.#events,
      commands: this.#commands,
      effects: this.#effects.filter(({ effectId }) => !joined.has(effectId)),
      reminders: this.#reminders,
      fired: this.#fired,
      projection: this.#kind.project(this.#ref, this.#position.state, this.#recorded),
      joined: [...joined.values()],
    };
  }
}

const NOTHING_JOINED: ReadonlyMap<string, Turn> = new Map();
