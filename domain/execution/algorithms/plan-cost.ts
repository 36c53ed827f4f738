import { minorUnit } from "../../risk/minor-unit.ts";
import { dec, type DecimalString, text } from "../../shared/decimal.ts";
import { type AlmgrenChriss, calibrate, expectedCost } from "./almgren-chriss.ts";
import type { InstrumentFacts, MarketFacts } from "./facts.ts";

/** How an expected cost was found: a closed list, explained in the answer by its name. */
export const COST_MODELS = [
  /** Almgren and Chriss (2000) with the parameters given, or calibrated by their §3.4 */
  "almgrenChriss",
  /** half the spread for each unit: nothing is known of the daily volume */
  "halfSpread",
  /** the displayed levels and fees: what a buy pays; for a sale what it brings, as a negative number */
  "displayedBook",
  /** prices that get worse in proportion to what is taken, and fees: as displayedBook, by a model of the book */
  "linearImpact",
  /** Cont and Kukanov (2017): against the mid, penalties included */
  "contKukanov",
] as const;
export type CostModel = (typeof COST_MODELS)[number];

export type ExpectedCost = {
  /** money; null when it cannot be said */
  readonly expectedCost: DecimalString | null;
  readonly costModel: CostModel | null;
  /** why it cannot be said */
  readonly costReason?: string;
};

export function unknownCost(costReason: string): ExpectedCost {
  return { expectedCost: null, costModel: null, costReason };
}

/** From a statistic to money: the instrument's multiplier, rounded half even to the currency's minor unit. */
export function moneyOf(amount: number, { multiplier, currency }: InstrumentFacts): DecimalString {
  const unit = minorUnit(currency);
  return text(dec(amount).times(multiplier).dividedBy(unit).toDecimalPlaces(0, 6).times(unit));
}

/** The touch as float64; null when a side is missing or the two are crossed. */
export function spreadOf({ quote }: Pick<MarketFacts, "quote">): number | null {
  const { bid = null, ask = null } = quote ?? {};
  if (bid === null || ask === null) return null;
  const spread = dec(ask).minus(bid).toNumber();
  return spread >= 0 ? spread : null;
}

/** γ, η and ε from the market; null when the spread or the daily volume is unknown. */
export function impactOf(
  facts: MarketFacts,
): Pick<AlmgrenChriss, "gamma" | "eta" | "epsilon"> | null {
  const spread = spreadOf(facts);
  const { averageDailyVolume } = facts;
  if (spread === null || averageDailyVolume === null || !(averageDailyVolume > 0)) return null;
  return calibrate(spread, averageDailyVolume);
}

/**
 * What a schedule costs against the price at its start: its children spread over equal intervals.
 * @param trades units of each child, float64
 * @param days   that the schedule takes, trading days
 */
export function scheduleCost(
  trades: readonly number[],
  days: number,
  facts: MarketFacts,
  instrument: InstrumentFacts,
): ExpectedCost {
  const quantity = trades.reduce((sum, trade) => sum + trade, 0);
  const impact = impactOf(facts);
  if (impact !== null && days > 0) {
    const model = {
      quantity,
      durationDays: days,
      intervals: Math.max(1, trades.length),
      ...impact,
    };
    return {
      expectedCost: moneyOf(expectedCost(model, trades), instrument),
      costModel: "almgrenChriss",
    };
  }
  const spread = spreadOf(facts);
  if (spread === null) return unknownCost("the market shows no bid and ask");
  return { expectedCost: moneyOf((quantity * spread) / 2, instrument), costModel: "halfSpread" };
}
