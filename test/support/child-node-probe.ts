/**
 * A node that kills itself, as a process of its own: at the step that CRASH_AT names, the time that CRASH_TIME says, counted
 * from when the statement CRASH_FROM has found rows, where one is named. A step is one of the actor layer, or `before` or `after`
 * and the name of a statement, and perhaps a word of its values. Everything else is as in services/main.ts.
 */
import { Pool, type QueryResult } from "pg";
import { readConfig } from "../../services/config.ts";
import { createLogger } from "../../services/logging.ts";
import { startNode } from "../../services/node.ts";

const { CRASH_AT = "", CRASH_TIME = "1", CRASH_FROM = "", ...environment } = process.env;
const config = readConfig(environment);
let left = Number(CRASH_TIME);
let isCounting = CRASH_FROM === "";

function reach(step: string): void {
  if (!isCounting || step !== CRASH_AT) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

const [when = "", statement = "", word = ""] = CRASH_AT.split(" ");
const names = new Set([statement, CRASH_FROM]);

interface Statement {
  readonly name?: string;
  readonly values?: readonly unknown[];
}

// Every pool of the node, from its first statement on. The actor layer's own go by connections, and have steps of their own.
// oxlint-disable-next-line typescript/unbound-method -- each call gives it its pool
Pool.prototype.query = new Proxy(Pool.prototype.query, {
  apply: (query, pool, args) => {
    // sound: what is asked of a pool is a text, or a statement
    const { name = "", values = [] } = args[0] as Statement;
    if (!names.has(name)) return Reflect.apply(query, pool, args) as unknown;
    return watched(name, values, () => Reflect.apply(query, pool, args) as Promise<QueryResult>);
  },
});

async function watched(
  name: string,
  values: readonly unknown[],
  run: () => Promise<QueryResult>,
): Promise<QueryResult> {
  const isMeant = name === statement && (word === "" || values.includes(word));
  if (isMeant && when === "before") reach(CRASH_AT);
  const result = await run();
  if (name === CRASH_FROM && result.rows.length > 0) isCounting = true;
  if (isMeant && when === "after") reach(CRASH_AT);
  return result;
}

await startNode({
  config,
  log: createLogger({ level: "error", format: "json", nodeId: config.nodeId }),
  probe: reach,
});
