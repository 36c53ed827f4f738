import { ALTERNATIVE_KINDS, ALTERNATIVE_REFUSALS } from "../../../domain/alternative/document.ts";
import { LABELS } from "../../../domain/alternative/sentiment/logistic.ts";
import { SENTIMENT_METHODS } from "../../../domain/alternative/sentiment/sentiment.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer, Schema } from "../schema.ts";
import { asOf, pageOf, pagingInOrder, symbol, timeframe } from "./common.ts";
import { jobAccepted } from "./jobs.ts";

export const alternativeSource = () =>
  s.string({
    min: 1,
    max: 63,
    pattern: /^[a-z][a-z0-9-]*$/,
    hint: "must be a source such as edgar or my-signals: small letters, digits and hyphens",
    example: "edgar",
  });
const kind = s.enum(ALTERNATIVE_KINDS);
export const seriesId = s.string({ min: 1, max: 120, example: "GDP" });
const circuit = s.enum(["closed", "halfOpen", "open"]);

const sentiment = s.named(
  "Sentiment",
  s.object({
    score: s.describe(s.number({ min: -1, max: 1 }), "-1 bad to 1 good"),
    label: s.enum(LABELS),
    method: s.describe(
      s.string(),
      "`lexicon`, `logistic`, or how whoever sent the document came to it",
    ),
    confidence: s.optional(s.number({ min: 0, max: 1 })),
  }),
);

const document = s.named(
  "AlternativeDocument",
  s.object({
    id: s.string(),
    externalId: s.describe(s.string(), "the source's own; tells its documents apart"),
    source: s.string(),
    kind,
    symbol: s.array(s.string()),
    publishedAt: s.isoTime(),
    knownAt: s.describe(s.isoTime(), "since when a decision here may rest on this version"),
    storedAt: s.describe(s.isoTime(), "when this version was stored here"),
    revision: s.describe(s.integer(), "counts from 0"),
    title: s.optional(s.string()),
    body: s.optional(s.string()),
    url: s.optional(s.string()),
    language: s.optional(s.string()),
    seriesId: s.optional(s.string()),
    period: s.optional(s.describe(s.string(), "what an observation is about, as a date")),
    value: s.optional(s.decimalText()),
    sentiment: s.optional(sentiment),
  }),
);
export type AlternativeDocumentView = Infer<typeof document>;

const documentPage = s.named(
  "AlternativeDocumentPage",
  s.object({
    source: s.string(),
    data: s.array(document),
    nextCursor: s.nullable(s.string()),
  }),
);
export type AlternativeDocumentPage = Infer<typeof documentPage>;

const sentimentMethod = s.optional(
  s.describe(
    s.enum(SENTIMENT_METHODS),
    "by which texts are judged; when absent, what came with a document, else `logistic`",
  ),
);

export const listAlternativeData = route({
  method: "GET",
  path: "/api/alternative-data/{source}",
  action: "alternative-data.list",
  area: "data",
  permission: "alternative-data.read",
  summary: "Documents or observations of a source, newest publication first",
  description:
    "With `asOf` each as it was known then. The order is that of first publication: no revision moves a document. A text " +
    "in another language than English has no sentiment but one that came with it.",
  params: { source: alternativeSource() },
  query: {
    symbol: s.optional(symbol()),
    seriesId: s.optional(seriesId),
    start: s.optional(s.describe(s.time(), "published then or later")),
    end: s.optional(s.describe(s.time(), "published before then")),
    asOf,
    sentimentMethod,
    ...pagingInOrder,
  },
  response: documentPage,
  problems: ["NOT_FOUND"],
});

const sourceView = s.named(
  "AlternativeSource",
  s.object({
    source: s.string(),
    kind,
    method: s.describe(
      s.enum(["collected", "webhook", "posted"]),
      "how it comes here: asked for by a job, pushed with a signature, or posted by your tenant",
    ),
    isConfigured: s.boolean(),
    variables: s.describe(s.array(s.string()), "of the environment, which configure it"),
    needs: s.describe(s.array(s.string()), "of a collection: one of these"),
    heeds: s.describe(s.array(s.string()), "of a collection: what it takes into account"),
    documents: s.describe(s.integer(), "that are stored"),
    lastUpdateAt: s.nullable(s.isoTime()),
    circuit: s.nullable(circuit),
  }),
);
const sourcePage = pageOf("AlternativeSourcePage", sourceView);
export type AlternativeSourceView = Infer<typeof sourceView>;
export type AlternativeSourcePage = Infer<typeof sourcePage>;

export const listAlternativeSources = route({
  method: "GET",
  path: "/api/alternative-data",
  action: "alternative-data.sources",
  area: "data",
  permission: "alternative-data.read",
  summary: "Sources of alternative data: news, filings, macro series, social, series of your own",
  response: sourcePage,
});

/** What a posted document may have. */
export const DOCUMENT_FIELDS = {
  externalId: s.optional(s.string({ min: 1, max: 300 })),
  kind: s.optional(kind),
  publishedAt: s.time(),
  knownAt: s.optional(s.time()),
  symbol: s.optional(s.array(s.string())),
  title: s.optional(s.string({ max: 1_000 })),
  body: s.optional(s.string({ max: 20_000 })),
  url: s.optional(s.string({ max: 2_000 })),
  language: s.optional(s.string({ max: 35 })),
  seriesId: s.optional(seriesId),
  period: s.optional(s.string({ max: 10 })),
  value: s.optional(s.decimal()),
  sentiment: s.optional(
    s.object({
      score: s.number({ min: -1, max: 1 }),
      label: s.optional(s.enum(LABELS)),
      method: s.optional(s.string()),
      confidence: s.optional(s.number({ min: 0, max: 1 })),
    }),
  ),
};

/** Each row is judged by itself, so the schema of the request takes any; only imprecise numbers refuse the whole. */
const row: Schema<Json> = {
  ...s.json("a document, or an observation of a series"),
  fields: DOCUMENT_FIELDS,
  doc: (definitions) =>
    s.named("NewAlternativeDocument", s.object(DOCUMENT_FIELDS)).doc(definitions),
};

const upload = s.named(
  "AlternativeUpload",
  s.object({
    accepted: s.describe(s.integer(), "versions that were stored, new or as a revision"),
    revised: s.describe(s.integer(), "of these, later versions of what was stored"),
    duplicates: s.describe(s.integer(), "rows that said nothing new"),
    rejectedCount: s.integer(),
    rejected: s.describe(
      s.array(
        s.object({
          row: s.describe(s.integer(), "from 1; the header of a CSV is not counted"),
          reason: s.enum(ALTERNATIVE_REFUSALS),
          detail: s.string(),
        }),
      ),
      "the first 1,000 of them",
    ),
  }),
);
export type AlternativeUploadView = Infer<typeof upload>;

const ROWS_MAX = 10_000;

export const ingestAlternativeData = route({
  method: "POST",
  path: "/api/alternative-data/{source}",
  action: "alternative-data.ingest",
  area: "data",
  permission: "alternative-data.ingest",
  summary: "Store documents or a series of your own; a bad row is refused by itself",
  description:
    "What is posted is for your tenant alone, under any source that is not collected or pushed. A row with the `externalId` of " +
    "a stored one is its next revision, or a duplicate; without one, an observation is known by `seriesId` and its `period` or " +
    "date, a text by its `url`. `knownAt` is now unless it says otherwise. As `text/csv` rows have `date`, `value` and perhaps " +
    "`knownAt`, and `seriesId` is in the query.",
  params: { source: alternativeSource() },
  body: {
    kind: s.optional(kind),
    seriesId: s.optional(s.describe(seriesId, "of rows that name none")),
    symbol: s.optional(s.describe(s.array(symbol(), { max: 100 }), "of rows that name none")),
    data: s.optional(s.array(row, { max: ROWS_MAX })),
  },
  csv: ["kind", "seriesId", "symbol"],
  response: upload,
  isIdempotent: true,
  problems: ["CONFLICT", "IDEMPOTENCY_KEY_REUSED"],
});

export const pushAlternativeData = route({
  method: "POST",
  path: "/api/alternative-data/{source}/webhook",
  action: "alternative-data.push",
  area: "data",
  permission: null,
  isSigned: true,
  summary: "Take documents from a source that pushes them",
  description:
    "The header `X-Signature: t=<epoch seconds>,v1=<hex>` has the HMAC-SHA256 of `<t>.<body as sent>` under the secret that " +
    "`ALTERNATIVE_WEBHOOKS` has for the source. `t` is within five minutes of now. What is pushed is for everybody.",
  params: { source: alternativeSource() },
  body: { data: s.array(row, { max: ROWS_MAX }) },
  response: upload,
  problems: ["UNAUTHENTICATED"],
});

export const collectAlternativeData = route({
  method: "POST",
  path: "/api/alternative-data/{source}/collect",
  action: "alternative-data.collect",
  area: "data",
  permission: "alternative-data.collect",
  summary: "Ask a source for what it has, as a job of kind `alternative-data.collect`",
  description:
    "`needs` and `heeds` of the source say what it takes. Of a source whose documents say since when they were to be had, that " +
    "is `knownAt`; of others it is when they are stored, unless `knownAt` is `published`, for backtests.",
  params: { source: alternativeSource() },
  body: {
    symbols: s.optional(s.array(symbol(), { min: 1, max: 100 })),
    series: s.optional(s.array(seriesId, { min: 1, max: 100 })),
    query: s.optional(s.string({ min: 1, max: 400 })),
    start: s.optional(s.describe(s.time(), "a week before the end when absent")),
    end: s.optional(s.describe(s.time(), "when it runs when absent")),
    knownAt: s.defaulted(s.enum(["now", "published"]), "now"),
  },
  check: ({ start, end }) =>
    typeof start === "number" && typeof end === "number" && end <= start
      ? [{ path: "end", code: "OUT_OF_RANGE", message: "must be after start" }]
      : [],
  response: jobAccepted,
  status: 202,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"],
});

const joinedRow = s.object({
  timestamp: s.describe(s.isoTime(), "the opening of the bar"),
  closedAt: s.describe(s.isoTime(), "what was known by then is joined"),
  close: s.decimalText(),
  document: s.describe(s.nullable(document), "the newest that was known, as it was known"),
  sentiment: s.describe(
    s.object({ score: s.nullable(s.number()), sampleSize: s.integer() }),
    "the mean over what was published in the window and known",
  ),
});
const joined = s.named(
  "JoinedAlternativeData",
  s.object({
    source: s.string(),
    symbol: s.string(),
    timeframe,
    method: s.describe(
      s.enum([...SENTIMENT_METHODS, "given-or-logistic"]),
      "of sentiment; `given` is what came with a document",
    ),
    windowHours: s.number(),
    data: s.array(joinedRow),
    nextCursor: s.nullable(s.string()),
  }),
);
export type JoinedView = Infer<typeof joined>;

export const joinAlternativeData = route({
  method: "GET",
  path: "/api/alternative-data/{source}/joined",
  action: "alternative-data.joined",
  area: "data",
  permission: "alternative-data.read",
  summary: "Alternative data beside the bars of a symbol, as it was known at each close",
  description:
    "With `seriesId` the newest observation of that series, by its period; else the newest document about the symbol. Nothing is " +
    "seen before its `knownAt`. A day's bar closes with its session, not at midnight.",
  params: { source: alternativeSource() },
  query: {
    symbol: symbol(),
    timeframe: s.defaulted(timeframe, "1d"),
    seriesId: s.optional(seriesId),
    start: s.optional(s.describe(s.time(), "bars that opened then or later")),
    end: s.optional(s.describe(s.time(), "bars that opened before then")),
    lookbackDays: s.defaulted(
      s.describe(s.integer({ min: 1, max: 4_000 }), "documents published up to so long before"),
      400,
    ),
    windowHours: s.defaulted(
      s.describe(s.integer({ min: 1, max: 8_760 }), "of the mean sentiment"),
      24,
    ),
    sentimentMethod,
    ...pagingInOrder,
  },
  response: joined,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA", "RANGE_TOO_LARGE"],
});

const aliases = s.named(
  "SymbolAliases",
  s.object({
    symbol: s.string(),
    name: s.describe(s.string(), "of the instrument, by which texts are tied to it as well"),
    aliases: s.array(s.string()),
  }),
);
export type AliasesView = Infer<typeof aliases>;

export const getAliases = route({
  method: "GET",
  path: "/api/symbols/{symbol}/aliases",
  action: "alternative-data.aliases",
  area: "data",
  permission: "symbols.read",
  summary: "Other names of an instrument, by which texts are tied to it",
  params: { symbol: symbol() },
  response: aliases,
  problems: ["NOT_FOUND"],
});

export const putAliases = route({
  method: "PUT",
  path: "/api/symbols/{symbol}/aliases",
  action: "alternative-data.putAliases",
  area: "data",
  permission: "symbols.update",
  summary: "Say by which other names texts are tied to an instrument",
  description: "Replaces all of them. Documents that are stored keep their symbols.",
  params: { symbol: symbol() },
  body: { aliases: s.array(s.string({ min: 2, max: 100 }), { max: 50 }) },
  response: aliases,
  problems: ["NOT_FOUND"],
});
