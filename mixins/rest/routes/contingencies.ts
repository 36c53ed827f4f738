import { GROUP_KINDS, LEG_ROLES, TRIGGERS } from "../../../domain/execution/group/messages.ts";
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../../domain/order/new-order.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { type FieldError, Invalid, readDecimal } from "../readers.ts";
import { isRecord, s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, symbol } from "./common.ts";
import { pricesFitType, timesFit, trailInput } from "./order-terms.ts";

type Fields = Readonly<Record<string, unknown>>;

const LEGS_MAX = 9;
const price = s.optional(s.decimal({ sign: "positive" }));
const timeInForce = s.optional(s.enum(TIMES_IN_FORCE));

const leg = s.object({
  side: s.optional(s.describe(s.enum(["buy", "sell"]), "oto only")),
  symbol: s.optional(s.describe(symbol(), "oto only; the first order's when absent")),
  quantity: s.optional(
    s.describe(s.decimal({ sign: "positive" }), "oto only; the first order's when absent"),
  ),
  type: s.enum(ORDER_TYPES),
  price,
  stopPrice: price,
  trail: s.optional(trailInput),
  timeInForce: s.optional(
    s.describe(s.enum(TIMES_IN_FORCE), "the first order's when absent; of an oto: day"),
  ),
  expireAt: s.optional(s.time()),
});

/** What other orders depend on this one, in requests. Which fields go with which kind, `contingencyFits` says. */
export const contingencyInput = s.object({
  kind: s.enum(["oco", "oto", "bracket"]),
  orders: s.optional(
    s.describe(
      s.array(leg, { min: 1, max: LEGS_MAX }),
      "oco: further legs of the same side, symbol and quantity; oto: what the fills of this order bring",
    ),
  ),
  trigger: s.optional(
    s.describe(
      s.enum(TRIGGERS),
      "oto: in proportion to the fills, or once filled; partial when all are of one symbol, else full",
    ),
  ),
  takeProfit: s.optional(s.object({ price: s.decimal({ sign: "positive" }), timeInForce })),
  stopLoss: s.optional(
    s.object({ stopPrice: price, price, trail: s.optional(trailInput), timeInForce }),
  ),
});
export type ContingencyInput = Infer<typeof contingencyInput>;
export type ContingencyLeg = Infer<typeof leg>;

export const contingencyView = s.object({
  groupId: id(),
  kind: s.enum(GROUP_KINDS),
  role: s.enum(LEG_ROLES),
  orders: s.array(s.object({ orderId: id(), role: s.enum(LEG_ROLES) })),
});
export type ContingencyView = Infer<typeof contingencyView>;

/** How an order's fields and its contingency go together. */
export function contingencyFits(order: Fields): readonly FieldError[] {
  const found = order["contingency"];
  if (!isRecord(found)) return [];
  if (order["strategy"] !== undefined)
    return [invalid("contingency", "cannot be combined with a strategy")];
  const own = found["kind"] === "oco" ? resting(order) : [];
  return [...own, ...faultsOfKind(order, found).map(under("contingency"))];
}

function faultsOfKind(order: Fields, found: Fields): readonly FieldError[] {
  switch (found["kind"]) {
    case "oco":
      return [...only(found, "oco", ["orders"]), ...eachLeg(found, ocoLeg)];
    case "oto":
      return [
        ...only(found, "oto", ["orders"], ["trigger"]),
        ...eachLeg(found, (one) => [
          ...required(one, "side", "for an oto"),
          ...pricesFitType(one),
          ...timesFit(one),
        ]),
      ];
    case "bracket":
      return [
        ...only(found, "bracket", ["takeProfit", "stopLoss"]),
        ...exits(order, found["takeProfit"], found["stopLoss"]),
      ];
  }
  return [];
}

/** Fields that a kind needs, and none of the others. */
function only(
  found: Fields,
  kind: string,
  needed: readonly string[],
  allowed: readonly string[] = [],
): readonly FieldError[] {
  return ["orders", "trigger", "takeProfit", "stopLoss"].flatMap((name) => {
    if (needed.includes(name)) return required(found, name, `for ${kind}`);
    return found[name] === undefined || allowed.includes(name)
      ? []
      : [invalid(name, `must be absent for ${kind}`)];
  });
}

function eachLeg(
  { orders }: Fields,
  faults: (one: Fields) => readonly FieldError[],
): readonly FieldError[] {
  if (!Array.isArray(orders)) return [];
  return orders.flatMap((one: unknown, i) =>
    isRecord(one) ? faults(one).map(under(`orders[${i}]`)) : [],
  );
}

function ocoLeg(one: Fields): readonly FieldError[] {
  const own = ["side", "symbol", "quantity"].flatMap((name) =>
    one[name] === undefined ? [] : [invalid(name, "is the first order's for an oco")],
  );
  return [...own, ...resting(one), ...pricesFitType(one), ...timesFit(one)];
}

/** A leg that is done at once leaves no choice. */
function resting(one: Fields): readonly FieldError[] {
  const isMarket = one["type"] === "market";
  const isImmediate = ["ioc", "fok", "opg", "cls"].includes(String(one["timeInForce"]));
  return [
    ...(isMarket ? [invalid("type", "must be able to wait")] : []),
    ...(isImmediate ? [invalid("timeInForce", "must be able to wait")] : []),
  ];
}

function exits(order: Fields, profit: unknown, loss: unknown): readonly FieldError[] {
  if (!isRecord(profit) || !isRecord(loss)) return [];
  const hasStop = loss["stopPrice"] !== undefined;
  const oneOf =
    hasStop === (loss["trail"] !== undefined)
      ? [invalid("stopLoss", "takes one of stopPrice and trail")]
      : [];
  const limit =
    !hasStop && loss["price"] !== undefined
      ? [invalid("stopLoss.price", "goes with a stopPrice")]
      : [];
  const wait = [
    ...resting(profit).map(under("takeProfit")),
    ...resting(loss).map(under("stopLoss")),
    ...[profit, loss].flatMap((one, i) =>
      one["timeInForce"] === "gtd"
        ? [invalid(`${i === 0 ? "takeProfit" : "stopLoss"}.timeInForce`, "must be day or gtc")]
        : [],
    ),
  ];
  const entry = order["price"] ?? order["stopPrice"];
  return [
    ...oneOf,
    ...limit,
    ...wait,
    ...exitSides(order["side"], entry, { profit: profit["price"], stop: loss["stopPrice"] }),
  ];
}

/**
 * Exits on the wrong side of the entry, or of one another: they would be filled at once.
 * @param entry the price that the entry is expected at; what is not known is not compared
 */
export function exitSides(
  side: unknown,
  entry: unknown,
  { profit, stop }: { readonly profit: unknown; readonly stop: unknown },
): readonly FieldError[] {
  const [above, below] = side === "buy" ? ["above", "below"] : ["below", "above"];
  const isBehind = (a: unknown, b: unknown): boolean => {
    const [x, y] = [decimalOf(a), decimalOf(b)];
    if (x === null || y === null) return false;
    return side === "buy" ? x.lessThanOrEqualTo(y) : x.greaterThanOrEqualTo(y);
  };
  if (isBehind(profit, entry))
    return [invalid("takeProfit.price", `must be ${above} the entry of a ${String(side)}`)];
  if (isBehind(entry, stop))
    return [invalid("stopLoss.stopPrice", `must be ${below} the entry of a ${String(side)}`)];
  return isBehind(profit, stop)
    ? [invalid("stopLoss.stopPrice", `must be ${below} the take-profit of a ${String(side)}`)]
    : [];
}

const readPrice = readDecimal("positive");

function decimalOf(value: unknown) {
  const read = readPrice(value);
  return read instanceof Invalid ? null : dec(read);
}

function required(found: Fields, path: string, words: string): readonly FieldError[] {
  return found[path] === undefined
    ? [{ path, code: "REQUIRED", message: `is required ${words}` }]
    : [];
}

function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

function under(prefix: string): (fault: FieldError) => FieldError {
  return ({ path, code, message }) => ({
    path: path === "" ? prefix : `${prefix}.${path}`,
    code,
    message,
  });
}
