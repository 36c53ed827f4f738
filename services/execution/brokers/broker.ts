import type { Bar } from "../../../domain/market/bar.ts";
import type { Quote } from "../../../domain/market/quote.ts";
import type { CancelPayload, SubmitPayload } from "../../../domain/order/messages.ts";

/**
 * What became of a call to a broker. `accepted`: it has the order; what happens to it comes as execution reports.
 * `rejected`: it said no, and nothing is live. Everything else is thrown: the outcome is not known.
 */
export type SubmitOutcome =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "rejected"; readonly reason: string; readonly text: string };

/** A broker as orders see it. One file an adapter; the client order id is the key of everything. */
export interface Broker {
  readonly name: string;
  /** Sends an order, or recognises it: two sendings of one client order id are one order. */
  submit(order: SubmitPayload, marketTimeMs: number | null): Promise<SubmitOutcome>;
  cancel(order: CancelPayload): Promise<void>;
  /** Market data, for brokers that match by it. */
  onBar?(bar: Bar): Promise<void>;
  onQuote?(quote: Quote): Promise<void>;
}
