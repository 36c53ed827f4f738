import { contest, POOL_MAX } from "../driven/contestant.ts";
import type { Contestant } from "../driven/contestant.ts";
import { look, openStore } from "./plain-store.ts";
import { send } from "./plain-send.ts";

/** What a careful service does without actors. */
async function open(): Promise<Contestant> {
  const pool = await openStore("bench-plain", POOL_MAX);
  return {
    send: (workload, key, commandId, command) => send(pool, workload, key, commandId, command),
    tally: (workload, key) => look(pool, workload, key),
    stop: () => pool.end(),
  };
}

contest(open);
