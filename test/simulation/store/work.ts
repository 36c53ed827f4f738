import type {
  EffectStore,
  Outbox,
  OutboxEvent,
  ReminderStore,
} from "../../../domain/shared/journal.ts";
import type { Connections } from "./connection.ts";
import type { Database } from "./database.ts";
import { toEvent } from "./journal.ts";
import { isBehind } from "./tables.ts";
import type { EventRow } from "./tables.ts";

export function simulatedEffects(database: Database, connections: Connections): EffectStore {
  const { effects } = database.tables;
  const run = <T>(name: string, execute: () => T): Promise<T> =>
    connections.run({ name, isWrite: false, execute });
  return {
    due: (shards, limit, areOrphaned) =>
      run("effects-due", () => {
        const nowMs = database.nowMs();
        const isRipe = (dueMs: number | null, attempts: number): boolean =>
          dueMs !== null && (dueMs <= nowMs || (areOrphaned && attempts === 0));
        const due = [...effects]
          .filter(([, row]) => isRipe(row.dueMs, row.attempts) && shards.includes(row.shard))
          .toSorted(([, a], [, b]) => (a.dueMs ?? 0) - (b.dueMs ?? 0));
        return due.slice(0, limit).map(([effectId, { ref, effect, attempts }]) => ({
          effectId,
          ref,
          effect: JSON.parse(effect),
          attempts,
        }));
      }),
    forget: (effectIds) =>
      run("forget-effects", () => {
        for (const effectId of effectIds) effects.delete(effectId);
      }),
    postpone: (effectId, error, retryInMs) =>
      run("postpone-effect", () => {
        const row = effects.get(effectId);
        if (!row) return;
        row.attempts += 1;
        row.lastError = error;
        row.dueMs = retryInMs === null ? null : database.nowMs() + retryInMs;
      }),
  };
}

export function simulatedReminders(database: Database, connections: Connections): ReminderStore {
  return {
    due: (shards, untilMs, limit) =>
      connections.run({
        name: "reminders-due",
        isWrite: false,
        execute: () => {
          const due = [...database.tables.reminders.values()]
            .filter(({ dueMs, shard }) => dueMs <= untilMs && shards.includes(shard))
            .toSorted((a, b) => a.dueMs - b.dueMs);
          return due.slice(0, limit).map(({ ref, name, dueMs, everyMs, misfire, command }) => ({
            ref,
            name,
            dueMs,
            everyMs,
            misfire,
            command: JSON.parse(command),
          }));
        },
      }),
  };
}

export function simulatedOutbox(database: Database, connections: Connections): Outbox {
  const run = <T>(name: string, execute: () => T): Promise<T> =>
    connections.run({ name, isWrite: false, execute });
  return {
    read: (shards, limit) => run("outbox-read", () => readOutbox(database, shards, limit)),
    advance: (events) => run("outbox-advance", () => advance(database, events)),
    hasMore: (shards) =>
      run("outbox-more", () => shards.some((shard) => unrelayed(database, shard).length > 0)),
  };
}

const START = { tx: 0, pos: 0 };

/** What the cursor of the shard has not passed. */
export function unrelayed({ tables }: Database, shard: number): readonly EventRow[] {
  const feed = tables.feed.get(shard) ?? [];
  const cursor = tables.cursors.get(shard) ?? START;
  let from = feed.length;
  for (let before = feed[from - 1]; before && isBehind(cursor, before); before = feed[from - 1])
    from -= 1;
  return feed.slice(from);
}

/** What is below the oldest transaction that still runs: above it, one that comes later may belong before. */
function readOutbox(
  database: Database,
  shards: readonly number[],
  limit: number,
): readonly OutboxEvent[] {
  const isUnbound = database.mutation === "xmin bound";
  const { xmin } = database.transactions;
  // Only shards with events: the others are most of them.
  const rows = [...database.tables.feed.keys()]
    .filter((shard) => shards.includes(shard))
    .flatMap((shard) =>
      unrelayed(database, shard)
        .filter(({ tx }) => isUnbound || tx < xmin)
        .slice(0, limit),
    );
  return rows
    .slice(0, limit)
    .toSorted((a, b) => a.tx - b.tx || a.pos - b.pos)
    .map((row) => ({
      ...toEvent(row),
      ref: row.ref,
      shard: row.shard,
      tx: String(row.tx),
      pos: String(row.pos),
    }));
}

function advance({ tables }: Database, events: readonly OutboxEvent[]): void {
  for (const { shard, tx, pos } of events) {
    const next = { tx: Number(tx), pos: Number(pos) };
    if (isBehind(tables.cursors.get(shard) ?? START, next)) tables.cursors.set(shard, next);
  }
}
