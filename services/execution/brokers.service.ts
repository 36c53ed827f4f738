import type { Context, ServiceSchema } from "moleculer";
import type { Bar } from "../../domain/market/bar.ts";
import type { Quote } from "../../domain/market/quote.ts";
import type { CancelPayload, SubmitPayload } from "../../domain/order/messages.ts";
import type { NodeContext } from "../context.ts";
import { createAlpacaBroker } from "./brokers/alpaca.broker.ts";
import type { Broker, BrokerIds, Sending, SubmitOutcome } from "./brokers/broker.ts";
import { createPaperBroker } from "./brokers/paper.broker.ts";

/** The door to brokers: one adapter a venue. */
export function brokersService(node: NodeContext): ServiceSchema {
  const brokers = new Map<string, Broker>([["PAPER", createPaperBroker(node)]]);
  const { alpaca } = node.config;
  if (alpaca !== null) brokers.set("ALPACA", createAlpacaBroker(node, alpaca));
  const brokerOf = (venue: string): Broker | undefined => brokers.get(venue);
  return {
    name: "brokers",
    actions: {
      /** Null for a venue on which no broker trades. */
      ids: {
        visibility: "public",
        handler: ({ params }: Context<{ venue: string }>): BrokerIds | null =>
          brokerOf(params.venue)?.ids ?? null,
      },
      submit: {
        visibility: "public",
        handler: async ({
          params,
        }: Context<{ order: SubmitPayload; sending: Sending }>): Promise<SubmitOutcome> => {
          const { order, sending } = params;
          const broker = brokerOf(order.venue);
          if (!broker) {
            const text = `no broker trades on ${order.venue}`;
            return { outcome: "rejected", reason: "unknownVenue", text };
          }
          return broker.submit(order, sending);
        },
      },
      /** Whether the broker has the order; asked only where `ids` says that it can be. */
      find: {
        visibility: "public",
        handler: async ({ params }: Context<{ order: SubmitPayload }>): Promise<boolean> =>
          (await brokerOf(params.order.venue)?.find?.(params.order)) ?? false,
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
    started() {
      for (const [id, { updates }] of brokers)
        if (updates !== undefined) node.actorSystem.onDuty({ type: "venue", id }, updates);
    },
  };
}
