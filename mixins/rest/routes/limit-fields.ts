import { s } from "../schema.ts";
import { symbol } from "./common.ts";
import { ASSET_CLASSES } from "./symbols.ts";

const amount = (example: string, description: string) =>
  s.optional(s.describe(s.decimal({ sign: "positive", example }), description));

const count = (description: string) =>
  s.optional(s.describe(s.integer({ min: 1, max: 1_000_000 }), description));

/** Of a portfolio, as its owner sets them: plain values. Absent means not limited. */
export const limitFields = {
  maxOrderNotional: amount("50000", "value of one order"),
  maxPositionPct: amount("0.25", "position over equity, a fraction"),
  maxOrdersPerMinute: count("orders and amendments within 60 s"),
  restrictedSymbols: s.optional(s.array(symbol(), { max: 1000 })),
  maxDailyLossPct: amount(
    "0.05",
    "loss since the day began (UTC) over the equity then, a fraction",
  ),
  priceCollarPct: amount("0.1", "limit price from market, a fraction"),
  maxGrossLeverage: amount(
    "2",
    "Σ |position| over equity at the market, open orders filled at each symbol's worse outcome",
  ),
  maxNetLeverage: amount("1", "|Σ position| over equity, all open buys or all open sells filled"),
  maxDrawdownPct: amount("0.2", "fall of equity from its high-water mark, a fraction of the mark"),
  maxVarPct: amount("0.03", "historical value at risk of a day over equity, a fraction"),
  maxExpectedShortfallPct: amount("0.05", "expected shortfall of a day over equity, a fraction"),
  maxOpenOrders: count("open orders, this one counted"),
  maxSymbolNotional: amount("100000", "position in one symbol, in the base currency"),
  maxConcentrationPct: amount("0.3", "the largest position over equity, a fraction"),
  maxSectorPct: amount("0.5", "Σ |position| of one sector over equity, a fraction"),
  allowedSymbols: s.optional(
    s.describe(s.array(symbol(), { max: 1000 }), "nothing else may be bought or sold short"),
  ),
  allowedAssetClasses: s.optional(s.array(s.enum(ASSET_CLASSES), { max: ASSET_CLASSES.length })),
};
