import type { ActorRef } from "./decider.ts";

/** One event as its stream's hash chain sees it. */
export interface ChainLink {
  readonly stream: ActorRef;
  readonly version: number;
  readonly type: string;
  readonly atMs: number;
  readonly commandId: string;
  /** the event's JSON, to the byte as it is stored */
  readonly data: string;
}

/**
 * The text whose SHA-256, in hex, is the hash of an event: the hash of the event before it (empty for the first of a
 * stream), then the event itself, a field a line. No field but the last may hold a line break, and the last is JSON on one
 * line, so that no two links share a text.
 */
export function chainText(previousHash: string, link: ChainLink): string {
  const { stream, version, type, atMs, commandId, data } = link;
  return `${previousHash}\n${stream.type}:${stream.id}\n${version}\n${type}\n${atMs}\n${commandId}\n${data}`;
}
