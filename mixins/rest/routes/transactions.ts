import type { FieldError } from "../readers.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { currency, id, symbol } from "./common.ts";

const kind = s.enum(["deposit", "withdraw", "dividend", "split", "convert"]);

const transaction = s.named(
  "PortfolioTransaction",
  s.object({
    transactionId: s.describe(id(), "of its entries in the ledger"),
    portfolioId: id(),
    type: kind,
    cashChange: s.describe(s.decimalText(), "negative: cash went out"),
    currency: s.describe(s.string(), "of `cashChange`; of a conversion what was sold"),
    conversion: s.optional(
      s.object({
        from: s.string(),
        to: s.string(),
        sold: s.describe(s.decimalText(), "of `from`"),
        bought: s.describe(s.decimalText(), "of `to`, after the fee"),
        fee: s.describe(s.decimalText(), "of `to`"),
        rate: s.describe(s.decimalText(), "units of `to` for one of `from`"),
        source: s.describe(s.string(), "where the rate comes from"),
      }),
    ),
    dividend: s.nullable(s.object({ gross: s.decimalText(), withheld: s.decimalText() })),
    position: s.describe(
      s.nullable(
        s.object({
          symbol: symbol(),
          quantity: s.decimalText(),
          averagePrice: s.decimalText(),
          cost: s.decimalText(),
        }),
      ),
      "after it; null for cash",
    ),
    adjustedOrders: s.array(
      s.object({
        orderId: id(),
        quantity: s.describe(
          s.nullable(s.decimalText()),
          "of the whole order, what was filled before counted as it was reported; null: as before",
        ),
        price: s.nullable(s.decimalText()),
        stopPrice: s.nullable(s.decimalText()),
        reason: s.describe(
          s.nullable(s.string()),
          "why it is not amended; null: the amendment is on its way",
        ),
        isCanceled: s.describe(s.boolean(), "asked to be canceled instead"),
      }),
    ),
    effectiveAt: s.isoTime(),
    recordedAt: s.isoTime(),
  }),
);
export type TransactionView = Infer<typeof transaction>;

const FIELDS = [
  "amount",
  "currency",
  "from",
  "to",
  "rate",
  "symbol",
  "perUnit",
  "withholdingRate",
  "adjustOrders",
  "cancelUnadjusted",
  "newUnits",
  "oldUnits",
  "cashInLieuPrice",
] as const;

interface Wanted {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

// A map, because what is looked up in it comes from outside.
const WANTED: ReadonlyMap<unknown, Wanted> = new Map([
  ["deposit", { required: ["amount"], optional: ["currency"] }],
  ["withdraw", { required: ["amount"], optional: ["currency"] }],
  ["convert", { required: ["from", "to", "amount"], optional: ["rate"] }],
  ["dividend", { required: ["symbol", "perUnit"], optional: ["withholdingRate", "adjustOrders"] }],
  [
    "split",
    {
      required: ["symbol", "newUnits", "oldUnits"],
      optional: ["cashInLieuPrice", "adjustOrders", "cancelUnadjusted"],
    },
  ],
]);

/** What a type does not read is refused like an unknown field: nothing is ignored silently. */
const fitsItsType: CrossCheck = (value) => {
  const { type } = value;
  const wanted = WANTED.get(type);
  if (wanted === undefined) return [];
  return FIELDS.flatMap((path): readonly FieldError[] => {
    const isThere = value[path] !== undefined;
    if (!isThere && wanted.required.includes(path))
      return [{ path, code: "REQUIRED", message: `is required of a ${String(type)}` }];
    if (isThere && !wanted.required.includes(path) && !wanted.optional.includes(path))
      return [{ path, code: "UNKNOWN_FIELD", message: `says nothing of a ${String(type)}` }];
    return [];
  });
};

const isBelowOne: CrossCheck = ({ withholdingRate }) =>
  withholdingRate !== undefined && !(Number(withholdingRate) < 1)
    ? [{ path: "withholdingRate", code: "OUT_OF_RANGE", message: "must be below 1" }]
    : [];

const isOfTwo: CrossCheck = ({ type, from, to }) =>
  type === "convert" && from !== undefined && from === to
    ? [{ path: "to", code: "INVALID_VALUE", message: "must be another currency" }]
    : [];

const hasWhatToCancel: CrossCheck = ({ type, adjustOrders, cancelUnadjusted }) =>
  type === "split" && cancelUnadjusted !== undefined && adjustOrders !== true
    ? [{ path: "cancelUnadjusted", code: "INVALID_VALUE", message: "goes with adjustOrders" }]
    : [];

export const createTransaction = route({
  method: "POST",
  path: "/api/portfolios/{portfolioId}/transactions",
  action: "portfolios.transact",
  area: "risk",
  permission: "portfolios.transact",
  summary: "Deposit, withdraw or convert cash, or record a dividend or a split of what is held",
  description:
    "A deposit or withdrawal takes `amount`, and `currency` where it is not the base currency; a conversion `from`, `to` and `amount` of `from`, at the market's bid of what is sold, or at `rate`, which may be no more than 2 % from the market's without `risk.update`; a dividend `symbol`, `perUnit` and perhaps `withholdingRate`; a split `symbol`, `newUnits` for `oldUnits`, and `cashInLieuPrice` where it leaves a fraction of a lot. Only settled cash that no order holds can be withdrawn. A split is refused while orders in the symbol are open; with `adjustOrders` they are brought into the new units, and what cannot be refuses the split, or is canceled with `cancelUnadjusted`. Record it before the market opens in new units.",
  params: { portfolioId: id() },
  body: {
    type: kind,
    amount: s.optional(s.decimal({ sign: "positive", example: "1000" })),
    currency: s.optional(currency),
    from: s.optional(currency),
    to: s.optional(currency),
    rate: s.optional(
      s.describe(
        s.decimal({ sign: "positive", example: "1.1" }),
        "of a conversion: units of `to` for one of `from`; the market's when absent",
      ),
    ),
    symbol: s.optional(symbol()),
    perUnit: s.optional(
      s.describe(s.decimal({ sign: "positive", example: "0.24" }), "before tax, per unit held"),
    ),
    withholdingRate: s.optional(
      s.describe(s.decimal({ sign: "nonNegative", example: "0.15" }), "kept as tax, a fraction"),
    ),
    adjustOrders: s.optional(
      s.describe(
        s.boolean(),
        "of a dividend: lower the limits to buy and the stops to sell that outlive the day by it, to the next tick below; of a split: bring all open orders of the symbol into new units",
      ),
    ),
    cancelUnadjusted: s.optional(
      s.describe(
        s.boolean(),
        "with `adjustOrders`, of a split: cancel what cannot be adjusted, with its whole strategy or group, instead of refusing the split",
      ),
    ),
    newUnits: s.optional(s.integer({ min: 1, max: 1_000_000 })),
    oldUnits: s.optional(s.integer({ min: 1, max: 1_000_000 })),
    cashInLieuPrice: s.optional(
      s.describe(s.decimal({ sign: "positive", example: "100" }), "per new unit"),
    ),
    effectiveAt: s.optional(
      s.describe(s.time(), "when it counts in the history; the market's time, or now"),
    ),
    memo: s.defaulted(s.string({ max: 200 }), ""),
  },
  check: (value) => [
    ...fitsItsType(value),
    ...isBelowOne(value),
    ...hasWhatToCancel(value),
    ...isOfTwo(value),
  ],
  response: transaction,
  status: 201,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "PORTFOLIO_CLOSED",
    "WITHDRAWAL_EXCEEDS_CASH",
    "CONVERSION_EXCEEDS_CASH",
    "CURRENCY_NOT_ALLOWED",
    "FX_RATE_MISSING",
    "AMOUNT_TOO_SMALL",
    "INSUFFICIENT_DATA",
    "POSITION_NOT_HELD",
    "OPEN_ORDERS_IN_SYMBOL",
    "ORDERS_NOT_ADJUSTABLE",
    "SPLIT_LEAVES_FRACTION",
    "IDEMPOTENCY_KEY_REUSED",
  ],
});
