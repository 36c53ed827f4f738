import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { currency, id, symbol } from "./common.ts";
import { ASSETS_MAX, holding, subjectFits } from "./risk-subject.ts";

const money = s.describe(s.number(), "in the answer's currency");

const liquidityView = s.named(
  "Liquidity",
  s.object({
    currency: s.string(),
    value: s.describe(s.number(), "Σ |value| of the positions"),
    liquidated: s.describe(s.number(), "of that value, within the horizon"),
    days: s.describe(
      s.nullable(s.number()),
      "until the last position is gone; null where one never is",
    ),
    spreadCost: s.describe(s.nullable(money), "null where a spread is not known"),
    impactCost: s.nullable(money),
    liquidationVaR: s.describe(
      s.nullable(money),
      "the sum over positions: no diversification is counted on",
    ),
    positions: s.array(
      s.object({
        symbol: symbol(),
        quantity: s.number(),
        value: money,
        averageVolume: s.describe(s.number(), "units a day"),
        dailyVolatility: s.number(),
        days: s.nullable(s.number()),
        liquidated: s.number(),
        spread: s.describe(s.nullable(s.number()), "over the mid"),
        spreadCost: s.nullable(money),
        impactCost: s.nullable(money),
        liquidationVaR: s.nullable(money),
        sampleSize: s.describe(s.integer(), "days of volume"),
      }),
    ),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.describe(s.integer(), "the fewest days of any position"),
    source: s.string(),
  }),
);
export type LiquidityView = Infer<typeof liquidityView>;

const fits: CrossCheck = (value) => [
  ...subjectFits(value),
  ...(Array.isArray(value["positions"]) ? value["positions"] : []).flatMap((one: unknown, i) =>
    typeof one === "object" && one !== null && "value" in one
      ? [
          {
            path: `positions[${i}].value`,
            code: "INVALID_VALUE",
            message: "must be a quantity here: volumes are in units",
          } as const,
        ]
      : [],
  ),
];

export const measureLiquidity = route({
  method: "POST",
  path: "/api/risk/liquidity",
  action: "liquidity.measure",
  area: "risk",
  permission: "risk.read",
  summary: "How many days it takes to liquidate positions, and what that costs",
  description:
    "Days: |quantity|/(participation × average daily volume of `lookback` stored days). Cost: half the spread, as it is displayed or " +
    "as `spreadBps` says, and Y·σ·√(units of a day/volume) by the square-root law. `liquidationVaR`: z·σ·√(days/3), what may be " +
    "lost while the position shrinks evenly to nothing.",
  body: {
    portfolioId: s.optional(id()),
    positions: s.optional(s.array(holding, { min: 1, max: ASSETS_MAX })),
    currency: s.optional(currency),
    participation: s.defaulted(s.number({ min: 1e-6, max: 1 }), 0.1),
    horizonDays: s.defaulted(s.number({ min: 0, max: 10_000 }), 1),
    lookback: s.defaulted(
      s.describe(s.integer({ min: 2, max: 1000 }), "days of volume and returns"),
      20,
    ),
    spreadBps: s.optional(
      s.describe(
        s.number({ min: 0, max: 10_000 }),
        "of every position, in place of the displayed one",
      ),
    ),
    impactCoefficient: s.defaulted(s.number({ min: 0, max: 100 }), 1),
    confidence: s.defaulted(s.number({ min: 0.5, max: 0.9999 }), 0.99),
  },
  check: fits,
  response: liquidityView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
