import { StoreUnavailable, UnknownOutcome } from "../../domain/shared/errors.ts";

/** Raised by act.append_turns when a command id is on record already. */
export const COMMAND_ON_RECORD = "QA001";

export function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
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
    if (neverSent(error)) throw new StoreUnavailable(messageOf(error), { cause: error });
    if (isLoss(error)) throw new UnknownOutcome(messageOf(error), { cause: error });
    throw error;
  }
}

/** Classes 08 (connection), 53 (resources), 57P (shutdown); errors of the socket; pg's own words for a lost connection. */
function isLoss(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined)
    return /terminated|timeout|closed|not queryable/iu.test(messageOf(error));
  return /^(08|53|57P|E[A-Z]{3,})/u.test(state);
}

/** Refused before a byte of the statement left: no listener, start-up or shutdown in progress, no free connection. */
function neverSent(error: unknown): boolean {
  const state = sqlState(error) ?? "";
  if (["ECONNREFUSED", "ENOENT", "ENOTFOUND", "57P03", "53300"].includes(state)) return true;
  return /timeout exceeded when trying to connect|pool after calling end/iu.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
