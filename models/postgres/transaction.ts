import { DatabaseError, type Pool, type PoolClient } from "pg";

/**
 * The connection was lost while COMMIT was under way: the transaction may have been committed or not. Ask before
 * repeating it.
 */
export class CommitOutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super("the connection was lost during COMMIT: its outcome is unknown", { cause });
    this.name = "CommitOutcomeUnknown";
  }
}

/**
 * Runs `work` in one transaction on one connection: committed when it returns, rolled back when it throws.
 * @throws CommitOutcomeUnknown when the connection broke during the commit; otherwise nothing has happened
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await commit(client);
    client.release();
    return result;
  } catch (error) {
    await rollBack(client);
    throw error;
  }
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query("COMMIT").catch((error: unknown) => {
    throw isDefinite(error) ? error : new CommitOutcomeUnknown(error);
  });
  // The server answers so, and not with an error, when an earlier failure was swallowed.
  if (command === "ROLLBACK")
    throw new Error("a statement of this transaction failed and its error was swallowed");
}

/** Whether the server itself refused, as opposed to having gone away (classes 08 and 57P). */
function isDefinite(error: unknown): boolean {
  return error instanceof DatabaseError && !/^(08|57P)/.test(error.code ?? "");
}

/** Returns the connection to the pool, or drops it where its state is in doubt. */
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query("ROLLBACK");
    client.release();
  } catch {
    client.release(true);
  }
}
