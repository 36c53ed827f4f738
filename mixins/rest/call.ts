import type { CallingOptions } from "moleculer";
import type { ActionMap, ActionName } from "./routes/index.ts";

/** A context or a broker. */
interface Caller {
  call<T>(action: string, params: unknown, options?: CallingOptions): Promise<T>;
}

/** Calls an action with what its contract takes, for what its contract gives. */
export function call<N extends ActionName>(
  caller: Caller,
  action: N,
  params: ActionMap[N]["params"],
  options?: CallingOptions,
): Promise<ActionMap[N]["result"]> {
  return caller.call<ActionMap[N]["result"]>(action, params, options);
}
