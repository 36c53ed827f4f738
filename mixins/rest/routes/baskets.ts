import {
  BASKET_MODES,
  GROUP_KINDS,
  GROUP_STATUSES,
  LEG_ROLES,
  TRIGGERS,
} from "../../../domain/execution/group/messages.ts";
import { ORDER_STATUSES } from "../../../domain/order/messages.ts";
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../../domain/order/new-order.ts";
import type { FieldError } from "../readers.ts";
import { route } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { id, symbol } from "./common.ts";
import { flagsFit, flagsInput, pricesFitType, timesFit, trailInput } from "./order-terms.ts";
import { clOrdId, denial, order } from "./orders.ts";

const side = s.enum(["buy", "sell"]);
const type = s.enum(ORDER_TYPES);
const timeInForce = s.enum(TIMES_IN_FORCE);
const status = s.enum(GROUP_STATUSES);

const member = s.object({
  symbol: symbol(),
  side,
  type,
  quantity: s.decimal({ sign: "positive", example: "10" }),
  price: s.optional(s.decimal({ sign: "positive" })),
  stopPrice: s.optional(s.decimal({ sign: "positive" })),
  trail: s.optional(trailInput),
  timeInForce: s.defaulted(timeInForce, "day"),
  expireAt: s.optional(s.time()),
  flags: s.optional(flagsInput),
  venue: s.optional(s.string({ min: 1, max: 50 })),
  brokerAccountId: s.optional(id()),
  clOrdId: s.optional(clOrdId),
});
export type BasketMember = Infer<typeof member>;

export const basketView = s.named(
  "Basket",
  s.object({
    groupId: id(),
    portfolioId: id(),
    mode: s.enum(BASKET_MODES),
    status,
    orders: s.describe(s.array(order), "as they were asked for; a denied one has its reasons"),
    createdAt: s.isoTime(),
  }),
);
export type BasketView = Infer<typeof basketView>;

const BASKET_MAX = 100;

const membersFit: CrossCheck = ({ orders }) => {
  if (!Array.isArray(orders)) return [];
  const names = new Map<unknown, number>();
  return orders.flatMap((one: unknown, i): readonly FieldError[] => {
    if (!isRecord(one)) return [];
    const name = one["clOrdId"];
    const twin = name === undefined ? undefined : names.get(name);
    names.set(name, i);
    const faults: readonly FieldError[] = [
      ...pricesFitType(one),
      ...timesFit(one),
      ...flagsFit(one),
      ...(twin === undefined
        ? []
        : [
            {
              path: "clOrdId",
              code: "INVALID_VALUE",
              message: `is that of orders[${twin}]`,
            } as const,
          ]),
    ];
    return faults.map(({ path, ...rest }) => ({ path: `orders[${i}].${path}`, ...rest }));
  });
};

export const createBasket = route({
  method: "POST",
  path: "/api/orders/baskets",
  action: "groups.createBasket",
  area: "execution",
  permission: "orders.create",
  summary: "Place several orders at once",
  description:
    "All are checked in one turn of the portfolio, each against what the ones before it leave. `independent`: those that " +
    "pass are placed, 422 only when none does. `allOrNone`: all or none; 422 with every reason, `errors` naming the order.",
  body: {
    portfolioId: id(),
    orders: s.array(member, { min: 1, max: BASKET_MAX }),
    mode: s.defaulted(s.enum(BASKET_MODES), "independent"),
  },
  check: membersFit,
  response: basketView,
  status: 201,
  isIdempotent: true,
  problems: ["NOT_FOUND", "ORDER_DENIED", "CL_ORD_ID_REUSED", "IDEMPOTENCY_KEY_REUSED"],
});

const groupId = { groupId: id() };

export const getBasket = route({
  method: "GET",
  path: "/api/orders/baskets/{groupId}",
  action: "groups.getBasket",
  area: "execution",
  permission: "orders.read",
  summary: "A basket with its orders as they stand",
  params: groupId,
  response: basketView,
  problems: ["NOT_FOUND"],
});

export const cancelBasket = route({
  method: "DELETE",
  path: "/api/orders/baskets/{groupId}",
  action: "groups.cancelBasket",
  area: "execution",
  permission: "orders.cancel",
  summary: "Ask for all open orders of a basket to be canceled",
  params: groupId,
  response: basketView,
  problems: ["NOT_FOUND", "GROUP_CLOSED"],
});

const group = s.named(
  "OrderGroup",
  s.object({
    groupId: id(),
    portfolioId: id(),
    kind: s.enum(GROUP_KINDS),
    status,
    trigger: s.nullable(s.enum(TRIGGERS)),
    mode: s.nullable(s.enum(BASKET_MODES)),
    legs: s.array(
      s.object({
        role: s.enum(LEG_ROLES),
        orderId: s.describe(id(), "of its newest attempt, or the one that it will have"),
        orderIds: s.describe(s.array(id()), "all attempts, oldest first; none while not placed"),
        symbol: symbol(),
        side,
        type,
        timeInForce,
        price: s.nullable(s.decimalText()),
        stopPrice: s.nullable(s.decimalText()),
        targetQuantity: s.describe(s.decimalText(), "to be filled in all, as things stand"),
        cumQuantity: s.decimalText(),
        workingQuantity: s.describe(s.decimalText(), "live in the newest attempt"),
        status: s.nullable(s.enum(ORDER_STATUSES)),
        reasons: s.optional(s.array(denial)),
        text: s.nullable(s.string()),
      }),
    ),
    alarms: s.describe(
      s.array(
        s.object({
          event: s.enum(["LegFailed", "LegsOverfilled"]),
          role: s.nullable(s.enum(LEG_ROLES)),
          orderId: s.nullable(id()),
          text: s.string(),
          at: s.isoTime(),
        }),
      ),
      "the latest 20: for an exit, a position without its protection",
    ),
    createdAt: s.isoTime(),
    updatedAt: s.isoTime(),
  }),
);
export type GroupView = Infer<typeof group>;

export const getGroup = route({
  method: "GET",
  path: "/api/orders/groups/{groupId}",
  action: "groups.get",
  area: "execution",
  permission: "orders.read",
  summary: "How orders that depend on one another stand",
  params: groupId,
  response: group,
  problems: ["NOT_FOUND"],
});

export const cancelGroup = route({
  method: "DELETE",
  path: "/api/orders/groups/{groupId}",
  action: "groups.cancel",
  area: "execution",
  permission: "orders.cancel",
  summary: "Ask for all open orders of a group to be canceled, protection included",
  params: groupId,
  response: group,
  problems: ["NOT_FOUND", "GROUP_CLOSED"],
});
