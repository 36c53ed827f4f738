import { RequestKeyReused } from "../../../domain/shared/errors.ts";
import type { Turn } from "../../../domain/shared/journal.ts";
import { streamId } from "../../../models/journal/stream-id.ts";
import type { Database } from "./database.ts";
import type { Members } from "./members.ts";
import { brokenBooks, writeBooks } from "./books.ts";
import { intoFeed } from "./tables.ts";
import type { EventRow } from "./tables.ts";
import type { Transaction } from "./transactions.ts";

/** Says what the store took, as it takes it. */
export interface Observer {
  claimed(stream: string, shard: number, epoch: number): void;
  /** @param by the process that sent it */
  committed(turn: Turn, by: string): void;
  acquired(shard: number, epoch: number, by: string): void;
}

export type Outcome = "ok" | "conflict" | "fenced";

/** A command id is on record already: nothing of the statement was written. */
export class OnRecord extends Error {
  override readonly name = "OnRecord";
}

/** Turns that belong together cannot all be written: nothing of the statement was. */
class NotTogether extends Error {
  override readonly name = "NotTogether";
}

/** A constraint is broken: nothing of the statement was written. */
class Refused extends Error {
  override readonly name = "Refused";
}

export interface Server {
  readonly database: Database;
  readonly members: Members;
  readonly observer: Observer;
}

/** One statement that appends whole turns, in stream order so that two cannot deadlock: what act.append_turns does. */
export function appendTurns(
  server: Server,
  turns: readonly Turn[],
  by: string,
): Promise<ReadonlyMap<Turn, Outcome>> {
  const { database, observer } = server;
  return database.transact(async (tx) => {
    const outcomes = new Map<Turn, Outcome>();
    const joint = new Set(
      turns.flatMap((turn) => (turn.joined.length > 0 ? withJoined(turn) : [])),
    );
    const all = turns.flatMap(withJoined);
    const sorted = all.toSorted((a, b) => (streamId(a.ref) < streamId(b.ref) ? -1 : 1));
    for (const turn of sorted) {
      const outcome = await takeStream(server, tx, turn);
      if (outcome !== "ok" && joint.has(turn)) throw new NotTogether();
      outcomes.set(turn, outcome);
    }
    const done = sorted.filter((turn) => outcomes.get(turn) === "ok");
    checkConstraints(database, done);
    const positions = done.map((turn) => turn.events.map(() => database.nextPos()));
    const nowMs = database.nowMs();
    const write = (): void => {
      done.forEach((turn, i) => {
        observer.committed(turn, by);
        writeTurn(database, turn, database.transactions.xidOf(tx), positions[i] ?? [], nowMs);
      });
    };
    return { answer: outcomes, write };
  });
}

function withJoined(turn: Turn): readonly Turn[] {
  return [turn, ...turn.joined];
}

/** Holds the stream's row, if it is as the turn expects it. */
async function takeStream(server: Server, tx: Transaction, turn: Turn): Promise<Outcome> {
  const { database, members } = server;
  const { streams } = database.tables;
  const id = streamId(turn.ref);
  const isBirth = turn.expectedVersion === 0;
  if (isBirth && (members.epochOf(turn.shard) === turn.epoch || lacks(database, "epoch check"))) {
    await database.transactions.lock(tx, id);
    if (!streams.has(id)) return "ok";
  }
  const fits = (): boolean => {
    const row = streams.get(id);
    if (row === undefined) return false;
    const isVersion = row.version === turn.expectedVersion || lacks(database, "version check");
    return isVersion && (row.epoch === turn.epoch || lacks(database, "epoch check"));
  };
  if (fits()) {
    await database.transactions.lock(tx, id);
    // As READ COMMITTED does: whoever held the row may have changed it.
    if (fits()) return "ok";
  }
  const newest = streams.get(id)?.epoch;
  return newest !== undefined && newest <= turn.epoch ? "conflict" : "fenced";
}

function lacks(database: Database, check: Database["mutation"]): boolean {
  return database.mutation === check;
}

function checkConstraints(database: Database, turns: readonly Turn[]): void {
  const { tables } = database;
  for (const turn of turns) {
    const known = tables.commands.get(streamId(turn.ref));
    const isKnown = turn.commands.some(({ commandId }) => known?.has(commandId));
    if (isKnown && !lacks(database, "command dedupe")) throw new OnRecord();
    if (turn.effects.some(({ effectId }) => tables.effects.has(effectId)))
      throw new Refused("an effect of this id exists");
  }
  checkRequestKeys(tables, turns);
  const broken = brokenBooks(tables, turns);
  if (broken !== null) throw new Refused(broken);
}

/** A key comes with one body, whatever actor it goes to. */
function checkRequestKeys({ requestKeys }: Database["tables"], turns: readonly Turn[]): void {
  const bodies = new Map<string, string>();
  for (const { bodyHash, requestKey } of turns.flatMap(({ commands }) => commands)) {
    if (!requestKey) continue;
    const name = `${requestKey.scope}|${requestKey.key}`;
    const known = requestKeys.get(name) ?? bodies.get(name) ?? bodyHash;
    if (known !== bodyHash) throw new RequestKeyReused(`${name} was used before`);
    bodies.set(name, bodyHash);
  }
}

function writeTurn(
  { tables }: Database,
  turn: Turn,
  tx: number,
  positions: readonly number[],
  nowMs: number,
): void {
  const id = streamId(turn.ref);
  const { ref, shard, epoch } = turn;
  const version = turn.expectedVersion + turn.events.length;
  const row = tables.streams.get(id);
  if (row) Object.assign(row, { version, hash: turn.hash });
  else tables.streams.set(id, { shard, version, epoch, hash: turn.hash });
  const events = turn.events.map(({ version: at, type, event, data, commandId, hash, atMs }, i) => {
    const pos = positions[i] ?? 0;
    return {
      ref,
      version: at,
      shard,
      type,
      data: data ?? JSON.stringify(event),
      commandId,
      hash,
      atMs,
      tx,
      pos,
    };
  });
  keepEvents(tables, id, shard, events);
  const commands = tables.commands.get(id) ?? new Map();
  tables.commands.set(id, commands);
  for (const { requestKey, ...command } of turn.commands) {
    commands.set(command.commandId, command);
    if (requestKey)
      tables.requestKeys.set(`${requestKey.scope}|${requestKey.key}`, command.bodyHash);
  }
  for (const { effectId, effect } of turn.effects) {
    const text = JSON.stringify(effect);
    tables.effects.set(effectId, {
      ref,
      shard,
      effect: text,
      attempts: 0,
      dueMs: nowMs + 1_000,
      lastError: null,
    });
  }
  writeReminders(tables, turn);
  writeBooks(tables, turn, version);
}

function keepEvents(
  tables: Database["tables"],
  id: string,
  shard: number,
  events: readonly EventRow[],
): void {
  const stream = tables.events.get(id) ?? [];
  tables.events.set(id, stream);
  const feed = tables.feed.get(shard) ?? [];
  tables.feed.set(shard, feed);
  for (const event of events) {
    stream.push(event);
    intoFeed(feed, event);
  }
}

function writeReminders({ reminders }: Database["tables"], turn: Turn): void {
  const id = streamId(turn.ref);
  for (const { name, dueMs, nextDueMs } of turn.fired) {
    const row = reminders.get(`${id}|${name}`);
    if (row?.dueMs !== dueMs) continue;
    if (nextDueMs === null) reminders.delete(`${id}|${name}`);
    else reminders.set(`${id}|${name}`, { ...row, dueMs: nextDueMs });
  }
  for (const change of turn.reminders) {
    if ("cancel" in change) reminders.delete(`${id}|${change.cancel}`);
    else {
      const { set: name, dueMs, everyMs = null, misfire } = change;
      const command = JSON.stringify(change.command);
      reminders.set(`${id}|${name}`, {
        ref: turn.ref,
        name,
        shard: turn.shard,
        dueMs,
        everyMs,
        misfire,
        command,
      });
    }
  }
}
