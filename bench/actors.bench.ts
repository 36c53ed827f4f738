import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { uuidv5 } from "../mixins/actor/ids.ts";
import type { ActorSystem } from "../mixins/actor/system.ts";
import { startActorNode } from "../test/support/actor-node.ts";
import { counterKind } from "../test/support/counter.ts";
import { closedLoop, outcomeOf } from "./closed-loop.ts";
import type { Cell, Outcome } from "./closed-loop.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, round } from "./support.ts";

const actorId = (cell: string, n: number) => `${cell}-${n}`;

/** One durable command at a time on each of `actors` actors, then a check that nothing was lost or done twice. */
async function actorsCell(
  system: ActorSystem,
  actors: number,
  durationMs: number,
): Promise<Outcome> {
  const cell = randomUUID();
  const outcome = await closedLoop(actors, durationMs, (caller, n) =>
    system.client.call(
      { type: "counter", id: actorId(cell, caller) },
      { type: "Add", amount: 1 } as { type: "Add" },
      { commandId: uuidv5(cell, `${caller}:${n}`) },
    ),
  );
  await checkSum(system, cell, actors, outcome.acknowledged);
  return outcome;
}

async function checkSum(
  system: ActorSystem,
  cell: string,
  actors: number,
  expected: number,
): Promise<void> {
  let sum = 0;
  for (let n = 0; n < actors; n++) {
    const { summary } = await system.client.read({ type: "counter", id: actorId(cell, n) });
    // sound: the counter's summary
    sum += (summary as { sum: number } | null)?.sum ?? 0;
  }
  if (sum !== expected)
    throw new Error(`acknowledged ${expected} commands, found ${sum} on record`);
}

/** 64 callers on one actor: turns take all that waits. */
async function hotKey(system: ActorSystem, durationMs: number): Promise<Outcome> {
  const cell = randomUUID();
  const outcome = await closedLoop(64, durationMs, (caller, n) =>
    system.client.call(
      { type: "counter", id: actorId(cell, 0) },
      { type: "Add", amount: 1 } as { type: "Add" },
      { commandId: uuidv5(cell, `${caller}:${n}`) },
    ),
  );
  await checkSum(system, cell, 1, outcome.acknowledged);
  return outcome;
}

/** First reads of actors that have a past: claim, load, replay. */
async function activations(pool: Pool, system: ActorSystem, count: number): Promise<Cell> {
  const cell = randomUUID();
  const ids = Array.from({ length: count }, (_, n) => actorId(cell, n));
  const refs = ids.map((id) => ({ type: "counter", id }));
  await Promise.all(
    refs.map((ref, n) =>
      system.client.call(ref, { type: "Add", amount: 1 } as { type: "Add" }, {
        commandId: uuidv5(cell, `${n}`),
      }),
    ),
  );
  await system.stop();
  const { system: next } = await startActorNode(pool, [counterKind()]);
  const samples: number[] = [];
  const startMs = performance.now();
  await Promise.all(
    refs.map(async (ref) => {
      await next.client.read(ref);
      samples.push(performance.now() - startMs);
    }),
  );
  const outcome = outcomeOf(samples, performance.now() - startMs);
  await next.stop();
  return outcome;
}

/** What a careful service without actors does: one transaction a command, row locked, event and command id written. */
async function commitPerCommand(pool: Pool, callers: number, durationMs: number): Promise<Outcome> {
  await pool.query(
    `CREATE TABLE IF NOT EXISTS plain_counter (id text PRIMARY KEY, sum bigint NOT NULL, version bigint NOT NULL);
     CREATE TABLE IF NOT EXISTS plain_event (id text, version bigint, data json, PRIMARY KEY (id, version));
     CREATE TABLE IF NOT EXISTS plain_command (id text, cmd_id uuid, reply json, PRIMARY KEY (id, cmd_id))`,
  );
  const cell = randomUUID();
  const ids = Array.from({ length: callers }, (_, n) => actorId(cell, n));
  await pool.query("INSERT INTO plain_counter SELECT unnest($1::text[]), 0, 0", [ids]);
  return closedLoop(callers, durationMs, (caller, n) =>
    addInOneTransaction(pool, actorId(cell, caller), uuidv5(cell, `${caller}:${n}`)),
  );
}

async function addInOneTransaction(pool: Pool, id: string, commandId: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const row = await client.query<{ sum: number; version: number }>({
      name: "plain-lock",
      text: "SELECT sum, version FROM plain_counter WHERE id = $1 FOR UPDATE",
      values: [id],
    });
    const { sum = 0, version = 0 } = row.rows[0] ?? {};
    await client.query({
      name: "plain-update",
      text: "UPDATE plain_counter SET sum = $2, version = $3 WHERE id = $1",
      values: [id, sum + 1, version + 1],
    });
    await client.query({
      name: "plain-event",
      text: "INSERT INTO plain_event VALUES ($1, $2, $3)",
      values: [id, version + 1, JSON.stringify({ type: "Added", amount: 1 })],
    });
    await client.query({
      name: "plain-command",
      text: "INSERT INTO plain_command VALUES ($1, $2, $3)",
      values: [id, commandId, JSON.stringify({ sum: sum + 1 })],
    });
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const database = await openBenchDatabase();
  const durationMs = isQuick ? 1_000 : 5_000;
  try {
    console.log(
      `durable commands on counters; ${database.description}; ${durationMs / 1_000} s a cell`,
    );
    const { system } = await startActorNode(database.pool, [counterKind()], {
      // The tests' own bus keeps every event that it is told.
      ports: { bus: { publish: () => Promise.resolve() } },
    });
    await actorsCell(system, 64, 1_000);
    const cells: Record<string, Cell> = {};
    const reference: Record<string, Cell> = {};
    for (const actors of [1, 16, 64, 256, 1_000]) {
      cells[`actors${actors}`] = await actorsCell(system, actors, durationMs);
      if (actors <= 256)
        reference[`callers${actors}`] = await commitPerCommand(database.pool, actors, durationMs);
      print(actors, cells[`actors${actors}`], reference[`callers${actors}`]);
    }
    cells["hotKey"] = await hotKey(system, durationMs);
    console.log(`hot key, 64 callers: ${line(cells["hotKey"])}`);
    cells["activation"] = await activations(database.pool, system, isQuick ? 1_000 : 5_000);
    console.log(`activation of actors with a past: ${line(cells["activation"])}`);
    const ours = cells["actors256"]?.perSecond ?? 0;
    const plain = reference["callers256"]?.perSecond ?? 1;
    return {
      name: "actors",
      figures: { ...cells, target: { perSecondAt256: 20_000, p99MsAt256: 25 } },
      reference: {
        what: "one commit a command, SELECT FOR UPDATE, same PostgreSQL, 20 connections",
        ...reference,
      },
      ratio: round(ours / plain),
    };
  } finally {
    await database.close();
  }
}

function line(cell: Cell | undefined): string {
  return cell ? `${cell.perSecond}/s, p50 ${cell.p50Ms} ms, p99 ${cell.p99Ms} ms` : "not run";
}

function print(actors: number, ours: Cell | undefined, plain: Cell | undefined): void {
  console.log(
    `${String(actors).padStart(5)} actors: ${line(ours)}   | one commit a command: ${line(plain)}`,
  );
}
