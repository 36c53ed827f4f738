import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Server } from "./store/append.ts";
import type { Trace } from "./trace.ts";

/** What all parts of a run share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly trace: Trace;
  readonly server: Server;
}
