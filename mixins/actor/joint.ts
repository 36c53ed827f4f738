import type { Effect, TellEffect } from "../../domain/shared/decider.ts";
import { UnknownOutcome } from "../../domain/shared/errors.ts";
import type { Turn } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { Draft, DraftEffect } from "./draft.ts";
import { type Answer, type CommandEnvelope, hasListener } from "./envelope.ts";
import { bodyHash } from "./ids.ts";

/**
 * A joint commit: what a turn tells actors that are at rest on the same node is decided at once and written with it, in one
 * transaction. It spares the effect's row, its removal and a commit of its own. Who cannot take part is told by the effect,
 * as actors of another node are.
 */

/** How the commit of a joint turn ended, for those who took part in it. */
export type Ending = "written" | "notWritten" | "unknown";

/** One actor's part in the turn of another; the actor does nothing else until it has ended. */
export interface Part {
  readonly turn: Turn;
  readonly reply: Json;
  end(how: Ending): void;
}

/** Asks an actor of this node to take part with one command; null when it cannot. */
export type Invite = (envelope: CommandEnvelope) => Part | null;

interface Invited extends Part {
  /** the command that led to it */
  readonly causeId: string;
  readonly effectId: string;
}

export class Joint {
  readonly #parts: readonly Invited[];
  readonly #byCause: ReadonlyMap<string, readonly Invited[]>;

  private constructor(parts: readonly Invited[]) {
    this.#parts = parts;
    this.#byCause = Map.groupBy(parts, ({ causeId }) => causeId);
  }

  static readonly alone = new Joint([]);

  /** With every actor that the draft tells jointly and that can come. */
  static of(draft: Draft, invite: Invite): Joint {
    const parts = draft.effects.flatMap(({ effectId, effect, commandId }: DraftEffect) => {
      if (!isJoint(effect)) return [];
      const part = invite(envelopeOf(effect, effectId));
      return part === null ? [] : [{ ...part, effectId, causeId: commandId }];
    });
    return parts.length === 0 ? Joint.alone : new Joint(parts);
  }

  /** by the id of the effect that each stands for */
  get turns(): ReadonlyMap<string, Turn> {
    return new Map(this.#parts.map(({ effectId, turn }) => [effectId, turn]));
  }

  end(how: Ending): void {
    for (const part of this.#parts) part.end(how);
  }

  /** The answer to a command, with those of the actors that it led to. */
  completed(commandId: string, answer: Answer): Answer {
    const led = this.#byCause.get(commandId);
    if (led === undefined) return answer;
    const told = led.map(({ turn, reply }) => [turn.ref.type, turn.ref.id, reply] as const);
    return { ...answer, told };
  }
}

/** Whether something was written cannot be said when the connection was lost; after any other error nothing was. */
export function endingOf(error: unknown): Ending {
  return error instanceof UnknownOutcome ? "unknown" : "notWritten";
}

function isJoint(effect: Effect): effect is TellEffect {
  return "to" in effect && effect.isJoint === true;
}

function envelopeOf(effect: TellEffect, effectId: string): CommandEnvelope {
  const { to, command, commandId, isBirth } = effect;
  return {
    kind: "command",
    ref: to,
    command,
    commandId: commandId ?? effectId,
    bodyHash: bodyHash(command),
    isDeduplicated: true,
    // Decided at once: it cannot come late.
    deadlineMs: Number.MAX_SAFE_INTEGER,
    isBirth: isBirth ?? false,
    isAnswered: hasListener(effect),
    firing: null,
    requestKey: null,
  };
}
