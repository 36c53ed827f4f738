import type { OrderType } from "../../../domain/order/new-order.ts";
import type { FieldError } from "../readers.ts";
import { s } from "../schema.ts";

const step = s.integer({ min: 1, max: 1_000_000 });

/** What a trailing stop follows by, in requests: one of the three. */
export const trailInput = s.object({
  amount: s.optional(s.decimal({ sign: "positive", example: "1.5" })),
  bps: s.optional(s.decimal({ sign: "positive", example: "50" })),
  ticks: s.optional(step),
});

/** The same in answers. */
export const trailView = s.object({
  amount: s.optional(s.decimalText()),
  bps: s.optional(s.decimalText()),
  ticks: s.optional(s.decimalText()),
});

export const flagsInput = s.object({
  postOnly: s.optional(s.describe(s.boolean(), "refused rather than filled on arrival")),
  reduceOnly: s.optional(s.describe(s.boolean(), "may only make a position smaller")),
  displayQuantity: s.optional(
    s.describe(s.decimal({ sign: "positive" }), "how much the venue shows of it at a time"),
  ),
});

export const flagsView = s.object({
  postOnly: s.optional(s.boolean()),
  reduceOnly: s.optional(s.boolean()),
  displayQuantity: s.optional(s.decimalText()),
});

/** Which prices an order of a type has. */
const PRICES = {
  market: [],
  limit: ["price"],
  stop: ["stopPrice"],
  stopLimit: ["price", "stopPrice"],
  trailingStop: ["trail"],
  marketIfTouched: ["stopPrice"],
  limitIfTouched: ["price", "stopPrice"],
} as const satisfies Record<OrderType, readonly string[]>;

/** A trailing stop may be given a price to start from. */
const MAY_HAVE: Partial<Record<OrderType, readonly string[]>> = { trailingStop: ["stopPrice"] };

type Fields = Readonly<Record<string, unknown>>;

/** Each type has its prices, and no others. */
export function pricesFitType(value: Fields): readonly FieldError[] {
  const type = value["type"];
  if (typeof type !== "string" || !isOrderType(type)) return [];
  const needed: readonly string[] = PRICES[type];
  const allowed = new Set([...needed, ...(MAY_HAVE[type] ?? [])]);
  const faults = ["price", "stopPrice", "trail"].flatMap((path): readonly FieldError[] => {
    const isThere = value[path] !== undefined;
    if (!isThere && needed.includes(path))
      return [{ path, code: "REQUIRED", message: `is required for a ${type} order` }];
    return isThere && !allowed.has(path)
      ? [{ path, code: "INVALID_VALUE", message: `must be absent for a ${type} order` }]
      : [];
  });
  return [...faults, ...trailIsOne(value["trail"])];
}

function trailIsOne(trail: unknown): readonly FieldError[] {
  if (typeof trail !== "object" || trail === null || Object.keys(trail).length === 1) return [];
  return [{ path: "trail", code: "INVALID_VALUE", message: "takes one of amount, bps and ticks" }];
}

/** What the time in force asks for, and what it rules out. */
export function timesFit(value: Fields): readonly FieldError[] {
  const isGtd = value["timeInForce"] === "gtd";
  const hasEnd = value["expireAt"] !== undefined;
  if (isGtd && !hasEnd)
    return [{ path: "expireAt", code: "REQUIRED", message: "is required for a gtd order" }];
  if (!isGtd && hasEnd)
    return [{ path: "expireAt", code: "INVALID_VALUE", message: "is for gtd orders only" }];
  const isAuction = value["timeInForce"] === "opg" || value["timeInForce"] === "cls";
  if (isAuction && value["type"] !== "market" && value["type"] !== "limit")
    return [
      {
        path: "timeInForce",
        code: "INVALID_VALUE",
        message: "is for market and limit orders only",
      },
    ];
  return [];
}

/** Who is refused rather than filled on arrival cannot ask to be filled at once. */
export function flagsFit(value: Fields): readonly FieldError[] {
  const flags = value["flags"];
  if (typeof flags !== "object" || flags === null) return [];
  const isPostOnly = "postOnly" in flags && flags.postOnly === true;
  const isImmediate = value["timeInForce"] === "ioc" || value["timeInForce"] === "fok";
  const isLimit = ["limit", "stopLimit", "limitIfTouched"].includes(String(value["type"]));
  if (isPostOnly && (isImmediate || !isLimit))
    return [
      {
        path: "flags.postOnly",
        code: "INVALID_VALUE",
        message: "is for limit orders that may rest",
      },
    ];
  return "displayQuantity" in flags && flags.displayQuantity !== undefined && !isLimit
    ? [{ path: "flags.displayQuantity", code: "INVALID_VALUE", message: "is for limit orders" }]
    : [];
}

function isOrderType(type: string): type is OrderType {
  return Object.hasOwn(PRICES, type);
}
