import type { Instrument } from "../../../domain/market/instrument.ts";
import type { Side } from "../../../domain/order/new-order.ts";
import type { MarketView, PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { type Marks, valuePortfolio } from "../../../domain/portfolio/valuation.ts";
import { touchPrice } from "../../../domain/risk/reference-price.ts";
import { type Decimal, dec, type DecimalString } from "../../../domain/shared/decimal.ts";
import { insufficientData, notFound } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf, type PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { lastPrices } from "../inputs/read-book.ts";
import { rateNow } from "../inputs/rates.ts";
import { readNow } from "../read-portfolio.ts";

export type SizingParams = ActionMap["sizing.size"]["params"];

/** Whose money is sized. */
export interface Owner {
  readonly summary: PortfolioSummary;
  /** in the base currency */
  readonly equity: Decimal;
  readonly marks: Marks;
}

/** What is sized, and what its price is. */
export interface Traded {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly market: Omit<MarketView, "feeBps">;
}

/** @throws RestError 404; 422 where a position has no price, because equity is then not known */
export async function ownerOf(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext,
  portfolioId: string,
): Promise<Owner> {
  await access.requireRead(userOf(ctx), portfolioId);
  const { summary, marks, rates } = await readNow(node, ctx, portfolioId);
  const { equity } = valuePortfolio(summary, marks, rates);
  if (equity === null) {
    const priceless = summary.positions.find(({ symbol }) => (marks[symbol] ?? null) === null);
    throw insufficientData(
      `nothing is known of the price of ${priceless?.symbol ?? "a currency that it holds"}`,
    );
  }
  return { summary, equity: dec(equity), marks };
}

/** @throws RestError 404 for a symbol that nobody has described */
export async function tradedOf(ctx: RequestContext, symbol: string): Promise<Traded> {
  const market = await ctx.call<Omit<MarketView, "feeBps">, { symbol: string }>(
    "symbols.marketView",
    { symbol },
  );
  if (market.instrument === null) throw notFound("symbol", symbol);
  return { symbol, instrument: market.instrument, market };
}

/**
 * What an order of this side would trade at now, else the last stored close.
 * @throws RestError 422 where neither is known
 */
export async function entryOf(
  ctx: RequestContext,
  { symbol, market }: Traded,
  side: Side,
): Promise<Decimal> {
  const touch = touchPrice(market.quote, side);
  if (touch !== null) return touch;
  const price = (await lastPrices(ctx, [symbol])).get(symbol);
  if (price === undefined) throw insufficientData(`nothing is known of the price of ${symbol}`);
  return dec(price);
}

/** Money of one currency in another. */
export async function inCurrency(
  ctx: RequestContext,
  amount: Decimal,
  from: string,
  to: string,
): Promise<Decimal> {
  if (from === to) return amount;
  return amount.times(dec(String(await rateNow(ctx, from, to))));
}

/** Held already, signed. */
export function heldOf({ summary }: Owner, symbol: string): DecimalString {
  return summary.positions.find((position) => position.symbol === symbol)?.quantity ?? "0";
}
