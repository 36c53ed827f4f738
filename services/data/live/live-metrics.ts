import type { Metrics } from "../../../mixins/metrics.ts";
import type { LiveStatus } from "./live-counts.ts";
import type { LiveFeeds } from "./live-feeds.ts";

/** What each live source of this node does, as gauges that are set when somebody looks. */
const GAUGES: readonly (readonly [
  name: string,
  help: string,
  value: (status: LiveStatus) => number | null,
])[] = [
  ["is_live", "1 while the stream is live", ({ state }) => Number(state === "live")],
  ["events", "Events since the source is played here", ({ events }) => events],
  ["lag_ms", "Arrival less event time of the newest event", ({ lagMs }) => lagMs],
  ["reconnects", "Connections after the first", ({ reconnects }) => reconnects],
  ["gaps_open", "Gaps not filled in from history yet", ({ gapsOpen }) => gapsOpen],
  ["refused", "Rows that were not understood", ({ refused }) => refused],
  ["waiting", "Trades and bars that wait for the store", ({ waiting }) => waiting],
  ["conflated", "Quotes and books whose place a newer one took", ({ conflated }) => conflated],
];

export function liveMetrics(
  metrics: Metrics,
  live: Pick<LiveFeeds, "sourceIds" | "ownStatus">,
): void {
  const gauges = GAUGES.map(
    ([name, help, value]) => [metrics.gauge(`market_stream_${name}`, help), value] as const,
  );
  metrics.onRender(() => {
    for (const source of live.sourceIds) {
      const status = live.ownStatus(source);
      if (status === null) continue;
      for (const [set, valueOf] of gauges) {
        const value = valueOf(status);
        if (value !== null) set(value, { source });
      }
    }
  });
}
