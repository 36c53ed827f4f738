import type { ActorRef, Message, ReminderFiring, TellEffect } from "../../domain/shared/decider.ts";
import type { RequestKey } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";

/** A command on its way to an actor: plain JSON, so that it crosses nodes as it is. */
export interface CommandEnvelope {
  readonly kind: "command";
  readonly ref: ActorRef;
  readonly command: Message;
  readonly commandId: string;
  /** what "same body" is judged by: market data and the like may differ between two sendings of one request */
  readonly bodyHash: string;
  /** false for commands that are harmless to repeat by nature: their ids are not recorded */
  readonly isDeduplicated: boolean;
  /** epoch ms: work not begun by then is dropped */
  readonly deadlineMs: number;
  /** the sender made the actor's id, so that nothing can be on record: activation needs no look at the store */
  readonly isBirth: boolean;
  /** false when nobody will ever ask for the reply again: it is not stored then */
  readonly isAnswered: boolean;
  readonly firing: (ReminderFiring & { readonly nextDueMs: number | null }) | null;
  /** the client's idempotency key that the command came with, to be tied to its body in the same commit */
  readonly requestKey: RequestKey | null;
}

/**
 * Who caused a birth may send it too, to hear the reply, and so may whoever is given a moment to do so. All others are told,
 * and nobody listens.
 */
export function hasListener({ isBirth = false, graceMs }: TellEffect): boolean {
  return isBirth || graceMs !== undefined;
}

export interface ReadEnvelope {
  readonly kind: "read";
  readonly ref: ActorRef;
  readonly deadlineMs: number;
}

export type Envelope = CommandEnvelope | ReadEnvelope;

export interface Answer {
  readonly reply: Json;
  /** of the stream when the answer was made */
  readonly version: number;
  /** the command had been carried out before; this is the answer it got then */
  readonly isReplay: boolean;
  /** answers of the actors that were told in the same commit; not given again to a repeat */
  readonly told?: readonly Told[];
}

/** Pairs, and no object with a key for each actor: ids are always new, and engines build a shape for each new set of keys. */
export type Told = readonly [type: string, id: string, reply: Json];

/** What an actor answered that was told in the same commit; undefined when it was not. */
export function toldBy({ told = [] }: Answer, ref: ActorRef): Json | undefined {
  return told.find(([type, id]) => type === ref.type && id === ref.id)?.[2];
}
