import { barEndMs, barStartMs } from "../../domain/market/timeframe.ts";
import { bodyOf, type Db, type Session, withSession } from "./session.ts";

/** A partition locks four relations while it is made: a few years at a time stay far below the server's lock table. */
const MONTHS_PER_TRANSACTION = 24;

/** Outside these years bars live in the default partition, so that one absurd date cannot make partitions without end. */
const FIRST_MS = Date.UTC(1970, 0);
const LAST_MS = Date.UTC(2100, 0);

/** Another session holds the locks, or is after the same ones. */
const GIVE_WAY = new Set(["55P03", "40P01"]);

/**
 * Makes the monthly partitions (UTC) that bars opening at these instants need, and the month after the latest, so that a
 * live feed never waits for one. Where md.bar is a hypertable there is nothing to do. When the locks cannot be had within
 * seconds it gives up: the default partition takes the rows, and a later call moves them.
 */
export function ensurePartitions(session: Session, startsMs: Iterable<number>): Promise<void> {
  return ensure(session, "bar", startsMs);
}

/** The same for md.trade. */
export function ensureTradePartitions(
  session: Session,
  instantsMs: Iterable<number>,
): Promise<void> {
  return ensure(session, "trade", instantsMs);
}

type Partitioned = "bar" | "trade";

async function ensure(
  session: Session,
  table: Partitioned,
  startsMs: Iterable<number>,
): Promise<void> {
  const { isHypertable } = await bodyOf(session);
  if (isHypertable) return;
  const known = monthsKnown(session, table);
  const missing = monthsOf(startsMs).filter((month) => !known.has(month));
  for (let at = 0; at < missing.length; at += MONTHS_PER_TRANSACTION) {
    await makePartitions(session, table, missing.slice(at, at + MONTHS_PER_TRANSACTION));
  }
}

function monthsKnown({ known }: Session, table: Partitioned): Set<number> {
  return table === "bar" ? known.months : known.tradeMonths;
}

async function makePartitions(
  session: Session,
  table: Partitioned,
  months: readonly number[],
): Promise<void> {
  try {
    await session.query(
      `SELECT md.ensure_${table}_partitions(array(
         SELECT to_timestamp(ms / 1000) FROM unnest($1::float8[]) AS ms))`,
      [months],
    );
    const known = monthsKnown(session, table);
    for (const month of months) known.add(month);
  } catch (error) {
    if (!GIVE_WAY.has(codeOf(error))) throw error;
  }
}

/** Ascending first instants of the months, and of the one that follows. */
function monthsOf(startsMs: Iterable<number>): number[] {
  const months = new Set<number>();
  let [from, until] = [0, 0];
  for (const startMs of startsMs) {
    if (startMs >= from && startMs < until) continue;
    from = barStartMs("1mo", startMs);
    until = barEndMs("1mo", from);
    if (from >= FIRST_MS && from < LAST_MS) months.add(from);
  }
  if (months.size > 0) months.add(barEndMs("1mo", Math.max(...months)));
  return [...months].toSorted((a, b) => a - b);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Retention: deletes the bars that open before `cutoffMs`, with their revisions; whole months cost no scan. */
export function dropBarsBefore(db: Db, cutoffMs: number): Promise<void> {
  return withSession(db, (session) => dropBefore(session, cutoffMs));
}

export async function dropBefore(session: Session, cutoffMs: number): Promise<void> {
  // Before and after: a concurrent call may have remembered a month while it was being dropped.
  session.known.months.clear();
  await session.query("SELECT md.drop_bars_before(to_timestamp($1::float8 / 1000))", [cutoffMs]);
  session.known.months.clear();
}

/** Deletes the trades before `cutoffMs`, whole months without a scan, and answers how many. */
export function dropTradesBefore(db: Db, cutoffMs: number): Promise<number> {
  return withSession(db, async (session) => {
    session.known.tradeMonths.clear();
    const [row] = await session.query<{ n: number }>(
      "SELECT md.drop_trades_before(to_timestamp($1::float8 / 1000))::float8 AS n",
      [cutoffMs],
    );
    session.known.tradeMonths.clear();
    return row?.n ?? 0;
  });
}
