import type { Side } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString, ZERO } from "../../shared/decimal.ts";
import { wholeLots } from "../algorithms/lots.ts";
import type { FlightRisk, Level, Venue } from "./venue.ts";

/** Lots of one venue that cost the same each. */
export interface Step {
  readonly venue: Venue;
  /** money per lot, all in, as the router sees it: negative for what a sale brings */
  readonly costPerLot: Decimal;
  readonly lots: number;
  /** the levels from which one lot is taken, most often one */
  readonly parts: readonly { readonly price: DecimalString; readonly perLot: Decimal }[];
}

export interface LadderTerms {
  readonly side: Side;
  readonly lotSize: DecimalString;
  readonly limit?: DecimalString;
  readonly risk?: FlightRisk;
}

/**
 * What a venue's book costs lot by lot, cheapest first. An order is a whole number of lots, a level need not be: a lot that
 * straddles levels costs their average. What is left at the end of the book is less than a lot and cannot be had.
 */
export function ladderOf(venue: Venue, terms: LadderTerms): readonly Step[] {
  const lot = dec(terms.lotSize);
  const steps: Step[] = [];
  let open: Part[] = [];
  let missing = lot;
  for (const level of sorted(venue.levels, terms)) {
    let size = dec(level.size);
    if (missing.lessThan(lot)) {
      const taken = least(size, missing);
      open.push({ price: level.price, perLot: taken });
      missing = missing.minus(taken);
      size = size.minus(taken);
      if (!missing.isZero()) continue;
      steps.push(stepOf(venue, terms, 1, open));
    }
    const lots = wholeLots(size, terms.lotSize);
    if (lots > 0) steps.push(stepOf(venue, terms, lots, [{ price: level.price, perLot: lot }]));
    const rest = size.minus(lot.times(lots));
    open = rest.isZero() ? [] : [{ price: level.price, perLot: rest }];
    missing = lot.minus(rest);
  }
  return steps;
}

type Part = Step["parts"][number];

function stepOf(venue: Venue, terms: LadderTerms, lots: number, parts: readonly Part[]): Step {
  const atPrice = parts.reduce((sum, { price, perLot }) => sum.plus(perLot.times(price)), ZERO);
  const added = dec(venue.feePerUnit).plus(flightCost(venue, terms.risk)).times(terms.lotSize);
  const signed = terms.side === "buy" ? atPrice : atPrice.negated();
  return { venue, lots, parts, costPerLot: signed.plus(added) };
}

/** e = p + f + c·√ℓ + (1 − φ)·chase, the last two here. */
function flightCost(venue: Venue, risk: FlightRisk | undefined): Decimal {
  if (risk === undefined) return ZERO;
  const late = dec(risk.perSqrtMs).times(dec(venue.latencyMs ?? 0).sqrt());
  return late.plus(
    dec(1)
      .minus(venue.fillProbability ?? 1)
      .times(risk.chase),
  );
}

/** Within the limit, best first. */
function sorted(levels: readonly Level[], { side, limit }: LadderTerms): readonly Level[] {
  const sign = side === "buy" ? 1 : -1;
  return levels
    .filter(({ price }) => limit === undefined || sign * dec(price).comparedTo(limit) <= 0)
    .filter(({ size }) => dec(size).greaterThan(0))
    .toSorted((a, b) => sign * dec(a.price).comparedTo(b.price));
}

/** Cheapest first; of equal ones the venue that is reached sooner, then by name. A venue's own steps keep their order. */
export function byCost(a: Step, b: Step): number {
  return (
    a.costPerLot.comparedTo(b.costPerLot) ||
    (a.venue.latencyMs ?? 0) - (b.venue.latencyMs ?? 0) ||
    (a.venue.name < b.venue.name ? -1 : a.venue.name > b.venue.name ? 1 : 0)
  );
}

function least(a: Decimal, b: Decimal): Decimal {
  return a.lessThan(b) ? a : b;
}
