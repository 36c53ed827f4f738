import type { ActorRef } from "../../domain/shared/decider.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { ProbePoint } from "../../mixins/actor/ports.ts";
import type { CounterCommand } from "./counter.ts";

/** Where a child process is to end itself: as it passes the point for the `at`-th time. */
export interface CrashPlan {
  readonly point: ProbePoint;
  readonly at: number;
}

export interface KnownCommand {
  readonly commandId: string;
  readonly ref: ActorRef;
  readonly command: CounterCommand;
}

/** What the parent tells a child, over Node's channel between processes. */
export type ToChild =
  | { readonly type: "start"; readonly url: string; readonly crash: CrashPlan | null }
  | { readonly type: "send"; readonly commands: readonly KnownCommand[] }
  | { readonly type: "stop" };

export type FromChild =
  | { readonly type: "loaded" }
  | { readonly type: "ready" }
  | { readonly type: "acknowledged"; readonly commandId: string; readonly reply: Json }
  | { readonly type: "failed"; readonly commandId: string; readonly error: string };

/** What stands for the world outside: the broker that effects reach, and a consumer of the bus. */
export const WORLD_TABLES = `
  CREATE TABLE witness (effect_id uuid PRIMARY KEY, amount int NOT NULL, seen int NOT NULL DEFAULT 1);
  CREATE TABLE published (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream_id text NOT NULL, version bigint NOT NULL);
`;
