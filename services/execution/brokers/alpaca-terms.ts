import type { SubmitPayload } from "../../../domain/order/messages.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import type { BrokerAbilities } from "./broker.ts";

/** https://docs.alpaca.markets/docs/orders-at-alpaca: for stocks; of crypto pairs the broker itself refuses most. */
export const ALPACA_ABILITIES: BrokerAbilities = {
  ordTypes: ["market", "limit", "stop", "stopLimit", "trailingStop"],
  timesInForce: ["day", "gtc", "ioc", "fok", "opg", "cls"],
  trails: ["amount", "bps"],
  postOnly: false,
  reduceOnly: false,
  displayQty: false,
  replace: true,
};

type Terms = Pick<
  SubmitPayload,
  "ordType" | "side" | "orderQty" | "price" | "worstPrice" | "stopPx" | "trail"
>;

/**
 * What there is to an order beside its name. A market buy goes as a limit order at the worst price that its hold covers, and a
 * stop that buys as a stop limit order: the hold is a promise that no fill costs more, and Alpaca's own market orders know no
 * such bound. They fill at the market all the same.
 * @throws Error for what ALPACA_ABILITIES does not have: nothing of it goes over the wire
 */
export function alpacaTerms(order: Terms): Readonly<Record<string, string>> {
  return { qty: order.orderQty, ...pricesOf(order) };
}

function pricesOf(order: Terms): Readonly<Record<string, string>> {
  const { ordType, price, worstPrice, stopPx, trail } = order;
  switch (ordType) {
    case "market":
      return worstPrice === null ? { type: "market" } : { type: "limit", limit_price: worstPrice };
    case "limit":
      return { type: "limit", limit_price: given(price, "price") };
    case "stop": {
      const stop = { stop_price: given(stopPx, "stopPx") };
      if (worstPrice === null) return { type: "stop", ...stop };
      return { type: "stop_limit", ...stop, limit_price: worstPrice };
    }
    case "stopLimit":
      return {
        type: "stop_limit",
        stop_price: given(stopPx, "stopPx"),
        limit_price: given(price, "price"),
      };
    case "trailingStop":
      return { type: "trailing_stop", ...trailOf(trail) };
    case "marketIfTouched":
    case "limitIfTouched":
      throw new Error(`Alpaca takes no ${ordType} orders`);
  }
}

function given(value: DecimalString | null | undefined, name: string): DecimalString {
  if (value === null || value === undefined) throw new Error(`expected ${name} of an order`);
  return value;
}

/** A percentage there: 1 % is 100 basis points. */
function trailOf(trail: Terms["trail"]): Readonly<Record<string, string>> {
  if (trail !== undefined && "amount" in trail) return { trail_price: trail.amount };
  if (trail !== undefined && "bps" in trail)
    return { trail_percent: text(dec(trail.bps).dividedBy(100)) };
  throw new Error("expected a trail in amount or bps of a trailing stop");
}

/**
 * What the abilities cannot say; null for an order that can be sent. A trailing stop becomes a market order when it is set off
 * and takes no limit there: one that buys could cost more than is held for it.
 */
export function notSendable({ ordType, side, stopPx }: Terms): string | null {
  if (ordType !== "trailingStop") return null;
  if (side === "buy") return "trailing stops that buy, because nothing bounds their price";
  return stopPx === undefined ? null : "a stopPx of a trailing stop, which starts at the market";
}

/** What an amendment changes, in the broker's words. */
export function changedTerms(before: Terms, after: Terms): Readonly<Record<string, string>> {
  const old = alpacaTerms(before);
  const changes = Object.entries(alpacaTerms(after)).filter(([name, value]) => old[name] !== value);
  return Object.fromEntries(changes);
}
