import { Refusal } from "../../domain/shared/errors.ts";
import type { StoredCommand } from "../../domain/shared/journal.ts";
import type { Draft } from "./draft.ts";
import type { Answer, CommandEnvelope } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import type { Joint } from "./joint.ts";
import type { Work } from "./mailbox.ts";
import type { RecentCommands } from "./recent.ts";

/** A command's fate within a turn, told to its sender once the turn is durable. */
export type Outcome =
  | {
      readonly work: Work;
      readonly envelope: CommandEnvelope;
      readonly answer: Answer;
      /** whether the turn writes anything for it */
      readonly isRecorded: boolean;
    }
  | { readonly work: Work; readonly envelope: CommandEnvelope; readonly error: unknown };

/** What deciding asks of the actor whose turn it is. */
export interface TurnContext {
  readonly name: string;
  readonly nowMs: number;
  readonly recent: RecentCommands;
  /** the answer to a read: what is committed, not what this turn is about to add */
  readonly read: () => Answer;
  /** whether the reminder is still set for that time */
  readonly isArmed: (name: string, dueMs: number) => boolean;
  /** told of a defect in `decide` */
  readonly failed: (envelope: CommandEnvelope, error: unknown) => void;
}

/**
 * Decides a batch in order. Reads, repeats of known commands and what has expired are answered at once, since nothing that
 * is not durable goes into their answers; the rest waits behind the output gate.
 */
export function decideBatch(
  draft: Draft,
  batch: readonly Work[],
  context: TurnContext,
): readonly Outcome[] {
  const outcomes = new Map<string, Outcome>();
  const rest: Outcome[] = [];
  for (const work of batch) {
    const { envelope } = work;
    if (envelope.deadlineMs < context.nowMs) work.reject(expired(context.name));
    else if (envelope.kind === "read") answerRead(work, context);
    else if (!answerKnown(work, envelope, context)) {
      const twin = envelope.isDeduplicated ? outcomes.get(envelope.commandId) : undefined;
      const outcome = twin
        ? repeat(work, envelope, twin)
        : decideOne(draft, work, envelope, context);
      rest.push(outcome);
      if (!twin) outcomes.set(envelope.commandId, outcome);
    }
  }
  return rest;
}

/** Whether the command may have been carried out before although its outcome says that nothing happened. */
export function isDoubtful(outcome: Outcome): boolean {
  return outcome.envelope.isDeduplicated && ("error" in outcome || !outcome.isRecorded);
}

/** Tells the senders; those whose command is on record get the answer that it got then. */
export function openGate(outcomes: readonly Outcome[], recent: RecentCommands, joint: Joint): void {
  for (const outcome of outcomes) {
    const { work, envelope } = outcome;
    const seen = isDoubtful(outcome) ? recent.find(envelope.commandId) : undefined;
    if (seen) answerAgain(work, envelope, seen);
    else if ("error" in outcome) work.reject(outcome.error);
    else work.resolve(joint.completed(envelope.commandId, outcome.answer));
  }
}

function answerRead(work: Work, context: TurnContext): void {
  try {
    work.resolve(context.read());
  } catch (error) {
    work.reject(
      new ActorError("COMMAND_FAILED", `${context.name} could not be read`, { cause: error }),
    );
  }
}

function answerKnown(work: Work, envelope: CommandEnvelope, context: TurnContext): boolean {
  const { firing } = envelope;
  if (firing && !context.isArmed(firing.name, firing.dueMs)) {
    work.resolve({ reply: null, version: context.read().version, isReplay: true });
    return true;
  }
  const seen = context.recent.find(envelope.commandId);
  if (seen === undefined) return false;
  answerAgain(work, envelope, seen);
  return true;
}

function decideOne(
  draft: Draft,
  work: Work,
  envelope: CommandEnvelope,
  context: TurnContext,
): Outcome {
  try {
    // A command before it in this very turn has canceled or moved the reminder: there is nothing to fire.
    if (envelope.firing && draft.hasChangedReminder(envelope.firing.name))
      return {
        work,
        envelope,
        answer: { reply: null, version: draft.position.version, isReplay: true },
        isRecorded: true,
      };
    const { reply, isRecorded } = draft.decide(envelope);
    const answer = { reply, version: draft.position.version, isReplay: false };
    return { work, envelope, answer, isRecorded };
  } catch (error) {
    if (error instanceof Refusal) return { work, envelope, error };
    context.failed(envelope, error);
    const message = `${envelope.command.type} failed in ${context.name}`;
    return { work, envelope, error: new ActorError("COMMAND_FAILED", message, { cause: error }) };
  }
}

function answerAgain(work: Work, envelope: CommandEnvelope, seen: StoredCommand): void {
  if (seen.bodyHash === envelope.bodyHash)
    work.resolve({ reply: seen.reply, version: seen.version, isReplay: true });
  else work.reject(reused(envelope));
}

/** The same command twice in one turn: one outcome for both. */
function repeat(work: Work, envelope: CommandEnvelope, twin: Outcome): Outcome {
  if (twin.envelope.bodyHash !== envelope.bodyHash)
    return { work, envelope, error: reused(envelope) };
  if ("error" in twin) return { work, envelope, error: twin.error };
  const { answer, isRecorded } = twin;
  return { work, envelope, answer: { ...answer, isReplay: true }, isRecorded };
}

function reused(envelope: CommandEnvelope): ActorError {
  return new ActorError(
    "IDEMPOTENCY_KEY_REUSED",
    `command ${envelope.commandId} was sent before with another body`,
  );
}

function expired(name: string): ActorError {
  return new ActorError("DEADLINE_EXCEEDED", `${name} had no turn before the deadline`);
}
