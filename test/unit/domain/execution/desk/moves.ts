import * as fc from "fast-check";
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../../../../domain/order/new-order.ts";

const at = fc.nat(10_000);
const symbol = fc.nat(1);
const side = fc.constantFrom("buy" as const, "sell" as const);
const lots = fc.integer({ min: 1, max: 40 });
/** from the market, in basis points */
const away = fc.integer({ min: -300, max: 300 });

const order = fc.record({
  kind: fc.constant("order" as const),
  symbol,
  side,
  ordType: fc.constantFrom(...ORDER_TYPES, "market" as const, "limit" as const),
  timeInForce: fc.constantFrom(...TIMES_IN_FORCE, "gtc" as const, "day" as const),
  lots,
  away,
  flag: fc.constantFrom("none", "none", "postOnly", "reduceOnly", "displayQty"),
});

const amend = fc.record({
  kind: fc.constant("amend" as const),
  at,
  lots: fc.option(lots, { nil: null }),
  away: fc.option(away, { nil: null }),
});

const group = fc.record({
  kind: fc.constant("group" as const),
  of: fc.constantFrom("oco" as const, "bracket" as const, "oto" as const),
  symbol,
  side,
  lots,
  away: fc.integer({ min: 5, max: 200 }),
  canReplace: fc.boolean(),
});

const twap = fc.record({
  kind: fc.constant("twap" as const),
  symbol,
  side,
  lots,
  slices: fc.integer({ min: 1, max: 5 }),
  away: fc.option(away, { nil: null }),
});

const quote = fc.record({
  kind: fc.constant("quote" as const),
  symbol,
  bps: fc.integer({ min: -150, max: 150 }),
  size: fc.option(fc.integer({ min: 1, max: 30 }), { nil: null }),
});

const bar = fc.record({
  kind: fc.constant("bar" as const),
  symbol,
  bps: fc.integer({ min: -150, max: 150 }),
  volume: fc.integer({ min: 1, max: 400 }),
});

const deliver = fc.record({
  kind: fc.constant("deliver" as const),
  at: fc.array(at, { minLength: 1, maxLength: 12 }),
  /** stays where it is, and comes again */
  isTwice: fc.boolean(),
  /** its handler does the work and does not live to say so */
  isAnswerLost: fc.boolean(),
});

/** One thing that a client, the market, the post or bad luck does. */
export const move = fc.oneof(
  { weight: 6, arbitrary: order },
  { weight: 4, arbitrary: amend },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), at }) },
  { weight: 2, arbitrary: group },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel group" as const), at }) },
  { weight: 1, arbitrary: twap },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("steer" as const),
      at,
      how: fc.constantFrom("Pause" as const, "Resume" as const, "RequestCancel" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat" as const), at }) },
  { weight: 6, arbitrary: quote },
  { weight: 3, arbitrary: bar },
  { weight: 8, arbitrary: deliver },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(1, 30, 600, 30_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), at }) },
);
export type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

/** The conditions of a run. */
export const weather = fc.record({
  /** all on one node, in step with the market: what is sent is there before the next quote is */
  isPrompt: fc.boolean(),
  isJoint: fc.boolean(),
  /** of the venue's reports, when not prompt */
  line: fc.record({
    seed: fc.nat(1000).map(String),
    duplicate: fc.constantFrom(0, 0.3),
    reorder: fc.constantFrom(0, 0.3),
    latencyMs: fc.constantFrom(0, 40),
  }),
  /** in what order the last letters are delivered */
  seed: fc.nat(),
});
export type Weather = typeof weather extends fc.Arbitrary<infer T> ? T : never;
