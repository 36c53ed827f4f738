import type { Pool } from "pg";
import type { ActorRef, Message } from "../../domain/shared/decider.ts";
import { RequestKeyReused, StoreUnavailable, UnknownOutcome } from "../../domain/shared/errors.ts";
import type {
  ActivationRequest,
  ActivationResult,
  AppendResult,
  Journal,
  Snapshot,
  StoredCommand,
  StoredEvent,
  Turn,
} from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { LAZILY } from "../postgres/lazily.ts";
import { appendStatement } from "./append.ts";
import type { KeyedTurn } from "./append.ts";
import { bigints, ints, jsons, texts } from "./columns.ts";
import { ask, isTaken, KEY_REUSED, sqlState, storeCall, storeWrite } from "./failures.ts";
import { streamId } from "./stream-id.ts";

/** The journal of the actor layer on PostgreSQL. `pool` needs as many connections as the host has commit lanes, plus one. */
export function createJournal(pool: Pool): Journal {
  return {
    activate: (requests) => storeCall(() => activate(pool, requests)),
    append: (turns) => append(pool, turns),
    findCommands: (ref, ids) => storeCall(() => findCommands(pool, ref, ids)),
    history: (ref, untilMs, afterVersion) =>
      storeCall(() => history(pool, ref, untilMs, afterVersion)),
    saveSnapshots: (snapshots) => storeCall(() => saveSnapshots(pool, snapshots)),
  };
}

interface ClaimRow {
  readonly stream_id: string;
  readonly version: number;
  readonly hash: string;
}

interface EventRow {
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly data: Message;
  readonly at: number;
  readonly cmd_id: string;
  readonly hash: string;
}

interface SnapshotRow {
  readonly stream_id: string;
  readonly version: number;
  readonly at: number;
  readonly state: Json;
}

/** Claim first, then read: whatever is read was written before the claim, so nothing can be added behind it. */
async function activate(
  pool: Pool,
  requests: readonly ActivationRequest[],
): Promise<readonly ActivationResult[]> {
  const newest = newestPerStream(requests);
  const ids = [...newest.keys()];
  const asked = [...newest.values()];
  const claims = await ask<ClaimRow>(pool, {
    name: "claim",
    text: "SELECT stream_id, version, encode(hash, 'hex') AS hash FROM act.claim($1, $2, $3)",
    values: [ids, asked.map((r) => r.shard), asked.map((r) => r.epoch)],
  });
  const claimed = new Map(claims.rows.map((row) => [row.stream_id, row]));
  const past = await loadPast(
    pool,
    claims.rows.flatMap((claim) => {
      const schemaVersion = newest.get(claim.stream_id)?.schemaVersion;
      return claim.version === 0 || schemaVersion === undefined ? [] : [{ claim, schemaVersion }];
    }),
  );
  return requests.map((request) => {
    const id = streamId(request.ref);
    const claim = claimed.get(id);
    if (claim === undefined || newest.get(id)?.epoch !== request.epoch) return { status: "fenced" };
    const { snapshot, events } = past.get(id) ?? { snapshot: null, events: [] };
    return { status: "ok", version: claim.version, hash: claim.hash, snapshot, events };
  });
}

/** An activation that was given up may still have a request in the batch: a statement can claim a stream once only. */
function newestPerStream(
  requests: readonly ActivationRequest[],
): ReadonlyMap<string, ActivationRequest> {
  const newest = new Map<string, ActivationRequest>();
  for (const request of requests) {
    const id = streamId(request.ref);
    if (request.epoch >= (newest.get(id)?.epoch ?? 0)) newest.set(id, request);
  }
  return newest;
}

interface Past {
  snapshot: { readonly version: number; readonly atMs: number; readonly state: Json } | null;
  readonly events: StoredEvent[];
}

/** Not beyond the claimed version: a commit of our own that was cut off may still arrive behind the claim. */
async function loadPast(
  pool: Pool,
  wanted: readonly { readonly claim: ClaimRow; readonly schemaVersion: number }[],
): Promise<Map<string, Past>> {
  const past = new Map<string, Past>();
  if (wanted.length === 0) return past;
  const ids = wanted.map(({ claim }) => claim.stream_id);
  const versions = wanted.map(({ claim }) => claim.version);
  for (const id of ids) past.set(id, { snapshot: null, events: [] });
  const snapshots = await ask<SnapshotRow>(pool, {
    name: "load-snapshots",
    text: `SELECT p.stream_id, p.version, p.at, p.state
             FROM unnest($1::text[], $2::int[], $3::bigint[]) AS w (id, schema_version, upto)
             JOIN act.snapshot p ON p.stream_id = w.id AND p.schema_version = w.schema_version AND p.version <= w.upto`,
    values: [ids, wanted.map(({ schemaVersion }) => schemaVersion), versions],
  });
  for (const row of snapshots.rows) {
    const entry = past.get(row.stream_id);
    if (entry) entry.snapshot = { version: row.version, atMs: row.at, state: row.state };
  }
  const tails = await ask<EventRow>(pool, {
    name: "load-tails",
    text: `SELECT e.stream_id, e.version, e.type, e.data, e.at, e.cmd_id, encode(e.hash, 'hex') AS hash
             FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS w (id, after, upto)
             JOIN act.event e ON e.stream_id = w.id AND e.version > w.after AND e.version <= w.upto
            ORDER BY e.stream_id, e.version`,
    values: [ids, ids.map((id) => past.get(id)?.snapshot?.version ?? 0), versions],
  });
  for (const row of tails.rows) past.get(row.stream_id)?.events.push(toEvent(row));
  return past;
}

function toEvent(row: EventRow): StoredEvent {
  return {
    version: row.version,
    type: row.type,
    event: row.data,
    atMs: row.at,
    commandId: row.cmd_id,
    hash: row.hash,
  };
}

/**
 * One transaction for the lot. A statement that the server refuses has written nothing: each half is then sent by itself,
 * down to the turn that is to blame, so that the others need not suffer for it.
 */
async function append(pool: Pool, turns: readonly Turn[]): Promise<readonly AppendResult[]> {
  try {
    return await appendTogether(pool, turns);
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof UnknownOutcome) throw error;
    if (turns.length > 1) return appendHalves(pool, turns);
    return turns.map((turn) => verdictOn(turn, error));
  }
}

/** Why a turn that was sent alone was not written. Of a joint one it does not matter whose fault it is: they are sent apart. */
function verdictOn({ joined }: Turn, error: unknown): AppendResult {
  if (joined.length > 0) return { status: "apart" };
  if (isTaken(error, "command_pkey")) return { status: "duplicate" };
  const isReused = sqlState(error) === KEY_REUSED;
  return {
    status: "refused",
    error: isReused ? new RequestKeyReused("used before", { cause: error }) : error,
  };
}

async function appendHalves(pool: Pool, turns: readonly Turn[]): Promise<readonly AppendResult[]> {
  const middle = turns.length >> 1;
  const first = await append(pool, turns.slice(0, middle));
  try {
    return [...first, ...(await append(pool, turns.slice(middle)))];
  } catch (error) {
    // Nothing of the second half was written, but of the first: no answer is true for all of them.
    throw new UnknownOutcome("the store was lost in the middle of a batch", { cause: error });
  }
}

async function appendTogether(
  pool: Pool,
  turns: readonly Turn[],
): Promise<readonly AppendResult[]> {
  const batch = turns.flatMap(withJoined).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const answer = await storeWrite(() =>
    ask<{ outcome: readonly ("ok" | "conflict" | "fenced")[] | null }>(pool, {
      ...appendStatement(batch),
    }),
  );
  const outcome = answer.rows[0]?.outcome ?? null;
  if (outcome === null) return turns.map(() => WRITTEN);
  // Joined turns were written, or the statement failed.
  const statusOf = new Map(batch.map(({ turn }, i) => [turn, outcome[i]]));
  return turns.map((turn) => {
    const status = statusOf.get(turn);
    if (status === undefined)
      throw new Error(`append answered ${outcome.length} of ${batch.length} turns`);
    return { status };
  });
}

const WRITTEN: AppendResult = { status: "ok" };

function withJoined(turn: Turn): readonly KeyedTurn[] {
  const isJoint = turn.joined.length > 0;
  return [turn, ...turn.joined].map((one) => ({ turn: one, id: streamId(one.ref), isJoint }));
}

async function findCommands(
  pool: Pool,
  ref: ActorRef,
  commandIds: readonly string[],
): Promise<readonly StoredCommand[]> {
  const answer = await ask<{
    cmd_id: string;
    body_hash: string;
    version: number;
    reply: Json;
  }>(pool, {
    name: "find-commands",
    text: `SELECT cmd_id, encode(body_hash, 'hex') AS body_hash, version, reply FROM act.command
            WHERE stream_id = $1 AND cmd_id = ANY ($2::uuid[])`,
    values: [streamId(ref), commandIds],
  });
  return answer.rows.map((row) => ({
    commandId: row.cmd_id,
    bodyHash: row.body_hash,
    version: row.version,
    reply: row.reply,
  }));
}

async function history(
  pool: Pool,
  ref: ActorRef,
  untilMs = Number.MAX_SAFE_INTEGER,
  afterVersion = 0,
): Promise<readonly StoredEvent[]> {
  const answer = await pool.query<EventRow>({
    name: "history",
    text: `SELECT stream_id, version, type, data, at, cmd_id, encode(hash, 'hex') AS hash FROM act.event
            WHERE stream_id = $1 AND version > $2 AND at <= to_timestamp($3::numeric / 1000) ORDER BY version`,
    values: [streamId(ref), afterVersion, Math.min(untilMs, MAX_TIMESTAMP_MS)],
  });
  return answer.rows.map(toEvent);
}

/** 9999-12-31: beyond it PostgreSQL's timestamps and JavaScript's part ways. */
const MAX_TIMESTAMP_MS = 253_402_300_799_000;

/** One that is lost with the server costs a replay. */
async function saveSnapshots(pool: Pool, snapshots: readonly Snapshot[]): Promise<void> {
  await ask(pool, {
    name: "save-snapshots",
    text: `WITH ${LAZILY} INSERT INTO act.snapshot AS s (stream_id, version, schema_version, state, at)
           SELECT id, ver, schema, state, to_timestamp(at_ms / 1000.0)
             FROM lazily, unnest($1::text[], $2::bigint[], $3::int[], $4::json[], $5::bigint[]) AS n (id, ver, schema, state, at_ms)
           ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, schema_version = excluded.schema_version,
             state = excluded.state, at = excluded.at
             WHERE (s.schema_version, s.version) < (excluded.schema_version, excluded.version)`,
    values: [
      texts(snapshots.map((s) => streamId(s.ref))),
      bigints(snapshots.map((s) => s.version)),
      ints(snapshots.map((s) => s.schemaVersion)),
      jsons(snapshots.map((s) => s.json ?? JSON.stringify(s.state))),
      bigints(snapshots.map((s) => s.atMs)),
    ],
  });
}
