import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { Json } from "../../../../domain/shared/json.ts";
import type { CallOptions } from "../../../../mixins/actor/client.ts";
import type { ActorKind } from "../../../../mixins/actor/kind.ts";
import { startActorNode } from "../../../support/actor-node.ts";
import type { TestNode } from "../../../support/actor-node.ts";
import type { CounterCommand } from "../../../support/counter.ts";
import { withDatabase } from "../../../support/database.ts";

export interface CounterNode extends TestNode {
  add(id: string, command: CounterCommand, options?: Partial<CallOptions>): Promise<CounterAnswer>;
  read(id: string): Promise<{ readonly summary: Json; readonly version: number }>;
}

interface CounterAnswer {
  readonly reply: unknown;
  readonly version: number;
  readonly isReplay: boolean;
}

/** A database of its own for the describe block that calls it, and nodes on it that end with each test. */
export function withNodes() {
  const database = withDatabase();
  const running = new Set<CounterNode>();

  const start = async (
    kind: ActorKind | readonly ActorKind[],
    overrides: Parameters<typeof startActorNode>[2] & { readonly pool?: Pool } = {},
  ): Promise<CounterNode> => {
    const { pool = database.pool, ...rest } = overrides;
    const kinds = "type" in kind ? [kind] : kind;
    const node = await startActorNode(pool, kinds, rest);
    const counter: CounterNode = {
      ...node,
      add: (id, command, options = {}) =>
        node.system.client.call({ type: "counter", id }, command, {
          commandId: randomUUID(),
          ...options,
        }),
      read: (id) => node.system.client.read({ type: "counter", id }),
    };
    running.add(counter);
    return counter;
  };
  const stop = async (node: CounterNode) => {
    running.delete(node);
    await node.system.stop();
  };

  afterEach(async () => {
    await Promise.all([...running].map(stop));
  });

  return { database, start, stop, sql: sqlOn(() => database.pool) };
}

function sqlOn(pool: () => Pool) {
  return async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await pool().query<Row>(text, [...values])).rows;
}

/** Asks again and again until it is so; the test's own time limit is the only one. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** How long a call may take before it counts as hanging. */
export async function withinMs<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
