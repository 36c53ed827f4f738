/** How much a slice sends: each strategy's rule. */
import type { NewOrder } from "../../order/new-order.ts";
import { dec, type DecimalString, text } from "../../shared/decimal.ts";
import { icebergSlice } from "../algorithms/iceberg.ts";
import { lotsOf, splitByWeight } from "../algorithms/lots.ts";
import type { CatchUp } from "../algorithms/parameters.ts";
import { povChild } from "../algorithms/pov.ts";
import { seedOf } from "../algorithms/seeded.ts";
import { sniperShot } from "../algorithms/sniper.ts";
import { participationCap } from "../algorithms/vwap.ts";
import type { MarketSeen } from "./messages.ts";
import { decideRouting, routesByMarket } from "./route-slice.ts";
import {
  lotSizeOf,
  nothing,
  type Parameters,
  type Piece,
  remaining,
  type SliceDecision,
  tighter,
} from "./slice-terms.ts";
import { filledOf, type StartedParent } from "./state.ts";

/** Whether a slice cannot be decided before the market has been looked at. */
export function needsMarket({ strategy }: StartedParent, index: number): boolean {
  switch (strategy.name) {
    case "twap":
    case "implementationShortfall":
    case "iceberg":
      return false;
    case "vwap":
      return strategy.parameters.maxParticipation !== undefined;
    case "pov":
    case "sniper":
      return true;
    case "smartRouting":
      return routesByMarket(strategy.parameters, index);
  }
}

/** @param market null for strategies that do not look at it */
export function decideSlice(
  state: StartedParent,
  index: number,
  market: MarketSeen | null,
  nowMs: number,
): SliceDecision {
  const { strategy } = state;
  switch (strategy.name) {
    case "twap":
      return one(
        state,
        scheduled(state, index, strategy.parameters.catchUp ?? "spread"),
        strategy.parameters.priceLimit,
      );
    case "implementationShortfall":
      return one(
        state,
        scheduled(state, index, strategy.parameters.catchUp ?? "spread"),
        strategy.parameters.priceLimit,
      );
    case "vwap":
      return decideVwap(state, index, market, strategy.parameters);
    case "pov":
      return decidePov(state, market, nowMs, strategy.parameters);
    case "iceberg": {
      const { parameters } = strategy;
      const seed = parameters.seed ?? seedOf(state.order.orderId);
      const terms = { ...parameters, seed, lotSize: lotSizeOf(state) };
      return one(state, icebergSlice(terms, index, remaining(state)), undefined);
    }
    case "sniper":
      return decideSniper(state, market, strategy.parameters);
    case "smartRouting":
      return decideRouting(state, index, market, strategy.parameters);
  }
}

/**
 * `spread`: what is left, over the slices that are left, in the proportions of the plan. `next`: all that is missing to the
 * plan's cumulative target. `skip`: the plan's own part and no more. With nothing missing all three are the plan.
 */
function scheduled(state: StartedParent, index: number, catchUp: CatchUp): number {
  const parts = state.schedule.map(({ quantity }) => lotsOf(quantity, lotSizeOf(state)));
  const left = remaining(state);
  switch (catchUp) {
    case "spread":
      return splitByWeight(left, parts.slice(index))[0] ?? 0;
    case "next": {
      const target = parts.slice(0, index + 1).reduce((sum, part) => sum + part, 0);
      const done = lotsOf(state.order.orderQty, lotSizeOf(state)) - left;
      return Math.max(0, Math.min(target - done, left));
    }
    case "skip":
      return Math.min(parts[index] ?? 0, left);
  }
}

function decideVwap(
  state: StartedParent,
  index: number,
  market: MarketSeen | null,
  { catchUp = "next", maxParticipation, priceLimit }: Parameters<"vwap">,
): SliceDecision {
  const wanted = scheduled(state, index, catchUp);
  if (maxParticipation === undefined) return one(state, wanted, priceLimit);
  const volume = othersVolume(state, market);
  if (volume === null) return nothing("the market's volume is not known");
  const interval = text(dec(volume).minus(state.volume));
  const cap = participationCap(maxParticipation, Math.max(0, Number(interval)), lotSizeOf(state));
  return { ...one(state, Math.min(wanted, cap), priceLimit), volume };
}

function decidePov(
  state: StartedParent,
  market: MarketSeen | null,
  nowMs: number,
  { endTime, priceLimit, ...rates }: Parameters<"pov">,
): SliceDecision {
  const volume = othersVolume(state, market);
  if (volume === null) return nothing("the market's volume is not known");
  const left = remaining(state);
  const traded = dec(volume).minus(state.volume);
  const terms = {
    ...rates,
    lotSize: lotSizeOf(state),
    ...(endTime !== undefined && { endMs: endTime }),
  };
  const child = povChild(terms, {
    nowMs,
    startMs: state.createdAtMs,
    intervalVolume: traded.isNegative() ? "0" : text(traded),
    totalVolume: volume,
    remaining: left,
    executed: lotsOf(state.order.orderQty, lotSizeOf(state)) - left,
  });
  return { ...one(state, child, priceLimit), volume };
}

/** The tape without our own prints. */
function othersVolume(state: StartedParent, market: MarketSeen | null): DecimalString | null {
  const volume = market?.volume ?? null;
  if (volume === null || !state.facts.isOwnVolumeOnTape) return volume;
  const others = dec(volume).minus(filledOf(state));
  return others.isNegative() ? "0" : text(others);
}

function decideSniper(
  state: StartedParent,
  market: MarketSeen | null,
  parameters: Parameters<"sniper">,
): SliceDecision {
  const quote = market?.quote ?? null;
  if (quote === null) return nothing("the market shows nothing");
  const terms = { ...parameters, side: state.order.side, lotSize: lotSizeOf(state) };
  const shot = sniperShot(terms, quote, remaining(state));
  if ("wait" in shot) return nothing(shot.wait);
  return { ...one(state, shot.lots, parameters.limitPrice, "ioc") };
}

function one(
  state: StartedParent,
  count: number,
  limit: DecimalString | undefined,
  timeInForce?: NewOrder["timeInForce"],
): SliceDecision {
  if (count <= 0) return nothing(null);
  const price = tighter(state, limit);
  const piece: Piece = {
    lots: count,
    ...(price !== undefined && { price }),
    ...(timeInForce !== undefined && { timeInForce }),
  };
  return { pieces: [piece], reason: null, volume: null };
}
