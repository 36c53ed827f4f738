import { CALENDAR_NAMES } from "../../../domain/market/calendars/calendars.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { currency, pageOf, pagingInOrder, symbol } from "./common.ts";

const ASSET_CLASSES = [
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
  },
  response: instrument,
});
