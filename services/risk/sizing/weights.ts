import { dec, floorTo, text } from "../../../domain/shared/decimal.ts";
import { exactly } from "../../../domain/risk/sizing/quantity.ts";
import type { PositionSizeView } from "../../../mixins/rest/routes/risk-sizing.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { entryOf, inCurrency, type Owner, tradedOf } from "./basis.ts";

/** The positions that hold these weights of a portfolio's equity, in whole lots, at what each would trade at now. */
export async function positionsOf(
  ctx: RequestContext,
  { summary, equity }: Owner,
  symbols: readonly string[],
  weights: readonly number[],
): Promise<NonNullable<PositionSizeView["positions"]>> {
  const found: NonNullable<PositionSizeView["positions"]>[number][] = [];
  for (const [i, symbol] of symbols.entries()) {
    const weight = weights[i] ?? 0;
    const side = weight < 0 ? "sell" : "buy";
    const traded = await tradedOf(ctx, symbol);
    const { currency, multiplier, lotSize } = traded.instrument;
    const entry = await entryOf(ctx, traded, side);
    const money = await inCurrency(ctx, equity, summary.baseCurrency, currency);
    const worth = money.times(exactly(Math.abs(weight)));
    const quantity = floorTo(worth.dividedBy(entry.times(multiplier)), lotSize);
    const held = quantity.greaterThan(0) ? quantity : dec(0);
    found.push({
      symbol,
      weight,
      side: held.isZero() ? null : side,
      quantity: text(held),
      price: text(entry),
      notional: text(held.times(entry).times(multiplier)),
    });
  }
  return found;
}
