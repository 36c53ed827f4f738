import type { Bar, Timeframe } from "../../../../domain/market/bar.ts";
import { selectColumns } from "../../../../models/timescale/bar-columns.ts";
import { selectColumnsAsOf } from "../../../../models/timescale/bars-as-of.ts";
import { type BarQuery, selectBars } from "../../../../models/timescale/bar-reader.ts";
import { writeBars } from "../../../../models/timescale/bar-writer.ts";
import { dropBefore } from "../../../../models/timescale/partitions.ts";
import { refreshRollup } from "../../../../models/timescale/rollup.ts";
import { chooseSource, seriesOf } from "../../../../models/timescale/series.ts";
import { bodyOf, type Session } from "../../../../models/timescale/session.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const T0 = Date.UTC(2020, 5, 1);

/** From a Thursday to the Tuesday after: across a week's end and a month's. */
export const MINUTES = series("MIN", "1m", Date.UTC(2020, 0, 30), 5 * 1440, MINUTE_MS);
/** Across New Year, a leap day and the start of summer time in New York. */
export const DAYS = series("DAY", "1d", Date.UTC(2019, 10, 28), 120, DAY_MS);

export const AGGREGATES = ["5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo"] as const;

/** Everything that a body of md.bar is asked in the contract, as plain JSON. */
export type Answers = Awaited<ReturnType<typeof answer>>;

/**
 * Runs the whole contract on a fresh database. `settle` does what time would do between ingest and later revisions:
 * nothing on native partitions, compression on hypertables.
 */
export async function answer(session: Session, settle: () => Promise<number>) {
  const few = DAYS.slice(0, 10);
  const ingest = {
    many: await writeBars(session, MINUTES, T0),
    manyAgain: await writeBars(session, MINUTES.toReversed(), T0 + 1),
    few: await writeBars(session, few, T0),
    rest: await writeBars(session, DAYS, T0),
    rescaled: await writeBars(
      session,
      few.map((one) => Object.assign({}, one, { open: `${one.open}000` })),
      T0 + 2,
    ),
    twiceInOneBatch: await writeBars(
      session,
      [bar("TWICE", "1"), bar("TWICE", "1"), bar("TWICE", "2"), bar("OTHER", "1")],
      T0,
    ),
    nothing: await writeBars(session, [], T0),
  };
  const read = await readAll(session);
  const rollups = {
    days: await rollUp(session),
    again: await rollUp(session),
    read: await readAll(session),
  };
  const settledChunks = await settle();
  const afterSettling = await readAll(session);
  const ingestAfterSettling = await writeBars(session, [...MINUTES, ...DAYS], T0 + 3);
  const revise = {
    changed: await writeBars(session, revised(DAYS.slice(5, 8)), T0 + 10),
    changedAgain: await writeBars(session, DAYS.slice(5, 6), T0 + 20),
    olderVersion: await writeBars(session, revised(DAYS.slice(5, 6)), T0 + 10),
    manyChanged: await writeBars(session, revised(MINUTES.slice(0, 1500)), T0 + 10),
    revisions: await revisionsOf(session, "DAY"),
    now: await selectBars(session, { ...DAY_QUERY, startMs: startOf(5), endMs: startOf(8) }),
    kept: (await revisionsOf(session, "MIN")).length,
  };
  const asOf = {
    first: await opensAsOf(session, T0 + 9),
    revised: await opensAsOf(session, T0 + 19),
    now: await opensAsOf(session, T0 + 20),
    before: await opensAsOf(session, T0 - 1),
  };
  const revisedAggregates = await aggregates(session);
  const rolledUpAgain = {
    days: await rollUp(session),
    aggregated: await aggregates(session),
    hours: await columns(session, "1h"),
  };
  const handWritten = await handWrittenSql(session);
  await dropBefore(session, Date.UTC(2020, 1, 1));
  const retained = { due: await aggregates(session), days: await rollUp(session) };
  const retention = {
    retained,
    aggregated: await aggregates(session),
    minutes: await seriesOf(session, "MIN"),
    days: await seriesOf(session, "DAY"),
    gone: await seriesOf(session, "TWICE"),
    firstDay: await selectBars(session, { ...DAY_QUERY, limit: 1 }),
    firstMinute: await selectBars(session, { ...MINUTE_QUERY, limit: 1 }),
    revisions: (await revisionsOf(session, "MIN")).length,
    stored: await session.query("SELECT count(*)::int AS n FROM md.bar"),
    again: await writeBars(session, DAYS.slice(0, 3), T0 + 30),
  };
  const body = await bodyOf(session);
  return {
    ingest,
    read,
    rollups,
    revisedAggregates,
    rolledUpAgain,
    afterSettling,
    ingestAfterSettling,
    revise,
    asOf,
    handWritten,
    retention,
    body,
    settledChunks,
  };
}

/** What was believed of some days, and of the weeks and months that they make, at an instant. */
async function opensAsOf(session: Session, knownAtMs: number) {
  const opens = async (timeframe: Timeframe) => {
    const query = { symbol: "DAY", timeframe, endMs: startOf(12) };
    return [...(await selectColumnsAsOf(session, query, knownAtMs)).open];
  };
  return { days: await opens("1d"), weeks: await opens("1w"), months: await opens("1mo") };
}

const DAY_QUERY = { symbol: "DAY", timeframe: "1d", limit: 1_000, order: "asc" } as const;
const MINUTE_QUERY = { symbol: "MIN", timeframe: "1m", limit: 10_000, order: "asc" } as const;

function startOf(index: number): number {
  return DAYS[index]?.startMs ?? 0;
}

async function aggregates(session: Session): Promise<Record<string, unknown>> {
  const aggregated: Record<string, unknown> = {};
  for (const timeframe of AGGREGATES) {
    aggregated[timeframe] = await selectBars(session, { ...MINUTE_QUERY, timeframe });
  }
  return aggregated;
}

/** Rolls up all days of MIN but its newest, and answers how many were due. */
async function rollUp(session: Session): Promise<number> {
  const source = chooseSource(await seriesOf(session, "MIN"), "1d", {});
  return source ? refreshRollup(session, source) : 0;
}

async function readAll(session: Session) {
  const aggregated = await aggregates(session);
  return {
    minutes: await selectBars(session, MINUTE_QUERY),
    days: await selectBars(session, DAY_QUERY),
    backwards: await selectBars(session, { ...DAY_QUERY, order: "desc", limit: 7 }),
    inRange: await selectBars(session, {
      ...DAY_QUERY,
      startMs: Date.UTC(2020, 1, 28),
      endMs: Date.UTC(2020, 2, 2),
    }),
    aggregated,
    weeksOfDays: await selectBars(session, { ...DAY_QUERY, timeframe: "1w" }),
    monthsOfDays: await selectBars(session, { ...DAY_QUERY, timeframe: "1mo" }),
    pagesAscending: await pages(session, { ...MINUTE_QUERY, timeframe: "1h", limit: 7 }),
    pagesDescending: await pages(session, { ...DAY_QUERY, limit: 9, order: "desc" }),
    columns: await columns(session, "1m"),
    hourColumns: await columns(session, "1h"),
    noColumns: await columns(session, "1m", "NOTHING"),
    series: [...(await seriesOf(session, "MIN")), ...(await seriesOf(session, "DAY"))],
  };
}

async function pages(session: Session, query: BarQuery): Promise<readonly (readonly Bar[])[]> {
  const result: (readonly Bar[])[] = [];
  let range = {};
  for (;;) {
    const page = await selectBars(session, { ...query, ...range });
    const last = page.at(-1);
    if (!last) return result;
    result.push(page);
    range = query.order === "asc" ? { startMs: last.startMs + 1 } : { endMs: last.startMs };
  }
}

async function columns(session: Session, timeframe: Timeframe, symbol = "MIN") {
  const read = await selectColumns(session, { symbol, timeframe });
  return {
    startMs: [...read.startMs],
    open: [...read.open],
    high: [...read.high],
    low: [...read.low],
    close: [...read.close],
    volume: [...read.volume],
  };
}

function revisionsOf(session: Session, symbol: string) {
  return session.query<object>(
    `SELECT timeframe, extract(epoch FROM ts)::float8 AS ts, trim_scale(open)::text AS open, revision,
       (extract(epoch FROM known_at) * 1000)::float8 AS "knownAtMs"
     FROM md.bar_revision WHERE symbol_id = (SELECT symbol_id FROM md.symbol WHERE symbol = $1)
     ORDER BY timeframe, ts, revision`,
    [symbol],
  );
}

/** What an operator would write; the names and their argument order are TimescaleDB's. */
async function handWrittenSql(session: Session) {
  const answers: Record<string, unknown> = {};
  for (const width of ["5 minutes", "1 hour", "1 day", "7 days", "1 month", "3 months", "1 year"]) {
    answers[width] = await session.query(
      `SELECT symbol_id AS id, extract(epoch FROM md.time_bucket(interval '${width}', ts))::float8 AS at,
         md.first(open, ts)::text AS first, md.last(close, ts)::text AS last,
         trim_scale(max(high))::text AS high
       FROM md.bar GROUP BY 1, 2 ORDER BY 1, 2`,
    );
  }
  return answers;
}

function bar(symbol: string, open: string): Bar {
  return {
    symbol,
    timeframe: "1d",
    startMs: Date.UTC(2020, 0, 1),
    open,
    high: "9",
    low: "1",
    close: "5",
    volume: "0",
    source: "test",
  };
}

function revised(bars: readonly Bar[]): readonly Bar[] {
  return bars.map((one) => Object.assign({}, one, { open: `${one.open}1`, source: "revision" }));
}

/** A walk by a linear congruential generator (Numerical Recipes' constants): the same in every process. */
function series(
  symbol: string,
  timeframe: Timeframe,
  firstMs: number,
  length: number,
  stepMs: number,
): readonly Bar[] {
  let seed = length;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  let cents = 10_000;
  return Array.from({ length }, (_, i) => {
    const open = cents;
    const close = (cents += next(41) - 20);
    const [high, low] = [Math.max(open, close) + next(9), Math.min(open, close) - next(9)];
    return {
      symbol,
      timeframe,
      startMs: firstMs + i * stepMs,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: String(next(5) === 0 ? 0 : next(1_000)),
      vwap: `${price(low)}${next(10_000)}`,
      tradeCount: next(50),
      source: i % 2000 === 1999 ? "backup" : "primary",
    };
  });
}

/** Hundredths as a decimal, now and then with zeros that are not canonical. */
function price(cents: number): string {
  return (cents / 100).toFixed(cents % 3 === 0 ? 4 : 2);
}
