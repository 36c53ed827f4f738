import type { ActorRef } from "../../domain/shared/decider.ts";

/** `type:id`, the name of an actor's stream. Types never contain a colon; ids may. */
export function streamId(ref: ActorRef): string {
  return `${ref.type}:${ref.id}`;
}

export function refOf(streamId: string): ActorRef {
  const colon = streamId.indexOf(":");
  return { type: streamId.slice(0, colon), id: streamId.slice(colon + 1) };
}
