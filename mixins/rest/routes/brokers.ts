import { ORDER_STATUSES } from "../../../domain/order/messages.ts";
import { ORDER_TYPES } from "../../../domain/order/new-order.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer, Schema } from "../schema.ts";
import { id, pageOf, paging } from "./common.ts";

const broker = s.enum(["paper", "alpaca", "ccxt", "fix"]);
const status = s.enum(["enabled", "disabled"]);
const name = s.string({ min: 1, max: 120 });
const settings = s.record(s.json("see the kind of broker"));
const credentials = s.describe(
  s.record(s.string({ min: 1, max: 16_384 })),
  "secrets by name: sealed at once, and never returned",
);

const account = s.named(
  "BrokerAccount",
  s.object({
    accountId: id(),
    broker,
    name: s.string(),
    venue: s.describe(s.string(), "what orders and trades that go through it carry"),
    ownerId: s.nullable(id()),
    status: s.describe(status, "a disabled account takes no new orders; what is open goes on"),
    isBuiltIn: s.describe(s.boolean(), "of the environment: nobody's, and not changed here"),
    credentials: s.describe(
      s.nullable(s.record(s.string())),
      "which are set, each with its last characters at most; null: sealed with a key that is not there",
    ),
    settings,
    createdAt: s.nullable(s.isoTime()),
    updatedAt: s.nullable(s.isoTime()),
  }),
);
export type BrokerAccountView = Infer<typeof account>;
const accountPage = pageOf("BrokerAccountPage", account);
export type BrokerAccountPage = Infer<typeof accountPage>;

const listOf = <T>(listName: string, item: Schema<T>) =>
  s.named(
    listName,
    s.object({ accountId: id(), data: s.array(item), nextCursor: s.nullable(s.string()) }),
  );

const heldPosition = s.object({
  symbol: s.string(),
  quantity: s.describe(s.decimalText(), "negative when short"),
  averagePrice: s.nullable(s.decimalText()),
});
const positions = listOf("BrokerPositions", heldPosition);
export type BrokerPositionsView = Infer<typeof positions>;

const openOrder = s.object({
  venueOrderId: s.string(),
  orderId: s.describe(s.nullable(id()), "null for an order that somebody placed without us"),
  symbol: s.string(),
  side: s.enum(["buy", "sell"]),
  type: s.nullable(s.enum(ORDER_TYPES)),
  status: s.enum(ORDER_STATUSES),
  quantity: s.decimalText(),
  cumQuantity: s.decimalText(),
  price: s.nullable(s.decimalText()),
  stopPrice: s.nullable(s.decimalText()),
});
const orders = listOf("BrokerOrders", openOrder);
export type BrokerOrdersView = Infer<typeof orders>;

const balance = s.object({
  currency: s.string(),
  total: s.decimalText(),
  available: s.decimalText(),
});
const balances = listOf("BrokerBalances", balance);
export type BrokerBalancesView = Infer<typeof balances>;

const test = s.named(
  "BrokerTest",
  s.object({
    accountId: id(),
    isUsable: s.boolean(),
    text: s.describe(s.string(), "the broker's words, or why it could not be asked"),
  }),
);
export type BrokerTestView = Infer<typeof test>;

const reconciliation = s.named(
  "BrokerReconciliation",
  s.object({
    accountId: id(),
    breaks: s.describe(
      s.array(s.object({ kind: s.string(), id: s.string(), facts: s.record(s.string()) })),
      "differences that stand after everything that was missed was made up for",
    ),
  }),
);
export type BrokerReconciliationView = Infer<typeof reconciliation>;

const accountId = { accountId: id() };
const terms = { area: "execution", permission: "brokers.read" } as const;
const atBroker = [
  "NOT_FOUND",
  "BROKER_REFUSED",
  "BROKER_UNREACHABLE",
  "BROKER_HAS_NO_VIEW",
  "CREDENTIALS_UNREADABLE",
] as const;

export const listBrokerAccounts = route({
  ...terms,
  method: "GET",
  path: "/api/broker/accounts",
  action: "broker-accounts.list",
  summary: "The broker accounts that you may see",
  query: { broker: s.optional(broker), ...paging },
  response: accountPage,
});

export const createBrokerAccount = route({
  ...terms,
  method: "POST",
  path: "/api/broker/accounts",
  action: "broker-accounts.create",
  permission: "brokers.manage",
  summary: "Add an account at a broker",
  description:
    "Its credentials are sealed (AES-256-GCM) before they are stored. Orders go through it by `brokerAccountId`.",
  body: {
    broker,
    name,
    credentials: s.defaulted(credentials, {}),
    settings: s.defaulted(settings, {}),
  },
  response: account,
  status: 201,
  isIdempotent: true,
  problems: ["IDEMPOTENCY_KEY_REUSED", "CONFLICT", "TOO_MANY_ACCOUNTS", "CREDENTIALS_UNREADABLE"],
});

export const getBrokerAccount = route({
  ...terms,
  method: "GET",
  path: "/api/broker/accounts/{accountId}",
  action: "broker-accounts.get",
  summary: "One broker account",
  params: accountId,
  response: account,
  problems: ["NOT_FOUND"],
});

const changesSomething: CrossCheck = (value) =>
  ["name", "status", "credentials", "settings"].every((field) => value[field] === undefined)
    ? [{ path: "name", code: "REQUIRED", message: "or another field is required" }]
    : [];

export const updateBrokerAccount = route({
  ...terms,
  method: "PATCH",
  path: "/api/broker/accounts/{accountId}",
  action: "broker-accounts.update",
  permission: "brokers.manage",
  summary: "Rename, disable or enable a broker account, or replace its credentials or settings",
  description: "Settings say where orders go: they stay while orders are open there.",
  params: accountId,
  body: {
    name: s.optional(name),
    status: s.optional(status),
    credentials: s.optional(credentials),
    settings: s.optional(settings),
  },
  check: changesSomething,
  response: account,
  problems: ["NOT_FOUND", "CONFLICT", "BROKER_ACCOUNT_IN_USE", "CREDENTIALS_UNREADABLE"],
});

export const deleteBrokerAccount = route({
  ...terms,
  method: "DELETE",
  path: "/api/broker/accounts/{accountId}",
  action: "broker-accounts.remove",
  permission: "brokers.manage",
  summary: "Forget a broker account and its credentials",
  params: accountId,
  response: null,
  status: 204,
  problems: ["NOT_FOUND", "CONFLICT", "BROKER_ACCOUNT_IN_USE"],
});

export const testBrokerAccount = route({
  ...terms,
  method: "POST",
  path: "/api/broker/accounts/{accountId}/test",
  action: "broker-accounts.test",
  permission: "brokers.manage",
  summary: "Whether the broker takes the credentials",
  params: accountId,
  body: {},
  response: test,
  problems: ["NOT_FOUND", "BROKER_HAS_NO_VIEW", "CREDENTIALS_UNREADABLE"],
});

export const getBrokerPositions = route({
  ...terms,
  method: "GET",
  path: "/api/broker/accounts/{accountId}/positions",
  action: "broker-accounts.positions",
  summary: "What the account holds, as the broker says",
  params: accountId,
  response: positions,
  problems: atBroker,
});

export const getBrokerOrders = route({
  ...terms,
  method: "GET",
  path: "/api/broker/accounts/{accountId}/orders",
  action: "broker-accounts.orders",
  summary: "The open orders at the broker, also those of others",
  params: accountId,
  response: orders,
  problems: atBroker,
});

export const getBrokerBalances = route({
  ...terms,
  method: "GET",
  path: "/api/broker/accounts/{accountId}/balances",
  action: "broker-accounts.balances",
  summary: "Cash of the account, as the broker says",
  params: accountId,
  response: balances,
  problems: atBroker,
});

export const reconcileBrokerAccount = route({
  ...terms,
  method: "POST",
  path: "/api/broker/accounts/{accountId}/reconcile",
  action: "broker-accounts.reconcile",
  permission: "brokers.manage",
  summary: "Compare the broker's books with ours now",
  description: "What was missed is made up for; the differences that stay are answered.",
  params: accountId,
  body: {},
  response: reconciliation,
  problems: atBroker,
});
