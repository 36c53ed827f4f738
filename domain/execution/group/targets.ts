import { isClosed } from "../../order/order-status.ts";
import { Decimal, dec, floorTo, ZERO } from "../../shared/decimal.ts";
import type { GroupLeg } from "./messages.ts";
import { type Attempt, filledOf, hasFailed, type LegState, type StartedGroup } from "./state.ts";

/**
 * What a leg is to be filled for in all its attempts together, as things stand: in lots, rounded down. What others have
 * filled is taken off, and so is what the venue has taken off already although we have not heard of the fill yet.
 * @returns null for legs whose quantity does not depend on others
 */
export function targetOf(state: StartedGroup, index: number): Decimal | null {
  const { terms, legs } = state;
  const [spec, leg] = [terms.legs[index], legs[index]];
  if (spec === undefined || leg === undefined) return null;
  const pool = poolOf(state, spec);
  if (pool === null) return null;
  return floorTo(Decimal.max(pool.minus(goneFrom(state, index)), ZERO), spec.lotSize);
}

/** What of a leg's quantity others have filled, as far as their reports or its own tell. */
export function goneFrom(state: StartedGroup, index: number): Decimal {
  const leg = state.legs[index];
  return leg === undefined ? ZERO : Decimal.max(filledOfOthers(state, index), lostOf(leg));
}

/** The legs that share one quantity: a fill of one is taken from the others. */
export function isExit({ role }: GroupLeg): boolean {
  switch (role) {
    case "leg":
    case "takeProfit":
    case "stopLoss":
      return true;
    case "first":
    case "then":
    case "entry":
    case "member":
    case "unwind":
      return false;
  }
}

/** How much there is for a leg and those that it shares with. */
export function poolOf(state: StartedGroup, spec: GroupLeg): Decimal | null {
  switch (spec.role) {
    case "leg":
      return dec(spec.order.orderQty);
    case "takeProfit":
    case "stopLoss":
      return sourceOf(state).cumQty;
    case "then":
      return scaled(state, spec);
    case "first":
    case "entry":
    case "member":
      return null;
    case "unwind":
      return isBroken(state) ? filledAt(state.legs, spec.undoes) : ZERO;
  }
}

/**
 * Whether members that stand or fall together can no longer stand: one has ended without all of its quantity. What the others had
 * filled, and its own part, is undone then; once that has begun, a late fill does not end it.
 */
export function isBroken({ terms, legs }: StartedGroup): boolean {
  if (!terms.legs.some(({ role }) => role === "unwind")) return false;
  return terms.legs.some(({ role, order }, i) => {
    const last = legs[i]?.attempts.at(-1);
    if (last === undefined) return false;
    if (role === "unwind") return true;
    return isClosed(last.ordStatus) && filledAt(legs, i).lessThan(order.orderQty);
  });
}

function filledAt(legs: StartedGroup["legs"], index: number | undefined): Decimal {
  const leg = index === undefined ? undefined : legs[index];
  return leg === undefined ? ZERO : filledOf(leg);
}

/** In proportion to the first order's fills; the whole once it is filled. */
function scaled({ terms, legs }: StartedGroup, { order }: GroupLeg): Decimal {
  const [source, standing] = [terms.legs[0], legs[0]?.attempts.at(-1)];
  if (source === undefined || standing === undefined) return ZERO;
  if (standing.ordStatus === "filled") return dec(order.orderQty);
  if (terms.trigger === "full") return ZERO;
  const share = dec(order.orderQty).times(standing.cumQty).dividedBy(source.order.orderQty);
  return Decimal.min(share, order.orderQty);
}

function sourceOf({ legs }: StartedGroup): { readonly cumQty: Decimal } {
  const [entry] = legs;
  return { cumQty: entry === undefined ? ZERO : filledOf(entry) };
}

function filledOfOthers(state: StartedGroup, index: number): Decimal {
  const spec = state.terms.legs[index];
  if (spec === undefined || !isExit(spec)) return ZERO;
  return filledTogether(state, (other) => other !== index);
}

/** Of the legs that share one quantity. */
export function filledTogether(
  { terms, legs }: StartedGroup,
  isWanted: (index: number) => boolean = () => true,
): Decimal {
  return legs.reduce((sum, leg, i) => {
    const spec = terms.legs[i];
    return spec !== undefined && isExit(spec) && isWanted(i) ? sum.plus(filledOf(leg)) : sum;
  }, ZERO);
}

/** What a leg's own quantity tells: where it is less than we gave it, others took it, and at its end all that was left. */
function lostOf({ attempts }: LegState): Decimal {
  const last = attempts.at(-1);
  if (last === undefined) return ZERO;
  if (hasFailed(last)) return dec(last.gone);
  const missing = Decimal.max(dec(last.asked).minus(last.orderQty), ZERO);
  return missing.plus(last.gone).plus(lostAtEnd(last));
}

function lostAtEnd(attempt: Attempt): Decimal {
  return wasEndedByOthers(attempt) ? dec(attempt.orderQty).minus(attempt.cumQty) : ZERO;
}

function wasEndedByOthers({ ordStatus, request }: Attempt): boolean {
  return (ordStatus === "canceled" || ordStatus === "expired") && request?.what !== "cancel";
}

/**
 * A leg that ended by itself, or at a client's wish, is not placed again: unless what was canceled is no more than what its
 * siblings have filled, which was the venue's doing.
 */
export function isOver(state: StartedGroup, index: number): boolean {
  const leg = state.legs[index];
  const last = leg?.attempts.at(-1);
  if (leg === undefined || last === undefined || !isClosed(last.ordStatus)) return false;
  if (leg.isGivenUp || (last.ordStatus === "expired" && wasEndedByOthers(last))) return true;
  return wasEndedByOthers(last) && lostOf(leg).greaterThan(filledOfOthers(state, index));
}
