import type { Instrument } from "../../../domain/market/instrument.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { type Rates, valuePortfolio } from "../../../domain/portfolio/valuation.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { insufficientData, notFound, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf, type PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { readNow } from "../read-portfolio.ts";
import { rateNow } from "./rates.ts";
import type { Book, BookAsked, BookLine, CashLine, HoldingAsked } from "./types.ts";

interface Described {
  readonly symbol: string;
  readonly instrument: Instrument | null;
  /** in the instrument's currency; null: nothing is known of its price */
  readonly price: string | null;
}

/**
 * What a portfolio, or what a caller names, holds at the market.
 * @throws RestError 404 for a portfolio that is not there or not for this user; 422 naming the symbol without a price, or the
 *         currencies without a rate
 */
export async function readBook(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext,
  asked: BookAsked,
): Promise<Book> {
  return "portfolioId" in asked
    ? bookOfPortfolio(node, access, ctx, asked.portfolioId)
    : bookOfHoldings(node, ctx, asked.positions, asked.currency);
}

async function bookOfPortfolio(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext,
  portfolioId: string,
): Promise<Book> {
  await access.requireRead(userOf(ctx), portfolioId);
  const { summary, marks, rates: known, asOfMs } = await readNow(node, ctx, portfolioId);
  const currency = summary.baseCurrency;
  const described = await describe(
    ctx,
    summary.positions.map(({ symbol }) => symbol),
  );
  const rates = await ratesTo(
    ctx,
    currency,
    summary.positions.map((one) => one.currency),
  );
  const lines = summary.positions.map((position, i): BookLine => {
    const { symbol } = position;
    const price = marks[symbol] ?? described[i]?.price ?? null;
    if (price === null) throw noPrice(symbol);
    const rate = rates.get(position.currency) ?? Number.NaN;
    const quantity = Number(position.quantity);
    const local = dec(price).times(position.quantity).times(position.multiplier);
    return {
      symbol,
      instrument: described[i]?.instrument ?? null,
      quantity,
      price: Number(price),
      currency: position.currency,
      rate,
      value: local.toNumber() * rate,
    };
  });
  const { cash: money } = valuePortfolio({ ...summary, positions: [] }, {}, known);
  if (money === null)
    throw insufficientData("no instrument says what a currency that it holds is worth");
  const cash = Number(money);
  return {
    portfolioId,
    currency,
    cash,
    foreignCash: foreignCashOf(summary, known),
    value: cash + lines.reduce((sum, { value }) => sum + value, 0),
    lines,
    asOfMs,
    source: "the portfolio's positions at the last prices, or the last stored closes",
  };
}

function foreignCashOf(
  { baseCurrency, currencies }: PortfolioSummary,
  rates: Rates,
): readonly CashLine[] {
  return (currencies?.balances ?? []).flatMap(({ currency, cash }) =>
    currency === baseCurrency || cash === "0"
      ? []
      : [
          {
            currency,
            value: dec(cash)
              .times(rates[currency] ?? Number.NaN)
              .toNumber(),
          },
        ],
  );
}

async function bookOfHoldings(
  node: NodeContext,
  ctx: RequestContext,
  holdings: readonly HoldingAsked[],
  asked: string | undefined,
): Promise<Book> {
  refuseRepeated(holdings);
  const described = await describe(
    ctx,
    holdings.map(({ symbol }) => symbol),
  );
  const currency = asked ?? commonCurrency(described);
  const currencies = described.map(({ instrument }) => instrument?.currency ?? currency);
  const rates = await ratesTo(ctx, currency, currencies);
  const lines = holdings.map((holding, i): BookLine => {
    const { symbol, price: said } = holding;
    const instrument = described[i]?.instrument ?? null;
    const own = currencies[i] ?? currency;
    const rate = rates.get(own) ?? Number.NaN;
    const common = { symbol, instrument, currency: own, rate };
    if (holding.quantity === undefined)
      return { ...common, quantity: null, price: null, value: Number(holding.value) };
    if (instrument === null && said === undefined) throw notFound("symbol", symbol);
    const price = said ?? described[i]?.price ?? null;
    if (price === null) throw noPrice(symbol);
    const value = dec(price)
      .times(holding.quantity)
      .times(instrument?.multiplier ?? 1);
    return {
      ...common,
      quantity: Number(holding.quantity),
      price: Number(price),
      value: value.toNumber() * rate,
    };
  });
  return {
    portfolioId: null,
    currency,
    cash: 0,
    foreignCash: [],
    value: lines.reduce((sum, { value }) => sum + value, 0),
    lines,
    asOfMs: node.clock.now(),
    source:
      "the positions as given, at the last prices, or the last stored closes, where none is given",
  };
}

/** The last price that was heard of, else the last stored close. */
async function describe(
  ctx: RequestContext,
  symbols: readonly string[],
): Promise<readonly Described[]> {
  if (symbols.length === 0) return [];
  const described = await ctx.call<readonly Described[], unknown>("symbols.describe", { symbols });
  const unheard = described.filter(({ price }) => price === null).map(({ symbol }) => symbol);
  if (unheard.length === 0) return described;
  const closes = await lastPrices(ctx, unheard);
  return described.map((one) => ({ ...one, price: one.price ?? closes.get(one.symbol) ?? null }));
}

/** The last stored close of each, adjusted as of today; one that has none is not there. */
export async function lastPrices(
  ctx: RequestContext,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const asked = { symbols, count: 1 };
  const stored = await ctx.call<readonly Stored[], unknown>("closes.daily", asked);
  return new Map(
    stored.flatMap(({ symbol, closes }) => {
      const close = closes?.at(-1);
      return close === undefined ? [] : [[symbol, String(close)] as const];
    }),
  );
}

interface Stored {
  readonly symbol: string;
  /** absent: none */
  readonly closes?: readonly number[];
}

/** By currency. */
async function ratesTo(
  ctx: RequestContext,
  to: string,
  currencies: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number>([[to, 1]]);
  for (const from of new Set(currencies))
    if (!rates.has(from)) rates.set(from, await rateNow(ctx, from, to));
  return rates;
}

function commonCurrency(described: readonly Described[]): string {
  const currencies = new Set(
    described.flatMap(({ instrument }) => (instrument === null ? [] : [instrument.currency])),
  );
  const [only, other] = currencies;
  if (other === undefined) return only ?? "USD";
  const message = `is required where instruments are in several: ${[...currencies].join(", ")}`;
  throw unprocessable([{ path: "currency", code: "REQUIRED", message }]);
}

function refuseRepeated(holdings: readonly HoldingAsked[]): void {
  const seen = new Set<string>();
  for (const [i, { symbol }] of holdings.entries()) {
    if (seen.has(symbol)) {
      const message = `${symbol} is named twice`;
      throw unprocessable([{ path: `positions[${i}].symbol`, code: "INVALID_VALUE", message }]);
    }
    seen.add(symbol);
  }
}

function noPrice(symbol: string) {
  return insufficientData(`nothing is known of the price of ${symbol}`);
}
