import { CALENDAR_NAMES } from "../../../domain/market/calendars/calendars.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { currency, pageOf, pagingInOrder, symbol } from "./common.ts";

export const ASSET_CLASSES = [
  "equity",
  "index",
  "etf",
  "crypto",
  "fx",
  "future",
  "commodity",
] as const satisfies readonly Instrument["assetClass"][];
const assetClass = s.enum(ASSET_CLASSES);

const instrument = s.named(
  "Instrument",
  s.object({
    symbol: symbol(),
    name: s.string(),
    assetClass,
    venue: s.string(),
    currency: s.string(),
    tickSize: s.decimalText(),
    lotSize: s.decimalText(),
    multiplier: s.decimalText(),
    shortable: s.boolean(),
    calendar: s.string({ example: "XNYS" }),
    minQuantity: s.optional(s.decimalText()),
    maxQuantity: s.optional(s.decimalText()),
    minNotional: s.optional(s.decimalText()),
    maxNotional: s.optional(s.decimalText()),
    isHalted: s.optional(s.boolean()),
    isRegularHoursOnly: s.optional(s.boolean()),
    sector: s.optional(s.string()),
    initialMargin: s.optional(s.decimalText()),
    maintenanceMargin: s.optional(s.decimalText()),
    borrowRate: s.optional(s.decimalText()),
  }),
);
export type InstrumentView = Infer<typeof instrument>;

const instrumentPage = pageOf("InstrumentPage", instrument);
export type InstrumentPage = Infer<typeof instrumentPage>;

export const listSymbols = route({
  method: "GET",
  path: "/api/symbols",
  action: "symbols.list",
  area: "data",
  permission: "symbols.read",
  summary: "Instruments, in the order of their symbols",
  query: {
    search: s.optional(s.describe(s.string({ min: 1, max: 100 }), "in symbol or name")),
    assetClass: s.optional(assetClass),
    ...pagingInOrder,
  },
  response: instrumentPage,
});

export const getSymbol = route({
  method: "GET",
  path: "/api/symbols/{symbol}",
  action: "symbols.get",
  area: "data",
  permission: "symbols.read",
  summary: "One instrument",
  params: { symbol: symbol() },
  response: instrument,
  problems: ["NOT_FOUND"],
});

const limit = (of: string) =>
  s.optional(s.describe(s.decimal({ sign: "positive" }), `of ${of}; absent: not limited`));

const margin = (what: string) =>
  s.optional(
    s.describe(
      s.decimal({ sign: "positive", example: "0.5" }),
      `what a margin portfolio must have ${what}, a fraction of its value; absent: the portfolio's own rate`,
    ),
  );

const marginsAreFractions: CrossCheck = ({ initialMargin, maintenanceMargin }) => {
  const tooHigh = Object.entries({ initialMargin, maintenanceMargin })
    .filter(([, value]) => Number(value) > 1)
    .map(([path]) => ({ path, code: "OUT_OF_RANGE", message: "must be at most 1" }) as const);
  const isUpsideDown = Number(maintenanceMargin) > Number(initialMargin);
  const message = "must not be above initialMargin";
  return isUpsideDown
    ? [...tooHigh, { path: "maintenanceMargin", code: "OUT_OF_RANGE" as const, message }]
    : tooHigh;
};

export const putSymbol = route({
  method: "PUT",
  path: "/api/symbols/{symbol}",
  action: "symbols.put",
  area: "data",
  permission: "symbols.update",
  summary: "Define an instrument, or change it",
  params: { symbol: symbol() },
  body: {
    name: s.string({ min: 1, max: 200 }),
    assetClass,
    venue: s.string({ min: 1, max: 50 }),
    currency,
    tickSize: s.decimal({ sign: "positive", example: "0.01" }),
    lotSize: s.decimal({ sign: "positive", example: "1" }),
    multiplier: s.defaulted(s.decimal({ sign: "positive", example: "1" }), "1"),
    shortable: s.defaulted(s.boolean(), false),
    calendar: s.describe(
      s.enum(CALENDAR_NAMES),
      "by which its sessions, gaps and settlement count",
    ),
    minQuantity: limit("an order's quantity"),
    maxQuantity: limit("an order's quantity"),
    minNotional: limit("an order's value"),
    maxNotional: limit("an order's value"),
    isHalted: s.optional(s.describe(s.boolean(), "orders are denied")),
    isRegularHoursOnly: s.optional(
      s.describe(s.boolean(), "orders are denied outside the calendar's sessions"),
    ),
    sector: s.optional(
      s.describe(s.string({ min: 1, max: 60 }), "what stress tests and exposures group by"),
    ),
    initialMargin: margin("to open a position"),
    maintenanceMargin: margin("to keep a position"),
    borrowRate: s.optional(
      s.describe(
        s.decimal({ sign: "nonNegative", example: "0.03" }),
        "what a short position pays its lender a year, a fraction of its value",
      ),
    ),
  },
  check: marginsAreFractions,
  response: instrument,
});
