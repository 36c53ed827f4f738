import { CAP_CODES } from "../../../domain/risk/sizing/caps.ts";
import { SIZING_METHODS, type SizingMethod } from "../../../domain/risk/sizing/target.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { id, symbol } from "./common.ts";

const ASSETS_MAX = 500;
const side = s.enum(["buy", "sell"]);
const money = (description: string) =>
  s.optional(s.describe(s.decimal({ sign: "positive", example: "100000" }), description));
const fraction = (description: string, max: number) =>
  s.optional(s.describe(s.number({ min: 0, max }), description));
const vector = (description: string) =>
  s.optional(s.describe(s.array(s.number(), { min: 1, max: ASSETS_MAX }), description));

/** The fields of each method: those that it needs, and those that it may have. */
const FIELDS: Readonly<
  Record<SizingMethod, { readonly needs: readonly string[]; readonly may: readonly string[] }>
> = {
  fixedFractional: { needs: ["riskFraction", "stop"], may: [] },
  fixedNotional: { needs: ["amount"], may: [] },
  percentOfEquity: { needs: ["percent"], may: [] },
  kelly: { needs: ["winProbability", "payoff"], may: ["fraction"] },
  kellyMulti: {
    needs: [],
    may: ["mean", "covariance", "riskFree", "fraction", "maxLeverage", "symbols", "lookback"],
  },
  optimalF: { needs: ["trades"], may: [] },
  volatilityTarget: { needs: ["targetVol"], may: ["realizedVol", "maxLeverage", "lookback"] },
  atr: { needs: ["riskFraction"], may: ["atr", "atrMultiple", "lookback"] },
  riskParity: { needs: [], may: ["covariance", "budgets", "symbols", "lookback"] },
  inverseVolatility: { needs: [], may: ["vols", "symbols", "lookback"] },
  drawdownConstrained: { needs: ["kelly", "maxDrawdown", "wealth", "peak"], may: [] },
  cppi: { needs: ["value", "floor", "multiplier"], may: ["maxLeverage"] },
};
const OF_METHODS = new Set(Object.values(FIELDS).flatMap(({ needs, may }) => [...needs, ...may]));

/** What may be given, or else made of the stored bars of so many days. */
const GIVEN_OR_STORED: Readonly<Partial<Record<SizingMethod, readonly string[]>>> = {
  kellyMulti: ["mean", "covariance"],
  volatilityTarget: ["realizedVol"],
  atr: ["atr"],
  riskParity: ["covariance"],
  inverseVolatility: ["vols"],
};

const body = {
  method: s.describe(s.enum(SIZING_METHODS), "which fields go with which method: docs/RISK.md"),
  equity: money("what is sized; the portfolio's when absent"),
  portfolioId: s.optional(id("whose equity, buying power and limits count")),
  symbol: s.optional(symbol()),
  side: s.optional(s.describe(side, "where the stop lies says it when absent; else buy")),
  entry: money("the price to enter at; the market's when absent"),
  stop: money("where the position is given up: below the entry of a buy, above that of a sell"),
  lotSize: money("quantities are multiples of it; the instrument's, else 1"),
  pointValue: money("what a move of 1 is worth a unit; the instrument's multiplier, else 1"),
  riskFraction: fraction("of equity that may be lost", 1),
  amount: money("to hold"),
  percent: fraction("of equity to hold, a fraction: 0.1 is a tenth", 1),
  winProbability: fraction("of a bet", 1),
  payoff: s.optional(s.describe(s.number({ min: 1e-9, max: 1e9 }), "won a unit lost")),
  fraction: fraction("of Kelly's answer that is taken; 1 when absent", 1),
  mean: vector("returns of a period"),
  covariance: s.optional(
    s.describe(
      s.array(s.array(s.number(), { min: 1, max: ASSETS_MAX }), { min: 1, max: ASSETS_MAX }),
      "of returns of the same period, row by row",
    ),
  ),
  riskFree: s.optional(
    s.describe(s.number({ min: -1, max: 1 }), "of the same period; 0 when absent"),
  ),
  trades: s.optional(
    s.describe(s.array(s.number(), { min: 1, max: 100_000 }), "profits and losses of single units"),
  ),
  targetVol: s.optional(
    s.describe(
      s.number({ min: 0, max: 100 }),
      "a year when realizedVol is of a year, as that of stored bars is",
    ),
  ),
  realizedVol: s.optional(s.number({ min: 0, max: 1e6 })),
  maxLeverage: s.optional(
    s.describe(s.number({ min: 0, max: 1000 }), "the most that is held, over equity"),
  ),
  atr: money("average true range, in price"),
  atrMultiple: s.optional(
    s.describe(s.number({ min: 1e-6, max: 1000 }), "ATRs to the stop; 1 when absent"),
  ),
  budgets: s.optional(
    s.describe(
      s.array(s.number({ min: 1e-9 }), { min: 1, max: ASSETS_MAX }),
      "parts of risk; equal when absent",
    ),
  ),
  vols: s.optional(
    s.describe(
      s.array(s.number({ min: 1e-12, max: 1e6 }), { min: 1, max: ASSETS_MAX }),
      "deviations of returns",
    ),
  ),
  symbols: s.optional(
    s.describe(s.array(symbol(), { min: 1, max: ASSETS_MAX }), "of the weights, in their order"),
  ),
  lookback: s.optional(
    s.describe(
      s.integer({ min: 20, max: 5000 }),
      "daily returns of stored bars to make of what is not given",
    ),
  ),
  kelly: s.optional(
    s.describe(s.number({ min: -1000, max: 1000 }), "the fraction without a constraint"),
  ),
  maxDrawdown: fraction("from the peak", 0.999_999),
  wealth: money("now"),
  peak: money("the highest that wealth has been"),
  value: money("of what is insured"),
  floor: money("below which value shall not fall"),
  multiplier: s.optional(s.number({ min: 0, max: 1000 })),
};

type Fields = Readonly<Record<string, unknown>>;

const methodFits: CrossCheck = (value) => {
  const method = SIZING_METHODS.find((one) => one === value["method"]);
  if (method === undefined) return [];
  const { needs, may } = FIELDS[method];
  return [
    ...needs
      .filter((name) => value[name] === undefined)
      .map((name) => required(name, `for ${method}`)),
    ...[...OF_METHODS]
      .filter((name) => value[name] !== undefined && ![...needs, ...may, "stop"].includes(name))
      .map((name) => invalid(name, `is not for ${method}`)),
    ...givenOrStored(method, value),
    ...basis(value),
    ...sizesFit(value),
    ...stopFits(value),
  ];
};

function givenOrStored(method: SizingMethod, value: Fields): readonly FieldError[] {
  const names = GIVEN_OR_STORED[method] ?? [];
  const lacking = names.filter((name) => value[name] === undefined);
  if (lacking.length === 0)
    return names.length > 0 && value["lookback"] !== undefined
      ? [invalid("lookback", `must be absent where ${names.join(" and ")} are given`)]
      : [];
  if (value["lookback"] === undefined)
    return lacking.map((name) => required(name, "unless lookback says to make it of stored bars"));
  const of = method === "volatilityTarget" || method === "atr" ? "symbol" : "symbols";
  return value[of] === undefined ? [required(of, "with lookback")] : [];
}

function basis(value: Fields): readonly FieldError[] {
  return value["equity"] !== undefined && value["portfolioId"] !== undefined
    ? [invalid("equity", "must be absent where a portfolio is sized")]
    : [];
}

/** Vectors and matrices of as many assets as each other. */
function sizesFit(value: Fields): readonly FieldError[] {
  const sizes = ["mean", "vols", "budgets", "symbols", "covariance"].flatMap((name) => {
    const found = value[name];
    return Array.isArray(found) ? [[name, found.length] as const] : [];
  });
  const [first] = sizes;
  const uneven = sizes.filter(([, length]) => length !== first?.[1]);
  const { covariance } = value as { readonly covariance?: unknown };
  const rows: readonly unknown[] = Array.isArray(covariance) ? covariance : [];
  const crooked = rows.some((row) => Array.isArray(row) && row.length !== rows.length);
  return [
    ...uneven.map(([name]) => invalid(name, `must be as long as ${first?.[0]}`)),
    ...(crooked ? [invalid("covariance", "must be square")] : []),
  ];
}

function stopFits(value: Fields): readonly FieldError[] {
  const { stop, entry } = value;
  if (stop === undefined || entry === undefined) return [];
  const below = Number(stop) < Number(entry);
  if (Number(stop) === Number(entry)) return [invalid("stop", "must not be the entry")];
  const wanted = value["side"];
  if (wanted === undefined || (wanted === "buy") === below) return [];
  return [
    invalid(
      "stop",
      `must be ${wanted === "buy" ? "below" : "above"} the entry of a ${wanted === "buy" ? "buy" : "sell"}`,
    ),
  ];
}

function required(path: string, when: string): FieldError {
  return { path, code: "REQUIRED", message: `is required ${when}` };
}

function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

const appliedLimit = s.object({
  code: s.enum(CAP_CODES),
  limit: s.decimalText(),
  quantityBefore: s.decimalText(),
  quantityAfter: s.decimalText(),
});

const proposal = s.object({
  portfolioId: id(),
  symbol: symbol(),
  side,
  type: s.enum(["market", "limit"]),
  quantity: s.decimalText(),
  price: s.optional(s.decimalText()),
  timeInForce: s.enum(["day", "gtc"]),
  contingency: s.optional(s.json("an oto order that gives the position up at the stop")),
});

const sized = s.named(
  "PositionSize",
  s.object({
    method: s.enum(SIZING_METHODS),
    quantity: s.describe(
      s.nullable(s.decimalText()),
      "whole lots, within all limits; null without a price, or of weights",
    ),
    rawQuantity: s.describe(s.nullable(s.decimalText()), "before lots and limits, 12 decimals"),
    notional: s.describe(s.nullable(s.decimalText()), "quantity × entry × pointValue"),
    riskAmount: s.describe(
      s.nullable(s.decimalText()),
      "what the quantity loses at the stop; null without one",
    ),
    fraction: s.describe(
      s.nullable(s.number()),
      "of equity that the method asks for: as a stake, a risk or a value",
    ),
    weight: s.describe(s.nullable(s.number()), "notional over equity"),
    weights: s.optional(s.describe(s.array(s.number()), "in the order of the assets")),
    positions: s.optional(
      s.array(
        s.object({
          symbol: symbol(),
          weight: s.number(),
          side: s.nullable(side),
          quantity: s.decimalText(),
          price: s.decimalText(),
          notional: s.decimalText(),
        }),
      ),
    ),
    terminalWealth: s.optional(
      s.describe(s.number(), "of optimalF: what 1 became of at that fraction"),
    ),
    side,
    equity: s.nullable(s.decimalText()),
    entry: s.nullable(s.decimalText()),
    stop: s.nullable(s.decimalText()),
    lotSize: s.decimalText(),
    pointValue: s.decimalText(),
    currency: s.describe(s.nullable(s.string()), "of entry and notional"),
    appliedLimits: s.array(appliedLimit),
    proposal: s.nullable(proposal),
    asOf: s.isoTime(),
    sampleSize: s.describe(s.nullable(s.integer()), "returns that were used; null where none were"),
    source: s.string(),
  }),
);
export type PositionSizeView = Infer<typeof sized>;

export const sizePosition = route({
  method: "POST",
  path: "/api/risk/position-size",
  action: "sizing.size",
  area: "risk",
  permission: "risk.read",
  summary: "How much to hold, by one of twelve methods, within the portfolio's limits",
  body,
  check: methodFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: sized,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

const orderFits: CrossCheck = (value) => [
  ...methodFits(value),
  ...["portfolioId", "symbol"]
    .filter((name) => value[name] === undefined)
    .map((name) => required(name, "for an order")),
];

export const orderSized = route({
  method: "POST",
  path: "/api/risk/position-size/orders",
  action: "sizing.order",
  area: "risk",
  permission: "orders.create",
  summary: "Size a position and place its order",
  description: "422 when the size is 0. The order passes the check of every order.",
  body,
  check: orderFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: s.named("SizedOrder", s.object({ size: sized, orderId: id(), status: s.string() })),
  status: 201,
  isIdempotent: true,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA", "ORDER_DENIED", "IDEMPOTENCY_KEY_REUSED"],
});
