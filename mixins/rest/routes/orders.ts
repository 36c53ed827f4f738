import { ORDER_STATUSES } from "../../../domain/order/messages.ts";
import { DENIAL_CODES, ORDER_TYPES, TIMES_IN_FORCE } from "../../../domain/order/new-order.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { asOf, id, pageOf, paging, pagingForward, symbol } from "./common.ts";

const side = s.enum(["buy", "sell"]);
const type = s.enum(ORDER_TYPES);
const timeInForce = s.enum(TIMES_IN_FORCE);
const status = s.named("OrderStatus", s.enum(ORDER_STATUSES));

export const denial = s.named(
  "Denial",
  s.object({
    code: s.enum(DENIAL_CODES),
    message: s.string(),
    limit: s.string(),
    observed: s.string(),
  }),
);

const order = s.named(
  "Order",
  s.object({
    orderId: id(),
    clOrdId: s.string(),
    portfolioId: id(),
    symbol: symbol(),
    side,
    type,
    quantity: s.decimalText(),
    price: s.nullable(s.decimalText()),
    timeInForce,
    status,
    cumQuantity: s.decimalText(),
    leavesQuantity: s.decimalText(),
    averagePrice: s.nullable(s.decimalText()),
    fees: s.decimalText(),
    currency: s.nullable(s.string()),
    venue: s.nullable(s.string()),
    venueOrderId: s.nullable(s.string()),
    placedBy: s.describe(s.string(), "a user's id, or `strategy:{id}`"),
    signalId: s.nullable(id()),
    reasons: s.optional(s.describe(s.array(denial), "of a denied order")),
    text: s.describe(s.nullable(s.string()), "why it was rejected, canceled or expired"),
    dryRun: s.optional(s.describe(s.boolean(), "true when nothing was placed")),
    createdAt: s.isoTime(),
    updatedAt: s.isoTime(),
  }),
);
export type OrderView = Infer<typeof order>;
const orderPage = pageOf("OrderPage", order);
export type OrderPage = Infer<typeof orderPage>;

const orderEvent = s.named(
  "OrderEvent",
  s.object({
    sequence: s.integer(),
    type: s.string(),
    at: s.isoTime(),
    data: s.json("as recorded"),
    causationId: s.describe(s.string(), "the command that led to it"),
  }),
);
const orderEvents = pageOf("OrderEvents", orderEvent);
export type OrderEventPage = Infer<typeof orderEvents>;

const clOrdId = s.string({
  min: 1,
  max: 64,
  pattern: /^[\x21-\x7e]+$/,
  hint: "must be visible ASCII",
});

const priceFitsType: CrossCheck = (value) => {
  const hasPrice = value["price"] !== undefined;
  if (value["type"] === "limit" && !hasPrice) {
    return [{ path: "price", code: "REQUIRED", message: "is required for a limit order" }];
  }
  if (value["type"] === "market" && hasPrice) {
    return [{ path: "price", code: "INVALID_VALUE", message: "must be absent for a market order" }];
  }
  return [];
};

export const createOrder = route({
  method: "POST",
  path: "/api/orders",
  action: "orders.create",
  area: "execution",
  permission: "orders.create",
  summary: "Place an order",
  description:
    "Answered when the order is durable. A denial is 422 with every reason, and is recorded. " +
    "`clOrdId` is unique within the portfolio and makes a repeat harmless, as does `Idempotency-Key`.",
  body: {
    portfolioId: id(),
    symbol: symbol(),
    side,
    type,
    quantity: s.decimal({ sign: "positive", example: "10" }),
    price: s.optional(s.decimal({ sign: "positive" })),
    timeInForce: s.defaulted(timeInForce, "day"),
    clOrdId: s.optional(clOrdId),
    dryRun: s.optional(s.describe(s.boolean(), "check only: nothing is held, placed or recorded")),
  },
  check: priceFitsType,
  response: order,
  status: 201,
  isIdempotent: true,
  problems: ["NOT_FOUND", "ORDER_DENIED", "ORDER_EXISTS", "IDEMPOTENCY_KEY_REUSED"],
});

export const listOrders = route({
  method: "GET",
  path: "/api/orders",
  action: "orders.list",
  area: "execution",
  permission: "orders.read",
  summary: "The orders that you may see",
  query: {
    portfolioId: s.optional(id()),
    symbol: s.optional(symbol()),
    status: s.optional(s.describe(s.array(status, { min: 1 }), "separated by commas")),
    since: s.optional(s.describe(s.time(), "created then or later")),
    ...paging,
  },
  response: orderPage,
});

const orderId = { orderId: id() };

export const getOrder = route({
  method: "GET",
  path: "/api/orders/{orderId}",
  action: "orders.get",
  area: "execution",
  permission: "orders.read",
  summary: "One order, now or as recorded at an instant",
  params: orderId,
  query: { asOf },
  response: order,
  problems: ["NOT_FOUND"],
});

export const cancelOrder = route({
  method: "DELETE",
  path: "/api/orders/{orderId}",
  action: "orders.cancel",
  area: "execution",
  permission: "orders.cancel",
  summary: "Ask for an order to be canceled",
  params: orderId,
  response: order,
  problems: ["NOT_FOUND", "ORDER_CLOSED"],
});

export const cancelAllOrders = route({
  method: "DELETE",
  path: "/api/orders",
  action: "orders.cancelAll",
  area: "execution",
  permission: "orders.cancel",
  summary: "Ask for all open orders of a portfolio to be canceled",
  query: { portfolioId: id(), symbol: s.optional(symbol()) },
  response: orderPage,
  problems: ["NOT_FOUND"],
});

export const getOrderEvents = route({
  method: "GET",
  path: "/api/orders/{orderId}/events",
  action: "orders.events",
  area: "execution",
  permission: "orders.read",
  summary: "Everything that was recorded of an order",
  params: orderId,
  query: pagingForward,
  response: orderEvents,
  problems: ["NOT_FOUND"],
});
