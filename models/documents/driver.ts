import mongoose from "mongoose";
import type { Pool } from "pg";
import { collectionNames, ensureCollection } from "./catalogue.ts";
import { BulkResult } from "./bulk.ts";
import { DocumentCursor } from "./cursor.ts";
import { refused, serverError } from "./errors.ts";
import { Operations } from "./operations.ts";
import type { Options } from "./requests.ts";

/** The collections of one database, each with one list of indexes and one queue of writes. */
class Database {
  readonly pool: Pool;
  readonly #collections = new Map<string, Operations>();

  constructor(pool: Pool) {
    this.pool = pool;
  }

  collection(name: string): Operations {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const made = new Operations(this.pool, name, (sibling) => this.collection(sibling));
    this.#collections.set(name, made);
    return made;
  }

  async createCollection(name: string, options: Options = {}): Promise<Operations> {
    const kinds = [
      "capped",
      "timeseries",
      "clusteredIndex",
      "collation",
      "validator",
      "viewOn",
      "expireAfterSeconds",
    ];
    const kind = kinds.find((option) => options[option] !== undefined && options[option] !== false);
    if (kind !== undefined) throw refused(`the collection option ${kind}`);
    const operations = this.collection(name);
    if ((await operations.documents.state()) !== null) {
      throw serverError("NamespaceExists", `Collection ${name} already exists.`);
    }
    await ensureCollection(this.pool, name);
    operations.documents.forget();
    return operations;
  }

  dropCollection(name: string): Promise<boolean> {
    return this.collection(name).drop();
  }

  async dropDatabase(): Promise<boolean> {
    for (const name of await collectionNames(this.pool)) await this.dropCollection(name);
    return true;
  }

  listCollections(): DocumentCursor {
    const { pool } = this;
    return new DocumentCursor(async function* read() {
      for (const name of await collectionNames(pool)) yield { name, type: "collection" };
    });
  }

  command(): never {
    throw refused("a database command");
  }

  watch(): never {
    throw refused("a change stream");
  }
}

/** The states of a connection as mongoose counts them. */
const CONNECTED = mongoose.ConnectionStates.connected;
const CONNECTING = mongoose.ConnectionStates.connecting;

/** mongoose's driver over documents in PostgreSQL: `mongoose.setDriver` takes it. */
export function createDriver(pool: Pool): unknown {
  const database = new Database(pool);

  // mongoose's own class hands each call on to what the connection's database calls a collection.
  class DocumentsCollection extends mongoose.Collection {}
  for (const name of missingMethods()) {
    Object.defineProperty(DocumentsCollection.prototype, name, {
      value: (): never => {
        throw refused(`Collection.${name}()`);
      },
    });
  }

  class DocumentsConnection extends mongoose.Connection {
    async createClient(uri: string): Promise<this> {
      Object.assign(this, {
        db: database,
        client: CLIENT,
        name: "documents",
        _connectionString: uri,
      });
      Reflect.set(this, "readyState", CONNECTING);
      await pool.query("SELECT FROM doc.collection LIMIT 1");
      Reflect.set(this, "readyState", CONNECTED);
      // sound: mongoose's own connection has it, though its types do not say so
      (this as unknown as { onOpen(): void }).onOpen();
      return this;
    }

    /** The pool belongs to whoever gave it. */
    async doClose(): Promise<this> {
      return this;
    }
  }
  return {
    Collection: DocumentsCollection,
    Connection: DocumentsConnection,
    BulkWriteResult: BulkResult,
    plugins: [],
  };
}

/** What MongoDB's driver can do with a collection, and this store cannot. */
function missingMethods(): readonly string[] {
  const driver = Object.entries(
    Object.getOwnPropertyDescriptors(mongoose.mongo.Collection.prototype),
  );
  const methods = driver
    .filter(([, { value }]) => typeof value === "function")
    .map(([name]) => name);
  return methods.filter((name) => name !== "constructor" && !(name in Operations.prototype));
}

/** Stands where mongoose expects MongoDB's client. */
const CLIENT = {
  db: (): never => {
    throw refused("a second database");
  },
  startSession: (): never => {
    throw refused("a session or transaction");
  },
  withSession: (): never => {
    throw refused("a session or transaction");
  },
  bulkWrite: (): never => {
    throw refused("a bulk over several collections");
  },
};
