import { TIMEFRAMES } from "../../../domain/market/bar.ts";
import { s } from "../schema.ts";
import type { Schema } from "../schema.ts";

/** UUIDs as we make them, and whatever a broker or another installation may have made. */
const ID = /^[A-Za-z0-9_{}:.-]+$/;
/** But the words that stand in a symbol's place in addresses, as in `/api/features/correlation`: it could not be asked for there. */
const SYMBOL = /^(?!(?:correlation|cross-section|custom|sets)$)[A-Za-z0-9^][A-Za-z0-9.^=:_-]*$/;

export function id(description?: string): Schema<string> {
  const schema = s.string({ min: 1, max: 128, pattern: ID, hint: "must be an identifier" });
  return description === undefined ? schema : s.describe(schema, description);
}

export function symbol(): Schema<string> {
  const hint = "must be a symbol such as AAPL or BTC-USD";
  return s.string({ min: 1, max: 32, pattern: SYMBOL, hint, example: "AAPL" });
}

export const currency = s.string({
  min: 3,
  max: 10,
  pattern: /^[A-Z0-9]+$/,
  hint: "must be a currency such as USD",
  example: "USD",
});

export const timeframe = s.enum(TIMEFRAMES);

export const asOf = s.optional(
  s.describe(s.time(), "the state as recorded at this instant; now when absent"),
);

const limit = s.defaulted(s.integer({ min: 1, max: 1000 }), 100);
const cursor = s.optional(
  s.describe(s.string({ min: 1, max: 1000 }), "`nextCursor` of the page before"),
);

/** Of every list; `order` is by time. */
export const paging = {
  limit,
  cursor,
  order: s.defaulted(s.enum(["asc", "desc"]), "desc"),
};

/** Of series, which are read forwards. */
export const pagingForward = { ...paging, order: s.defaulted(s.enum(["asc", "desc"]), "asc") };

/** Of lists that have one order only. */
export const pagingInOrder = { limit, cursor };

export function pageOf<T>(name: string, item: Schema<T>) {
  const nextCursor = s.nullable(s.string());
  return s.named(name, s.object({ data: s.array(item), nextCursor }));
}
