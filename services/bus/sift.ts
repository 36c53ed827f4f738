import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Gap } from "../../models/journal/event-feed.ts";
import { streamIdOf } from "./event-message.ts";
import type { ReceivedEvent } from "./event-message.ts";

export interface Sifted {
  /** new to the receiver, in the order they came */
  readonly fresh: readonly OutboxEvent[];
  /** versions before them that did not come */
  readonly gaps: readonly Gap[];
  /** where each stream stands when all of it is handled */
  readonly positions: ReadonlyMap<string, number>;
}

/**
 * Drops what the receiver has had, and finds what it should have had.
 * @param positionOf the last version of a stream that it had; null: the event is from before its time
 */
export function sift(
  events: readonly ReceivedEvent[],
  positionOf: (streamId: string, event: ReceivedEvent) => number | null,
): Sifted {
  const positions = new Map<string, number>();
  const fresh: OutboxEvent[] = [];
  const gaps: Gap[] = [];
  for (const event of events) {
    const streamId = streamIdOf(event.ref);
    const after = positions.get(streamId) ?? positionOf(streamId, event);
    if (after === null || event.version <= after) continue;
    const isWhole = event.event !== null;
    const before = isWhole ? event.version : event.version + 1;
    if (before > after + 1) gaps.push({ streamId, after, before });
    if (isWhole) fresh.push(event);
    positions.set(streamId, event.version);
  }
  return { fresh, gaps, positions };
}

/** Puts what was missing in front of what came of its stream. */
export function fillGaps(
  fresh: readonly OutboxEvent[],
  missing: readonly OutboxEvent[],
): readonly OutboxEvent[] {
  if (missing.length === 0) return fresh;
  const streams = Map.groupBy([...missing, ...fresh], ({ ref }) => streamIdOf(ref));
  return [...streams.values()].flatMap((events) =>
    events.toSorted((a, b) => a.version - b.version),
  );
}
