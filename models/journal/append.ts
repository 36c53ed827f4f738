import type { QueryConfig } from "pg";
import type { StoredCommand, Turn } from "../../domain/shared/journal.ts";
import { bigints, booleans, bytes, instants, ints, jsons, texts, uuids } from "./columns.ts";

export interface KeyedTurn {
  readonly turn: Turn;
  readonly id: string;
  /** one of several that are written together or not at all */
  readonly isJoint: boolean;
}

/** The call of act.append_turns for a batch, column by column. Event data is sent as the text that was hashed. */
export function appendStatement(batch: readonly KeyedTurn[]): QueryConfig {
  const turns = batch.map(({ turn }) => turn);
  return {
    name: "append-turns",
    text: TEXT,
    values: [
      texts(batch.map(({ id }) => id)),
      ints(turns.map((t) => t.shard)),
      bigints(turns.map((t) => t.epoch)),
      bigints(turns.map((t) => t.expectedVersion)),
      ints(turns.map((t) => t.events.length)),
      bytes(turns.map((t) => t.hash)),
      instants(turns.map((t) => t.atMs)),
      booleans(batch.map(({ isJoint }) => isJoint)),
      ...eventColumns(turns),
      ...commandColumns(turns),
      ...effectColumns(turns),
      ...viewColumns(turns),
      rowsOrNull(turns, reminderRows),
      rowsOrNull(turns, (turn) => turn.projection.ledger),
      rowsOrNull(turns, tradeRows),
    ],
  };
}

const TEXT = `SELECT act.append_turns(${Array.from({ length: 39 }, (_, i) => `$${i + 1}`).join(", ")}) AS outcome`;

function eventColumns(turns: readonly Turn[]): readonly Buffer[] {
  const { turn, items } = numbered(turns, (t) => t.events);
  return [
    ints(turn),
    bigints(items.map((e) => e.version)),
    texts(items.map((e) => e.type)),
    jsons(items.map((e) => e.data ?? JSON.stringify(e.event))),
    uuids(items.map((e) => e.commandId)),
    bytes(items.map((e) => e.hash)),
  ];
}

function commandColumns(turns: readonly Turn[]): readonly Buffer[] {
  const { turn, items } = numbered(turns, (t) => t.commands);
  const keys = numbered(turns, (t) => t.commands.flatMap((c) => keyOf(c) ?? []));
  return [
    ints(turn),
    uuids(items.map((c) => c.commandId)),
    bytes(items.map((c) => c.bodyHash)),
    bigints(items.map((c) => c.version)),
    jsons(items.map((c) => (c.reply === null ? null : JSON.stringify(c.reply)))),
    ints(keys.turn),
    texts(keys.items.map((k) => k.scope)),
    texts(keys.items.map((k) => k.key)),
    bytes(keys.items.map((k) => k.bodyHash)),
  ];
}

function keyOf({ requestKey, bodyHash }: StoredCommand) {
  return requestKey ? { ...requestKey, bodyHash } : null;
}

function effectColumns(turns: readonly Turn[]): readonly Buffer[] {
  const { turn, items } = numbered(turns, (t) => t.effects);
  return [
    ints(turn),
    uuids(items.map((f) => f.effectId)),
    jsons(items.map((f) => JSON.stringify(f.effect))),
  ];
}

function viewColumns(turns: readonly Turn[]): readonly Buffer[] {
  const { turn, items } = numbered(turns, ({ ref, projection: { view } }) =>
    view === null ? [] : [{ ref, view }],
  );
  return [
    ints(turn),
    texts(items.map(({ ref }) => ref.type)),
    texts(items.map(({ ref }) => ref.id)),
    texts(items.map(({ view }) => view.tenantId)),
    texts(items.map(({ view }) => view.ownerId)),
    texts(items.map(({ view }) => view.portfolioId)),
    texts(items.map(({ view }) => view.symbol)),
    texts(items.map(({ view }) => view.status)),
    instants(items.map(({ view }) => view.createdAtMs)),
    jsons(items.map(({ view }) => JSON.stringify(view.doc))),
  ];
}

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

/** New trades, then what became of those on record: of a trade booked and settled in one turn both. */
function tradeRows({ projection }: Turn): readonly object[] {
  const changes = (projection.tradeChanges ?? []).map(({ tradeId, settlement, allocations }) => ({
    op: "change",
    tradeId,
    ...settlement,
    allocations,
  }));
  return [...projection.trades, ...changes];
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
