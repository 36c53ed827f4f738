import type { Bar } from "../../../domain/market/bar.ts";
import type { Quote } from "../../../domain/market/quote.ts";
import type { CancelPayload, SubmitPayload } from "../../../domain/order/messages.ts";
import type { Work } from "../../../mixins/actor/duty.ts";

/**
 * What became of a call to a broker. `accepted`: it has the order; what happens to it comes as execution reports.
 * `rejected`: it said no, and nothing is live. Everything else is thrown: the outcome is not known.
 */
export type SubmitOutcome =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "rejected"; readonly reason: string; readonly text: string };

/** What a broker makes of client order ids: how an order whose fate is not known may be sent again. */
export type BrokerIds = {
  /** for how long a second order of one id is refused or recognised */
  readonly idUnique: "forever" | "whileOpen" | "forAWhile";
  /** whether it can be asked for an order by its client order id; then the adapter has `find` */
  readonly queryByClientId: boolean;
  /** how long an order that was sent may take to be found, ms */
  readonly quietMs: number;
};

export interface Sending {
  /** the time that the market has reached, epoch ms; null when it is not known */
  readonly marketTimeMs: number | null;
  /** an earlier sending is on record; false does not prove that there was none, because of crashes */
  readonly isRepeat: boolean;
}

/** A broker as orders see it. One file an adapter; the client order id is the key of everything. */
export interface Broker {
  readonly name: string;
  readonly ids: BrokerIds;
  /** Sends an order, or recognises it: two sendings of one client order id are one order. */
  submit(order: SubmitPayload, sending: Sending): Promise<SubmitOutcome>;
  /** Whether the broker has the order, by its client order id; what it knows of it is reported. */
  find?(order: SubmitPayload): Promise<boolean>;
  cancel(order: CancelPayload): Promise<void>;
  /** follows what happens at a broker that lives elsewhere; one node at a time does */
  readonly updates?: Work;
  /** Market data, for brokers that match by it. */
  onBar?(bar: Bar): Promise<void>;
  onQuote?(quote: Quote): Promise<void>;
}
