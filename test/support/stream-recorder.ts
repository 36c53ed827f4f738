import type { MarketEvent, RefusedRow } from "../../services/data/feeds/feed.ts";
import type { StreamSink, StreamState } from "../../services/data/sources/source.ts";

type Gap = Parameters<StreamSink["gap"]>[0];

/** Remembers what a stream tells. */
export class StreamRecorder implements StreamSink {
  readonly told: MarketEvent[] = [];
  readonly refusals: RefusedRow[] = [];
  readonly gaps: Gap[] = [];
  readonly states: StreamState[] = [];

  readonly events = (events: readonly MarketEvent[]): void => void this.told.push(...events);
  readonly refused = (row: RefusedRow): void => void this.refusals.push(row);
  readonly gap = (gap: Gap): void => void this.gaps.push(gap);
  readonly state = (state: StreamState): void => void this.states.push(state);

  of<K extends MarketEvent["kind"]>(kind: K): readonly Extract<MarketEvent, { kind: K }>[] {
    return this.told.filter(
      (event): event is Extract<MarketEvent, { kind: K }> => event.kind === kind,
    );
  }
}
