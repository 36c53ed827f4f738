import type { SubmitPayload } from "../../../domain/order/messages.ts";
import { notAbleTo } from "./abilities.ts";
import type { Broker, BrokerIds, Sending, SubmitOutcome } from "./broker.ts";

/** What of a broker a sending needs. */
export type Submitting = Pick<Broker, "name" | "ids" | "abilities" | "submit" | "find">;

/**
 * Sends an order, unless the broker does not take its kind, or has it. A crash leaves no trace of a first sending: where an id
 * may be used twice, the broker is asked before it.
 */
export async function submitTo(
  broker: Submitting,
  order: SubmitPayload,
  sending: Sending,
): Promise<SubmitOutcome> {
  const missing = notAbleTo(broker.abilities, order);
  if (missing !== null) return unsupported(broker, missing);
  if (!sending.isRepeat && mayCreateTwo(broker.ids) && (await broker.find?.(order)) === true)
    return { outcome: "accepted" };
  return broker.submit(order, sending);
}

export function unsupported({ name }: Pick<Broker, "name">, what: string): SubmitOutcome {
  return { outcome: "rejected", reason: "unsupported", text: `${name} does not take ${what}` };
}

function mayCreateTwo({ idUnique, queryByClientId }: BrokerIds): boolean {
  return queryByClientId && idUnique !== "forever";
}
