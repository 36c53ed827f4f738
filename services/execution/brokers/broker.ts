import type { Bar } from "../../../domain/market/bar.ts";
import type { DisplayedBook } from "../../../domain/market/displayed-book.ts";
import type { Quote, TradeTick } from "../../../domain/market/quote.ts";
import type { BrokerAbilities } from "../../../domain/order/abilities.ts";
import type { OrderStatus } from "../../../domain/order/messages.ts";
import type {
  CancelPayload,
  ReplacePayload,
  SubmitPayload,
} from "../../../domain/order/messages.ts";
import type { Venue } from "../../../domain/execution/routing/venue.ts";
import type { OrderType, Side } from "../../../domain/order/new-order.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import type { Work } from "../../../mixins/actor/duty.ts";
import type { BrokerBreak } from "./breaks.ts";

/**
 * What became of a call to a broker. `accepted`: it has the order; what happens to it comes as execution reports.
 * `rejected`: it said no, and nothing is live. Everything else is thrown: the outcome is not known.
 */
export type SubmitOutcome =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "rejected"; readonly reason: string; readonly text: string };

/** As of a sending; `rejected`: the order stands as it was. */
export type ReplaceOutcome = SubmitOutcome;

export type { BrokerAbilities } from "../../../domain/order/abilities.ts";

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
  /** its calls go over the line that `updates` holds, so that they are made on the node that holds it */
  readonly isLineBound?: true;
  readonly ids: BrokerIds;
  readonly abilities: BrokerAbilities;
  /** Sends an order, or recognises it: two sendings of one client order id are one order. */
  submit(order: SubmitPayload, sending: Sending): Promise<SubmitOutcome>;
  /**
   * Changes an order's terms, or recognises that it was done: two sendings of one revision are one amendment. The outcome is
   * reported (`replaced` or `replaceRejected`), here or by the stream.
   */
  replace(order: ReplacePayload): Promise<ReplaceOutcome>;
  cancel(order: CancelPayload): Promise<void>;
  /** Whether the broker has the order, by its client order id; what it knows of it is reported. */
  find?(order: SubmitPayload): Promise<boolean>;
  /** The account as the broker keeps it; absent for a broker that keeps none of its own. */
  readonly account?: BrokerAccountView;
  /** Makes up at once for what was missed; absent where nothing can be. Throws when the broker cannot be asked. */
  reconcile?(): Promise<readonly BrokerBreak[]>;
  /** follows what happens at a broker that lives elsewhere; one node at a time does */
  readonly updates?: Work;
  /** names of the account's venues beside its own, as orders may ask for them */
  readonly venues?: readonly string[];
  /** what each of the account's venues displays to an order of a side now; absent where that cannot be seen */
  levels?(symbol: string, side: Side): Promise<readonly Venue[]>;
  /** Market data, for brokers that match by it. */
  onBar?(bar: Bar): Promise<void>;
  onQuote?(quote: Quote): Promise<void>;
  onBook?(book: DisplayedBook): Promise<void>;
  onTrade?(trade: TradeTick): Promise<void>;
}

/** Questions that change nothing; each throws when the broker cannot be asked. */
export interface BrokerAccountView {
  /** whether the credentials are good, and for what */
  test(): Promise<BrokerTest>;
  openOrders(): Promise<readonly BrokerOrder[]>;
  fillsSince(sinceMs: number): Promise<readonly BrokerFill[]>;
  positions(): Promise<readonly BrokerPosition[]>;
  balances(): Promise<readonly BrokerBalance[]>;
}

export interface BrokerTest {
  readonly isUsable: boolean;
  /** the broker's words: the account's number (masked) and status, or why it cannot be used */
  readonly text: string;
}

export interface BrokerOrder {
  readonly venueOrderId: string;
  /** null for an order that somebody placed without us */
  readonly clOrdId: string | null;
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: OrderType | null;
  readonly ordStatus: OrderStatus;
  readonly orderQty: DecimalString;
  readonly cumQty: DecimalString;
  readonly price: DecimalString | null;
  readonly stopPx: DecimalString | null;
}

export interface BrokerFill {
  readonly execId: string;
  readonly venueOrderId: string;
  readonly clOrdId: string | null;
  readonly symbol: string;
  readonly side: Side;
  readonly lastQty: DecimalString;
  readonly lastPx: DecimalString;
  readonly transactTimeMs: number;
}

export interface BrokerPosition {
  readonly symbol: string;
  /** negative when short */
  readonly quantity: DecimalString;
  /** null when the broker does not say */
  readonly averagePrice: DecimalString | null;
}

export interface BrokerBalance {
  readonly currency: string;
  readonly total: DecimalString;
  readonly available: DecimalString;
}
