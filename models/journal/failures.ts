import type { Pool, QueryConfig, QueryResult, QueryResultRow } from "pg";
import { StoreUnavailable, UnknownOutcome } from "../../domain/shared/errors.ts";

declare module "pg" {
  // pg reads it from each query; its types know it for whole connections only.
  interface QueryConfig<I> {
    query_timeout?: number;
  }
}

/** Raised by act.append_turns when an idempotency key came with another body before. */
export const KEY_REUSED = "QA004";

/**
 * How long a statement may take. A store that hangs, or a network that swallows packets, must look like a loss: the
 * connection is dropped then and the outcome of a write unknown.
 */
export const ANSWER_MS = 5_000;

/** Whether a row was refused because another has its place under this constraint. */
export function isTaken(error: unknown, constraint: string): boolean {
  if (sqlState(error) !== "23505") return false;
  return error instanceof Error && "constraint" in error && error.constraint === constraint;
}

export function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Runs a statement on a connection of the pool, which loses its connection when it is not answered in time. As `query_timeout` of
 * pg does, which changes a query's callback after it was made: all that the statement brought along (some 13 kB an order)
 * then outlives it until the next full collection, of which there was one every three seconds because of it.
 */
export function ask<R extends QueryResultRow>(
  pool: Pool,
  query: QueryConfig,
): Promise<QueryResult<R>> {
  return new Promise((resolve, reject) => {
    pool.connect((unconnected, client, release) => {
      if (client === undefined) {
        reject(unconnected ?? new Error("no connection"));
        return;
      }
      let isOver = false;
      const end = (failure: Error | null | undefined, result?: QueryResult<R>): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        client.removeListener("error", end);
        if (result === undefined || failure) {
          const error = failure ?? new Error("a statement ended without a word");
          release(error);
          reject(error);
        } else {
          release();
          resolve(result);
        }
      };
      const timer = setTimeout(() => end(new Error("Query read timeout")), ANSWER_MS);
      client.once("error", end);
      try {
        client.query<R>(query, end);
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

/** Runs a read, or a write that may be repeated: any loss of the store is `StoreUnavailable`. */
export async function storeCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isLoss(error)) throw new StoreUnavailable(messageOf(error), { cause: error });
    throw error;
  }
}

/**
 * Runs a write. The server answers a refused statement with an SQLSTATE: nothing was written. Where no server was reached
 * nothing was written either. Anything else may have been committed: `UnknownOutcome`.
 */
export async function storeWrite<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (neverWritten(error)) throw new StoreUnavailable(messageOf(error), { cause: error });
    if (isLoss(error)) throw new UnknownOutcome(messageOf(error), { cause: error });
    throw error;
  }
}

/** Classes 08 (connection), 53 (resources), 57P (shutdown); errors of the socket; pg's own words for a lost connection. */
function isLoss(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined)
    return /terminated|timeout|closed|not queryable|calling end/iu.test(messageOf(error));
  return isRolledBack(state) || /^(08|53|57P|E[A-Z]{3,})/u.test(state);
}

/** Deadlock, serialization failure, canceled statement: a repeat may succeed, and nothing of it was written. */
function isRolledBack(state: string): boolean {
  return ["40001", "40P01", "57014", "55P03"].includes(state);
}

/** Rolled back, or refused before a byte of the statement left: no listener, start-up or shutdown in progress, no free connection. */
function neverWritten(error: unknown): boolean {
  const state = sqlState(error) ?? "";
  if (isRolledBack(state)) return true;
  if (["ECONNREFUSED", "ENOENT", "ENOTFOUND", "57P03", "53300"].includes(state)) return true;
  return /timeout exceeded when trying to connect|due to connection timeout|pool after calling end/iu.test(
    messageOf(error),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
