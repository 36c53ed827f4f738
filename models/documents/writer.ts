import { DatabaseError, type Pool } from "pg";
import { errorCode } from "../postgres/error-code.ts";
import type { Document } from "./bson.ts";
import { encode } from "./bson.ts";
import { type CollectionState, isStale, keyValue, markInexact } from "./catalogue.ts";
import { duplicateKey, serverError } from "./errors.ts";
import { type Index, type Keys, idKey, keysOf } from "./indexes.ts";
import type { Stored } from "./reader.ts";

/** One document made, changed (only if it is still the one that was read) or removed. */
export interface Write {
  /** what was read; null: the document is new */
  readonly before: { readonly stored: Stored; readonly document: Document } | null;
  /** null: it goes */
  readonly after: Document | null;
}

/** The document is no longer the one that was read. */
export class Conflict extends Error {
  constructor() {
    super("the document has changed since it was read");
    this.name = "Conflict";
  }
}

/** Done, not tried because an earlier one failed, or why not. */
export type Outcome = "done" | "skipped" | Error;

/** Where the state of a collection comes from: kept, or read anew. */
export interface States {
  readonly current: () => Promise<CollectionState>;
  readonly renewed: () => Promise<CollectionState>;
}

interface KeyRow {
  readonly what: 0 | 1 | 2 | 3;
  readonly indexId: number;
  readonly key: Buffer;
  readonly id: Buffer;
}

interface Prepared {
  readonly write: Write;
  readonly id: Buffer;
  readonly keys: readonly KeyRow[];
  /** indexes that are said to be exact, and will not be with this document */
  readonly inexact: readonly number[];
}

/**
 * Writes documents: all of them in one transaction when all can be, else in parts, so that each has an outcome of its
 * own. A document and its keys are never apart.
 * @param isOrdered after the first failure no further one is tried
 * @throws what the database said when it could not be reached: then it is not known what was written
 */
export async function writeAll(
  pool: Pool,
  states: States,
  writes: readonly Write[],
  isOrdered: boolean,
): Promise<readonly Outcome[]> {
  const state = await states.current();
  const prepared = writes.map((write) => prepare(write, state));
  const possible = prepared.filter((one): one is Prepared => !(one instanceof Error));
  if (possible.length < prepared.length) return apart(pool, states, writes, prepared, isOrdered);
  const inexact = [...new Set(possible.flatMap((one) => one.inexact))];
  if (inexact.length > 0) {
    await markInexact(pool, state, inexact);
    await states.renewed();
    return writeAll(pool, states, writes, isOrdered);
  }
  try {
    await send(pool, state, possible);
    return writes.map(() => "done");
  } catch (error) {
    if (isStale(error)) {
      await states.renewed();
      return writeAll(pool, states, writes, isOrdered);
    }
    return afterFailure(pool, states, writes, isOrdered, state, error);
  }
}

/** Some cannot be written at all: those before them are, and the rest unless the order counts. */
async function apart(
  pool: Pool,
  states: States,
  writes: readonly Write[],
  prepared: readonly (Prepared | Error)[],
  isOrdered: boolean,
): Promise<readonly Outcome[]> {
  const bad = prepared.findIndex((one) => one instanceof Error);
  const before = bad === 0 ? [] : await writeAll(pool, states, writes.slice(0, bad), isOrdered);
  const failure = prepared[bad];
  if (isOrdered && before.some((outcome) => outcome !== "done")) {
    return [...before, ...skipped(writes.length - bad)];
  }
  const outcome: Outcome = failure instanceof Error ? failure : "skipped";
  const rest = writes.slice(bad + 1);
  if (isOrdered || rest.length === 0) return [...before, outcome, ...skipped(rest.length)];
  return [...before, outcome, ...(await writeAll(pool, states, rest, isOrdered))];
}

const skipped = (count: number): readonly Outcome[] =>
  Array.from({ length: count }, () => "skipped");

async function afterFailure(
  pool: Pool,
  states: States,
  writes: readonly Write[],
  isOrdered: boolean,
  state: CollectionState,
  error: unknown,
): Promise<readonly Outcome[]> {
  // Two that wait for each other, or that cannot be put in an order: nothing was written, and trying again helps.
  if (["40P01", "40001"].includes(errorCode(error) ?? ""))
    return writeAll(pool, states, writes, isOrdered);
  const [only] = writes;
  if (only === undefined || !isRefusal(error)) throw error;
  if (writes.length === 1) return [reasonFor(only, state, error)];
  const middle = Math.ceil(writes.length / 2);
  const first = await writeAll(pool, states, writes.slice(0, middle), isOrdered);
  if (isOrdered && first.some((outcome) => outcome !== "done")) {
    return [...first, ...skipped(writes.length - middle)];
  }
  return [...first, ...(await writeAll(pool, states, writes.slice(middle), isOrdered))];
}

function isRefusal(error: unknown): boolean {
  return ["QD002", "23505"].includes(errorCode(error) ?? "");
}

function reasonFor(write: Write, state: CollectionState, error: unknown): Error {
  if (errorCode(error) === "QD002" || write.after === null) return new Conflict();
  const detail = error instanceof DatabaseError ? (error.detail ?? "") : "";
  const constraint = error instanceof DatabaseError ? error.constraint : "";
  if (constraint === "document_pkey") {
    return duplicateKey(state.name, { name: "_id_", key: { _id: 1 } }, { _id: write.after["_id"] });
  }
  const indexId = Number(/\)=\((\d+),/.exec(detail)?.[1]);
  const index = state.indexes.find((one) => one.indexId === indexId);
  if (index === undefined) return serverError("DuplicateKey", "E11000 duplicate key error");
  return duplicateKey(state.name, index, keyValue(index, write.after));
}

function prepare(write: Write, state: CollectionState): Prepared | Error {
  try {
    const { before, after } = write;
    const id = before?.stored.id ?? idKey(after?.["_id"]);
    const inexact: number[] = [];
    const keys = state.indexes.flatMap((index) => {
      const old = before === null ? NO_KEYS : keysOf(index, before.document);
      const next = after === null ? NO_KEYS : keysOf(index, after);
      if (index.isExact && !next.isExact) inexact.push(index.indexId);
      return keyChanges(index, id, old, next);
    });
    return { write, id, keys, inexact };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const NO_KEYS: Keys = { keys: [], isExact: true };

function stays(key: Buffer, among: Keys): boolean {
  return among.keys.some((other) => other.equals(key));
}

function keyChanges(index: Index, id: Buffer, old: Keys, next: Keys): readonly KeyRow[] {
  const gone = old.keys.filter((key) => !stays(key, next));
  const come = next.keys.filter((key) => !stays(key, old));
  const { indexId, unique } = index;
  return [
    ...gone.map((key) => ({ what: unique ? 2 : 0, indexId, key, id }) as const),
    ...come.map((key) => ({ what: unique ? 3 : 1, indexId, key, id }) as const),
  ];
}

async function send(
  pool: Pool,
  state: CollectionState,
  writes: readonly Prepared[],
): Promise<void> {
  // In one order, so that two writers of the same documents wait, and do not block each other.
  const sorted = writes.toSorted((a, b) => Buffer.compare(a.id, b.id));
  const made = sorted.filter(({ write }) => write.before === null);
  const changed = sorted.filter(({ write }) => write.before !== null && write.after !== null);
  const removed = sorted.filter(({ write }) => write.after === null);
  const keys = sorted.flatMap((one) => one.keys);
  await pool.query({
    name: "doc-write",
    text: "SELECT doc.write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    values: [
      state.collectionId,
      state.epoch,
      made.map(({ id }) => id),
      made.map(bodyOf),
      changed.map(({ id }) => id),
      changed.map(versionOf),
      changed.map(bodyOf),
      removed.map(({ id }) => id),
      removed.map(versionOf),
      keys.map(({ what }) => what),
      keys.map(({ indexId }) => indexId),
      keys.map(({ key }) => key),
      keys.map(({ id }) => id),
    ],
  });
}

function bodyOf({ write }: Prepared): Buffer {
  return Buffer.from(encode(write.after ?? {}));
}

function versionOf({ write }: Prepared): number {
  return write.before?.stored.version ?? 0;
}
