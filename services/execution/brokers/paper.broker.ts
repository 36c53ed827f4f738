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
const SCHEMA_VERSION = 1;

/** The venue is an actor like any other: what it accepted and filled survives as the orders themselves do. */
export function paperVenueKind(): ActorKind {
  return defineActor({
    type: "venue",
    schemaVersion: SCHEMA_VERSION,
    decider: paperVenue,
    summarize: (_id, state) => ({ openOrders: state.open.length, barEndMs: state.barEndMs }),
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
  const hasOpenOrders = async (symbol: string): Promise<boolean> => {
    const { summary } = await node.actors.read(venueOf(symbol));
    // sound: made by `summarize` above; null before the first order
    return ((summary as { readonly openOrders: number } | null)?.openOrders ?? 0) > 0;
  };
  return {
    name: "paper",
    traits: { clientIdUniqueness: "window", canQueryByClientId: true },
    submit: async (order, marketTimeMs) => {
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
    // A venue without orders need not hear of the market: `marketTimeMs` of the next order tells it the time.
    onBar: async (bar: Bar) => {
      if (!(await hasOpenOrders(bar.symbol))) return;
      await send(
        bar.symbol,
        { type: "OnBar", bar },
        `bar:${bar.symbol}:${bar.timeframe}:${bar.startMs}`,
      );
    },
    onQuote: async (quote: Quote) => {
      if (!(await hasOpenOrders(quote.symbol))) return;
      await send(
        quote.symbol,
        { type: "OnQuote", quote },
        `quote:${quote.symbol}:${quote.tsEventMs}`,
      );
    },
  };
}
