import type { Context, ServiceSchema } from "moleculer";
import type { Bar } from "../../domain/market/bar.ts";
import type { Quote } from "../../domain/market/quote.ts";
import type { CancelPayload, SubmitPayload } from "../../domain/order/messages.ts";
import type { NodeContext } from "../context.ts";
import type { Broker, SubmitOutcome } from "./brokers/broker.ts";
import { createPaperBroker } from "./brokers/paper.broker.ts";

/** The door to brokers: one adapter a venue. */
export function brokersService(node: NodeContext): ServiceSchema {
  const paper = createPaperBroker(node);
  const brokers = new Map<string, Broker>([["PAPER", paper]]);
  const brokerOf = (venue: string): Broker | undefined => brokers.get(venue);
  return {
    name: "brokers",
    actions: {
      submit: {
        visibility: "public",
        handler: async ({
          params,
        }: Context<{
          order: SubmitPayload;
          marketTimeMs: number | null;
        }>): Promise<SubmitOutcome> => {
          const { order, marketTimeMs } = params;
          const broker = brokerOf(order.venue);
          if (!broker) {
            const text = `no broker trades on ${order.venue}`;
            return { outcome: "rejected", reason: "unknownVenue", text };
          }
          return broker.submit(order, marketTimeMs);
        },
      },
      cancel: {
        visibility: "public",
        handler: async ({ params }: Context<{ order: CancelPayload }>): Promise<null> => {
          await brokerOf(params.order.venue)?.cancel(params.order);
          return null;
        },
      },
      onBar: {
        visibility: "public",
        handler: async ({ params }: Context<{ bar: Bar }>): Promise<null> => {
          for (const broker of brokers.values()) await broker.onBar?.(params.bar);
          return null;
        },
      },
      onQuote: {
        visibility: "public",
        handler: async ({ params }: Context<{ quote: Quote }>): Promise<null> => {
          for (const broker of brokers.values()) await broker.onQuote?.(params.quote);
          return null;
        },
      },
    },
  };
}
