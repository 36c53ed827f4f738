import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { id, pageOf, symbol, timeframe } from "./common.ts";
import { jobAccepted } from "./jobs.ts";
import { streamKind, streamState } from "./streaming.ts";

const rateLimit = s.object({
  requests: s.integer({ min: 1, max: 1_000_000 }),
  perSeconds: s.integer({ min: 1, max: 2_592_000 }),
});
const symbols = s.describe(
  s.record(s.string({ min: 1, max: 64 })),
  "our symbols to the source's, where it would not guess them",
);
const priority = s.describe(s.integer({ min: 0, max: 10_000 }), "a lower one is asked first");

const dataSource = s.named(
  "DataSource",
  s.object({
    sourceId: s.string(),
    kind: s.enum(["rest", "ccxt", "files", "simulation"]),
    isConfigured: s.describe(s.boolean(), "what it needs is set in the environment"),
    variables: s.describe(s.array(s.string()), "of the environment, that it needs"),
    isEnabled: s.boolean(),
    priority,
    coverage: s.object({
      assetClasses: s.array(s.string()),
      timeframes: s.array(s.string()),
      hasTrades: s.boolean(),
      streams: s.describe(s.array(streamKind), "empty: it has no stream"),
    }),
    symbols,
    limits: s.object({
      requests: s.integer(),
      perSeconds: s.integer(),
      waitMs: s.describe(s.integer(), "until this node may ask again"),
    }),
    layouts: s.describe(
      s.nullable(s.array(s.json("see PUT"))),
      "of files: where what is found, and how it is read",
    ),
    liveSymbols: s.describe(s.nullable(s.array(symbol())), "null: those of LIVE_FEEDS"),
    liveKinds: s.describe(s.nullable(s.array(streamKind)), "null: those of LIVE_FEEDS, or all"),
    stream: s.describe(
      s.nullable(
        s.object({
          state: streamState,
          symbols: s.array(symbol()),
          kinds: s.array(streamKind),
          eventsPerSecond: s.describe(s.number(), "over the last ten seconds"),
          lagMs: s.describe(s.nullable(s.integer()), "arrival less event time of the newest event"),
          gapsOpen: s.describe(s.integer(), "that are not filled in from history yet"),
          lastError: s.nullable(s.string()),
        }),
      ),
      "null: nothing of it is wanted live",
    ),
    circuit: s.describe(
      s.nullable(s.enum(["closed", "halfOpen", "open"])),
      "as the node that answers finds it; null where nothing is called over the network",
    ),
    health: s.object({
      state: s.enum(["unknown", "well", "failing"]),
      lastSuccessAt: s.nullable(s.isoTime()),
      lastErrorAt: s.nullable(s.isoTime()),
      lastError: s.nullable(s.object({ code: s.string(), message: s.string() })),
    }),
  }),
);
export type DataSourceView = Infer<typeof dataSource>;
const dataSourcePage = pageOf("DataSourcePage", dataSource);
export type DataSourcePage = Infer<typeof dataSourcePage>;

export const listDataSources = route({
  method: "GET",
  path: "/api/data-sources",
  action: "data-sources.list",
  area: "data",
  permission: "data-sources.read",
  summary: "Where market data comes from, in the order in which sources are asked",
  response: dataSourcePage,
});

export const putDataSource = route({
  method: "PUT",
  path: "/api/data-sources/{sourceId}",
  action: "data-sources.put",
  area: "data",
  permission: "data-sources.update",
  summary: "Set how a source is used",
  description:
    "Replaces all of its settings: what is absent has its default again. Keys are set in the environment alone. A layout of " +
    "files is `{ format: csv, path, columns, timeZone?, dateFormat? }` or `{ format: lean, path, assetClass?, market?, timeZone? }`; in `path`, `{symbol}` and `{timeframe}` are filled in.",
  params: { sourceId: id() },
  body: {
    isEnabled: s.boolean(),
    priority,
    symbols: s.defaulted(symbols, {}),
    rateLimit: s.optional(rateLimit),
    layouts: s.optional(s.array(s.record(s.json("a layout")), { max: 20 })),
    liveSymbols: s.optional(
      s.describe(
        s.array(symbol(), { max: 250 }),
        "whose stream is played, at once and without a restart; absent: those of LIVE_FEEDS",
      ),
    ),
    liveKinds: s.optional(
      s.describe(s.array(streamKind, { max: 4 }), "absent: those of LIVE_FEEDS, or all it has"),
    ),
  },
  response: dataSource,
  problems: ["NOT_FOUND", "CONFLICT"],
});

const beginsBeforeItEnds: CrossCheck = ({ start, end }) =>
  typeof start === "number" && typeof end === "number" && start >= end
    ? [{ path: "end", code: "OUT_OF_RANGE", message: "must be after start" }]
    : [];

export const collect = route({
  method: "POST",
  path: "/api/market-data/collect",
  action: "data-sources.collect",
  area: "data",
  permission: "market-data.collect",
  summary: "Back-fill bars from a source",
  description:
    "Asks only for what is missing by the symbol's calendar. With `auto` the sources are asked in their order, the next one " +
    "when one cannot answer. The job's result is `{ symbols: [{ symbol, stored, revised, duplicates, refused, " +
    "corporateActions, gapsLeft, " +
    "barsLeft, source, faults }] }`.",
  body: {
    source: s.describe(s.string({ min: 1, max: 64 }), "a source, or `auto`"),
    symbols: s.array(symbol(), { min: 1, max: 100 }),
    timeframe: s.defaulted(timeframe, "1d"),
    start: s.optional(
      s.describe(
        s.time(),
        "when absent, each symbol goes on where its stored bars end; one that has none 30 days before the end",
      ),
    ),
    end: s.optional(s.describe(s.time(), "bars that opened before then; now when absent")),
  },
  check: beginsBeforeItEnds,
  response: jobAccepted,
  status: 202,
  isIdempotent: true,
  problems: ["IDEMPOTENCY_KEY_REUSED", "RATE_LIMITED", "CONFLICT"],
});
