import type { ActorRef } from "../../domain/shared/decider.ts";
import { RequestKeyReused, StoreUnavailable, UnknownOutcome } from "../../domain/shared/errors.ts";
import type {
  ActivationRequest,
  ActivationResult,
  AppendResult,
  Snapshot,
  StoredCommand,
  Turn,
} from "../../domain/shared/journal.ts";
import { Draft } from "./draft.ts";
import type { Answer, CommandEnvelope } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import { endingOf, Joint } from "./joint.ts";
import type { Ending, Invite, Part } from "./joint.ts";
import type { ActorKind } from "./kind.ts";
import { Mailbox } from "./mailbox.ts";
import type { Work } from "./mailbox.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";
import { Remembered } from "./remembered.ts";
import { decideBatch, isDoubtful, openGate } from "./turn.ts";
import type { Outcome, TurnContext } from "./turn.ts";

/** What an activation asks of the host it lives in. */
export interface Habitat {
  readonly ports: Pick<ActorPorts, "clock" | "log" | "metrics" | "probe">;
  readonly options: ActorOptions;
  /** the epoch under which this node owns the shard, or null when it does not (any more) */
  epochOf(shard: number): number | null;
  activate(request: ActivationRequest): Promise<ActivationResult>;
  append(turn: Turn): Promise<AppendResult>;
  /** asks another actor of this node to take part in a turn */
  readonly invite: Invite;
  findCommands(ref: ActorRef, commandIds: readonly string[]): Promise<readonly StoredCommand[]>;
  saveSnapshot(snapshot: Snapshot): void;
  /** whether the reminder is still set for that time */
  isArmed(ref: ActorRef, name: string, dueMs: number): boolean;
  committed(turn: Turn): void;
  /** something was, or may have been, written behind the actor's back: forget its reminders and read them again */
  remindersInDoubt(ref: ActorRef): Promise<void>;
  /** this activation is over: forget it */
  gone(activation: Activation, isQuarantined: boolean): void;
}

/**
 * An actor in memory: one mailbox, one turn after another. It believes what it loaded until the store says otherwise, and
 * is dropped on the first doubt.
 */
export class Activation {
  readonly ref: ActorRef;
  readonly shard: number;
  readonly kind: ActorKind;
  readonly #habitat: Habitat;
  readonly #mailbox = new Mailbox();
  readonly #known: Remembered;
  #epoch = -1;
  /** born here without a look at the store, on its sender's word that nothing is there */
  #isUnseen = false;
  #phase: "cold" | "active" | "gone" = "cold";
  #isRunning = false;
  #idleSinceMs: number;
  /** the number of its last use that its host went by; kept here for the host alone */
  usedAt = 0;

  constructor(kind: ActorKind, ref: ActorRef, shard: number, habitat: Habitat) {
    this.kind = kind;
    this.ref = ref;
    this.shard = shard;
    this.#habitat = habitat;
    this.#known = new Remembered(kind, ref, habitat.options);
    this.#idleSinceMs = habitat.ports.clock.monotonicMs();
  }

  get waiting(): number {
    return this.#mailbox.size;
  }

  get isBusy(): boolean {
    return this.#isRunning || this.#mailbox.size > 0;
  }

  get idleSinceMs(): number {
    return this.#idleSinceMs;
  }

  get version(): number {
    return this.#known.position.version;
  }

  push(work: Work): void {
    if (this.#phase === "gone") {
      work.reject(new ActorError("NOT_OWNER", `${this.#name} was given up`));
    } else if (this.#mailbox.size >= this.#habitat.options.mailboxMax) {
      const text = `${this.#name} has ${this.#mailbox.size} commands waiting`;
      work.reject(new ActorError("ACTOR_OVERLOADED", text));
    } else {
      const { envelope } = work;
      this.#mailbox.push(work, envelope.kind === "command" && this.kind.isUrgent(envelope.command));
      if (!this.#isRunning) void this.#run();
    }
  }

  /** The answer to a read when nothing is under way or waits before it; null when it has to wait for its turn. */
  readAtRest(): Answer | null {
    const isAtRest = this.#phase === "active" && !this.isBusy;
    if (!isAtRest || this.#habitat.epochOf(this.shard) !== this.#epoch) return null;
    this.#idleSinceMs = this.#habitat.ports.clock.monotonicMs();
    try {
      return this.#known.read();
    } catch {
      // In its turn the reader is told what is wrong.
      return null;
    }
  }

  /** Ends the activation: nothing that waits here will be done here. */
  abandon(error: ActorError, isQuarantined = false): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    for (const work of this.#mailbox.drain()) work.reject(error);
    this.#habitat.gone(this, isQuarantined);
  }

  /** Leaves memory after the last turn, keeping a snapshot when replaying would be long. */
  passivate(): void {
    if (this.isBusy || this.#phase === "gone") return;
    if (this.#known.isWorthKeeping) this.#snapshot();
    this.#phase = "gone";
    this.#habitat.gone(this, false);
  }

  /**
   * Decides a command as a part of another actor's turn, when this one is at rest and has not had the command. What would be
   * refused is left to the effect, which knows what to do with refusals.
   */
  takePart(envelope: CommandEnvelope): Part | null {
    const epoch = this.#habitat.epochOf(this.shard);
    if (epoch === null || this.isBusy || !this.#canBegin(envelope, epoch)) return null;
    const draft = new Draft(
      this.kind,
      this.ref,
      this.#known.position,
      this.#habitat.ports.clock.now(),
    );
    try {
      const { reply } = draft.decide(envelope);
      if (draft.isEmpty) return null;
      const turn = draft.turn(this.shard, epoch);
      this.#begin(epoch);
      return { turn, reply, end: (how) => this.#endPart(draft, turn, how) };
    } catch {
      return null;
    }
  }

  #canBegin(envelope: CommandEnvelope, epoch: number): boolean {
    if (this.#phase === "cold") return envelope.isBirth && !this.#isUnseen;
    return (
      this.#phase === "active" &&
      epoch === this.#epoch &&
      this.#known.recent.find(envelope.commandId) === undefined
    );
  }

  #begin(epoch: number): void {
    this.#isRunning = true;
    if (this.#phase === "active") return;
    this.#epoch = epoch;
    this.#isUnseen = true;
    this.#phase = "active";
  }

  #endPart(draft: Draft, turn: Turn, how: Ending): void {
    if (how === "written") this.#accept(draft, turn);
    else if (how === "notWritten") this.#doubtBirth();
    else {
      const text = `a commit with ${this.#name} was cut off`;
      this.abandon(new ActorError("OUTCOME_UNKNOWN", text));
      void this.#habitat.remindersInDoubt(this.ref);
    }
    this.#rest();
    if (this.#mailbox.size > 0) void this.#run();
  }

  /** The sender's word was not proved by a birth: the next turn looks for itself. */
  #doubtBirth(): void {
    if (this.#isUnseen && this.version === 0 && this.#phase === "active") this.#phase = "cold";
  }

  #rest(): void {
    this.#isRunning = false;
    this.#idleSinceMs = this.#habitat.ports.clock.monotonicMs();
  }

  get #name(): string {
    return `${this.ref.type}:${this.ref.id}`;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#mailbox.size > 0 && this.#phase !== "gone") {
        await this.#take(this.#mailbox.take(this.#habitat.options.turnMax));
      }
    } finally {
      this.#rest();
    }
  }

  /** A defect in here must neither leave a sender waiting for ever nor end the process. */
  async #take(batch: readonly Work[]): Promise<void> {
    try {
      if (!(await this.#ensureActive(batch))) return;
      await this.#turn(batch);
      this.#doubtBirth();
    } catch (error) {
      this.#habitat.ports.log.error("a turn broke", { actor: this.#name, error });
      this.#giveUp(
        batch,
        new ActorError("OUTCOME_UNKNOWN", `a turn of ${this.#name} broke`, { cause: error }),
      );
    }
  }

  /** @returns whether the batch may be taken; otherwise its senders have been told */
  async #ensureActive(batch: readonly Work[]): Promise<boolean> {
    const epoch = this.#habitat.epochOf(this.shard);
    if (epoch === null || (this.#phase === "active" && epoch !== this.#epoch)) {
      return this.#giveUp(
        batch,
        new ActorError("NOT_OWNER", `this node does not own shard ${this.shard}`),
      );
    }
    if (this.#phase === "active") return true;
    try {
      await this.#wake(epoch, batch);
      // `abandon` may have come while we waited.
      return this.#isAlive(batch);
    } catch (error) {
      const isQuarantined = error instanceof ActorError && error.code === "STREAM_QUARANTINED";
      return this.#giveUp(
        batch,
        asActorError(error, `${this.#name} could not be activated`),
        isQuarantined,
      );
    }
  }

  #isAlive(batch: readonly Work[]): boolean {
    if (this.#phase !== "gone") return true;
    for (const work of batch)
      work.reject(new ActorError("NOT_OWNER", `${this.#name} was given up`));
    return false;
  }

  #giveUp(batch: readonly Work[], error: ActorError, isQuarantined = false): false {
    for (const work of batch) work.reject(error);
    this.abandon(error, isQuarantined);
    return false;
  }

  async #wake(epoch: number, batch: readonly Work[]): Promise<void> {
    const { clock, metrics } = this.#habitat.ports;
    const startMs = clock.monotonicMs();
    this.#epoch = epoch;
    if (this.kind.isSoft) {
      this.#known.restore(await this.kind.restore(this.ref.id));
    } else if (!this.#isUnseen && batch.every(isBirth)) {
      this.#isUnseen = true;
    } else {
      await this.#load(epoch);
    }
    if (this.#phase === "cold") this.#phase = "active";
    metrics.activationMs(clock.monotonicMs() - startMs);
  }

  async #load(epoch: number): Promise<void> {
    const { ref, shard, kind } = this;
    const past = await this.#habitat.activate({
      ref,
      shard,
      epoch,
      schemaVersion: kind.schemaVersion,
    });
    if (past.status === "fenced")
      throw new ActorError("NOT_OWNER", `a newer owner holds ${this.#name}`);
    this.#habitat.ports.probe("activation.claimed");
    this.#isUnseen = false;
    this.#replay(past);
  }

  /** An event that cannot be applied, or is missing, means that the stream cannot be trusted; the others live on. */
  #replay(past: ActivationResult & { readonly status: "ok" }): void {
    try {
      this.#known.load(past);
    } catch (error) {
      throw new ActorError("STREAM_QUARANTINED", `${this.#name} cannot be replayed`, {
        cause: error,
      });
    }
  }

  async #turn(batch: readonly Work[]): Promise<void> {
    if (!this.#isAlive(batch)) return;
    const { clock, metrics, probe } = this.#habitat.ports;
    const startMs = clock.monotonicMs();
    const draft = new Draft(this.kind, this.ref, this.#known.position, clock.now());
    const outcomes = decideBatch(draft, batch, this.#context());
    let joint = Joint.alone;
    if (!draft.isEmpty) {
      probe("turn.decided");
      const committed = await this.#commit(draft, outcomes);
      if (committed === null) return;
      joint = committed;
      probe("turn.committed");
    }
    await this.#lookUpDoubtful(outcomes);
    openGate(outcomes, this.#known.recent, joint);
    if (outcomes.length > 0) probe("gate.opened");
    metrics.turnMs(clock.monotonicMs() - startMs);
  }

  #context(): TurnContext {
    const { ports } = this.#habitat;
    return {
      name: this.#name,
      nowMs: ports.clock.now(),
      recent: this.#known.recent,
      read: () => this.#known.read(),
      isArmed: (name, dueMs) => this.#habitat.isArmed(this.ref, name, dueMs),
      failed: ({ command, commandId }, error) =>
        ports.log.error("a command failed in decide", {
          actor: this.#name,
          command: command.type,
          commandId,
          error,
        }),
    };
  }

  /** @returns who took part, once the turn is durable; null when its senders have been told, or will be by the turn that follows */
  async #commit(
    draft: Draft,
    outcomes: readonly Outcome[],
    joint: Joint = Joint.of(draft, this.#habitat.invite),
  ): Promise<Joint | null> {
    let result: AppendResult;
    let turn: Turn;
    try {
      turn = draft.turn(this.shard, this.#epoch, joint.turns);
      result = await this.#write(turn);
    } catch (error) {
      this.#habitat.ports.metrics.append({ status: "failed" });
      joint.end(endingOf(error));
      await this.#failed(error, outcomes);
      return null;
    }
    this.#habitat.ports.metrics.append({ status: result.status });
    if (result.status === "ok") {
      this.#accept(draft, turn);
      joint.end("written");
      return joint;
    }
    joint.end("notWritten");
    if (result.status === "apart") return this.#commit(draft, outcomes, Joint.alone);
    if (result.status === "refused") await this.#refused(result.error, outcomes);
    else await this.#recover(result.status, outcomes);
    return null;
  }

  async #write(turn: Turn): Promise<AppendResult> {
    if (!this.kind.isSoft) return this.#habitat.append(turn);
    await this.kind.save(
      this.ref.id,
      turn.events.map((stored) => stored.event),
    );
    return { status: "ok" };
  }

  #accept(draft: Draft, turn: Turn): void {
    this.#known.accept(draft.position, turn);
    if (this.kind.isSoft) return;
    if (this.#known.isSnapshotDue) this.#snapshot();
    this.#habitat.committed(turn);
  }

  #snapshot(): void {
    if (!this.kind.isSoft) this.#habitat.saveSnapshot(this.#known.snapshot());
  }

  async #recover(
    status: "duplicate" | "conflict" | "fenced",
    outcomes: readonly Outcome[],
  ): Promise<void> {
    const batch = outcomes.map(({ work }) => work);
    if (status === "fenced") {
      this.#giveUp(batch, new ActorError("NOT_OWNER", `a newer owner has taken ${this.#name}`));
      return;
    }
    // Look again, and take the same commands again: those on record are then answered from it.
    try {
      if (status === "conflict") await this.#load(this.#epoch);
      await this.#recall(outcomes);
      await this.#habitat.remindersInDoubt(this.ref);
      if (this.#isAlive(batch)) this.#mailbox.putBack(batch);
    } catch (error) {
      this.#giveUp(batch, asActorError(error, `${this.#name} could not be reloaded`));
    }
  }

  /** Puts what the store has on these commands among the recent ones. */
  async #recall(outcomes: readonly Outcome[]): Promise<void> {
    const ids = outcomes.map(({ envelope }) => envelope.commandId);
    this.#known.recall(await this.#habitat.findCommands(this.ref, ids));
  }

  async #failed(error: unknown, outcomes: readonly Outcome[]): Promise<void> {
    const batch = outcomes.map(({ work }) => work);
    if (error instanceof StoreUnavailable) {
      for (const work of batch)
        work.reject(new ActorError("STORE_UNAVAILABLE", error.message, { cause: error }));
    } else if (error instanceof UnknownOutcome) {
      const text = `the commit of ${this.#name} was cut off`;
      this.#giveUp(batch, new ActorError("OUTCOME_UNKNOWN", text, { cause: error }));
      void this.#habitat.remindersInDoubt(this.ref);
    } else {
      await this.#refused(error, outcomes);
    }
  }

  /** Something that one of them wrote is not accepted: alone each, only the culprit fails. */
  async #refused(error: unknown, outcomes: readonly Outcome[]): Promise<void> {
    const batch = outcomes.map(({ work }) => work);
    if (batch.length > 1) {
      for (const work of batch) await this.#turn([work]);
      return;
    }
    if (error instanceof RequestKeyReused) {
      const reused = new ActorError("IDEMPOTENCY_KEY_REUSED", error.message, { cause: error });
      for (const work of batch) work.reject(reused);
      return;
    }
    this.#habitat.ports.log.error("a turn was refused", { actor: this.#name, error });
    const text = `a turn of ${this.#name} was refused`;
    for (const work of batch) work.reject(new ActorError("COMMAND_FAILED", text, { cause: error }));
  }

  /**
   * A refusal, or an answer that changed nothing, counts only when the command is not on record: its first sending may have
   * succeeded and changed what is being refused now.
   */
  async #lookUpDoubtful(outcomes: readonly Outcome[]): Promise<void> {
    const doubtful = this.kind.isSoft ? [] : outcomes.filter(isDoubtful);
    if (doubtful.length === 0) return;
    try {
      await this.#recall(doubtful);
    } catch (error) {
      const failure = asActorError(error, `${this.#name} could not look up a command`);
      for (const { work } of doubtful) work.reject(failure);
    }
  }
}

function isBirth({ envelope }: Work): boolean {
  return envelope.kind === "command" && envelope.isBirth;
}

function asActorError(error: unknown, message: string): ActorError {
  if (error instanceof ActorError) return error;
  const isLoss = error instanceof StoreUnavailable || error instanceof UnknownOutcome;
  return new ActorError(isLoss ? "STORE_UNAVAILABLE" : "COMMAND_FAILED", message, { cause: error });
}
