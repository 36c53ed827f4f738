import type { SpecialBar, SpecialBarKind } from "../../../../../domain/market/bars/special-bar.ts";
import { buildWith, newBuilder } from "../../../../../domain/market/bars/special-builder.ts";
import { countedTrade } from "../../../../../domain/market/bars/tally.ts";
import type { TradeTick } from "../../../../../domain/market/quote.ts";

export const T0 = Date.parse("2024-08-08T12:00:00Z");

/** A trade `ms` after T0. */
export function tick(
  ms: number,
  price: string,
  size = "1",
  extra: Partial<TradeTick> = {},
): TradeTick {
  return { symbol: "X", price, size, tsEventMs: T0 + ms, source: "tape", ...extra };
}

/** The builder survives JSON after every trade. */
export function build(kind: SpecialBarKind, size: string, trades: readonly TradeTick[]) {
  let builder = newBuilder("X", { kind, size });
  const bars: SpecialBar[] = [];
  for (const trade of trades) {
    const built = buildWith(
      JSON.parse(JSON.stringify(builder)) as typeof builder,
      countedTrade(trade),
    );
    builder = built.builder;
    bars.push(...built.closed);
  }
  return { bars, builder };
}
