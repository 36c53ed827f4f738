import { CONVERSIONS, DEFAULT_CURRENCIES } from "../../../domain/portfolio/currency/terms.ts";
import { s } from "../schema.ts";
import type { CrossCheck } from "../schema.ts";
import { currency } from "./common.ts";

const FEE_BPS_MAX = 1_000;

/** Of a portfolio that is opened, and of one that is shown where it keeps several currencies. */
export const currencyTermFields = {
  multiCurrency: s.optional(
    s.describe(
      s.boolean(),
      "keeps cash and positions in other currencies, too; of a cash portfolio only",
    ),
  ),
  currencies: s.optional(
    s.describe(
      s.array(currency, { max: 50 }),
      "those it may keep beside its base currency; any when absent and `multiCurrency`",
    ),
  ),
  conversion: s.optional(
    s.describe(
      s.enum(CONVERSIONS),
      "`none` (default): the instrument's currency has to suffice; `auto`: a buy for which it does not is paid by converting base currency",
    ),
  ),
  conversionFeeBps: s.optional(
    s.describe(
      s.decimal({ sign: "nonNegative", example: "2" }),
      `of what is converted, up to ${FEE_BPS_MAX}; ${DEFAULT_CURRENCIES.feeBps} when absent`,
    ),
  ),
  conversionMargin: s.optional(
    s.describe(
      s.decimal({ sign: "nonNegative", example: "0.02" }),
      `what an order paid by conversion holds beyond the rate, a fraction, up to 1; ${DEFAULT_CURRENCIES.holdMargin} when absent`,
    ),
  ),
};

const balanceFields = {
  currency: s.string(),
  cash: s.describe(s.decimalText(), "as of the trade date"),
  settledCash: s.decimalText(),
  unsettledCash: s.decimalText(),
  reserved: s.describe(s.decimalText(), "held for open orders"),
  buyingPower: s.describe(s.decimalText(), "cash that no order holds"),
  cashCost: s.describe(s.decimalText(), "what the cash has cost in the base currency, average"),
  rate: s.describe(s.nullable(s.decimalText()), "units of the base currency for one"),
  value: s.describe(s.nullable(s.decimalText()), "cash in the base currency"),
  netDeposits: s.decimalText(),
  dividends: s.decimalText(),
  realizedPnl: s.decimalText(),
  fees: s.decimalText(),
};

/** Of a portfolio that keeps several currencies. */
export const balancesFields = {
  balances: s.optional(
    s.describe(
      s.array(s.named("CurrencyBalance", s.object(balanceFields))),
      "each in its own currency, the base currency first; `cash` and what is like it beside it are of the base currency, `realizedPnl`, `fees`, `dividends` and `netDeposits` of all at the rates of their time",
    ),
  ),
  fxPnl: s.optional(
    s.describe(
      s.decimalText(),
      "realised by changes of rates, in the base currency: what leaves a currency at another rate than its average cost",
    ),
  ),
};

/** Of a position in another currency than the base currency. */
export const inBaseField = s.optional(
  s.describe(
    s.object({
      cost: s.describe(s.decimalText(), "at the rates of the trades"),
      rate: s.nullable(s.decimalText()),
      marketValue: s.nullable(s.decimalText()),
      unrealizedPnl: s.nullable(s.decimalText()),
      priceEffect: s.describe(
        s.nullable(s.decimalText()),
        "(market value − cost) × rate of now; with `fxEffect` the whole",
      ),
      fxEffect: s.describe(s.nullable(s.decimalText()), "cost × rate of now − cost in base"),
    }),
    "in the portfolio's base currency; the amounts beside it are in the position's",
  ),
);

const TERMS = ["conversion", "conversionFeeBps", "conversionMargin"] as const;

/** Terms of several currencies are a portfolio's that keeps them; what is borrowed is borrowed in one. */
export const currencyTermsFit: CrossCheck = (value) => {
  const isMulti = value["multiCurrency"] === true || value["currencies"] !== undefined;
  return [
    ...(isMulti ? conflicts(value) : strange(value)),
    ...(Number(value["conversionFeeBps"]) > FEE_BPS_MAX
      ? [outOfRange("conversionFeeBps", String(FEE_BPS_MAX))]
      : []),
    ...(Number(value["conversionMargin"]) > 1 ? [outOfRange("conversionMargin", "1")] : []),
  ];
};

function conflicts(value: Readonly<Record<string, unknown>>) {
  const message = "goes with one currency only";
  const fields = ["debitRate", "creditRate"].filter((field) => value[field] !== undefined);
  return [
    ...(value["margin"] === "margin" ? ["margin"] : []),
    ...fields,
    ...(value["multiCurrency"] === false ? ["multiCurrency"] : []),
  ].map((path) => ({ path, code: "INVALID_VALUE", message }) as const);
}

function strange(value: Readonly<Record<string, unknown>>) {
  const message = "is of portfolios that keep several currencies only";
  return TERMS.filter((path) => value[path] !== undefined).map(
    (path) => ({ path, code: "UNKNOWN_FIELD", message }) as const,
  );
}

function outOfRange(path: string, max: string) {
  return { path, code: "OUT_OF_RANGE", message: `must be at most ${max}` } as const;
}
