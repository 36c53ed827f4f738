import { DBOS } from "@dbos-inc/dbos-sdk";
import type { Message } from "../../domain/shared/decider.ts";
import { contest, POOL_MAX } from "../driven/contestant.ts";
import type { Contestant } from "../driven/contestant.ts";
import { send } from "./plain-send.ts";
import { look, openStore } from "./plain-store.ts";
import type { WorkloadName } from "../driven/workloads.ts";

/**
 * A workflow of one step, whose id is the command's: DBOS remembers that it ran and its output. A step may run again after a
 * crash, so it is the plain service's transaction, which remembers the command too.
 */
async function open(): Promise<Contestant> {
  const { DATABASE_URL = "" } = process.env;
  const pool = await openStore("bench-dbos", POOL_MAX / 2);
  const run = DBOS.registerWorkflow(
    (workload: WorkloadName, key: string, commandId: string, command: Message) =>
      DBOS.runStep(() => send(pool, workload, key, commandId, command), { name: "send" }),
    { name: "run" },
  );
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: DATABASE_URL,
    systemDatabasePoolSize: POOL_MAX / 2,
    logLevel: "error",
  });
  await DBOS.launch();
  return {
    send: async (workload, key, commandId, command) => {
      const start = DBOS.startWorkflow(run, { workflowID: commandId });
      return (await start(workload, key, commandId, command)).getResult();
    },
    tally: (workload, key) => look(pool, workload, key),
    stop: async () => {
      await DBOS.shutdown();
      await pool.end();
    },
  };
}

contest(open);
