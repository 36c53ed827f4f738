import mongoose from "mongoose";
import type { Connection } from "mongoose";
import type { Pool } from "pg";
import { createDriver } from "./driver.ts";
import { startExpiry } from "./expiry.ts";

/** Where documents are kept: in this PostgreSQL, or in a MongoDB. */
export type DocumentTarget =
  | { readonly pool: Pool; readonly mongoUrl?: null }
  | { readonly mongoUrl: string };

export interface DocumentOptions {
  /** told when a round of removing expired documents failed; the next one comes */
  readonly onError: (error: unknown) => void;
  /** between rounds of removing expired documents; default 30,000, and null for none */
  readonly expireEveryMs?: number | null;
}

export interface Documents {
  /** mongoose's connection: `connection.model(name, schema)` */
  readonly connection: Connection;
  /** for people */
  readonly description: string;
  /** @throws when the store cannot be reached */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const EXPIRE_EVERY_MS = 30_000;
/** A MongoDB that is not there is said to be so before a request has run out of time. */
const SERVER_SELECTION_MS = 3_000;

/**
 * Opens the documents. Every model is made on the connection it returns, never on mongoose itself: two nodes of one
 * process have two connections.
 */
export function openDocuments(
  target: DocumentTarget,
  options: DocumentOptions,
): Promise<Documents> {
  return typeof target.mongoUrl === "string"
    ? openMongo(target.mongoUrl)
    : openEmbedded(target.pool, options);
}

async function openEmbedded(
  pool: Pool,
  { onError, expireEveryMs = EXPIRE_EVERY_MS }: DocumentOptions,
): Promise<Documents> {
  const instance = new mongoose.Mongoose();
  instance.setDriver(createDriver(pool));
  const connection = await instance.createConnection("embedded://documents").asPromise();
  const expiry =
    expireEveryMs === null ? null : startExpiry(pool, connection, expireEveryMs, onError);
  return {
    connection,
    description: "mongoose, documents in PostgreSQL",
    ping: async () => void (await pool.query("SELECT 1")),
    close: async () => {
      await expiry?.stop();
      await connection.close();
    },
  };
}

async function openMongo(mongoUrl: string): Promise<Documents> {
  const instance = new mongoose.Mongoose();
  const connection = await instance
    .createConnection(mongoUrl, {
      serverSelectionTimeoutMS: SERVER_SELECTION_MS,
      bufferCommands: false,
    })
    .asPromise();
  return {
    connection,
    description: "mongoose, MongoDB",
    ping: async () => void (await connection.db?.admin().ping()),
    close: () => connection.close(),
  };
}
