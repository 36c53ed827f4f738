import { countOrders } from "../../../domain/execution/open-orders.ts";
import { paperVenue } from "../../../domain/execution/paper-venue.ts";
import type {
  PaperVenueCommand,
  PaperVenueReply,
} from "../../../domain/execution/paper-messages.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import type { Quote } from "../../../domain/market/quote.ts";
import type { ActorRef } from "../../../domain/shared/decider.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { bodyHash, uuidv5 } from "../../../mixins/actor/ids.ts";
import { defineActor } from "../../../mixins/actor/kind.ts";
import type { ActorKind } from "../../../mixins/actor/kind.ts";
import type { NodeContext } from "../../context.ts";
import type { Broker } from "./broker.ts";

const NAMESPACE = "9a7c3d52-6f0e-4b1c-8d2a-51e0c4b7f613";

/** Raise it when the shape of the venue's state changes. */
const SCHEMA_VERSION = 2;
/** Whoever waits for a fill to be booked waits no longer than this: the market does not stop for a slow store. */
const SETTLE_MS = 1_000;

/** The venue is an actor like any other: what it accepted and filled survives as the orders themselves do. */
export function paperVenueKind(): ActorKind {
  return defineActor({
    type: "venue",
    schemaVersion: SCHEMA_VERSION,
    decider: paperVenue,
    summarize: (_id, state) => ({ openOrders: countOrders(state.open) }),
    urgent: new Set(["Cancel"] as const),
  });
}

function venueOf(symbol: string): ActorRef {
  return { type: "venue", id: `PAPER:${symbol}` };
}

/** Simulated execution on the market data that this installation sees. */
export function createPaperBroker(node: NodeContext): Broker {
  const send = async (
    symbol: string,
    command: PaperVenueCommand,
    name: string,
  ): Promise<PaperVenueReply> => {
    const answer = await node.actors.call(venueOf(symbol), command, {
      commandId: uuidv5(NAMESPACE, name),
      bodyHash: bodyHash(name),
      isDeduplicated: false,
    });
    // sound: the venue's decider replies so to every command
    return answer.reply as unknown as PaperVenueReply;
  };
  const openOrders = async (symbol: string): Promise<number> => {
    const { summary } = await node.actors.read(venueOf(symbol));
    // sound: made by `summarize` above; null before the first order
    return (summary as { readonly openOrders: number } | null)?.openOrders ?? 0;
  };
  /** Answered when the fills are booked: who decides on the same bar must know of them. */
  const offer = async (
    symbol: string,
    command: PaperVenueCommand & { readonly type: "OnBar" | "OnQuote" },
    name: string,
  ): Promise<void> => {
    // A venue without orders need not hear of the market: `marketTimeMs` of the next order tells it the time.
    if ((await openOrders(symbol)) === 0) return;
    const { told } = await send(symbol, command, name);
    await node.actorSystem.settled(SETTLE_MS, [venueOf(symbol)]);
    await node.actorSystem.settled(
      SETTLE_MS,
      told.map((id) => ({ type: "order", id })),
    );
  };
  return {
    name: "paper",
    // The venue is an actor that keeps every client order id: a repeat is recognised.
    ids: { idUnique: "forever", queryByClientId: false, quietMs: 0 },
    submit: async (order, { marketTimeMs }) => {
      const time = marketTimeMs === null ? {} : { marketTimeMs };
      try {
        await send(order.symbol, { type: "Submit", order, ...time }, `submit:${order.clOrdId}`);
        return { outcome: "accepted" };
      } catch (error) {
        if (error instanceof Refusal)
          return { outcome: "rejected", reason: error.code, text: error.message };
        throw error;
      }
    },
    cancel: async (order) => {
      await send(order.symbol, { type: "Cancel", order }, `cancel:${order.clOrdId}`);
    },
    onBar: (bar: Bar) => {
      const { symbol, timeframe, startMs } = bar;
      return offer(symbol, { type: "OnBar", bar }, `bar:${symbol}:${timeframe}:${startMs}`);
    },
    onQuote: (quote: Quote) => {
      const { symbol, tsEventMs } = quote;
      return offer(symbol, { type: "OnQuote", quote }, `quote:${symbol}:${tsEventMs}`);
    },
  };
}
