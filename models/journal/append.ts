import type { QueryConfig } from "pg";
import type { Turn } from "../../domain/shared/journal.ts";

interface KeyedTurn {
  readonly turn: Turn;
  readonly id: string;
}

/** The call of act.append_turns for a batch, column by column. Event data is sent as the text that was hashed. */
export function appendStatement(batch: readonly KeyedTurn[]): QueryConfig {
  const turns = batch.map(({ turn }) => turn);
  const events = numbered(turns, (turn) => turn.events);
  const commands = numbered(turns, (turn) => turn.commands);
  const effects = numbered(turns, (turn) => turn.effects);
  const views = numbered(turns, (turn) => (turn.projection.view ? [turn.projection.view] : []));
  return {
    name: "append-turns",
    text: TEXT,
    values: [
      batch.map(({ id }) => id),
      turns.map((t) => t.shard),
      turns.map((t) => t.epoch),
      turns.map((t) => t.expectedVersion),
      turns.map((t) => t.events.length),
      turns.map((t) => t.hash),
      turns.map((t) => t.atMs),
      events.turn,
      events.items.map((e) => e.version),
      events.items.map((e) => e.type),
      events.items.map((e) => JSON.stringify(e.event)),
      events.items.map((e) => e.commandId),
      events.items.map((e) => e.hash),
      commands.turn,
      commands.items.map((c) => c.commandId),
      commands.items.map((c) => c.bodyHash),
      commands.items.map((c) => c.version),
      commands.items.map((c) => JSON.stringify(c.reply)),
      effects.turn,
      effects.items.map((f) => f.effectId),
      effects.items.map((f) => JSON.stringify(f.effect)),
      views.turn,
      views.turn.map((n) => turns[n - 1]?.ref.type),
      views.turn.map((n) => turns[n - 1]?.ref.id),
      views.items.map((v) => v.tenantId),
      views.items.map((v) => v.ownerId),
      views.items.map((v) => v.portfolioId),
      views.items.map((v) => v.symbol),
      views.items.map((v) => v.status),
      views.items.map((v) => v.createdAtMs),
      views.items.map((v) => JSON.stringify(v.doc)),
      rowsOrNull(turns, reminderRows),
      rowsOrNull(turns, (turn) => turn.projection.ledger),
      rowsOrNull(turns, (turn) => turn.projection.trades),
    ],
  };
}

const TEXT = `SELECT act.append_turns(${Array.from({ length: 34 }, (_, i) => `$${i + 1}`).join(", ")}) AS outcome`;

/** Items of all turns in one list, each with the number of its turn, from 1 as SQL counts. */
function numbered<T>(
  turns: readonly Turn[],
  itemsOf: (turn: Turn) => readonly T[],
): { readonly turn: number[]; readonly items: T[] } {
  const turn: number[] = [];
  const items: T[] = [];
  turns.forEach((t, i) => {
    for (const item of itemsOf(t)) {
      turn.push(i + 1);
      items.push(item);
    }
  });
  return { turn, items };
}

/** JSON rows for the parts that most turns do not have; null spares the server the work. */
function rowsOrNull(
  turns: readonly Turn[],
  rowsOf: (turn: Turn) => readonly object[],
): string | null {
  const { turn, items } = numbered(turns, rowsOf);
  if (items.length === 0) return null;
  return JSON.stringify(items.map((item, i) => ({ ...item, turn: turn[i] })));
}

function reminderRows(turn: Turn): readonly object[] {
  const fired = turn.fired.map((f) => ({ op: "fired", ...f }));
  const changes = turn.reminders.map((change) =>
    "cancel" in change
      ? { op: "cancel", name: change.cancel }
      : {
          op: "set",
          name: change.set,
          dueMs: change.dueMs,
          everyMs: change.everyMs,
          misfire: change.misfire,
          command: change.command,
        },
  );
  return [...fired, ...changes];
}
