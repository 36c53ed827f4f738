import type { Ask, SourceFault } from "../sources/source.ts";
import type { VendorHttp } from "../sources/vendor-http.ts";
import { at, listAt, textAt } from "./records.ts";
import type { AlternativeQuery, AlternativeSource, RawDocument } from "./source.ts";

const PAGE = 100_000;
const DAY_MS = 86_400_000;
/** A vintage has a date and no time: it was known at the latest when that day had ended in St. Louis, 06:00 UTC in winter. */
const KNOWN_AFTER_MS = DAY_MS + 6 * 3_600_000;
/** What FRED says of values of which it does not know since when they were published. */
const UNKNOWN_VINTAGE = "1776-07-04";
const FIRST_VINTAGE = UNKNOWN_VINTAGE;
const LAST_VINTAGE = "9999-12-31";

/**
 * Series of https://fred.stlouisfed.org/docs/api/fred/series_observations.html with all their vintages: each value with the day on
 * which it was published, and on which it replaced another. Series of the query are FRED's ids, such as GDP.
 */
export function fredSource(http: VendorHttp): AlternativeSource {
  return {
    circuit: () => http.circuit,
    async *collect(query, ask) {
      for (const seriesId of query.series)
        yield* news(vintages(http, query, seriesId, [FIRST_VINTAGE, LAST_VINTAGE], ask));
    },
  };
}

/** A span begins with what held already, under its own first day: only another value is a vintage. */
async function* news(
  pages: AsyncIterable<readonly RawDocument[]>,
): AsyncGenerator<readonly RawDocument[]> {
  const values = new Map<unknown, unknown>();
  for await (const rows of pages)
    yield rows.filter(({ period, value }) => {
      const isNew = values.get(period) !== value;
      values.set(period, value);
      return isNew;
    });
}

type Span = readonly [first: string, last: string];

/** In one request 2,000 vintages at most: a span that has more is asked for in halves. */
async function* vintages(
  http: VendorHttp,
  query: AlternativeQuery,
  seriesId: string,
  span: Span,
  ask: Ask,
): AsyncGenerator<readonly RawDocument[]> {
  for (let offset = 0; ; offset += PAGE) {
    const answer = await page(http, query, seriesId, span, offset, ask);
    if (answer === "too many vintages") {
      for (const half of halvesOf(span, ask.now()))
        yield* vintages(http, query, seriesId, half, ask);
      return;
    }
    yield answer.flatMap((row) => toDocument(row, seriesId, ask.now()));
    if (answer.length < PAGE) return;
  }
}

async function page(
  http: VendorHttp,
  { startMs, endMs }: AlternativeQuery,
  seriesId: string,
  [first, last]: Span,
  offset: number,
  ask: Ask,
): Promise<readonly unknown[] | "too many vintages"> {
  const wish = {
    series_id: seriesId,
    realtime_start: first,
    realtime_end: last,
    observation_start: dateOf(startMs),
    observation_end: dateOf(endMs - 1),
    sort_order: "asc",
    file_type: "json",
    limit: PAGE,
    offset,
  };
  const [firstMs, lastMs] = boundsOf([first, last], ask.now());
  const answer = await http.json("/fred/series/observations", wish, ask).catch((error: unknown) => {
    const words = error instanceof Error ? error.message : "";
    if (firstMs < lastMs && /vintage dates/i.test(words)) return "too many vintages" as const;
    throw error;
  });
  if (answer === "too many vintages") return answer;
  if (at(answer, "error_code") !== undefined)
    throw http.refused("SOURCE_UNSUPPORTED", textAt(answer, "error_message"));
  const observations = listAt(answer, "observations");
  if (observations === null) throw http.malformed("observations", answer);
  return observations;
}

/** Where vintages may be: none is older than this, and none is newer than today, wherever today has begun. */
function boundsOf([first, last]: Span, nowMs: number): readonly [firstMs: number, lastMs: number] {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return [
    Math.max(Date.parse(first), Date.UTC(1900, 0, 1)),
    Math.min(Date.parse(last), today + DAY_MS),
  ];
}

function halvesOf(span: Span, nowMs: number): readonly Span[] {
  const [first, last] = span;
  const [firstMs, lastMs] = boundsOf(span, nowMs);
  const middleMs = firstMs + Math.floor((lastMs - firstMs) / 2 / DAY_MS) * DAY_MS;
  return [
    [first, dateOf(middleMs)],
    [dateOf(middleMs + DAY_MS), last],
  ];
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function toDocument(row: unknown, seriesId: string, nowMs: number): readonly RawDocument[] {
  const value = textAt(row, "value");
  const period = textAt(row, "date");
  const vintage = textAt(row, "realtime_start");
  // A point stands for a value that is missing.
  if (value === ".") return [];
  const base = { externalId: `${seriesId}:${period}`, kind: "macro", seriesId, period, value };
  const publishedMs = Date.parse(vintage ?? "");
  const isKnown = vintage !== UNKNOWN_VINTAGE && period !== null && String(vintage) >= period;
  // When it was published is not said: then all that is known is that it is there now.
  if (!isKnown || Number.isNaN(publishedMs))
    return [{ ...base, publishedAt: vintage === UNKNOWN_VINTAGE ? period : vintage }];
  const knownAt = Math.max(publishedMs, Math.min(publishedMs + KNOWN_AFTER_MS, nowMs));
  return [{ ...base, publishedAt: publishedMs, knownAt }];
}

/** Every refusal is a 400 or a 429 with words. */
export function explainFred(status: number, text: string): SourceFault | null {
  if (status !== 400) return null;
  if (/api_key/i.test(text)) return "SOURCE_UNAUTHORISED";
  return /does not exist/i.test(text) ? "SOURCE_SYMBOL_UNKNOWN" : "SOURCE_UNSUPPORTED";
}
