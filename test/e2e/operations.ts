import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { ActorRef } from "../../domain/shared/decider.ts";
import { createLeaseStore } from "../../models/journal/leases.ts";
import type { TestNode } from "../support/node.ts";

const LONG_MS = 3_600_000;
/** Of the pool of ai, which has no actors: whatever lies here is run by nobody. */
const NOBODYS_SHARD = 1_024;

/** A member that hosts nothing, as a gateway would be, until the node stops. */
export async function joinIdlePeer(node: TestNode): Promise<string> {
  const nodeId = `peer-${randomUUID().slice(0, 8)}`;
  const session = await createLeaseStore(node.database.pool).open(
    { nodeId, incarnation: randomUUID(), pools: [], ttlMs: LONG_MS },
    { onLost: () => undefined, onChange: () => undefined },
  );
  node.beforeStop(() => session.close());
  return nodeId;
}

interface EffectSeed {
  readonly kind?: string;
  readonly attempts?: number;
  /** null: parked */
  readonly dueInMs?: number | null;
}

/** An effect as a failed attempt leaves it behind, which nobody runs. */
export async function leaveEffect(
  pool: Pool,
  { type, id }: ActorRef,
  { kind = "submit", attempts = 1, dueInMs = null }: EffectSeed = {},
): Promise<string> {
  const effectId = randomUUID();
  await pool.query(
    `INSERT INTO act.effect (effect_id, stream_id, shard, effect, attempts, due_at, last_error)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6 / 1000.0), $7)`,
    [
      effectId,
      `${type}:${id}`,
      NOBODYS_SHARD,
      JSON.stringify({ kind, payload: {} }),
      attempts,
      dueInMs,
      attempts > 0 ? "Refusal: no" : null,
    ],
  );
  return effectId;
}
