import type { Quote } from "../../../domain/market/quote.ts";
import { normalQuantile } from "../../../domain/numeric/distributions.ts";
import { mean, standardDeviation } from "../../../domain/numeric/moments.ts";
import { type Liquidation, liquidate } from "../../../domain/risk/liquidity/liquidate.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { LiquidityView } from "../../../mixins/rest/routes/risk-liquidity.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { readBook } from "../inputs/read-book.ts";
import type { BookLine } from "../inputs/types.ts";

type Params = ActionMap["liquidity.measure"]["params"];

interface Stored {
  readonly symbol: string;
  /** absent: none, and `problem` says why */
  readonly closes?: readonly number[];
  readonly volumes?: readonly number[];
  readonly problem?: string;
}

type Position = LiquidityView["positions"][number];

/** @throws RestError 404; 422 naming the symbol of whose volume too little is stored */
export async function liquidity(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<LiquidityView> {
  const { params } = ctx;
  const { portfolioId, positions: asked = [], currency, lookback } = params;
  const book = await readBook(
    node,
    access,
    ctx,
    portfolioId === undefined
      ? { positions: asked, ...(currency !== undefined && { currency }) }
      : { portfolioId },
  );
  const symbols = book.lines.map(({ symbol }) => symbol);
  if (symbols.length === 0) throw insufficientData("nothing is held that could be liquidated");
  const bars = await ctx.call<readonly Stored[], unknown>("closes.dailyBars", {
    symbols,
    count: lookback + 1,
  });
  const spreads = await spreadsOf(ctx, symbols, params);
  const positions = book.lines.map((line, i) =>
    positionOf(line, bars[i], spreads[i] ?? null, params),
  );
  const value = positions.reduce((sum, one) => sum + Math.abs(one.value), 0);
  const gone = positions.reduce((sum, one) => sum + Math.abs(one.value) * one.liquidated, 0);
  return {
    currency: book.currency,
    value,
    liquidated: value === 0 ? 1 : gone / value,
    days: longest(positions.map(({ days }) => days)),
    spreadCost: summed(positions.map((one) => one.spreadCost)),
    impactCost: summed(positions.map((one) => one.impactCost)),
    liquidationVaR: summed(positions.map((one) => one.liquidationVaR)),
    positions,
    method: "participation of average daily volume; square-root impact",
    asOf: isoTime(book.asOfMs),
    sampleSize: Math.min(...positions.map(({ sampleSize }) => sampleSize)),
    source: `${book.source}; volumes of stored daily bars`,
  };
}

function positionOf(
  line: BookLine,
  stored: Stored | undefined,
  spread: number | null,
  params: Params,
): Position {
  const { symbol, quantity, value } = line;
  const { closes = [], volumes = [] } = stored ?? {};
  if (closes.length < 3 || quantity === null)
    throw insufficientData(
      stored?.problem ?? `3 daily bars of ${symbol} are needed, ${closes.length} are stored`,
    );
  const returns = closes.slice(1).map((close, t) => close / (closes[t] ?? close) - 1);
  const averageVolume = mean(volumes.slice(1));
  const dailyVolatility = standardDeviation(returns);
  if (!Number.isFinite(averageVolume) || !Number.isFinite(dailyVolatility))
    throw insufficientData(`prices of ${symbol} have no returns`);
  const found = liquidate(quantity, { averageVolume, dailyVolatility, spread }, termsOf(params));
  return {
    symbol,
    quantity,
    value,
    averageVolume,
    dailyVolatility,
    spread,
    sampleSize: returns.length,
    ...inMoney(found, Math.abs(value)),
  };
}

function termsOf({ participation, horizonDays, impactCoefficient, confidence }: Params) {
  return { participation, horizonDays, impactCoefficient, quantile: normalQuantile(confidence) };
}

function inMoney(found: Liquidation, value: number) {
  const of = (part: number | null) => (part === null ? null : part * value);
  return {
    days: found.days,
    liquidated: found.liquidated,
    spreadCost: of(found.spreadCost),
    impactCost: of(found.impactCost),
    liquidationVaR: of(found.liquidationVaR),
  };
}

/** As it is displayed now; null where one side is missing. */
async function spreadsOf(
  ctx: RequestContext,
  symbols: readonly string[],
  { spreadBps }: Params,
): Promise<readonly (number | null)[]> {
  if (spreadBps !== undefined) return symbols.map(() => spreadBps / 10_000);
  const views = await Promise.all(
    symbols.map((symbol) =>
      ctx.call<{ readonly quote: Quote | null }, unknown>("symbols.marketView", { symbol }),
    ),
  );
  return views.map(({ quote }) => {
    const [bid, ask] = [Number(quote?.bid ?? Number.NaN), Number(quote?.ask ?? Number.NaN)];
    return bid > 0 && ask >= bid ? (ask - bid) / ((ask + bid) / 2) : null;
  });
}

function summed(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>(
    (sum, part) => (sum === null || part === null ? null : sum + part),
    0,
  );
}

function longest(days: readonly (number | null)[]): number | null {
  return days.reduce<number | null>(
    (most, one) => (most === null || one === null ? null : Math.max(most, one)),
    0,
  );
}
