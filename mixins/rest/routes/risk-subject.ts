import type { FieldError } from "../readers.ts";
import { s } from "../schema.ts";
import { currency, id, symbol } from "./common.ts";

export const ASSETS_MAX = 500;
export const OBSERVATIONS_MAX = 20_000;

/** Simple periodic returns, oldest first; none below −1, which would lose more than there is. */
export const returns = s.array(s.number({ min: -1, max: 1e6 }), { min: 1, max: OBSERVATIONS_MAX });

/** Of one period, in whatever unit: fractions, percents, logarithms, money. */
const change = s.number({ min: -1e9, max: 1e9 });
const LENGTH = { min: 1, max: OBSERVATIONS_MAX };
export const changes = s.array(change, LENGTH);
/** The same where some may be missing, which is null. */
export const gappyChanges = s.array(s.nullable(change), LENGTH);

export const holding = s.object({
  symbol: symbol(),
  quantity: s.optional(s.describe(s.decimal({ example: "100" }), "signed; negative when short")),
  value: s.optional(
    s.describe(s.decimal(), "signed, in the answer's currency; in place of a quantity"),
  ),
  price: s.optional(
    s.describe(s.decimal({ sign: "positive" }), "of one unit; the market's when absent"),
  ),
});

/** What a question about returns is asked of: exactly one of `returns`, `assets`, `symbols`, `portfolioId` and `positions`. */
export const subjectFields = {
  returns: s.optional(s.describe(returns, "simple returns of one period each, oldest first")),
  assets: s.optional(s.describe(s.record(returns), "returns by name, all of the same periods")),
  symbols: s.optional(
    s.describe(s.array(symbol(), { min: 1, max: ASSETS_MAX }), "whose stored daily bars are used"),
  ),
  portfolioId: s.optional(id()),
  positions: s.optional(s.array(holding, { min: 1, max: ASSETS_MAX })),
  weights: s.optional(
    s.describe(
      s.array(s.number({ min: -1e6, max: 1e6 }), { min: 1, max: ASSETS_MAX }),
      "of assets or symbols, in their order; equal when absent",
    ),
  ),
  lookback: s.optional(
    s.describe(
      s.integer({ min: 2, max: OBSERVATIONS_MAX }),
      "daily returns of stored bars; 252 when absent",
    ),
  ),
  currency: s.optional(s.describe(currency, "that prices are brought into; the portfolio's own")),
};

/** Neither 0 nor 1: a certain loss and an impossible one have no quantile. */
export const confidence = s.number({ min: 1e-6, max: 1 - 1e-9 });

export function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

export function required(path: string, message: string): FieldError {
  return { path, code: "REQUIRED", message };
}

const FORMS = ["returns", "assets", "symbols", "portfolioId", "positions"] as const;
type Fields = Readonly<Record<string, unknown>>;

/** That exactly one of the forms is there, with what belongs to it. */
export function subjectFits(value: Fields): readonly FieldError[] {
  const there = FORMS.filter((name) => value[name] !== undefined);
  const [form, second] = there;
  if (form === undefined)
    return [
      { path: "returns", code: "REQUIRED", message: `or ${FORMS.slice(1).join(", ")} is required` },
    ];
  if (second !== undefined)
    return [{ path: second, code: "INVALID_VALUE", message: `must be absent beside ${form}` }];
  const isGiven = form === "returns" || form === "assets";
  const isWeighted = form === "assets" || form === "symbols";
  return [
    ...absent(value, "lookback", isGiven ? `of ${form}` : null),
    ...absent(value, "currency", isGiven || form === "portfolioId" ? `of ${form}` : null),
    ...absent(value, "weights", isWeighted ? null : `of ${form}`),
    ...sizes(value),
    ...holdings(value),
  ];
}

function absent(value: Fields, path: string, why: string | null): readonly FieldError[] {
  return why !== null && value[path] !== undefined
    ? [{ path, code: "INVALID_VALUE", message: `must be absent ${why}` }]
    : [];
}

function sizes({ assets }: Fields): readonly FieldError[] {
  if (typeof assets !== "object" || assets === null) return [];
  const count = Object.keys(assets).length;
  return count >= 1 && count <= ASSETS_MAX
    ? []
    : [{ path: "assets", code: "OUT_OF_RANGE", message: `must have 1 to ${ASSETS_MAX} names` }];
}

function holdings({ positions }: Fields): readonly FieldError[] {
  if (!Array.isArray(positions)) return [];
  return positions.flatMap((one: unknown, i) => {
    if (typeof one !== "object" || one === null) return [];
    const [quantity, value] = ["quantity" in one, "value" in one];
    if (quantity !== value) return [];
    const message = quantity ? "must be absent beside quantity" : "or value is required";
    const path = `positions[${i}].${quantity ? "value" : "quantity"}`;
    return [{ path, code: quantity ? "INVALID_VALUE" : "REQUIRED", message } as const];
  });
}
