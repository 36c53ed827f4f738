import type { Pool, PoolClient } from "pg";
import type { ActorRef } from "../../domain/shared/decider.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { refOf } from "./stream-id.ts";

/** What one owner has to relay; `owner` is null where nobody owns the shards now. */
export interface OwnerLag {
  readonly owner: string | null;
  /** that have something to be relayed */
  readonly shards: number;
  readonly lagEvents: number;
  readonly oldestAtMs: number;
}

/**
 * Events that are recorded and not relayed yet, by owner. Begins at each shard's cursor in the index of the relay, so that
 * what has been relayed costs nothing, however much it is.
 */
export async function outboxLag(pool: Pool): Promise<readonly OwnerLag[]> {
  const answer = await pool.query<OwnerLag>({
    name: "operations-outbox",
    text: `SELECT m.node_id AS owner, count(*)::int AS shards, sum(lag.events)::int AS "lagEvents",
                  min(first.at) AS "oldestAtMs"
             FROM act.relay r
            CROSS JOIN LATERAL (
              SELECT e.at FROM act.event e WHERE e.shard = r.shard AND (e.tx, e.pos) > (r.tx, r.pos)
               ORDER BY e.tx, e.pos LIMIT 1) first
            CROSS JOIN LATERAL (
              SELECT count(*) AS events FROM act.event e
               WHERE e.shard = r.shard AND (e.tx, e.pos) > (r.tx, r.pos)) lag
             JOIN act.shard s ON s.shard = r.shard
             LEFT JOIN act.member m ON m.node_id = s.owner AND m.incarnation = s.incarnation AND m.state <> 'down'
            GROUP BY m.node_id ORDER BY m.node_id`,
    values: [],
  });
  return answer.rows;
}

export type EffectState = "pending" | "failing" | "parked";

export interface EffectRecord {
  readonly effectId: string;
  readonly ref: ActorRef;
  readonly kind: string;
  readonly attempts: number;
  readonly state: EffectState;
  /** it submits an order whose status is `unknown` */
  readonly isOutcomeUnknown: boolean;
  readonly dueAtMs: number | null;
  readonly lastError: string | null;
  readonly createdAtMs: number;
  /** epoch microseconds: effects of one turn differ by less than a millisecond */
  readonly createdAtUs: number;
}

export interface EffectQuery {
  /** effects of actors that belong to another tenant are left out; null: of all */
  readonly tenantId: string | null;
  readonly state?: EffectState | "unknown" | undefined;
  readonly after: { readonly createdAtUs: number; readonly effectId: string } | null;
  readonly limit: number;
}

type EffectRow = Omit<EffectRecord, "ref"> & { readonly streamId: string };

const STATE = `CASE WHEN f.due_at IS NULL THEN 'parked' WHEN f.attempts > 0 THEN 'failing' ELSE 'pending' END`;

const COLUMNS = `f.effect_id AS "effectId", f.stream_id AS "streamId", f.effect->>'kind' AS kind, f.attempts,
  ${STATE} AS state, f.due_at AS "dueAtMs", f.last_error AS "lastError", f.created_at AS "createdAtMs",
  (extract(epoch FROM f.created_at) * 1000000)::bigint AS "createdAtUs",
  coalesce(v.type = 'order' AND v.status = 'unknown' AND f.effect->>'kind' = 'submit', false) AS "isOutcomeUnknown"`;

/** An actor without a view belongs to no tenant. */
const OF_TENANT = `act.effect f
  LEFT JOIN act.view v ON v.type = split_part(f.stream_id, ':', 1)
   AND v.id = substr(f.stream_id, strpos(f.stream_id, ':') + 1)
 WHERE ($1::text IS NULL OR v.tenant_id IS NULL OR v.tenant_id = $1)`;

/** Effects that are not done yet, oldest first. */
export async function listEffects(
  pool: Pool,
  { tenantId, state, after, limit }: EffectQuery,
): Promise<readonly EffectRecord[]> {
  const answer = await pool.query<EffectRow>({
    name: "operations-effects",
    text: `SELECT * FROM (SELECT ${COLUMNS} FROM ${OF_TENANT}) e
            WHERE ($2::text IS NULL OR e.state = $2 OR $2 = 'unknown' AND e."isOutcomeUnknown")
              AND ($3::bigint IS NULL OR (e."createdAtUs", e."effectId") > ($3, $4::uuid))
            ORDER BY e."createdAtUs", e."effectId" LIMIT $5`,
    values: [tenantId, state ?? null, after?.createdAtUs ?? null, after?.effectId ?? null, limit],
  });
  return answer.rows.map(toRecord);
}

/** @returns null when there is none; whatever is pending is left as it is */
export function retryEffect(
  pool: Pool,
  effectId: string,
  tenantId: string | null,
): Promise<EffectRecord | null> {
  return inTransaction(pool, async (client) => {
    const found = await lockEffect(client, effectId, tenantId);
    if (found === null || found.state === "pending") return found;
    const { rows } = await client.query<{ at: number }>(
      "UPDATE act.effect SET due_at = clock_timestamp() WHERE effect_id = $1 RETURNING due_at AS at",
      [effectId],
    );
    return { ...found, dueAtMs: rows[0]?.at ?? null };
  });
}

async function lockEffect(
  client: PoolClient,
  effectId: string,
  tenantId: string | null,
): Promise<EffectRecord | null> {
  const answer = await client.query<EffectRow>(
    `SELECT ${COLUMNS} FROM ${OF_TENANT} AND f.effect_id = $2 FOR UPDATE OF f`,
    [tenantId, effectId],
  );
  const [row] = answer.rows;
  return row ? toRecord(row) : null;
}

function toRecord({ streamId, ...rest }: EffectRow): EffectRecord {
  return { ...rest, ref: refOf(streamId) };
}
