import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { symbol } from "./common.ts";

const KINDS = ["trades", "quotes", "bars", "books"] as const;
const STATES = ["connecting", "live", "waiting", "refused", "closed"] as const;

export const streamKind = s.enum(KINDS);
export const streamState = s.describe(
  s.enum(STATES),
  "`waiting`: it was lost, and is taken up again; `refused`: the vendor does not take our keys or subscription; " +
    "`closed`: nobody plays it",
);

const source = s.named(
  "StreamingSource",
  s.object({
    sourceId: s.string(),
    state: streamState,
    symbols: s.array(symbol()),
    kinds: s.array(streamKind),
    eventsPerSecond: s.describe(s.number(), "over the last ten seconds"),
    lagMs: s.describe(
      s.nullable(s.integer()),
      "arrival less event time of the newest event; negative where the venue's clock is ahead of ours",
    ),
    lastEventAt: s.describe(s.nullable(s.isoTime()), "when the newest event arrived"),
    events: s.describe(s.integer(), "since it is played by this node"),
    reconnects: s.integer(),
    cuts: s.describe(s.integer(), "how often it was cut because too much waited for the store"),
    gaps: s.describe(s.integer(), "in which something may have been missed"),
    gapsOpen: s.describe(s.integer(), "that are not filled in from history yet"),
    gapsRepaired: s.integer(),
    refused: s.describe(s.integer(), "rows that were not understood"),
    lastErrors: s.describe(s.array(s.string()), "why the last of them were refused"),
    waiting: s.describe(s.integer(), "trades and bars in memory that are not stored yet"),
    conflated: s.describe(s.integer(), "quotes and books whose place a newer one took"),
  }),
);

const status = s.named("StreamingStatus", s.object({ data: s.array(source) }));
export type StreamingStatusView = Infer<typeof status>;

export const getStreamingStatus = route({
  method: "GET",
  path: "/api/streaming/status",
  action: "feeds.streaming",
  area: "data",
  permission: "system.operate",
  summary: "How the live sources do",
  response: status,
});
