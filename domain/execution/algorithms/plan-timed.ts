/** The plans of the strategies that follow a clock. */
import { dec, type DecimalString, text } from "../../shared/decimal.ts";
import { trajectory } from "./almgren-chriss.ts";
import { afterTradingDays, type MarketFacts } from "./facts.ts";
import { lotsOf, quantityOf, splitByWeight } from "./lots.ts";
import { etaFaults, MINUTE_MS, outOfRange, vwapBucketFaults } from "./parameter-checks.ts";
import { CHILDREN_MAX, type ParametersOf } from "./parameters.ts";
import { type ExpectedCost, impactOf, moneyOf, scheduleCost } from "./plan-cost.ts";
import type { PlannedChild, PlanResult, PlanTerms } from "./plan-types.ts";
import { type Slice, twapSchedule } from "./twap.ts";
import { type Buckets, meanVolumes, volumeCurve } from "./volume-curve.ts";
import { vwapSchedule } from "./vwap.ts";

const DAY_MS = 86_400_000;
export const DEFAULT_POV_SECONDS = 60;

export function planTwap(parameters: ParametersOf<"twap">, terms: PlanTerms): PlanResult {
  const seed = parameters.seed ?? terms.seed;
  const slices = twapSchedule({
    ...parameters,
    seed,
    quantity: terms.quantity,
    lotSize: terms.instrument.lotSize,
    startMs: terms.nowMs,
  });
  const isRandom = (parameters.jitter ?? 0) > 0;
  return {
    own: {
      ...timed(slices, parameters.priceLimit),
      ...costOf(slices, parameters.durationSeconds * 1000, terms),
      unscheduled: "0",
      notes: [],
      ...(isRandom && { seed }),
    },
  };
}

export function planVwap(parameters: ParametersOf<"vwap">, terms: PlanTerms): PlanResult {
  const { facts, instrument, quantity } = terms;
  const buckets = vwapBuckets(parameters, terms.nowMs);
  const faults = vwapBucketFaults(parameters, buckets.startMs);
  if (faults.length > 0) return { faults };
  const history = facts.volumesByDay;
  const curve = parameters.curve ?? (history && volumeCurve(history, parameters.weighting));
  if (curve === null) {
    return {
      insufficient:
        "vwap: no volume is on record for these hours of earlier days, and no curve was given",
    };
  }
  const expectedVolumes = history && meanVolumes(history);
  const { slices, unscheduled } = vwapSchedule({
    quantity,
    lotSize: instrument.lotSize,
    buckets,
    curve,
    expectedVolumes,
    ...(parameters.maxParticipation !== undefined && {
      maxParticipation: parameters.maxParticipation,
    }),
  });
  const isUnbounded = parameters.maxParticipation !== undefined && expectedVolumes === null;
  return {
    own: {
      ...timed(slices, parameters.priceLimit),
      ...costOf(slices, buckets.endMs - buckets.startMs, terms),
      unscheduled,
      notes: [
        ...(isUnbounded
          ? [
              "maxParticipation is kept when the volume is seen; none is expected here, since no volume is on record",
            ]
          : []),
        ...(unscheduled === "0"
          ? []
          : ["maxParticipation of the expected volume leaves a part undone"]),
      ],
    },
  };
}

/** The buckets of a VWAP, for who must look up their volume on earlier days. */
export function vwapBuckets(parameters: ParametersOf<"vwap">, nowMs: number): Buckets {
  return {
    startMs: parameters.start ?? nowMs,
    endMs: parameters.end,
    intervalMs: parameters.intervalMinutes * MINUTE_MS,
  };
}

/** The market decides when and how much: the plan follows the average daily volume, evenly over the day. */
export function planPov(parameters: ParametersOf<"pov">, terms: PlanTerms): PlanResult {
  const { facts, instrument, nowMs } = terms;
  const { averageDailyVolume } = facts;
  if (averageDailyVolume === null || !(averageDailyVolume > 0)) {
    return { insufficient: "pov: no daily volume is on record" };
  }
  const { endTime, rate } = parameters;
  if (endTime !== undefined && endTime <= nowMs)
    return { faults: [outOfRange("endTime", "must be in the future")] };
  const intervalMs = (parameters.intervalSeconds ?? DEFAULT_POV_SECONDS) * 1000;
  const lots = lotsOf(terms.quantity, instrument.lotSize);
  const perMs = (rate * averageDailyVolume) / dayMs(facts) / Number(instrument.lotSize);
  // Only an expectation: rather fewer and larger children than more than can be listed.
  const each = Math.max(1, Math.floor(perMs * intervalMs), Math.ceil(lots / CHILDREN_MAX));
  const everyMs = Math.max(intervalMs, each / perMs);
  const count = Math.ceil(lots / each);
  const slices = Array.from({ length: count }, (_, index) => ({
    atMs: Math.round(nowMs + (index + 1) * everyMs),
    quantity: quantityOf(Math.min(each, lots - index * each), instrument.lotSize),
  })).filter(({ atMs }) => endTime === undefined || atMs <= endTime);
  const done = slices.reduce((sum, slice) => sum.plus(slice.quantity), dec("0"));
  return {
    own: {
      ...timed(slices, parameters.priceLimit),
      ...costOf(slices, count * everyMs, terms),
      unscheduled: text(dec(terms.quantity).minus(done)),
      notes: [
        "times and quantities follow the average daily volume, spread evenly; the market's own volume will decide",
      ],
    },
  };
}

export function planShortfall(
  parameters: ParametersOf<"implementationShortfall">,
  terms: PlanTerms,
): PlanResult {
  const { facts, instrument, quantity } = terms;
  const impact = impactOf(facts);
  const sigma = parameters.sigma ?? facts.dailySigma;
  const gamma = parameters.gamma ?? impact?.gamma;
  const eta = parameters.eta ?? impact?.eta;
  const epsilon = parameters.epsilon ?? impact?.epsilon;
  if (sigma === null)
    return {
      insufficient:
        "implementationShortfall: sigma was not given, and no daily closes are on record",
    };
  if (gamma === undefined || eta === undefined || epsilon === undefined) {
    return {
      insufficient:
        "implementationShortfall: gamma, eta or epsilon was not given, and no spread or daily volume is on record",
    };
  }
  const model = { ...parameters, sigma, gamma, eta, epsilon, quantity: Number(quantity) };
  const faults = etaFaults(model);
  if (faults.length > 0) return { faults };
  const path = trajectory(model);
  const schedule = shortfallSlices(parameters, path.trades, terms);
  if (schedule === null)
    return { insufficient: "implementationShortfall: the trading calendar does not reach so far" };
  return {
    own: {
      ...timed(schedule, parameters.priceLimit),
      expectedCost: moneyOf(path.expectedCost, instrument),
      costModel: "almgrenChriss",
      unscheduled: "0",
      notes: [],
      kappa: path.kappa,
      halfLife: path.halfLife,
      holdings: path.holdings,
      trades: path.trades,
      variance: path.variance,
    },
  };
}

/** A child at the start of each interval. Null when the calendar does not say when that is. */
function shortfallSlices(
  { durationDays, intervals }: ParametersOf<"implementationShortfall">,
  trades: readonly number[],
  { facts, instrument, nowMs, quantity }: PlanTerms,
): readonly Slice[] | null {
  const parts = splitByWeight(lotsOf(quantity, instrument.lotSize), trades);
  const slices = parts.map((lots, index) => ({
    lots,
    atMs: afterTradingDays(nowMs, (index * durationDays) / intervals, facts.sessions),
  }));
  const known = slices.flatMap(({ lots, atMs }) => (atMs === null ? [] : [{ lots, atMs }]));
  if (known.length < slices.length) return null;
  return known.flatMap(({ lots, atMs }) =>
    lots === 0 ? [] : [{ atMs, quantity: quantityOf(lots, instrument.lotSize) }],
  );
}

function timed(
  slices: readonly Slice[],
  price: DecimalString | undefined,
): { readonly schedule: readonly PlannedChild[] } {
  return {
    schedule: slices.map(({ atMs, quantity }) => ({
      atMs,
      quantity,
      ...(price !== undefined && { price }),
    })),
  };
}

function costOf(
  slices: readonly Slice[],
  lengthMs: number,
  { facts, instrument }: PlanTerms,
): ExpectedCost {
  const trades = slices.map(({ quantity }) => Number(quantity));
  return scheduleCost(trades, lengthMs / dayMs(facts), facts, instrument);
}

/** How long the market is open a day. */
function dayMs({ sessions }: MarketFacts): number {
  const [session] = sessions ?? [];
  return session === undefined ? DAY_MS : session.closeMs - session.openMs;
}
