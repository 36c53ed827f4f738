import type { KnownVersion } from "../../domain/market/known-bars.ts";
import { barEndMs, barStartMs } from "../../domain/market/timeframe.ts";
import type { ColumnsQuery } from "./bar-columns.ts";
import { chooseSource, seriesOf, type Source } from "./series.ts";
import { type Db, type Session, withSession } from "./session.ts";

interface VersionsQuery extends ColumnsQuery {
  /** what became known later is left out, epoch ms; absent: all that is known */
  readonly knownAtMs?: number | undefined;
  /** versions at most; one more tells that there are more */
  readonly limit: number;
}

/**
 * Every version of the stored bars that make up those bars of a question of which any was revised; of bars that never were, there is
 * none. The same rows answer as those that `readBarColumns` and `readBarColumnsAsOf` choose.
 */
export function readBarVersions(db: Db, query: VersionsQuery): Promise<readonly KnownVersion[]> {
  return withSession(db, async (session) => {
    let stored = await seriesOf(session, query.symbol);
    for (;;) {
      const source = chooseSource(stored, query.timeframe, query);
      if (source === null) return [];
      const revised = await revisedBars(session, source);
      if (revised.length > 0) return versionsOf(session, source, revised, query);
      if (query.knownAtMs === undefined || (await isKnown(session, source, query.knownAtMs)))
        return [];
      stored = stored.filter((series) => series !== source.series);
    }
  });
}

const OF_SERIES = `symbol_id = $1::int AND timeframe = $2
  AND ts >= to_timestamp($3::float8 / 1000) AND ts < to_timestamp($4::float8 / 1000)`;

function seriesValues({ series, fromMs, untilMs }: Source): readonly unknown[] {
  return [series.symbolId, series.timeframe, fromMs, untilMs];
}

/** Opening times, epoch ms, ascending. */
async function revisedBars(session: Session, source: Source): Promise<readonly number[]> {
  const rows = await session.query<{ readonly startMs: number }>(
    `SELECT DISTINCT (extract(epoch FROM ts) * 1000)::float8 AS "startMs" FROM md.bar_revision
     WHERE ${OF_SERIES} ORDER BY 1`,
    seriesValues(source),
  );
  return rows.map(({ startMs }) => startMs);
}

async function isKnown(session: Session, source: Source, knownAtMs: number): Promise<boolean> {
  const rows = await session.query(
    `SELECT FROM md.bar WHERE ${OF_SERIES} AND known_at <= to_timestamp($5::float8 / 1000) LIMIT 1`,
    [...seriesValues(source), knownAtMs],
  );
  return rows.length > 0;
}

const inPiece = (table: string) =>
  `SELECT ts, open, high, low, close, volume, revision, known_at FROM ${table}
   WHERE symbol_id = $1::int AND timeframe = $2 AND ts >= to_timestamp(piece.from_ms / 1000)
     AND ts < to_timestamp(piece.until_ms / 1000)
     AND ($5::float8 IS NULL OR known_at <= to_timestamp($5::float8 / 1000))`;

function versionsOf(
  session: Session,
  source: Source,
  revised: readonly number[],
  { knownAtMs, limit }: VersionsQuery,
): Promise<readonly KnownVersion[]> {
  const pieces = piecesOf(source, revised);
  return session.query<KnownVersion>(
    `SELECT (extract(epoch FROM v.ts) * 1000)::float8 AS "startMs", v.open::float8, v.high::float8, v.low::float8,
       v.close::float8, v.volume::float8, v.revision, (extract(epoch FROM v.known_at) * 1000)::float8 AS "knownAtMs"
     FROM unnest($3::float8[], $4::float8[]) AS piece (from_ms, until_ms)
     CROSS JOIN LATERAL (${inPiece("md.bar")} UNION ALL ${inPiece("md.bar_revision")}) AS v
     ORDER BY v.ts, v.revision LIMIT $6::int`,
    [
      source.series.symbolId,
      source.series.timeframe,
      pieces.map(({ fromMs }) => fromMs),
      pieces.map(({ untilMs }) => untilMs),
      knownAtMs ?? null,
      limit,
    ],
  );
}

interface Piece {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** So many bars apart, revised ones are read in one piece: a bulk revision is one range, weekends and all. */
const BARS_APART = 8;

/** The bars of the asked timeframe that hold revised ones, neighbours together, and none of them twice. */
function piecesOf({ timeframe }: Source, revised: readonly number[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const startMs of revised) {
    const fromMs = barStartMs(timeframe, startMs);
    const untilMs = barEndMs(timeframe, fromMs);
    const last = pieces.at(-1);
    const isNear = last !== undefined && fromMs <= last.untilMs + BARS_APART * (untilMs - fromMs);
    if (isNear) pieces[pieces.length - 1] = { fromMs: last.fromMs, untilMs };
    else pieces.push({ fromMs, untilMs });
  }
  return pieces;
}
