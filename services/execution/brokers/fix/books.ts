import type { FixStore } from "../../../../models/fix-sessions.ts";
import type { VenueOrder } from "../../../../models/venue-orders.ts";
import type { NodeContext } from "../../../context.ts";
import type { BrokerOrder } from "../broker.ts";
import type { BookedOrder, BrokerBooks } from "../reconciliation.ts";
import type { FixCalls } from "./calls.ts";
import type { FixDeskCalls } from "./desk-calls.ts";
import { latestOf } from "./chain.ts";
import { FixMessage } from "./message.ts";
import { type FixStatus, nameOf, readStatus, refusalReport } from "./reports.ts";
import { questionIdOf } from "./request-ids.ts";
import { massStatusBody } from "./requests.ts";
import type { FixSettings } from "./settings.ts";
import { MSG, TAG } from "./tags.ts";

export interface BookParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly settings: FixSettings;
  readonly store: FixStore;
  readonly calls: FixCalls;
  readonly deskCalls: FixDeskCalls;
}

/** What the counterparty can be asked. It tells of no positions, and fills come with the session, which loses none. */
export class FixBooks implements BrokerBooks {
  readonly #parts: BookParts;

  constructor(parts: BookParts) {
    this.#parts = parts;
  }

  /** None where they cannot be listed: then each of ours is asked for. */
  async openOrders(): Promise<readonly BookedOrder[]> {
    const { settings, store, venue } = this.#parts;
    if (!settings.hasMassStatus) return [];
    const booked: BookedOrder[] = [];
    for (const message of await this.list()) {
      const name = nameOf(message);
      if (name === null) continue;
      const { orderId } = name;
      const asked = latestOf(await store.ofOrder(orderId))?.terms ?? null;
      booked.push(this.#booked(orderId, readStatus(message, { venue, asked })));
    }
    return booked;
  }

  async find({ orderId, venueOrderId }: VenueOrder): Promise<BookedOrder | null> {
    const { settings, deskCalls } = this.#parts;
    if (!settings.hasOrderStatus) return null;
    const status = await deskCalls.look({ orderId, venueOrderId });
    return status === null || !status.isKnown ? null : this.#booked(orderId, status);
  }

  async fetchFills(): Promise<void> {
    // They come with the session, in order and each once.
  }

  async comparePositions(): Promise<void> {
    // The counterparty does not tell them.
  }

  /** ExecutionReports of the open orders, whoever placed them. */
  async list(): Promise<readonly FixMessage[]> {
    const { node, settings, calls } = this.#parts;
    const clientId = questionIdOf(node.newId());
    const body = massStatusBody(clientId, settings);
    const type = MSG.orderMassStatusRequest;
    const word = await calls.ask({ clientId, orderId: null, type, body, terms: null });
    if (word.word !== "status")
      throw new Error(
        `the broker does not list orders: ${word.word === "failed" ? word.text : word.word}`,
      );
    return word.messages.map((fields) => new FixMessage(fields)).filter(isOrder);
  }

  #booked(orderId: string, status: FixStatus): BookedOrder {
    const { venue, node } = this.#parts;
    return {
      ...status,
      orderId,
      sentAtMs: status.atMs,
      cancelRefusal: (text) =>
        refusalReport({ kind: "cancel", orderId }, venue, {
          reason: null,
          text,
          atMs: node.clock.now(),
        }),
    };
  }
}

/** Where there are none, some say so by a report of none. */
function isOrder(message: FixMessage): boolean {
  return message.find(TAG.OrdStatus) !== "8";
}

const STATUS: Readonly<Record<string, BrokerOrder["ordStatus"]>> = {
  "0": "new",
  "1": "partiallyFilled",
  "2": "filled",
  "4": "canceled",
  "5": "new",
  "6": "pendingCancel",
  "8": "rejected",
  A: "pendingNew",
  C: "expired",
  E: "pendingReplace",
};

const TYPES: Readonly<Record<string, BrokerOrder["ordType"]>> = {
  "1": "market",
  "2": "limit",
  "3": "stop",
  "4": "stopLimit",
  P: "trailingStop",
  J: "marketIfTouched",
};

/** An order as the counterparty lists it. */
export function brokerOrder(message: FixMessage, symbols: FixSettings["symbols"]): BrokerOrder {
  const theirs = message.get(TAG.Symbol);
  const [ours] = [...symbols].find(([, symbol]) => symbol === theirs) ?? [theirs];
  return {
    venueOrderId: message.get(TAG.OrderID),
    clOrdId: nameOf(message)?.orderId ?? null,
    symbol: ours,
    side: message.get(TAG.Side) === "1" ? "buy" : "sell",
    ordType: TYPES[message.find(TAG.OrdType) ?? ""] ?? null,
    ordStatus: STATUS[message.get(TAG.OrdStatus)] ?? "unknown",
    orderQty: message.decimal(TAG.OrderQty),
    cumQty: message.findDecimal(TAG.CumQty) ?? "0",
    price: message.findDecimal(TAG.Price),
    stopPx: message.findDecimal(TAG.StopPx),
  };
}
