import {
  boolean,
  decimal,
  integer,
  list,
  name,
  number,
  object,
  oneOf,
  optional,
  time,
  type Values,
} from "./fields.ts";
import { CURVE_WEIGHTINGS } from "./volume-curve.ts";

export const STRATEGY_NAMES = [
  "twap",
  "vwap",
  "pov",
  "implementationShortfall",
  "iceberg",
  "sniper",
  "smartRouting",
] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** More children than this are not scheduled. */
export const CHILDREN_MAX = 10_000;
const SECONDS_MAX = 31 * 86_400;
const VENUES_MAX = 64;

/** What happens to what a pause, or a slice that could not run, left undone. */
export const CATCH_UPS = ["spread", "next", "skip"] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

const priceLimit = () => optional(decimal("no child beyond this price", "positive"));
const seed = () =>
  optional(
    integer("of the random draws; absent: made from the order's id", { min: 0, max: 2 ** 32 - 1 }),
  );
const catchUp = () =>
  optional(
    oneOf(
      "what becomes of a slice that a pause or an outage kept back: spread over the slices left, all in the next, or skipped",
      CATCH_UPS,
    ),
  );

const level = object("what is offered at one price", {
  price: decimal("of a unit", "any"),
  size: decimal("units", "nonNegative"),
});

const venue = object("a venue with what it displays: asks for a buy, bids for a sell", {
  name: name("unique in the list"),
  levels: list("in any order", level, { min: 0, max: 1000 }),
  feePerUnit: decimal("money per unit; negative is a rebate", "any"),
  feePerOrder: optional(decimal("money for each order", "any")),
  minQuantity: optional(decimal("the least that an order may be", "nonNegative")),
  latencyMs: optional(number("until an order arrives", { min: 0, max: 60_000 })),
  fillProbability: optional(number("that what is displayed will be had", { min: 0, max: 1 })),
  impact: optional(
    object("method impact: what the venue's price does; absent: fitted from the levels", {
      a: number("price of the first unit, fees apart", { above: 0, max: 1e12 }),
      b: number("by which each unit makes the next worse", { min: 0, max: 1e12 }),
    }),
  ),
  queue: optional(
    object("method split: what a limit order there waits for", {
      ahead: number("units that rest before ours", { min: 0, max: 1e15 }),
      rebate: number("money per unit that fills; negative is a maker fee", {
        min: -1e12,
        max: 1e12,
      }),
      price: optional(
        decimal(
          "at which a limit order rests there; absent: the venue's best displayed of the order's side",
          "positive",
        ),
      ),
      outflow: object("units that leave the queue until the deadline", {
        kind: oneOf("of the distribution", ["exponential", "uniform", "empirical"]),
        mean: optional(number("of an exponential one", { above: 0, max: 1e15 })),
        low: optional(number("of a uniform one", { min: 0, max: 1e15 })),
        high: optional(number("of a uniform one", { above: 0, max: 1e15 })),
        samples: optional(
          list("of an empirical one", number("units", { min: 0, max: 1e15 }), {
            min: 1,
            max: 1000,
          }),
        ),
      }),
    }),
  ),
});

/** How smart routing divides an order. */
export const ROUTING_METHODS = ["take", "impact", "split"] as const;
export type RoutingMethod = (typeof ROUTING_METHODS)[number];

/** What each strategy may be told. */
export const SHAPES = {
  twap: {
    durationSeconds: integer("from the first child to the end of the last interval", {
      min: 1,
      max: SECONDS_MAX,
    }),
    intervalSeconds: integer("between children", { min: 1, max: SECONDS_MAX }),
    jitter: optional(
      number("each child but the first moves by up to this part of the interval", {
        min: 0,
        max: 0.5,
      }),
    ),
    priceLimit: priceLimit(),
    seed: seed(),
    catchUp: catchUp(),
  },
  vwap: {
    start: optional(time("absent: now")),
    end: time("of the last bucket"),
    intervalMinutes: integer("length of a bucket", { min: 1, max: 1440 }),
    curve: optional(
      list("a share for each bucket, in any unit", number("share", { min: 0, max: 1e15 }), {
        min: 1,
        max: CHILDREN_MAX,
      }),
    ),
    lookbackDays: optional(
      integer("trading days whose volume makes the curve; 20 when there is no curve", {
        min: 1,
        max: 250,
      }),
    ),
    weighting: optional(oneOf("of the days in the curve; equalDays when absent", CURVE_WEIGHTINGS)),
    maxParticipation: optional(
      number("no child above this part of the bucket's volume", { above: 0, max: 1 }),
    ),
    priceLimit: priceLimit(),
    catchUp: catchUp(),
  },
  pov: {
    rate: number("part of the market's volume, our own left out", { above: 0, max: 1 }),
    endTime: optional(time("by then the order is to be complete")),
    minRate: optional(number("never behind this part of the volume", { above: 0, max: 1 })),
    maxRate: optional(number("never more than this part of an interval", { above: 0, max: 1 })),
    intervalSeconds: optional(integer("60 when absent", { min: 1, max: 86_400 })),
    priceLimit: priceLimit(),
  },
  implementationShortfall: {
    durationDays: number("T, trading days", { above: 0, max: 30 }),
    intervals: integer("N", { min: 1, max: CHILDREN_MAX }),
    riskAversion: number("λ, per unit of money; 0 is TWAP", { min: 0, max: 1e6 }),
    sigma: optional(
      number("σ, money per unit and √day; absent: from daily closes", { min: 0, max: 1e12 }),
    ),
    gamma: optional(
      number("γ, permanent impact; absent: from spread and daily volume", { min: 0, max: 1e12 }),
    ),
    eta: optional(
      number("η, temporary impact; absent: from spread and daily volume", { above: 0, max: 1e12 }),
    ),
    epsilon: optional(
      number("ε, fixed cost per unit; absent: half the spread", { min: 0, max: 1e12 }),
    ),
    priceLimit: priceLimit(),
    catchUp: catchUp(),
  },
  iceberg: {
    displayQuantity: decimal("what each slice shows", "positive"),
    variance: optional(number("slices differ by up to this part of it", { min: 0, max: 0.99 })),
    seed: seed(),
  },
  sniper: {
    limitPrice: decimal("worst price to take", "positive"),
    maxSpreadBps: optional(number("no shot while the spread is wider", { min: 0, max: 10_000 })),
    cap: optional(decimal("the most that one shot takes", "positive")),
  },
  smartRouting: {
    venues: optional(
      list("absent: the venues of the broker, as they display now", venue, {
        min: 1,
        max: VENUES_MAX,
      }),
    ),
    limit: optional(decimal("worst price to take, fees apart", "positive")),
    method: optional(
      oneOf(
        "take: the cheapest displayed levels (when absent); impact: the least cost where prices get worse as they are taken; split: a market order and limit orders that rest",
        ROUTING_METHODS,
      ),
    ),
    halfSpread: optional(
      number("split: money per unit; absent: of the market", { min: 0, max: 1e12 }),
    ),
    takerFee: optional(
      number("split: money per unit by market order; 0 when absent", { min: -1e12, max: 1e12 }),
    ),
    underfillPenalty: optional(
      number("split: what a unit too few costs, money", { min: 0, max: 1e12 }),
    ),
    overfillPenalty: optional(
      number("split: what a unit too many costs, money", { min: 0, max: 1e12 }),
    ),
    restSeconds: optional(
      integer("split: how long limit orders rest before what is left is taken; to execute it", {
        min: 1,
        max: SECONDS_MAX,
      }),
    ),
    oversubscribed: optional(
      boolean("split: limit orders may together be more than is left for them (preview only)"),
    ),
  },
} as const;

export type ParametersOf<N extends StrategyName> = Values<(typeof SHAPES)[N]>;

/** A strategy with parameters that have been checked. */
export type Strategy = {
  readonly [N in StrategyName]: { readonly name: N; readonly parameters: ParametersOf<N> };
}[StrategyName];
