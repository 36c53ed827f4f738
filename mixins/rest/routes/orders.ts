import { ORDER_STATUSES } from "../../../domain/order/messages.ts";
import { DENIAL_CODES, ORDER_TYPES, TIMES_IN_FORCE } from "../../../domain/order/new-order.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { asOf, id, pageOf, paging, pagingForward, symbol } from "./common.ts";
import { contingencyFits, contingencyInput, contingencyView } from "./contingencies.ts";
import { flagsFit, flagsInput, flagsView, pricesFitType, timesFit } from "./order-terms.ts";
import { trailInput, trailView } from "./order-terms.ts";

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

export const order = s.named(
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
    stopPrice: s.optional(s.decimalText()),
    trail: s.optional(trailView),
    timeInForce,
    expireAt: s.optional(s.isoTime()),
    flags: s.optional(flagsView),
    brokerAccountId: s.optional(id()),
    positionId: s.optional(s.describe(id(), "of a hedging portfolio: the position that it closes")),
    parentOrderId: s.optional(s.describe(id(), "the order with a strategy that it is a slice of")),
    groupId: s.optional(s.describe(id(), "the orders that it depends on, or that depend on it")),
    contingency: s.optional(s.describe(contingencyView, "those orders, and its place among them")),
    strategy: s.optional(
      s.describe(
        s.object({
          name: s.string(),
          state: s.enum(["running", "paused", "ending", "ended"]),
          progress: s.describe(s.number(), "filled of ordered"),
          nextSliceAt: s.nullable(s.isoTime()),
          children: s.describe(s.integer(), "see GET /api/execution/strategy/{orderId}"),
        }),
        "of an order that is worked by a strategy, through orders of its own",
      ),
    ),
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

export const clOrdId = s.string({
  min: 1,
  max: 64,
  pattern: /^[\x21-\x7e]+$/,
  hint: "must be visible ASCII",
});

const fieldsFit: CrossCheck = (value) => [
  ...(value["strategy"] !== undefined && value["contingency"] !== undefined
    ? [
        {
          path: "strategy",
          code: "INVALID_VALUE",
          message: "is not for orders of a group",
        } as const,
      ]
    : []),
  ...pricesFitType(value),
  ...timesFit(value),
  ...flagsFit(value),
  ...contingencyFits(value),
];

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
    price: s.optional(s.describe(s.decimal({ sign: "positive" }), "the limit")),
    stopPrice: s.optional(s.describe(s.decimal({ sign: "positive" }), "what sets the order off")),
    trail: s.optional(s.describe(trailInput, "how far a trailing stop follows the market")),
    timeInForce: s.defaulted(timeInForce, "day"),
    expireAt: s.optional(s.describe(s.time(), "when a gtd order ends")),
    flags: s.optional(flagsInput),
    venue: s.optional(
      s.describe(s.string({ min: 1, max: 50 }), "where it shall go; the instrument's when absent"),
    ),
    brokerAccountId: s.optional(id()),
    positionId: s.optional(
      s.describe(
        id(),
        "of a hedging portfolio: the position to close, in whole or in part; absent: it opens one",
      ),
    ),
    strategy: s.optional(
      s.describe(
        s.object({
          name: s.string({ min: 1, max: 50, example: "twap" }),
          parameters: s.optional(s.json("see GET /api/execution/strategy")),
        }),
        "works the order in slices, each an order of its own",
      ),
    ),
    contingency: s.optional(
      s.describe(contingencyInput, "orders that depend on this one, or on which it depends"),
    ),
    clOrdId: s.optional(clOrdId),
    dryRun: s.optional(s.describe(s.boolean(), "check only: nothing is held, placed or recorded")),
  },
  check: fieldsFit,
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

export const amendOrder = route({
  method: "PATCH",
  path: "/api/orders/{orderId}",
  action: "orders.amend",
  area: "execution",
  permission: "orders.create",
  summary: "Amend an open order",
  description:
    "Quantity is the whole order's, what is filled of it included. Answered when the amendment is durable: " +
    "the order is `pendingReplace` until its broker answers. A denial is 422 with every reason, and is recorded.",
  params: orderId,
  body: {
    quantity: s.optional(s.decimal({ sign: "positive", example: "10" })),
    price: s.optional(s.decimal({ sign: "positive" })),
    stopPrice: s.optional(s.decimal({ sign: "positive" })),
  },
  check: (value) =>
    ["quantity", "price", "stopPrice"].some((name) => value[name] !== undefined)
      ? []
      : [{ path: "quantity", code: "REQUIRED", message: "or price or stopPrice is required" }],
  response: order,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "ORDER_DENIED",
    "ORDER_CLOSED",
    "ORDER_NOT_AMENDABLE",
    "AMEND_PENDING",
    "AMEND_INVALID",
    "IDEMPOTENCY_KEY_REUSED",
  ],
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
