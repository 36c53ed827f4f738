import type { AlpacaOrder } from "../../../../../services/execution/brokers/alpaca-messages.ts";
import { readOrder } from "../../../../../services/execution/brokers/alpaca-messages.ts";

export const CLIENT_ORDER_ID = "0b0e5c3c-95b7-5d0a-8a53-3a4e1f2d7c61";

/** An order as the documentation shows it, in our types. */
export function order(changes: Readonly<Record<string, unknown>> = {}): AlpacaOrder {
  return readOrder({
    id: "61e69015-8549-4bfd-b9c3-01e75843f47d",
    client_order_id: CLIENT_ORDER_ID,
    created_at: "2021-03-16T18:38:01.942282Z",
    updated_at: "2021-03-16T18:38:02.5Z",
    submitted_at: "2021-03-16T18:38:01.937734Z",
    filled_at: null,
    replaced_by: null,
    symbol: "AAPL",
    qty: "10",
    filled_qty: "0",
    filled_avg_price: null,
    side: "buy",
    limit_price: "107.00",
    status: "accepted",
    ...changes,
  });
}
