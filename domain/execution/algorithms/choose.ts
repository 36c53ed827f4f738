import type { Side } from "../../order/new-order.ts";
import { dec, type DecimalString, floorTo, text } from "../../shared/decimal.ts";
import type { InstrumentFacts, MarketFacts } from "./facts.ts";
import type { Strategy } from "./parameters.ts";
import { sniperShot, spreadBps } from "./sniper.ts";

export const URGENCIES = ["low", "medium", "high"] as const;
export type Urgency = (typeof URGENCIES)[number];

export interface ChoiceTerms {
  readonly side: Side;
  readonly quantity: DecimalString;
  readonly urgency: Urgency;
  readonly instrument: InstrumentFacts;
  readonly facts: MarketFacts;
}

export interface Choice {
  readonly strategy: Strategy;
  /** in words: what was looked at, and what followed */
  readonly reason: string;
}

/** Below this part of the daily volume an order hardly moves the market. */
const SMALL = 0.001;
/** Above it, impact outweighs everything else. */
const LARGE = 0.05;
/** A spread that is worth not crossing. */
const WIDE_BPS = 10;

/** λ of the three urgencies; 10⁻⁶ is that of the paper's example. */
const RISK_AVERSION: Record<Urgency, number> = { low: 1e-7, medium: 1e-6, high: 1e-5 };
const PARTICIPATION: Record<Urgency, number> = { low: 0.05, medium: 0.1, high: 0.2 };

/**
 * A strategy for who named none. Large orders (5 % of the daily volume and more) follow the trajectory of Almgren and Chriss,
 * provided that its facts are known; what the touch covers is taken at once when it is urgent; a patient order in a wide
 * spread rests as an iceberg; the rest goes with the volume, or evenly over time when no volume is known. Never one that
 * needs facts which are absent.
 */
export function chooseStrategy(terms: ChoiceTerms): Choice {
  const share = shareOf(terms);
  const seen = seenText(terms, share);
  const chosen =
    sweep(terms) ??
    trajectoryFor(terms, share) ??
    rest(terms, share) ??
    goWith(terms, share) ??
    evenly(terms);
  return { strategy: chosen.strategy, reason: `${seen}: ${chosen.reason}` };
}

function shareOf({ quantity, facts }: ChoiceTerms): number | null {
  const { averageDailyVolume } = facts;
  if (averageDailyVolume === null || !(averageDailyVolume > 0)) return null;
  return dec(quantity).toNumber() / averageDailyVolume;
}

function seenText({ urgency, facts }: ChoiceTerms, share: number | null): string {
  const size = share === null ? "daily volume unknown" : `${percent(share)} of the daily volume`;
  const bps = spreadBpsOf(facts);
  const spread = bps === null ? "spread unknown" : `spread ${bps.toFixed(1)} bp`;
  return `urgency ${urgency}, ${size}, ${spread}`;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}

function spreadBpsOf({ quote }: MarketFacts): number | null {
  const { bid = null, ask = null } = quote ?? {};
  return bid === null || ask === null ? null : spreadBps(bid, ask);
}

/** Urgent, and the touch shows all of it. */
function sweep({ side, quantity, urgency, instrument, facts }: ChoiceTerms): Choice | null {
  if (urgency !== "high" || facts.quote === null) return null;
  const limitPrice = side === "buy" ? facts.quote.ask : facts.quote.bid;
  if (limitPrice === null) return null;
  const { lotSize } = instrument;
  const lots = dec(quantity).dividedBy(lotSize).toNumber();
  const shot = sniperShot({ side, limitPrice, lotSize }, facts.quote, lots);
  if ("wait" in shot || shot.lots < lots) return null;
  return {
    strategy: { name: "sniper", parameters: { limitPrice } },
    reason: "the touch shows all of it, so it is taken at once",
  };
}

function trajectoryFor({ urgency, facts }: ChoiceTerms, share: number | null): Choice | null {
  const isKnown = facts.dailySigma !== null && (spreadBpsOf(facts) ?? 0) > 0;
  if (share === null || share < LARGE || !isKnown) return null;
  const durationDays = Math.min(30, Math.max(1, Math.ceil(share / PARTICIPATION[urgency])));
  return {
    strategy: {
      name: "implementationShortfall",
      parameters: {
        durationDays,
        intervals: durationDays * 13,
        riskAversion: RISK_AVERSION[urgency],
      },
    },
    reason: "so large that impact and risk must be weighed against one another",
  };
}

/** Patient, small, and the spread is worth having. */
function rest(
  { quantity, urgency, instrument, facts }: ChoiceTerms,
  share: number | null,
): Choice | null {
  const bps = spreadBpsOf(facts);
  if (urgency !== "low" || bps === null || bps < WIDE_BPS || share === null) return null;
  const tenth = floorTo(dec(quantity).dividedBy(10), instrument.lotSize);
  const displayQuantity = tenth.isZero() ? instrument.lotSize : text(tenth);
  return {
    strategy: { name: "iceberg", parameters: { displayQuantity, variance: 0.2 } },
    reason: "the spread is wide enough to wait for, a tenth of the order shown at a time",
  };
}

function goWith({ urgency }: ChoiceTerms, share: number | null): Choice | null {
  if (share === null || share < SMALL) return null;
  return {
    strategy: { name: "pov", parameters: { rate: PARTICIPATION[urgency] } },
    reason: "large enough to be seen, so it hides in the volume",
  };
}

function evenly({ urgency }: ChoiceTerms): Choice {
  const minutes: Record<Urgency, number> = { low: 60, medium: 30, high: 5 };
  return {
    strategy: {
      name: "twap",
      parameters: { durationSeconds: minutes[urgency] * 60, intervalSeconds: 60 },
    },
    reason: `evenly over ${String(minutes[urgency])} minutes`,
  };
}
