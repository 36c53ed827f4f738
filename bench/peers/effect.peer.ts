import * as ClusterSchema from "@effect/cluster/ClusterSchema";
import * as Entity from "@effect/cluster/Entity";
import * as SingleRunner from "@effect/cluster/SingleRunner";
import * as Rpc from "@effect/rpc/Rpc";
import * as SqlClient from "@effect/sql/SqlClient";
import * as PgClient from "@effect/sql-pg/PgClient";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import * as ManagedRuntime from "effect/ManagedRuntime";
import * as Redacted from "effect/Redacted";
import * as Schema from "effect/Schema";
import type { Message } from "../../domain/shared/decider.ts";
import { contest, POOL_MAX } from "../driven/contestant.ts";
import type { Contestant } from "../driven/contestant.ts";
import * as store from "./plain-store.ts";
import { takeTurn } from "./turn.ts";
import type { Kept } from "./turn.ts";
import { WORKLOADS } from "../driven/workloads.ts";
import type { WorkloadName } from "../driven/workloads.ts";

/** A request that is in the mailbox's tables before it is handled, once for a command id. */
const Run = Rpc.make("run", {
  payload: { commandId: Schema.String, command: Schema.Unknown },
  success: Schema.Unknown,
  primaryKey: ({ commandId }) => commandId,
}).annotate(ClusterSchema.Persisted, true);

const counter = Entity.make("counter", [Run]);
const order = Entity.make("order", [Run]);
const ENTITIES = { counter, order } as const;

/**
 * The only writer of its key keeps the state in memory. A request that was handled but not answered is handled again: what
 * is on record under its command id stands, and a failure makes the entity forget what it thought it knew.
 */
function handlers(workload: WorkloadName) {
  return Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient;
    const { entityId } = yield* Entity.CurrentAddress;
    const id = store.rowId(workload, entityId);
    let known: Kept | null | undefined;
    const carryOut = (commandId: string, command: Message) =>
      Effect.gen(function* () {
        known ??= (yield* sql.unsafe<Kept>(store.LOOK, [id]))[0] ?? null;
        const turn = takeTurn(WORKLOADS[workload].kind, entityId, known, commandId, command);
        const recorded = yield* sql.unsafe(store.RECORD, [
          id,
          turn.version,
          ...[turn.state, turn.event].map((value) => JSON.stringify(value)),
          commandId,
          JSON.stringify(turn.reply),
        ]);
        if (recorded.length === 1) {
          known = turn;
          return turn.reply;
        }
        const [before] = yield* sql.unsafe<{ reply: unknown }>(store.REPLY, [id, commandId]);
        return before?.reply;
      });
    return {
      run: ({
        payload,
      }: {
        readonly payload: { readonly commandId: string; readonly command: unknown };
      }) =>
        // sound: the benchmark sends a workload its own commands
        carryOut(payload.commandId, payload.command as Message).pipe(
          Effect.tapErrorCause(() => Effect.sync(() => (known = undefined))),
          Effect.orDie,
        ),
    };
  });
}

async function open(): Promise<Contestant> {
  const { DATABASE_URL = "" } = process.env;
  const client = PgClient.layer({
    url: Redacted.make(DATABASE_URL),
    maxConnections: POOL_MAX,
    applicationName: "bench-effect",
  });
  const entities = Layer.mergeAll(
    counter.toLayer(handlers("counter")),
    order.toLayer(handlers("order")),
  );
  const runtime = ManagedRuntime.make(
    entities.pipe(
      Layer.provideMerge(SingleRunner.layer({ runnerStorage: "sql" })),
      Layer.provideMerge(client),
      Layer.provide(Logger.minimumLogLevel("Error" as never)),
    ),
  );
  const sql = await runtime.runPromise(SqlClient.SqlClient);
  await runtime.runPromise(sql.unsafe(store.SCHEMA));
  const clients = {
    counter: await runtime.runPromise(ENTITIES.counter.client),
    order: await runtime.runPromise(ENTITIES.order.client),
  };
  return {
    send: (workload, key, commandId, command) =>
      runtime.runPromise(clients[workload](key).run({ commandId, command })),
    tally: async (workload, key) => {
      const rows = await runtime.runPromise(
        sql.unsafe<Kept>(store.LOOK, [store.rowId(workload, key)]),
      );
      return store.tallyOf(workload, key, rows[0] ?? null);
    },
    stop: () => runtime.dispose(),
  };
}

contest(open);
