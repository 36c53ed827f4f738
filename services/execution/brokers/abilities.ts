import type { SubmitPayload } from "../../../domain/order/messages.ts";
import type { BrokerAbilities } from "./broker.ts";

/**
 * What of an order a broker cannot be asked for, in its words; null when it can take the whole of it. The pre-trade check
 * denies it with the same abilities: this is for orders that were approved before they changed.
 */
export function notAbleTo(abilities: BrokerAbilities, order: SubmitPayload): string | null {
  const { ordType, timeInForce, trail, postOnly, reduceOnly, displayQty } = order;
  if (!abilities.ordTypes.includes(ordType)) return `ordType ${ordType}`;
  if (!abilities.timesInForce.includes(timeInForce)) return `timeInForce ${timeInForce}`;
  const [measure] = trail === undefined ? [] : Object.keys(trail);
  if (measure !== undefined && !abilities.trails.some((name) => name === measure))
    return `a trail in ${measure}`;
  if (postOnly && !abilities.postOnly) return "postOnly";
  if (reduceOnly && !abilities.reduceOnly) return "reduceOnly";
  if (displayQty !== undefined && !abilities.displayQty) return "displayQty";
  return null;
}
