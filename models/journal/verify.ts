import { hash } from "node:crypto";
import type { Pool } from "pg";
import { chainText } from "../../domain/shared/chain.ts";
import type { ActorRef } from "../../domain/shared/decider.ts";
import type { DecimalString } from "../../domain/shared/decimal.ts";
import { refOf, streamId } from "./stream-id.ts";

/** The first place at which a stream is not what was written. */
interface ChainBreak {
  readonly ref: ActorRef;
  readonly version: number;
  readonly problem: string;
}

interface LedgerSum {
  readonly currency: string;
  readonly debit: DecimalString;
  readonly credit: DecimalString;
}

interface VerifyReport {
  readonly streams: number;
  readonly events: number;
  /** one for each broken stream, in the order of their names */
  readonly breaks: readonly ChainBreak[];
  /** transactions whose two sides differ in a currency, the first hundred */
  readonly imbalances: readonly (LedgerSum & { readonly transactionId: string })[];
  /** over all transactions, by currency */
  readonly totals: readonly LedgerSum[];
}

interface LinkRow {
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly data: string;
  readonly at: number;
  readonly cmd_id: string;
  readonly hash: string;
  /** of the stream's row, in the same snapshot */
  readonly head_version: number | null;
  readonly head_hash: string | null;
}

const PAGE = 2_000;

/**
 * Recomputes the hash chain of one stream, from its first event to what the stream's own row says is its last.
 * @returns the first event that was changed, added or removed; null when all is as it was written
 */
export async function verifyStream(pool: Pool, ref: ActorRef): Promise<ChainBreak | null> {
  const id = streamId(ref);
  const { breaks } = await checkChains(pool, id);
  return breaks[0] ?? (await missing(pool, id))[0] ?? null;
}

/** Recomputes every chain and adds up the ledger. Reads page by page: no transaction stays open for long. */
export async function verifyAll(pool: Pool): Promise<VerifyReport> {
  const chains = await checkChains(pool, null);
  const breaks = [...chains.breaks, ...(await missing(pool, null))];
  breaks.sort((a, b) => (streamId(a.ref) < streamId(b.ref) ? -1 : 1));
  return { ...chains, breaks, ...(await checkLedger(pool)) };
}

async function checkChains(pool: Pool, only: string | null) {
  let streams = 0;
  let events = 0;
  const breaks: ChainBreak[] = [];
  let before: LinkRow | null = null;
  let isBroken = false;
  const note = (found: ChainBreak | null) => {
    if (found && !isBroken) breaks.push(found);
    isBroken ||= found !== null;
  };
  for await (const row of links(pool, only)) {
    if (before?.stream_id !== row.stream_id) {
      note(before && brokenEnd(before));
      isBroken = false;
      before = null;
      streams += 1;
    }
    note(brokenLink(before, row));
    before = row;
    events += 1;
  }
  note(before && brokenEnd(before));
  return { streams, events, breaks };
}

/** Every event with the head of its stream, in order of stream and version. */
async function* links(pool: Pool, only: string | null): AsyncGenerator<LinkRow> {
  let last: readonly [string, number] = [only ?? "", 0];
  for (;;) {
    const { rows } = await pool.query<LinkRow>({
      text: `SELECT e.stream_id, e.version, e.type, e.data::text AS data, e.at, e.cmd_id, encode(e.hash, 'hex') AS hash,
                    s.version AS head_version, encode(s.hash, 'hex') AS head_hash
               FROM act.event e LEFT JOIN act.stream s ON s.stream_id = e.stream_id
              WHERE (e.stream_id, e.version) > ($1, $2) AND ($3::text IS NULL OR e.stream_id = $3)
              ORDER BY e.stream_id, e.version LIMIT $4`,
      values: [...last, only, PAGE],
    });
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return;
    last = [end.stream_id, end.version];
  }
}

function brokenLink(before: LinkRow | null, row: LinkRow): ChainBreak | null {
  const ref = refOf(row.stream_id);
  const expected = (before?.version ?? 0) + 1;
  if (row.version !== expected)
    return { ref, version: expected, problem: `missing: the next event is ${row.version}` };
  const text = chainText(before?.hash ?? "", {
    stream: ref,
    version: row.version,
    type: row.type,
    atMs: row.at,
    commandId: row.cmd_id,
    data: row.data,
  });
  if (hash("sha256", text, "hex") === row.hash) return null;
  return { ref, version: row.version, problem: "its hash is not that of its content" };
}

function brokenEnd(last: LinkRow): ChainBreak | null {
  const ref = refOf(last.stream_id);
  const version = last.head_version ?? 0;
  if (last.version < version)
    return { ref, version: last.version + 1, problem: `missing: the stream ends at ${version}` };
  if (last.version > version)
    return { ref, version: version + 1, problem: `added: the stream ends at ${version}` };
  if (last.hash === last.head_hash) return null;
  return { ref, version, problem: "its hash is not the one that the stream keeps" };
}

/** Streams that should have events and have none. */
async function missing(pool: Pool, only: string | null): Promise<readonly ChainBreak[]> {
  const { rows } = await pool.query<{ stream_id: string; version: number }>(
    `SELECT stream_id, version FROM act.stream s
      WHERE version > 0 AND ($1::text IS NULL OR stream_id = $1)
        AND NOT EXISTS (SELECT 1 FROM act.event e WHERE e.stream_id = s.stream_id)`,
    [only],
  );
  return rows.map(({ stream_id, version }) => ({
    ref: refOf(stream_id),
    version: 1,
    problem: `missing: the stream ends at ${version}`,
  }));
}

async function checkLedger(pool: Pool) {
  const imbalances = await pool.query<VerifyReport["imbalances"][number]>(
    `SELECT transaction_id AS "transactionId", currency, sum(debit) AS debit, sum(credit) AS credit
       FROM book.ledger_entry GROUP BY transaction_id, currency HAVING sum(debit) <> sum(credit)
      ORDER BY transaction_id, currency LIMIT 100`,
  );
  const totals = await pool.query<LedgerSum>(
    `SELECT currency, sum(debit) AS debit, sum(credit) AS credit
       FROM book.ledger_entry GROUP BY currency ORDER BY currency`,
  );
  return { imbalances: imbalances.rows, totals: totals.rows };
}
