import type { ActorRef } from "../../domain/shared/decider.ts";

/** `type:id`, the name of an actor's stream. Types never contain a colon; ids may. */
export function streamId(ref: ActorRef): string {
  return `${ref.type}:${ref.id}`;
}

export function refOf(name: string): ActorRef {
  const colon = name.indexOf(":");
  return { type: name.slice(0, colon), id: name.slice(colon + 1) };
}
