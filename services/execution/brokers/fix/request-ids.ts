/** Ids of requests that are no orders: a FIX cancel has a ClOrdID of its own, and so has a question. */
import { orderIdOf, revisionOf } from "../client-ids.ts";

const CANCEL =
  /^([0-9a-f]{8})([0-9a-f]{4})(5[0-9a-f]{3})([89ab][0-9a-f]{3})([0-9a-f]{12})c([1-9]\d{0,2})$/;

/** At most 36 characters, as those of orders and their amendments are. @param count 1 for an order's first cancel */
export function cancelIdOf(orderId: string, count: number): string {
  if (!Number.isInteger(count) || count < 1 || count > 999)
    throw new RangeError(`expected a count of cancels from 1 to 999, found ${count}`);
  return `${orderId.replaceAll("-", "")}c${count}`;
}

/** What a ClOrdID of ours is about; null for one that is not of our making. */
export type RequestName =
  | { readonly kind: "order"; readonly orderId: string }
  | { readonly kind: "replace"; readonly orderId: string; readonly revision: number }
  | { readonly kind: "cancel"; readonly orderId: string };

export function readRequestId(clientId: string): RequestName | null {
  const canceled = CANCEL.exec(clientId);
  if (canceled !== null) return { kind: "cancel", orderId: canceled.slice(1, 6).join("-") };
  const orderId = orderIdOf(clientId);
  const revision = revisionOf(clientId);
  if (orderId === null || revision === null) return null;
  return revision === 0 ? { kind: "order", orderId } : { kind: "replace", orderId, revision };
}

/** OrdStatusReqID or MassStatusReqID: of the question, and of nothing else. */
export function questionIdOf(newId: string): string {
  return `q${newId.replaceAll("-", "")}`;
}
