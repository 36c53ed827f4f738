import type { SubmitPayload } from "../../../domain/order/messages.ts";
import type { OrderType } from "../../../domain/order/new-order.ts";
import type { CcxtParams } from "./ccxt-exchange.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import { type Placing, Unplaceable } from "./ccxt-placing.ts";

/** The arguments of ccxt's `editOrder`; its `type` is the venue's own word where the order waits for a trigger. */
export type Editing = Omit<Placing, "type"> & { readonly type: string };

/** Binance's names, without and with a limit. */
const TRIGGERED: Readonly<Record<OrderType, readonly [string, string] | null>> = {
  market: null,
  limit: null,
  trailingStop: null,
  stop: ["STOP_LOSS", "STOP_LOSS_LIMIT"],
  stopLimit: ["STOP_LOSS", "STOP_LOSS_LIMIT"],
  marketIfTouched: ["TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
  limitIfTouched: ["TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
};

/**
 * An order with its new terms. Where the venue makes a new one of it, the old one is only given up untouched: `ONLY_NEW` has
 * Binance refuse when a part of it has traded by then, or more would be bought in all than was ever asked for
 * (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints, cancelReplace).
 * @throws Unplaceable
 */
export function editingOf(placing: Placing, after: SubmitPayload, family: CcxtFamily): Editing {
  if (family.edit === "amend") return { ...placing, params: {} };
  const names = TRIGGERED[after.ordType];
  if (names === null && after.ordType !== "limit")
    throw new Unplaceable(
      "notSupported",
      `orders of type ${after.ordType} cannot be changed there`,
    );
  const { clientOrderId, timeInForce, postOnly } = placing.params;
  const params = {
    ...given({ clientOrderId, timeInForce, postOnly }),
    ...(names !== null && after.stopPx !== undefined && { stopPrice: after.stopPx }),
    ...(after.displayQty !== undefined && { icebergQty: after.displayQty }),
    cancelRestrictions: "ONLY_NEW",
  };
  const type = names === null ? placing.type : names[placing.price === undefined ? 0 : 1];
  return { ...placing, type, params };
}

function given(params: Readonly<Record<string, CcxtParams[string] | undefined>>): CcxtParams {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
