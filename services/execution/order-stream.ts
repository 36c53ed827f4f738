import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { StreamMessage } from "../../mixins/rest/stream-channels.ts";
import type { StoredView } from "../../models/views.ts";
import { toView } from "./order-records.ts";

/** What streams are told of an order's events: how it stands. It belongs to whom its portfolio belongs. */
export function tellOrder(
  _event: OutboxEvent,
  actor: StoredView,
  portfolio: StoredView | null,
): readonly StreamMessage[] {
  const { portfolioId, tenantId } = actor;
  // sound: a view is plain JSON
  const data = toView(actor) as unknown as Json;
  return [{ channel: "orders", tenantId, portfolioId, ownerId: portfolio?.ownerId ?? null, data }];
}
