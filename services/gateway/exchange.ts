import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "./identify.ts";
import type { Params } from "./params.ts";

/** A request whose sender is known and whose parameters were checked. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly params: Params;
  readonly identity: Identity | null;
}
