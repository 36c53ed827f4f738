import type { NewOrder } from "./new-order.ts";

type Particulars = Pick<
  NewOrder,
  | "stopPx"
  | "trail"
  | "expireAtMs"
  | "postOnly"
  | "reduceOnly"
  | "displayQty"
  | "ocoGroup"
  | "positionId"
>;

/** What only some orders have, where it is there. */
export function particularsOf(order: Particulars): Particulars {
  const { stopPx, trail, expireAtMs, postOnly, reduceOnly, displayQty, ocoGroup, positionId } =
    order;
  return {
    ...(stopPx !== undefined && { stopPx }),
    ...(trail !== undefined && { trail }),
    ...(expireAtMs !== undefined && { expireAtMs }),
    ...(postOnly !== undefined && { postOnly }),
    ...(reduceOnly !== undefined && { reduceOnly }),
    ...(displayQty !== undefined && { displayQty }),
    ...(ocoGroup !== undefined && { ocoGroup }),
    ...(positionId !== undefined && { positionId }),
  };
}
