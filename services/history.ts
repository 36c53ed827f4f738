import type { ActorRef, Decider, Message, Recorded } from "../domain/shared/decider.ts";
import type { StoredEvent } from "../domain/shared/journal.ts";
import { unprocessable } from "../mixins/rest/rest-error.ts";
import { createJournal } from "../models/journal/journal.ts";
import type { NodeContext } from "./context.ts";

/** A client's clock may be a little ahead of ours. */
const TOLERANCE_MS = 1_000;

/**
 * Events of an actor as recorded up to and including an instant. A turn that is being committed is waited for, so that the
 * same question gets the same answer later.
 * @throws RestError 422 for an instant that is still to come
 */
export async function eventsAsOf(
  node: NodeContext,
  ref: ActorRef,
  asOfMs: number,
  { deadlineMs }: { readonly deadlineMs?: number } = {},
): Promise<readonly StoredEvent[]> {
  if (asOfMs > node.clock.now() + TOLERANCE_MS) {
    const message = "lies in the future: nothing is recorded of it yet";
    throw unprocessable([{ path: "asOf", code: "INVALID_VALUE", message }]);
  }
  await node.actors.read(ref, deadlineMs);
  return createJournal(node.pool).history(ref, asOfMs);
}

/** The state that these events lead to. */
export function fold<S, C extends Message, E extends Message, R>(
  decider: Decider<S, C, E, R>,
  id: string,
  events: readonly StoredEvent[],
): S {
  let state = decider.initial(id);
  // sound: events of the decider's own stream
  for (const event of events)
    state = decider.evolve(state, event as Recorded<Message> as Recorded<E>);
  return state;
}
