import { Refusal } from "../../domain/shared/errors.ts";
import type { Process } from "./machine.ts";
import type { Network } from "./network.ts";

/** No answer came in time. Named as Moleculer names it. */
class RequestTimeoutError extends Error {
  override readonly name = "RequestTimeoutError";
}

/**
 * A call from a process to a place in the network that may be lost, doubled or late on both ways. What crosses is JSON.
 * @param serve runs at the other end, once for each time that the request gets there
 */
export function remoteCall(
  network: Network,
  caller: Process,
  callee: { readonly place: string; readonly timeoutMs: number },
  request: unknown,
  serve: (request: unknown, answer: (value: unknown) => void) => void,
): Promise<unknown> {
  const { place, timeoutMs } = callee;
  return caller.promise<unknown>((settle) => {
    const text = JSON.stringify(request);
    const timer = caller.clock.setTimer(timeoutMs, () =>
      settle.reject(new RequestTimeoutError(`no answer from ${place}`)),
    );
    const answer = (value: unknown): void => {
      const back = JSON.stringify(value) ?? "null";
      network.send(place, caller.nodeId, () => {
        timer.cancel();
        settle.resolve(JSON.parse(back));
      });
    };
    network.send(caller.nodeId, place, () => serve(JSON.parse(text), answer));
  });
}

/** An error as it crosses the network, where classes do not survive. */
export interface WireError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

export function toWire(error: unknown): WireError {
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : "unknown";
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  // sound: checked on the line above; Refusal and ActorError have a code
  return { name, code: isCoded ? (error as Refusal).code : "", message };
}
