import { conflict, notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { EffectPage, EffectView, OutboxLagView } from "../../mixins/rest/routes/system.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import * as backlog from "../../models/journal/backlog.ts";
import type { EffectRecord } from "../../models/journal/backlog.ts";
import { pageOf } from "../../models/timescale/page.ts";
import type { NodeContext } from "../context.ts";

/** How far the relays of all nodes are behind what is on record. */
export async function outbox({ pool }: NodeContext): Promise<OutboxLagView> {
  const owners = await backlog.outboxLag(pool);
  return {
    lagEvents: owners.reduce((sum, { lagEvents }) => sum + lagEvents, 0),
    oldestAt: instant(owners.length === 0 ? null : Math.min(...owners.map((o) => o.oldestAtMs))),
    byOwner: owners.map(({ owner, shards, lagEvents, oldestAtMs }) => ({
      owner,
      shards,
      lagEvents,
      oldestAt: instant(oldestAtMs),
    })),
  };
}

/** What is not done yet, oldest first. */
export async function effects(
  { pool }: NodeContext,
  { state, cursor, limit }: ActionMap["system.effects"]["params"],
  tenantId: string | null,
): Promise<EffectPage> {
  const after = decodeCursor(cursor, { createdAtUs: "number", effectId: "uuid" });
  const found = await backlog.listEffects(pool, { tenantId, state, after, limit: limit + 1 });
  const { data, next } = pageOf(found, limit, ({ createdAtUs, effectId }) => ({
    createdAtUs,
    effectId,
  }));
  return { data: data.map(toView), nextCursor: next === null ? null : encodeCursor(next) };
}

/** Makes an effect due; its owner finds it with its next poll. */
export async function retry(
  { pool }: NodeContext,
  effectId: string,
  tenantId: string | null,
): Promise<EffectView> {
  const found = await backlog.retryEffect(pool, effectId, tenantId);
  if (found === null) throw notFound("effect", effectId);
  if (found.state === "pending") throw conflict("it has not failed: it is due already");
  return toView(found);
}

function toView(record: EffectRecord): EffectView {
  const { effectId, ref, kind, attempts, state, isOutcomeUnknown, lastError } = record;
  return {
    effectId,
    actor: { type: ref.type, actorId: ref.id },
    kind,
    attempts,
    state,
    isOutcomeUnknown,
    dueAt: instant(record.dueAtMs),
    lastError,
    createdAt: isoTime(record.createdAtMs),
  };
}

function instant(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
