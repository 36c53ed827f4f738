import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { asOf, id, symbol } from "./common.ts";

const money = (description: string) => s.describe(s.decimalText(), description);

const call = s.object({
  callId: id(),
  status: s.describe(
    s.enum(["open", "liquidating", "met"]),
    "`liquidating`: not met in time, so that positions are closed until it is",
  ),
  raisedAt: s.isoTime(),
  dueAt: s.isoTime(),
  metAt: s.nullable(s.isoTime()),
  equity: money("as it was raised"),
  maintenanceRequirement: s.decimalText(),
  deficit: money("what was missing as it was raised"),
});

const marginReport = s.named(
  "Margin",
  s.object({
    portfolioId: id(),
    margin: s.enum(["cash", "margin"]),
    currency: s.string(),
    equity: money("cash and positions at the market"),
    cash: s.decimalText(),
    long: money("market value of long positions"),
    short: money("market value of short positions, positive"),
    leverage: s.describe(
      s.nullable(s.decimalText()),
      "(long + short) / equity; null when equity is not positive",
    ),
    initialRequirement: money(
      "rate × market value of what is held and ordered; of each symbol the worse of all its buys filled and all its sells filled",
    ),
    maintenanceRequirement: money("rate × market value of what is held"),
    reserved: money(
      "for fees and slippage of open orders; of a cash portfolio for all they may cost",
    ),
    excess: money("equity − initialRequirement − reserved; of a cash portfolio cash − reserved"),
    maintenanceExcess: money("equity − maintenanceRequirement: below 0 there is a margin call"),
    buyingPower: money("excess / initialMargin, or 0"),
    positions: s.array(
      s.object({
        symbol: symbol(),
        quantity: s.describe(s.decimalText(), "net; negative when short"),
        marketPrice: s.decimalText(),
        marketValue: s.decimalText(),
        initialRequirement: s.decimalText(),
        maintenanceRequirement: s.decimalText(),
        callPrice: s.describe(
          s.nullable(s.decimalText()),
          "the price at which equity is what maintenance needs, all other prices as they are; null when there is none",
        ),
      }),
    ),
    call: s.describe(s.nullable(call), "the margin call that is not met"),
    pastCalls: s.describe(s.array(call), "the last that were met, newest last"),
    financing: s.describe(
      s.nullable(
        s.object({
          interest: money("paid since the opening; negative: earned"),
          borrowFees: money("paid since the opening for units that were sold short"),
          accruedThrough: s.describe(
            s.nullable(s.string()),
            "the last day that is charged, on the market's calendar; null: none",
          ),
        }),
      ),
      "null: neither cash nor borrowed units cost anything",
    ),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.describe(s.integer(), "positions and ordered symbols"),
    source: s.string(),
  }),
);
export type MarginView = Infer<typeof marginReport>;

export const getMargin = route({
  method: "GET",
  path: "/api/portfolios/{portfolioId}/margin",
  action: "margin.get",
  area: "risk",
  permission: "portfolios.read",
  summary: "Equity, margin requirements, margin calls and financing",
  params: { portfolioId: id() },
  query: { asOf },
  response: marginReport,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
