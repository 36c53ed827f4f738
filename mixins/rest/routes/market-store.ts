import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import { TIMEFRAMES } from "../../../domain/market/bar.ts";
import { MARKET_DATA_REFUSALS } from "../../../domain/market/refusal.ts";
import type { Download } from "../route.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer, Schema } from "../schema.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { pageOf, pagingInOrder, symbol, timeframe } from "./common.ts";
import { date, realDates } from "./dates.ts";

/** What may be wrong with an uploaded row beside what a check of its bar may say. Closed list, explained in docs/ERRORS.md. */
export const UPLOAD_REFUSALS = ["CELLS_MISSING", "FIELD_UNKNOWN", "OUT_OF_ORDER"] as const;
const ROW_REFUSALS = [...MARKET_DATA_REFUSALS, ...UPLOAD_REFUSALS] as const;
export type RowRefusal = (typeof ROW_REFUSALS)[number];

const ROW_FIELDS = {
  timestamp: s.time(),
  open: s.decimal(),
  high: s.decimal(),
  low: s.decimal(),
  close: s.decimal(),
  volume: s.decimal(),
  vwap: s.optional(s.decimal()),
  tradeCount: s.optional(s.integer({ min: 0 })),
};

/** Each row is judged by itself, so the schema of the request takes any; only imprecise numbers refuse the whole. */
const row: Schema<Json> = {
  ...s.nullable(s.json("a bar")),
  fields: ROW_FIELDS,
  doc: (definitions) => s.named("NewBar", s.object(ROW_FIELDS)).doc(definitions),
};

const upload = s.named(
  "BarUpload",
  s.object({
    accepted: s.describe(s.integer(), "rows that were stored, new or as a revision"),
    revised: s.describe(s.integer(), "of these, rows of a bar that was stored with other values"),
    duplicates: s.describe(s.integer(), "rows that changed nothing"),
    rejectedCount: s.integer(),
    rejected: s.describe(
      s.array(
        s.object({
          row: s.describe(s.integer(), "from 1; the header of a CSV is not counted"),
          reason: s.enum(ROW_REFUSALS),
          detail: s.string(),
        }),
      ),
      "the first 1,000 of them",
    ),
  }),
);
export type BarUploadView = Infer<typeof upload>;

export const ingestBars = route({
  method: "POST",
  path: "/api/market-data/{symbol}",
  action: "market-store.ingest",
  area: "data",
  permission: "market-data.ingest",
  summary: "Store bars; a bad row is refused by itself",
  description:
    "Rows rise in time. JSON has 2 MiB at most. As `text/csv` they have a header row with the names of a bar's fields, and `timeframe` and " +
    "`source` are in the query; 100,000 rows and 16 MiB at most. A bar that is stored already changes nothing, with " +
    "other values it becomes the next revision.",
  params: { symbol: symbol() },
  body: {
    timeframe,
    source: s.string({ min: 1, max: 64 }),
    data: s.optional(s.array(row, { max: 100_000 })),
  },
  csv: ["timeframe", "source"],
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: upload,
  isIdempotent: true,
  problems: ["NOT_FOUND", "IDEMPOTENCY_KEY_REUSED"],
});

const MEDIA_TYPES = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson; charset=utf-8",
  arrow: "application/vnd.apache.arrow.stream",
} as const;

const format = s.enum(["csv", "ndjson", "arrow"]);
export type ExportFormat = Infer<typeof format>;

const download: Download = {
  mediaTypes: Object.values(MEDIA_TYPES),
  describe: ({ symbol: of, timeframe: length, format: asked }) => {
    const known = asked === "ndjson" || asked === "arrow" ? asked : "csv";
    // A symbol may have what a file name may not.
    const name = `${String(of)}-${typeof length === "string" ? length : "1d"}`.replace(
      /[^A-Za-z0-9.-]/g,
      "_",
    );
    return { mediaType: MEDIA_TYPES[known], fileName: `${name}.${known}` };
  },
};

export const exportBars = route({
  method: "GET",
  path: "/api/market-data/{symbol}/export",
  action: "market-store.export",
  area: "data",
  permission: "market-data.read",
  summary: "Bars of any range as a file, sent as it is read",
  description:
    "The bars that GET /api/market-data/{symbol} answers with. `csv` and `ndjson` have the fields of a bar and its source. `arrow` is an Arrow IPC stream: `timestamp` " +
    "(milliseconds, UTC), prices and volume decimal128(38, 18), `tradeCount` int64, `source` utf8.",
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    start: s.optional(s.describe(s.time(), "bars that opened then or later")),
    end: s.optional(s.describe(s.time(), "bars that opened before then")),
    format: s.defaulted(format, "csv"),
    adjust: s.defaulted(s.enum(ADJUSTMENTS), "none"),
    on: s.optional(
      s.describe(date(), "the holder of the ticker on this date; today's when absent"),
    ),
  },
  check: realDates("on"),
  download,
  response: null,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

const kind = s.enum(["bars", "trades", "specialBars"]);

const use = s.named(
  "StorageUse",
  s.object({
    kind,
    symbol: symbol(),
    timeframe: s.nullable(timeframe),
    rows: s.integer(),
    bytes: s.describe(s.integer(), "the share by rows of what the table and its indexes take"),
    first: s.isoTime(),
    last: s.isoTime(),
  }),
);

const usePage = pageOf("StorageUsePage", use);
export type StorageUsePage = Infer<typeof usePage>;

export const getStorageUse = route({
  method: "GET",
  path: "/api/storage/usage",
  action: "market-store.usage",
  area: "data",
  permission: "market-data.read",
  summary: "What market data takes, by symbol, kind and timeframe",
  query: pagingInOrder,
  response: usePage,
});

const rule = s.object({
  kind,
  timeframe: s.describe(s.nullable(timeframe), "of bars; null of what has none"),
  days: s.describe(s.nullable(s.integer({ min: 1, max: 36_500 })), "null: for ever"),
});

const rules = s.named("RetentionRules", s.object({ data: s.array(rule) }));
export type RetentionView = Infer<typeof rules>;

export const getRetention = route({
  method: "GET",
  path: "/api/storage/retention",
  action: "market-store.retention",
  area: "data",
  permission: "market-data.read",
  summary: "For how long market data is kept",
  response: rules,
});

const isNamedOnce: CrossCheck = ({ data }) => {
  if (!Array.isArray(data)) return [];
  const seen = new Set<string>();
  return data.flatMap((item: unknown, i) => {
    // sound: the fields were checked before rules that span them; whatever else it is has no such fields
    const { kind: of, timeframe: length } = (item ?? {}) as Record<string, unknown>;
    const path = `data[${i}].timeframe`;
    if ((of === "bars") !== TIMEFRAMES.some((name) => name === length)) {
      const message = "must be given for bars, and null for others";
      return [{ path, code: "INVALID_VALUE" as const, message }];
    }
    const name = `${String(of)} ${String(length)}`;
    if (!seen.has(name)) return (seen.add(name), []);
    return [{ path, code: "INVALID_VALUE" as const, message: "must be named once" }];
  });
};

export const putRetention = route({
  method: "PUT",
  path: "/api/storage/retention",
  action: "market-store.putRetention",
  area: "data",
  permission: "market-data.retain",
  summary: "Change for how long market data is kept",
  description: "Kinds and timeframes that are not named keep their rule. Applied once a day.",
  body: { data: s.array(rule, { min: 1, max: 20 }) },
  check: isNamedOnce,
  response: rules,
});

const applied = s.named(
  "RetentionApplied",
  s.object({
    data: s.array(
      s.object({
        kind,
        timeframe: s.nullable(timeframe),
        days: s.nullable(s.integer()),
        deleted: s.describe(s.integer(), "rows"),
      }),
    ),
  }),
);
export type AppliedView = Infer<typeof applied>;

export const applyRetention = route({
  method: "POST",
  path: "/api/storage/retention/apply",
  action: "market-store.applyRetention",
  area: "data",
  permission: "market-data.retain",
  summary: "Delete now what is kept no longer",
  description: "The newest bar of a series stays however old it is. A repeat deletes nothing more.",
  response: applied,
});
