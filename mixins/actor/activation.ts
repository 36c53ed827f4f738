import type { ActorRef } from "../../domain/shared/decider.ts";
import { Refusal, StoreUnavailable, UnknownOutcome } from "../../domain/shared/errors.ts";
import type {
  ActivationRequest,
  ActivationResult,
  AppendResult,
  Snapshot,
  StoredCommand,
  Turn,
} from "../../domain/shared/journal.ts";
import { Draft } from "./draft.ts";
import type { Position } from "./draft.ts";
import type { Answer, CommandEnvelope } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import type { ActorKind } from "./kind.ts";
import { Mailbox } from "./mailbox.ts";
import type { Work } from "./mailbox.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";
import { RecentCommands } from "./recent.ts";

/** What an activation asks of the host it lives in. */
export interface Habitat {
  readonly ports: Pick<ActorPorts, "clock" | "log" | "metrics" | "probe">;
  readonly options: ActorOptions;
  /** the epoch under which this node owns the shard, or null when it does not (any more) */
  epochOf(shard: number): number | null;
  activate(request: ActivationRequest): Promise<ActivationResult>;
  append(turn: Turn): Promise<AppendResult>;
  findCommands(ref: ActorRef, commandIds: readonly string[]): Promise<readonly StoredCommand[]>;
  saveSnapshot(snapshot: Snapshot): void;
  /** whether the reminder is still set for that time */
  isArmed(ref: ActorRef, name: string, dueMs: number): boolean;
  committed(turn: Turn): void;
  /** this activation is over: forget it */
  gone(activation: Activation, isQuarantined: boolean): void;
}

/** A command's fate within a turn, told to its sender once the turn is durable. */
type Outcome =
  | {
      readonly work: Work;
      readonly envelope: CommandEnvelope;
      readonly answer: Answer;
      readonly isRecorded: boolean;
    }
  | { readonly work: Work; readonly envelope: CommandEnvelope; readonly error: unknown };

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
  #epoch = -1;
  #position: Position;
  #snapshotVersion = 0;
  #recent: RecentCommands;
  #phase: "cold" | "active" | "gone" = "cold";
  #isRunning = false;
  #idleSinceMs: number;

  constructor(kind: ActorKind, ref: ActorRef, shard: number, habitat: Habitat) {
    this.kind = kind;
    this.ref = ref;
    this.shard = shard;
    this.#habitat = habitat;
    this.#position = { state: kind.initial(ref.id), version: 0, hash: "", atMs: 0 };
    this.#recent = new RecentCommands(habitat.options.recentMax, false);
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
    return this.#position.version;
  }

  push(work: Work): void {
    if (this.#mailbox.size >= this.#habitat.options.mailboxMax) {
      work.reject(
        new ActorError(
          "ACTOR_OVERLOADED",
          `${this.#name} has ${this.#mailbox.size} commands waiting`,
        ),
      );
      return;
    }
    const { envelope } = work;
    this.#mailbox.push(work, envelope.kind === "command" && this.kind.isUrgent(envelope.command));
    if (!this.#isRunning) void this.#run();
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
    if (this.#position.version - this.#snapshotVersion >= 20) this.#snapshot();
    this.#phase = "gone";
    this.#habitat.gone(this, false);
  }

  get #name(): string {
    return `${this.ref.type}:${this.ref.id}`;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#mailbox.size > 0 && this.#phase !== "gone") {
        const batch = this.#mailbox.take(this.#habitat.options.turnMax);
        if (await this.#ensureActive(batch)) await this.#turn(batch);
      }
    } finally {
      this.#isRunning = false;
      this.#idleSinceMs = this.#habitat.ports.clock.monotonicMs();
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
    const first = batch[0]?.envelope;
    if (this.kind.isSoft) {
      this.#position = { ...this.#position, state: await this.kind.restore(this.ref.id) };
      this.#recent = new RecentCommands(this.#habitat.options.recentMax, true);
    } else if (first?.kind === "command" && first.isBirth && this.#position.version === 0) {
      this.#recent = new RecentCommands(this.#habitat.options.recentMax, true);
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
    this.#position = this.#replay(past);
    this.#snapshotVersion = past.snapshot?.version ?? 0;
    this.#recent = new RecentCommands(this.#habitat.options.recentMax, past.version === 0);
  }

  /** An event that cannot be applied means that the stream cannot be trusted: it is quarantined, the others live on. */
  #replay(past: ActivationResult & { readonly status: "ok" }): Position {
    try {
      let state: unknown = past.snapshot?.state ?? this.kind.initial(this.ref.id);
      for (const event of past.events) state = this.kind.evolve(state, event);
      return {
        state,
        version: past.version,
        hash: past.hash,
        atMs: past.events.at(-1)?.atMs ?? past.snapshot?.atMs ?? 0,
      };
    } catch (error) {
      throw new ActorError("STREAM_QUARANTINED", `an event of ${this.#name} cannot be applied`, {
        cause: error,
      });
    }
  }

  async #turn(batch: readonly Work[]): Promise<void> {
    const { clock, metrics, probe } = this.#habitat.ports;
    const startMs = clock.monotonicMs();
    const draft = new Draft(this.kind, this.ref, this.#position, clock.now());
    const outcomes = this.#decideAll(draft, batch);
    if (!draft.isEmpty) {
      probe("turn.decided");
      if (!(await this.#commit(draft, outcomes))) return;
      probe("turn.committed");
    }
    await this.#openGate(outcomes);
    if (outcomes.length > 0) probe("gate.opened");
    metrics.turnMs(clock.monotonicMs() - startMs);
  }

  /** Decides the batch in order. Reads are answered from what is committed; so are repeats of known commands. */
  #decideAll(draft: Draft, batch: readonly Work[]): Outcome[] {
    const outcomes: Outcome[] = [];
    const inBatch = new Map<string, Outcome>();
    const nowMs = this.#habitat.ports.clock.now();
    for (const work of batch) {
      const { envelope } = work;
      if (envelope.deadlineMs < nowMs) {
        work.reject(
          new ActorError("DEADLINE_EXCEEDED", `${this.#name} had no turn before the deadline`),
        );
      } else if (envelope.kind === "read") {
        work.resolve(this.#read());
      } else if (!this.#answerKnown(work, envelope)) {
        const outcome = this.#decideOne(draft, work, envelope, inBatch.get(envelope.commandId));
        inBatch.set(envelope.commandId, outcome);
        outcomes.push(outcome);
      }
    }
    return outcomes;
  }

  #read(): Answer {
    const { state, version } = this.#position;
    // An actor that nothing has happened to does not exist; soft ones always do.
    const exists = version > 0 || this.kind.isSoft;
    return {
      reply: exists ? this.kind.summarize(this.ref.id, state) : null,
      version,
      isReplay: false,
    };
  }

  #answerKnown(work: Work, envelope: CommandEnvelope): boolean {
    const { firing } = envelope;
    if (firing && !this.#habitat.isArmed(this.ref, firing.name, firing.dueMs)) {
      work.resolve({ reply: null, version: this.#position.version, isReplay: true });
      return true;
    }
    const seen = this.#recent.find(envelope.commandId);
    if (seen === undefined) return false;
    answerAgain(work, envelope, seen);
    return true;
  }

  #decideOne(
    draft: Draft,
    work: Work,
    envelope: CommandEnvelope,
    twin: Outcome | undefined,
  ): Outcome {
    if (twin && envelope.isDeduplicated) return repeat(work, envelope, twin);
    try {
      const { reply, isRecorded } = draft.decide(envelope);
      const answer = { reply, version: draft.position.version, isReplay: false };
      return { work, envelope, answer, isRecorded };
    } catch (error) {
      if (error instanceof Refusal) return { work, envelope, error };
      this.#habitat.ports.log.error("a command failed in decide", {
        actor: this.#name,
        command: envelope.command.type,
        commandId: envelope.commandId,
        error,
      });
      const message = `${envelope.command.type} failed in ${this.#name}`;
      return { work, envelope, error: new ActorError("COMMAND_FAILED", message, { cause: error }) };
    }
  }

  /** @returns whether the turn is durable; otherwise its senders have been told, or will be by the turn that follows */
  async #commit(draft: Draft, outcomes: readonly Outcome[]): Promise<boolean> {
    const turn = draft.turn(this.shard, this.#epoch);
    try {
      const result = await this.#write(turn);
      this.#habitat.ports.metrics.append({ status: result.status });
      if (result.status === "ok") {
        this.#accept(draft, turn);
        return true;
      }
      await this.#recover(result.status, outcomes);
    } catch (error) {
      this.#habitat.ports.metrics.append({ status: "failed" });
      await this.#failed(error, outcomes);
    }
    return false;
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
    this.#position = draft.position;
    if (this.kind.isSoft) return;
    for (const command of turn.commands) this.#recent.add(command);
    if (this.#position.version - this.#snapshotVersion >= this.#habitat.options.snapshotEvery)
      this.#snapshot();
    this.#habitat.committed(turn);
  }

  #snapshot(): void {
    if (this.kind.isSoft) return;
    const { state, version, atMs } = this.#position;
    this.#snapshotVersion = version;
    // sound: an actor's state is plain JSON by the decider's contract
    const json = state as Snapshot["state"];
    this.#habitat.saveSnapshot({
      ref: this.ref,
      version,
      atMs,
      schemaVersion: this.kind.schemaVersion,
      state: json,
    });
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
      this.#mailbox.putBack(batch);
    } catch (error) {
      this.#giveUp(batch, asActorError(error, `${this.#name} could not be reloaded`));
    }
  }

  /** Puts what the store has on these commands among the recent ones. */
  async #recall(outcomes: readonly Outcome[]): Promise<void> {
    const ids = outcomes.map(({ envelope }) => envelope.commandId);
    for (const stored of await this.#habitat.findCommands(this.ref, ids)) this.#recent.add(stored);
  }

  async #failed(error: unknown, outcomes: readonly Outcome[]): Promise<void> {
    const batch = outcomes.map(({ work }) => work);
    if (error instanceof StoreUnavailable) {
      for (const work of batch)
        work.reject(new ActorError("STORE_UNAVAILABLE", error.message, { cause: error }));
    } else if (error instanceof UnknownOutcome) {
      const text = `the commit of ${this.#name} was cut off`;
      this.#giveUp(batch, new ActorError("OUTCOME_UNKNOWN", text, { cause: error }));
    } else if (batch.length > 1) {
      // The store refused something that one of them wrote: alone each, only the culprit fails.
      for (const work of batch) await this.#turn([work]);
    } else {
      this.#habitat.ports.log.error("the store refused a turn", { actor: this.#name, error });
      const text = `the turn of ${this.#name} was refused by the store`;
      for (const work of batch)
        work.reject(new ActorError("COMMAND_FAILED", text, { cause: error }));
    }
  }

  /**
   * Answers the senders. A refusal, or an answer that changed nothing, counts only when the command is not on record: its
   * first sending may have succeeded and changed what is being refused now.
   */
  async #openGate(outcomes: readonly Outcome[]): Promise<void> {
    const doubtful = this.#recent.isComplete || this.kind.isSoft ? [] : outcomes.filter(isDoubtful);
    if (doubtful.length > 0) {
      try {
        await this.#recall(doubtful);
      } catch (error) {
        for (const { work } of doubtful)
          work.reject(asActorError(error, `${this.#name} could not look up a command`));
      }
    }
    for (const outcome of outcomes) {
      const seen = isDoubtful(outcome) ? this.#recent.find(outcome.envelope.commandId) : undefined;
      if (seen) answerAgain(outcome.work, outcome.envelope, seen);
      else if ("error" in outcome) outcome.work.reject(outcome.error);
      else outcome.work.resolve(outcome.answer);
    }
  }
}

function isDoubtful(outcome: Outcome): boolean {
  return outcome.envelope.isDeduplicated && ("error" in outcome || !outcome.isRecorded);
}

function answerAgain(work: Work, envelope: CommandEnvelope, seen: StoredCommand): void {
  if (seen.bodyHash === envelope.bodyHash) {
    work.resolve({ reply: seen.reply, version: seen.version, isReplay: true });
  } else {
    work.reject(reused(envelope));
  }
}

function reused(envelope: CommandEnvelope): ActorError {
  return new ActorError(
    "IDEMPOTENCY_KEY_REUSED",
    `command ${envelope.commandId} was sent before with another body`,
  );
}

/** The same command twice in one turn: one outcome for both. */
function repeat(work: Work, envelope: CommandEnvelope, twin: Outcome): Outcome {
  if (twin.envelope.bodyHash !== envelope.bodyHash)
    return { work, envelope, error: reused(envelope) };
  if ("error" in twin) return { work, envelope, error: twin.error };
  return { work, envelope, answer: { ...twin.answer, isReplay: true }, isRecorded: true };
}

function asActorError(error: unknown, message: string): ActorError {
  if (error instanceof ActorError) return error;
  const isLoss = error instanceof StoreUnavailable || error instanceof UnknownOutcome;
  return new ActorError(isLoss ? "STORE_UNAVAILABLE" : "COMMAND_FAILED", message, { cause: error });
}
