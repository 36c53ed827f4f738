import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { type Document, decode, encode, newObjectId } from "./bson.ts";
import { type CollectionState, ensureCollection, readCollection } from "./catalogue.ts";
import { serverError } from "./errors.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { compileFilter } from "./matcher.ts";
import { planRead } from "./plan.ts";
import { StalePlan, type Stored, readOne, readPlan } from "./reader.ts";
import { type SortKeys, comparator } from "./sort.ts";
import type { Update, UpdateContext } from "./update.ts";
import { equalities, startOfUpsert } from "./update-positions.ts";
import { WriteQueue } from "./write-queue.ts";
import { Conflict, type Outcome, type Write, writeAll } from "./writer.ts";

/** What to find: plain values, as `plainQuery` makes them. */
export interface Query {
  readonly filter: Document;
  readonly sort?: SortKeys;
  readonly skip?: number;
  /** 0 or absent: all */
  readonly limit?: number;
}

export interface Found {
  readonly stored: Stored;
  readonly document: Document;
}

/** How one document was changed. */
export interface Modification {
  readonly before: Document | null;
  readonly after: Document | null;
  readonly isChanged: boolean;
  /** the `_id` of a document that was made because none matched */
  readonly upsertedId: unknown;
}

export interface Modify {
  readonly filter: Document;
  readonly sort?: SortKeys;
  readonly update: Update;
  readonly arrayFilters?: unknown;
  readonly isUpsert: boolean;
}

/** After so many others were faster, in other processes, each time. */
const MAX_TRIES = 200;

/**
 * The documents of one collection. PostgreSQL holds them, and nothing here outlives it: what is kept is the list of
 * indexes, which each read and each write compares with the one there.
 */
export class DocumentCollection {
  readonly name: string;
  readonly #pool: Pool;
  readonly #locks = new KeyedLock();
  readonly #queue = new WriteQueue((writes) => this.writeMany(writes, false));
  #state: CollectionState | null = null;

  constructor(pool: Pool, name: string) {
    this.#pool = pool;
    this.name = name;
  }

  /** @returns null when there is no such collection */
  async state(): Promise<CollectionState | null> {
    return (this.#state ??= await readCollection(this.#pool, this.name));
  }

  /** To be called when it is known that the indexes have changed. */
  forget(): void {
    this.#state = null;
  }

  async #ensured(): Promise<CollectionState> {
    return (this.#state ??= await ensureCollection(this.#pool, this.name));
  }

  /** Each document that matches, in the order asked for, while they are read. */
  async *find(query: Query): AsyncGenerator<Found, void, undefined> {
    const { skip = 0, limit = 0 } = query;
    let at = 0;
    for await (const found of this.#inOrder(query)) {
      at += 1;
      if (at > skip) yield found;
      if (limit > 0 && at >= skip + limit) return;
    }
  }

  async *#inOrder({
    filter,
    sort = [],
    skip = 0,
    limit = 0,
  }: Query): AsyncGenerator<Found, void, undefined> {
    const matches = compileFilter(filter);
    // Read again from the beginning as long as nothing was handed out: plans of old indexes say so at once.
    for (;;) {
      const state = await this.state();
      if (state === null) return;
      const plan = planRead(state, filter, sort);
      const isStreamed = plan.isSorted || sort.length === 0;
      const wanted = isStreamed && limit > 0 ? skip + limit : Infinity;
      let handedOut = 0;
      try {
        const all: Found[] = [];
        for await (const batch of readPlan(this.#pool, state, plan, firstBatch(wanted))) {
          for (const stored of batch) {
            const document = decode(stored.body);
            if (!matches(document)) continue;
            if (!isStreamed) all.push({ stored, document });
            else {
              handedOut += 1;
              yield { stored, document };
            }
          }
        }
        const order = comparator(sort);
        yield* all.toSorted((a, b) => order(a.document, b.document));
        return;
      } catch (error) {
        if (!(error instanceof StalePlan)) throw error;
        this.forget();
        if (handedOut > 0)
          throw serverError("QueryPlanKilled", "the indexes changed while the cursor was open");
      }
    }
  }

  async first(query: Query): Promise<Found | null> {
    for await (const found of this.find({ ...query, limit: 1 })) return found;
    return null;
  }

  /** All in one transaction when all can be written, else each for itself. */
  async writeMany(writes: readonly Write[], isOrdered: boolean): Promise<readonly Outcome[]> {
    return writeAll(
      this.#pool,
      {
        current: () => this.#ensured(),
        renewed: () => {
          this.forget();
          return this.#ensured();
        },
      },
      writes,
      isOrdered,
    );
  }

  /**
   * Changes the first document that matches; when another process has changed it meanwhile, asks again which one matches.
   * @throws MongoServerError DuplicateKey, or what the update refuses
   */
  async modifyOne(modify: Modify): Promise<Modification> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const found = await this.first({
        filter: modify.filter,
        ...(modify.sort && { sort: modify.sort }),
      });
      if (found === null && !modify.isUpsert) return NOTHING;
      const done =
        found === null ? await this.#upsert(modify) : await this.modifyFound(found, modify);
      if (done !== null) return done;
      // Processes that met once shall not meet again at once.
      await sleep(Math.random() * Math.min(tries, 20));
    }
    throw serverError(
      "WriteConflict",
      `others have changed the document ${MAX_TRIES} times meanwhile`,
    );
  }

  /** @returns null when the document has gone or does not match any more */
  async modifyFound(found: Found, modify: Modify): Promise<Modification | null> {
    const name = found.stored.id.toString("latin1");
    return this.#locks.run(name, async () => {
      const state = await this.#ensured();
      const stored = await readOne(this.#pool, state.collectionId, found.stored.id);
      if (stored === null) return null;
      const before = decode(stored.body);
      if (!compileFilter(modify.filter)(before)) return null;
      const after = modify.update(decode(stored.body), contextOf(modify, false));
      if (Buffer.from(encode(after)).equals(stored.body)) {
        return { before, after, isChanged: false, upsertedId: undefined };
      }
      const outcome = await this.#queue.write({ before: { stored, document: before }, after });
      if (outcome instanceof Conflict) return null;
      if (outcome instanceof Error) throw outcome;
      return { before, after, isChanged: true, upsertedId: undefined };
    });
  }

  async #upsert(modify: Modify): Promise<Modification | null> {
    const start = startOfUpsert(modify.filter);
    const made = modify.update(start, contextOf(modify, true));
    const { _id: id = newObjectId(), ...fields } = made;
    const after = { _id: id, ...fields };
    const outcome = await this.#queue.write({ before: null, after });
    if (outcome instanceof Error) {
      if (isRace(outcome, modify.filter, after)) return null;
      throw outcome;
    }
    return { before: null, after, isChanged: true, upsertedId: id };
  }

  /** @returns what was removed; null when nothing matched */
  async removeOne(query: Query): Promise<Document | null> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const found = await this.first(query);
      if (found === null) return null;
      const removed = await this.removeFound(found, query.filter);
      if (removed !== null) return removed;
      await sleep(Math.random() * Math.min(tries, 20));
    }
    throw serverError(
      "WriteConflict",
      `others have changed the document ${MAX_TRIES} times meanwhile`,
    );
  }

  /** @returns null when it has gone, or does not match any more */
  async removeFound(found: Found, filter: Document): Promise<Document | null> {
    const name = found.stored.id.toString("latin1");
    return this.#locks.run(name, async () => {
      const state = await this.#ensured();
      const stored = await readOne(this.#pool, state.collectionId, found.stored.id);
      if (stored === null) return null;
      const document = decode(stored.body);
      if (!compileFilter(filter)(document)) return null;
      const outcome = await this.#queue.write({ before: { stored, document }, after: null });
      if (outcome instanceof Conflict) return null;
      if (outcome instanceof Error) throw outcome;
      return document;
    });
  }

  /** @returns once the document is committed, or why it cannot be */
  insert(document: Document): Promise<Outcome> {
    return this.#queue.write({ before: null, after: document });
  }
}

const NOTHING: Modification = {
  before: null,
  after: null,
  isChanged: false,
  upsertedId: undefined,
};

function firstBatch(wanted: number): number {
  return Math.max(1, Math.min(wanted, 128));
}

function contextOf({ filter, arrayFilters }: Modify, isInsert: boolean): UpdateContext {
  return { filter, arrayFilters, nowMs: Date.now(), isInsert };
}

/** Somebody else has made the very document that the filter names, so there is one to update now. */
function isRace(error: Error, filter: Document, made: Document): boolean {
  if (!("keyPattern" in error) || typeof error.keyPattern !== "object") return false;
  const asked = new Set(equalities(filter).map(([path]) => path));
  const paths = Object.keys(error.keyPattern ?? {});
  return paths.every((path) => asked.has(path)) && compileFilter(filter)(made);
}
