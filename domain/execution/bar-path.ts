/**
 * A bar as the venue offers it. In the model of NautilusTrader it is a path of four prices, each with a quarter of the volume:
 * open, the extreme that is nearer to the open, the other one, close (`bar_adaptive_high_low_ordering`; with equal distances
 * the high comes first, as in its fixed order). Here each is a bar of one price and a quarter of the time, so that what holds
 * of bars holds of them. The other models see the bar at once.
 */
import type { Bar } from "../market/bar.ts";
import { barEndMs } from "../market/timeframe.ts";
import { type DecimalString, dec, text } from "../shared/decimal.ts";
import type { BarHistory } from "./bar-history.ts";
import { type Market, marketOf } from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";
import type { VenueRules } from "./venue-rules.ts";

type BarSeen = Extract<MarketSeen, { readonly by: "bar" }>;

/** @returns one market after the other, each beginning where the one before ends */
export function marketsOf(bar: Bar, rules: VenueRules, history: BarHistory): readonly Market[] {
  return rules.fillModel === "nautilus" ? path(bar, rules, history) : [whole(bar, rules, history)];
}

function whole(bar: Bar, rules: VenueRules, history: BarHistory): Market {
  const { startMs, open, high, low, close, volume } = bar;
  const endMs = barEndMs(bar.timeframe, startMs);
  const seen: MarketSeen = {
    by: "bar",
    startMs,
    endMs,
    open,
    extremes: { high, low },
    ...kept(bar, rules, endMs),
  };
  return marketOf(seen, { high, low, close }, both(volume, rules, history));
}

function path(bar: Bar, rules: VenueRules, history: BarHistory): readonly Market[] {
  const { startMs } = bar;
  const endMs = barEndMs(bar.timeframe, startMs);
  const volume = text(dec(bar.volume).dividedBy(4));
  const stepAt = (step: number) => startMs + Math.floor(((endMs - startMs) * step) / 4);
  return pricesOf(bar).map((price, step) => {
    const seen: BarSeen = {
      by: "bar",
      startMs: stepAt(step),
      endMs: stepAt(step + 1),
      open: price,
      of: { startMs, endMs },
      ...(step === 3 ? kept(bar, rules, endMs) : {}),
    };
    const range = { high: price, low: price, close: price };
    return marketOf(seen, range, { ...both(volume, rules, history), isMovedTo: step > 0 });
  });
}

function pricesOf({ open, high, low, close }: Bar): readonly DecimalString[] {
  const up = dec(high).minus(open);
  const down = dec(open).minus(low);
  return up.lessThanOrEqualTo(down) ? [open, high, low, close] : [open, low, high, close];
}

function both(volume: DecimalString, rules: VenueRules, history: BarHistory) {
  return { rules, history, volume: { buy: volume, sell: volume } };
}

/** Remembered only where the slippage is made of it. */
function kept(bar: Bar, { slippage }: VenueRules, endMs: number): Pick<BarSeen, "bar"> {
  if (slippage.model !== "squareRoot") return {};
  const { close, volume, startMs } = bar;
  return { bar: { lengthMs: endMs - startMs, close, volume } };
}
