import type { ServiceSchema } from "moleculer";
import * as routes from "../../mixins/rest/routes/brokers.ts";
import type {
  BrokerAccountPage,
  BrokerAccountView,
  BrokerBalancesView,
  BrokerOrdersView,
  BrokerPositionsView,
  BrokerReconciliationView,
  BrokerTestView,
} from "../../mixins/rest/routes/brokers.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { listAccounts } from "../../models/broker-accounts.ts";
import type { RequestContext, RequestUser } from "../../types/contracts.ts";
import { userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import {
  builtInOf,
  createAccount,
  owned,
  removeAccount,
  updateAccount,
} from "./broker-account-changes.ts";
import type { AccountParts } from "./broker-account-changes.ts";
import { builtInView, toAccountView, toOrder } from "./brokers/account-views.ts";
import type { AccountAnswers } from "./brokers/questions.ts";
import type { BrokerAddress, BrokerRegistry } from "./brokers/registry.ts";
import type { Secrets } from "./brokers/secrets.ts";

/** Brokers are asked page by page, and may ask for patience. */
const ASK_MS = 25_000;

type Params<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;
type OfAccount = RequestContext<{ readonly accountId: string }>;

/** Accounts at brokers, over REST. */
export function brokerAccountsService(
  node: NodeContext,
  registry: BrokerRegistry,
  secrets: Secrets,
): ServiceSchema {
  const it: AccountParts = { node, registry, secrets };
  const list = async <Q extends "positions" | "balances">(ctx: OfAccount, question: Q) => ({
    accountId: ctx.params.accountId,
    data: await ask(it, ctx, question),
    nextCursor: null,
  });
  return {
    name: "broker-accounts",
    actions: {
      list: {
        params: routes.listBrokerAccounts.input.validator,
        handler: (ctx: Params<"broker-accounts.list">) => listOf(it, ctx),
      },
      create: {
        params: routes.createBrokerAccount.input.validator,
        handler: (ctx: Params<"broker-accounts.create">) => createAccount(it, ctx),
      },
      get: {
        params: routes.getBrokerAccount.input.validator,
        handler: async (ctx: Params<"broker-accounts.get">): Promise<BrokerAccountView> => {
          const user = userOf(ctx);
          const builtIn = builtInOf(it, user, ctx.params.accountId);
          if (builtIn !== null) return builtInView(builtIn);
          return toAccountView(secrets, await owned(it, user, ctx.params.accountId));
        },
      },
      update: {
        params: routes.updateBrokerAccount.input.validator,
        handler: (ctx: Params<"broker-accounts.update">) => updateAccount(it, ctx),
      },
      remove: {
        params: routes.deleteBrokerAccount.input.validator,
        handler: (ctx: Params<"broker-accounts.remove">) => removeAccount(it, ctx),
      },
      test: {
        params: routes.testBrokerAccount.input.validator,
        handler: async (ctx: Params<"broker-accounts.test">): Promise<BrokerTestView> => {
          const { isUsable, text } = await ask(it, ctx, "test");
          return { accountId: ctx.params.accountId, isUsable, text };
        },
      },
      positions: {
        params: routes.getBrokerPositions.input.validator,
        handler: (ctx: Params<"broker-accounts.positions">): Promise<BrokerPositionsView> =>
          list(ctx, "positions"),
      },
      balances: {
        params: routes.getBrokerBalances.input.validator,
        handler: (ctx: Params<"broker-accounts.balances">): Promise<BrokerBalancesView> =>
          list(ctx, "balances"),
      },
      orders: {
        params: routes.getBrokerOrders.input.validator,
        handler: async (ctx: Params<"broker-accounts.orders">): Promise<BrokerOrdersView> => {
          const data = (await ask(it, ctx, "orders")).map(toOrder);
          return { accountId: ctx.params.accountId, data, nextCursor: null };
        },
      },
      reconcile: {
        params: routes.reconcileBrokerAccount.input.validator,
        handler: async (
          ctx: Params<"broker-accounts.reconcile">,
        ): Promise<BrokerReconciliationView> => {
          const breaks = await ask(it, ctx, "reconcile");
          return { accountId: ctx.params.accountId, breaks };
        },
      },
    },
  };
}

async function listOf(
  { node, secrets }: AccountParts,
  ctx: Params<"broker-accounts.list">,
): Promise<BrokerAccountPage> {
  const { broker, limit, cursor, order } = ctx.params;
  const found = await listAccounts(node.pool, {
    viewer: viewerOf(userOf(ctx)),
    broker,
    after: decodeCursor(cursor, { atMs: "time", id: "string" }),
    order,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last ? encodeCursor({ atMs: last.createdAtMs, id: last.accountId }) : null;
  return { data: shown.map((account) => toAccountView(secrets, account)), nextCursor };
}

async function ask<Q extends keyof AccountAnswers>(
  it: AccountParts,
  ctx: OfAccount,
  question: Q,
): Promise<AccountAnswers[Q]> {
  const address = await addressOf(it, userOf(ctx), ctx.params.accountId);
  const asked = { ...address, question };
  return ctx.call<AccountAnswers[Q], typeof asked>("brokers.ask", asked, { timeout: ASK_MS });
}

async function addressOf(
  it: AccountParts,
  user: RequestUser,
  accountId: string,
): Promise<BrokerAddress> {
  const builtIn = builtInOf(it, user, accountId);
  if (builtIn !== null) return { venue: builtIn.venue };
  const { venue } = await owned(it, user, accountId);
  return { venue, accountId };
}
