import type { OrderSummary } from "../../domain/order/messages.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { StreamMessage } from "../../mixins/rest/stream-channels.ts";
import type { StoredView } from "../../models/views.ts";
import { toOrderView } from "./order-views.ts";

/** What streams are told of an order's events: how it stands. It belongs to whom its portfolio belongs. */
export function tellOrder(
  _event: OutboxEvent,
  { doc, portfolioId, tenantId }: StoredView,
  portfolio: StoredView | null,
): readonly StreamMessage[] {
  // sound: written by the order kind's projection; and plain JSON
  const data = toOrderView(doc as unknown as OrderSummary) as unknown as Json;
  return [{ channel: "orders", tenantId, portfolioId, ownerId: portfolio?.ownerId ?? null, data }];
}
