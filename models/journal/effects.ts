import type { Pool } from "pg";
import type { Effect } from "../../domain/shared/decider.ts";
import type { EffectStore, PendingEffect } from "../../domain/shared/journal.ts";
import { LAZILY } from "../postgres/lazily.ts";
import { ints, uuids } from "./columns.ts";
import { ask, storeCall } from "./failures.ts";
import { refOf } from "./stream-id.ts";

/** Effects that were committed with their turn and have not been reported done. */
export function createEffectStore(pool: Pool): EffectStore {
  return {
    due: (shards, limit, areOrphaned) =>
      storeCall(() => due(pool, shards, limit, areOrphaned ? ORPHANED : DUE)),
    forget: (effectIds) => storeCall(() => forget(pool, effectIds)),
    postpone: (effectId, error, retryInMs) =>
      storeCall(() => postpone(pool, effectId, error, retryInMs)),
  };
}

/** Which effects are to be run, as a condition. */
interface Ripe {
  readonly name: string;
  readonly condition: string;
}

const DUE: Ripe = { name: "effects-due", condition: "due_at <= clock_timestamp()" };
const ORPHANED: Ripe = {
  name: "effects-orphaned",
  condition: "(due_at <= clock_timestamp() OR attempts = 0 AND due_at IS NOT NULL)",
};

async function due(
  pool: Pool,
  shards: readonly number[],
  limit: number,
  { name, condition }: Ripe,
): Promise<readonly PendingEffect[]> {
  const answer = await ask<{
    effect_id: string;
    stream_id: string;
    effect: Effect;
    attempts: number;
  }>(pool, {
    name,
    text: `SELECT effect_id, stream_id, effect, attempts FROM act.effect
            WHERE ${condition} AND shard = ANY ($1) ORDER BY due_at LIMIT $2`,
    values: [ints(shards), limit],
  });
  return answer.rows.map((row) => ({
    effectId: row.effect_id,
    ref: refOf(row.stream_id),
    effect: row.effect,
    attempts: row.attempts,
  }));
}

/** Lost with the server, they are run once more, as they are when a crash comes before this. */
async function forget(pool: Pool, effectIds: readonly string[]): Promise<void> {
  await ask(pool, {
    name: "forget-effects",
    text: `WITH ${LAZILY} DELETE FROM act.effect USING lazily WHERE effect_id = ANY ($1)`,
    values: [uuids(effectIds)],
  });
}

async function postpone(
  pool: Pool,
  effectId: string,
  error: string,
  retryInMs: number | null,
): Promise<void> {
  await ask(pool, {
    name: "postpone-effect",
    text: `UPDATE act.effect SET attempts = attempts + 1, last_error = left($2, 1000),
             due_at = clock_timestamp() + make_interval(secs => $3 / 1000.0) WHERE effect_id = $1`,
    values: [effectId, error, retryInMs],
  });
}
