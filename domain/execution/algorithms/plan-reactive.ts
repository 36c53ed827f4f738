/** The plans of the strategies that wait for the market or for fills. */
import { dec } from "../../shared/decimal.ts";
import { icebergSlices } from "./iceberg.ts";
import { lotsOf, quantityOf } from "./lots.ts";
import { outOfRange, tooMany } from "./parameter-checks.ts";
import type { ParametersOf } from "./parameters.ts";
import { type ExpectedCost, moneyOf, spreadOf, unknownCost } from "./plan-cost.ts";
import type { PlanResult, PlanTerms } from "./plan-types.ts";
import { sniperShot } from "./sniper.ts";

export function planIceberg(parameters: ParametersOf<"iceberg">, terms: PlanTerms): PlanResult {
  const { instrument, quantity } = terms;
  const { displayQuantity, variance = 0 } = parameters;
  const least = dec(displayQuantity).times(1 - variance);
  if (dec(displayQuantity).lessThan(instrument.lotSize)) {
    return {
      faults: [outOfRange("displayQuantity", `must be at least the lot, ${instrument.lotSize}`)],
    };
  }
  const most = dec(quantity).dividedBy(
    least.lessThan(instrument.lotSize) ? instrument.lotSize : least,
  );
  const faults = tooMany("displayQuantity", most.ceil().toNumber());
  if (faults.length > 0) return { faults };
  const seed = parameters.seed ?? terms.seed;
  const slices = icebergSlices({ ...parameters, lotSize: instrument.lotSize, seed }, quantity);
  return {
    own: {
      schedule: slices.map((slice, index) => ({
        atMs: index === 0 ? terms.nowMs : null,
        quantity: slice,
      })),
      ...unknownCost("an iceberg rests at its price: what it saves or misses depends on who comes"),
      unscheduled: "0",
      notes: ["each slice follows when the one before is complete"],
      ...(variance > 0 && { seed }),
    },
  };
}

export function planSniper(parameters: ParametersOf<"sniper">, terms: PlanTerms): PlanResult {
  const { facts, instrument, quantity, nowMs, side } = terms;
  const lots = lotsOf(quantity, instrument.lotSize);
  if (facts.quote === null) return { insufficient: "sniper: the market shows nothing to shoot at" };
  const shot = sniperShot({ ...parameters, side, lotSize: instrument.lotSize }, facts.quote, lots);
  if ("wait" in shot) {
    return {
      own: {
        schedule: [{ atMs: null, quantity, price: parameters.limitPrice }],
        ...unknownCost("it waits for the market"),
        unscheduled: "0",
        notes: [`it waits now: ${shot.wait}`],
      },
    };
  }
  const first = quantityOf(shot.lots, instrument.lotSize);
  const later = quantityOf(lots - shot.lots, instrument.lotSize);
  const price = parameters.limitPrice;
  return {
    own: {
      schedule: [
        { atMs: nowMs, quantity: first, price },
        ...(later === "0" ? [] : [{ atMs: null, quantity: later, price }]),
      ],
      ...crossing(shot.lots * Number(instrument.lotSize), terms),
      unscheduled: "0",
      notes:
        later === "0"
          ? []
          : ["the cost is that of what is taken now; the rest waits for the market"],
    },
  };
}

function crossing(units: number, { facts, instrument }: PlanTerms): ExpectedCost {
  const spread = spreadOf(facts);
  if (spread === null) return unknownCost("the market shows one side only");
  return { expectedCost: moneyOf((units * spread) / 2, instrument), costModel: "halfSpread" };
}
