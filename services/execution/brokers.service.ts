import type { Context, ServiceSchema } from "moleculer";
import type { Bar } from "../../domain/market/bar.ts";
import type { DisplayedBook } from "../../domain/market/displayed-book.ts";
import type { Quote, TradeTick } from "../../domain/market/quote.ts";
import type { Venue } from "../../domain/execution/routing/venue.ts";
import type { CancelPayload, ReplacePayload, SubmitPayload } from "../../domain/order/messages.ts";
import type { Side } from "../../domain/order/new-order.ts";
import type { EventMap } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import type {
  Broker,
  BrokerAbilities,
  BrokerIds,
  ReplaceOutcome,
  Sending,
  SubmitOutcome,
} from "./brokers/broker.ts";
import { builtInAccounts } from "./brokers/built-in.ts";
import { shareBrokers } from "./brokers/registry.ts";
import type { BrokerAddress, BrokerRegistry, BrokerRoute, RouteAsked } from "./brokers/registry.ts";
import { askAccount } from "./brokers/questions.ts";
import type { AccountQuestion } from "./brokers/questions.ts";
import type { Secrets } from "./brokers/secrets.ts";
import { submitTo, unsupported } from "./brokers/submit-to.ts";

/** A broker may ask for patience; whoever waits for the node that speaks to it waits as long. */
const FORWARD_MS = 30_000;

/** The door to brokers: the adapter of the account that is named, else of the venue. */
export function brokersService(
  node: NodeContext,
  registry: BrokerRegistry,
  secrets: Secrets,
): ServiceSchema {
  shareBrokers(node, registry);
  /** Does the work here, or has it done where the line to the broker is held. `none` when there is no such broker. */
  const through = async <P, R>(
    ctx: Context<P, Forwarded>,
    address: BrokerAddress,
    work: (broker: Broker) => Promise<R>,
    none: R,
  ): Promise<R> => {
    const broker = await registry.find(address);
    if (broker === null) return none;
    const holder = broker.isLineBound ? registry.holderOf(address) : null;
    const isHere = holder === null || holder === node.config.nodeId || ctx.meta.isForwarded;
    if (isHere) return work(broker);
    // sound: a call of an action has its name
    const action = ctx.action?.name as string;
    const options = { nodeID: holder, timeout: FORWARD_MS, meta: { isForwarded: true } };
    // What crosses is JSON, as are all parameters of these actions.
    return ctx.call<R, P>(action, ctx.params, options);
  };
  return {
    name: "brokers",
    actions: {
      /** Where an order shall go, for services of other nodes; those of this one ask the registry. */
      route: {
        visibility: "public",
        handler: ({ params }: Context<RouteAsked>): Promise<BrokerRoute> => registry.route(params),
      },
      /** Null where no broker trades. */
      abilities: {
        visibility: "public",
        handler: async ({ params }: Context<BrokerAddress>): Promise<BrokerAbilities | null> =>
          (await registry.find(params))?.abilities ?? null,
      },
      /** Null for a venue or account on which no broker trades. */
      ids: {
        visibility: "public",
        handler: async ({ params }: Context<BrokerAddress>): Promise<BrokerIds | null> =>
          (await registry.find(params))?.ids ?? null,
      },
      submit: {
        visibility: "public",
        handler: (ctx: Context<{ order: SubmitPayload; sending: Sending }, Forwarded>) => {
          const { order, sending } = ctx.params;
          const submit = (broker: Broker) => submitTo(broker, order, sending);
          return through<typeof ctx.params, SubmitOutcome>(ctx, order, submit, absent(order));
        },
      },
      replace: {
        visibility: "public",
        handler: (ctx: Context<{ order: ReplacePayload }, Forwarded>) => {
          const { order } = ctx.params;
          const replace = (broker: Broker) => replaceAt(broker, order);
          const none = absent(order.before);
          return through<typeof ctx.params, ReplaceOutcome>(ctx, order.before, replace, none);
        },
      },
      /** Whether the broker has the order; asked only where `ids` says that it can be. */
      find: {
        visibility: "public",
        handler: (ctx: Context<{ order: SubmitPayload }, Forwarded>) => {
          const { order } = ctx.params;
          const find = async (broker: Broker) => (await broker.find?.(order)) ?? false;
          return through(ctx, order, find, false);
        },
      },
      cancel: {
        visibility: "public",
        handler: (ctx: Context<{ order: CancelPayload }, Forwarded>) => {
          const { order } = ctx.params;
          const cancel = async (broker: Broker) => {
            await broker.cancel(order);
            return null;
          };
          return through<typeof ctx.params, null>(ctx, order, cancel, null);
        },
      },
      /** What the account looks like from the broker's side; whoever asks has been allowed to. */
      ask: {
        visibility: "public",
        handler: (ctx: Context<BrokerAddress & AccountQuestion, Forwarded>) => {
          const { venue, question } = ctx.params;
          return askAccount(venue, question, (work) => through(ctx, ctx.params, work, null));
        },
      },
      /** What the venues of an account display to an order of a side; null where that cannot be seen. */
      levels: {
        visibility: "public",
        handler: async ({ params }: Context<LevelsAsked>): Promise<readonly Venue[] | null> => {
          const { symbol, side, venue = "PAPER", accountId } = params;
          const broker = await registry.find({
            venue,
            ...(accountId !== undefined && { accountId }),
          });
          return (await broker?.levels?.(symbol, side)) ?? null;
        },
      },
      onBar: {
        visibility: "public",
        handler: async ({ params }: Context<{ bar: Bar }>): Promise<null> => {
          for (const broker of await registry.matching()) await broker.onBar?.(params.bar);
          return null;
        },
      },
      onQuote: {
        visibility: "public",
        handler: async ({ params }: Context<{ quote: Quote }>): Promise<null> => {
          for (const broker of await registry.matching()) await broker.onQuote?.(params.quote);
          return null;
        },
      },
      onBook: {
        visibility: "public",
        handler: async ({ params }: Context<{ book: DisplayedBook }>): Promise<null> => {
          for (const broker of await registry.matching()) await broker.onBook?.(params.book);
          return null;
        },
      },
      onTrade: {
        visibility: "public",
        handler: async ({ params }: Context<{ trade: TradeTick }>): Promise<null> => {
          for (const broker of await registry.matching()) await broker.onTrade?.(params.trade);
          return null;
        },
      },
    },
    events: {
      "brokers.accountChanged": async ({
        params,
      }: Context<EventMap["brokers.accountChanged"]>): Promise<void> => {
        await registry.changed(params.accountId);
      },
    },
    async started() {
      await secrets.start();
      await registry.start(builtInAccounts(node.config));
    },
    async stopped() {
      registry.stop();
    },
  };
}

interface LevelsAsked extends Partial<BrokerAddress> {
  readonly symbol: string;
  readonly side: Side;
}

interface Forwarded {
  /** it came from a node that took this one for the holder of the line */
  isForwarded?: true;
}

function absent({ venue, accountId }: BrokerAddress): SubmitOutcome {
  return accountId === undefined
    ? { outcome: "rejected", reason: "unknownVenue", text: `no broker trades on ${venue}` }
    : { outcome: "rejected", reason: "unknownAccount", text: `account ${accountId} is gone` };
}

async function replaceAt(broker: Broker, order: ReplacePayload): Promise<ReplaceOutcome> {
  return broker.abilities.replace ? broker.replace(order) : unsupported(broker, "amendments");
}
