import type { ActorRef } from "../../domain/shared/decider.ts";
import type {
  ActivationResult,
  Snapshot,
  StoredCommand,
  Turn,
} from "../../domain/shared/journal.ts";
import type { Position } from "./draft.ts";
import type { Answer } from "./envelope.ts";
import { hash32, mix32 } from "./ids.ts";
import type { ActorKind } from "./kind.ts";
import type { ActorOptions } from "./ports.ts";
import { RecentCommands } from "./recent.ts";
import { replay } from "./replay.ts";

/**
 * So much is written in 6 µs of the node and of PostgreSQL together (7.3 MB in 86 and 256 ms), and an event is read and replayed
 * in 20 (55,109 of a venue in 1.1 s): a snapshot takes a third of what it spares, as it is written always and read hardly ever.
 */
const BYTES_AN_EVENT = 128;
/** By how much of its time a snapshot may be early: actors that live in step must not all be written at once. */
const EARLY = 0.2;
/** Fewer are replayed rather than kept when the actor leaves memory. */
const WORTH_KEEPING = 20;

type Limits = Pick<ActorOptions, "recentMax" | "turnMax" | "snapshotEvery">;

/** What an actor in memory knows of its stream: where it stands, which commands it had last, and how old its snapshot is. */
export class Remembered {
  readonly #kind: ActorKind;
  readonly #ref: ActorRef;
  readonly #limits: Limits;
  #position: Position;
  #recent: RecentCommands;
  #snapshotVersion = 0;
  /** with which the next one is due */
  #dueVersion: number;

  constructor(kind: ActorKind, ref: ActorRef, limits: Limits) {
    this.#kind = kind;
    this.#ref = ref;
    this.#limits = limits;
    this.#position = { state: kind.initial(ref.id), version: 0, hash: "", atMs: 0 };
    this.#recent = noneOf(limits);
    this.#dueVersion = this.#dueAfter(0);
  }

  get position(): Position {
    return this.#position;
  }

  get recent(): RecentCommands {
    return this.#recent;
  }

  /** @throws when an event is missing or cannot be applied */
  load(past: ActivationResult & { readonly status: "ok" }): void {
    this.#position = replay(this.#kind, this.#ref.id, past);
    this.#snapshotVersion = past.snapshot?.version ?? 0;
    this.#dueVersion = this.#dueAfter(0);
    this.#recent = noneOf(this.#limits);
  }

  /** Of a kind whose state is rebuilt from elsewhere. */
  restore(state: unknown): void {
    this.#position = { ...this.#position, state };
  }

  /** A turn is durable: what it built is where the actor stands. */
  accept(position: Position, turn: Turn): void {
    this.#position = position;
    // The commands of soft kinds are not on record: their repeats are carried out again.
    if (!this.#kind.isSoft) this.recall(turn.commands);
  }

  /** Commands of this stream that the store has on record. */
  recall(commands: readonly StoredCommand[]): void {
    for (const command of commands) this.#recent.add(command);
  }

  read(): Answer {
    const { state, version } = this.#position;
    // An actor that nothing has happened to does not exist; soft ones always do.
    const exists = version > 0 || this.#kind.isSoft;
    const reply = exists ? this.#kind.summarize(this.#ref.id, state) : null;
    return { reply, version, isReplay: false };
  }

  get isSnapshotDue(): boolean {
    return this.#position.version >= this.#dueVersion;
  }

  /** A large state is kept less often: writing it must not cost more than the events that it spares replaying. */
  #dueAfter(bytes: number): number {
    const everySo = Math.max(this.#limits.snapshotEvery, bytes / BYTES_AN_EVENT);
    const early = mix32(hash32(this.#ref.id) ^ this.#snapshotVersion) / 2 ** 32;
    return this.#snapshotVersion + Math.ceil(everySo * (1 - EARLY * early));
  }

  get isWorthKeeping(): boolean {
    return this.#position.version - this.#snapshotVersion >= WORTH_KEEPING;
  }

  snapshot(): Snapshot {
    const { state, version, atMs } = this.#position;
    this.#snapshotVersion = version;
    const json = JSON.stringify(state);
    this.#dueVersion = this.#dueAfter(json.length);
    return {
      ref: this.#ref,
      version,
      atMs,
      schemaVersion: this.#kind.schemaVersion,
      // sound: an actor's state is plain JSON by the decider's contract
      state: state as Snapshot["state"],
      json,
    };
  }
}

/** What a whole turn looks up has to fit in, or its commands would be looked up again and again. */
function noneOf({ recentMax, turnMax }: Limits): RecentCommands {
  return new RecentCommands(Math.max(recentMax, turnMax));
}
