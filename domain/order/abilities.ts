import type { OrderType, TimeInForce } from "./new-order.ts";

/** What a broker can be asked for; the pre-trade check denies the rest by name. A type alias, so that it is assignable to Json. */
export type BrokerAbilities = {
  readonly ordTypes: readonly OrderType[];
  readonly timesInForce: readonly TimeInForce[];
  readonly trails: readonly ("amount" | "bps" | "ticks")[];
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly displayQty: boolean;
  readonly replace: boolean;
};
