import { setImmediate } from "node:timers/promises";
import { barCloseMs } from "../../../domain/alternative/bar-close.ts";
import type { DocumentVersion } from "../../../domain/alternative/document.ts";
import { joinVersions } from "../../../domain/alternative/join.ts";
import type { JoinedInstant, ScoredVersion } from "../../../domain/alternative/join.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import { ALWAYS, findCalendar } from "../../../domain/market/calendars/calendars.ts";
import { insufficientData, notFound, RestError } from "../../../mixins/rest/rest-error.ts";
import type { JoinedView } from "../../../mixins/rest/routes/alternative-data.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../mixins/rest/views.ts";
import type { StoredDocument } from "../../../models/alternative-data.ts";
import { readBars } from "../../../models/timescale/bars.ts";
import type { RequestUser } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { tenantOf } from "./list.ts";
import type { Shelf } from "./list.ts";
import { scoreOf } from "./scorer.ts";
import { toDocumentView } from "./views.ts";

type Params = ActionMap["alternative-data.joined"]["params"];

const DOCUMENTS_MAX = 10_000;
const SLICE = 200;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Row extends ScoredVersion {
  readonly document: StoredDocument;
  readonly version: DocumentVersion;
}

interface ClosedBar {
  readonly bar: Bar;
  readonly closedAtMs: number;
}

/** Alternative data beside bars: at each close what was known by then, as it was known. */
export async function joinWithBars(
  node: NodeContext,
  market: Market,
  shelf: Shelf,
  user: RequestUser,
  params: Params,
): Promise<JoinedView> {
  const { windowHours, limit } = params;
  const { bars, isMore } = await closedBars(node, market, params);
  const [first] = bars;
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return withoutBars(params);
  const documents = await documentsFor(shelf, user, params, first, last);
  const atsMs = bars.map(({ closedAtMs }) => closedAtMs);
  const rows = await scoredRows(documents, params);
  const instants = joinVersions(atsMs, rows, windowHours * HOUR_MS);
  return {
    ...headOf(params),
    data: bars.map((bar, index) => toJoined(bar, instants[index], params)),
    nextCursor:
      isMore && bars.length === limit ? encodeCursor({ startMs: last.bar.startMs }) : null,
  };
}

function headOf(params: Params): Omit<JoinedView, "data" | "nextCursor"> {
  const { source, symbol, timeframe, windowHours, sentimentMethod } = params;
  return { source, symbol, timeframe, windowHours, method: sentimentMethod ?? "given-or-logistic" };
}

/** The end of a list may be empty; its beginning says that there is nothing. @throws RestError 422 */
function withoutBars(params: Params): JoinedView {
  if (params.cursor !== undefined) return { ...headOf(params), data: [], nextCursor: null };
  throw insufficientData(`there are no closed bars of ${params.symbol} in this range`);
}

async function closedBars(
  { pool, clock }: NodeContext,
  market: Market,
  { symbol, timeframe, start, end, limit, cursor }: Params,
): Promise<{ readonly bars: readonly ClosedBar[]; readonly isMore: boolean }> {
  const after = decodeCursor(cursor, { startMs: "time" });
  const instrument = await market.instrument(symbol);
  if (instrument === null) throw notFound("symbol", symbol);
  const calendar = findCalendar(instrument.calendar) ?? ALWAYS;
  const startMs = after === null ? start : after.startMs + 1;
  const found = await readBars(pool, {
    symbol,
    timeframe,
    ...(startMs !== undefined && { startMs }),
    ...(end !== undefined && { endMs: end }),
    limit: limit + 1,
    order: "asc",
  });
  const nowMs = clock.now();
  const bars = found
    .slice(0, limit)
    .map((bar) => ({ bar, closedAtMs: barCloseMs(calendar, bar) }))
    // One that is still being made has no close to join to.
    .filter(({ closedAtMs }) => closedAtMs <= nowMs);
  return { bars, isMore: found.length > limit };
}

async function documentsFor(
  shelf: Shelf,
  user: RequestUser,
  { source, symbol, seriesId, lookbackDays }: Params,
  first: ClosedBar,
  last: ClosedBar,
): Promise<readonly StoredDocument[]> {
  const found = await shelf.store.list({
    tenantId: await tenantOf(shelf, source, user),
    source,
    // A series is of the whole economy: it names no symbol.
    ...(seriesId === undefined ? { symbol } : { seriesId }),
    startMs: first.bar.startMs - lookbackDays * DAY_MS,
    endMs: last.closedAtMs + 1,
    asOfMs: last.closedAtMs,
    limit: DOCUMENTS_MAX + 1,
  });
  if (found.length <= DOCUMENTS_MAX) return found;
  const detail = `more than ${DOCUMENTS_MAX} documents: ask for fewer bars, or a shorter lookbackDays`;
  throw new RestError("RANGE_TOO_LARGE", detail);
}

/** A text takes a tenth of a millisecond: between slices of them others have their turn. */
async function scoredRows(
  documents: readonly StoredDocument[],
  params: Params,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [index, document] of documents.entries()) {
    for (const row of rowsOf(document, params)) rows.push(row);
    if (index % SLICE === SLICE - 1) await setImmediate();
  }
  return rows;
}

function rowsOf(document: StoredDocument, { sentimentMethod }: Params): readonly Row[] {
  const { _id: id, versions } = document;
  return versions.map((version) => ({
    id,
    // Of observations the newest is that of the latest period, not the one that was revised last.
    publishedAtMs: version.period === null ? version.publishedAtMs : Date.parse(version.period),
    knownAtMs: version.knownAtMs,
    revision: version.revision,
    score: scoreOf(version, sentimentMethod)?.score ?? null,
    document,
    version,
  }));
}

function toJoined(
  { bar, closedAtMs }: ClosedBar,
  instant: JoinedInstant<Row> | undefined,
  { sentimentMethod }: Params,
): JoinedView["data"][number] {
  const row = instant?.version ?? null;
  return {
    timestamp: isoTime(bar.startMs),
    closedAt: isoTime(closedAtMs),
    close: bar.close,
    document: row === null ? null : toDocumentView(row.document, row.version, sentimentMethod),
    sentiment: instant?.sentiment ?? { score: null, sampleSize: 0 },
  };
}
