import { legsInWords } from "../../domain/market/currency-pair.ts";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { PortfolioCommand, PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { dec } from "../../domain/shared/decimal.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { isPermitted } from "../../mixins/rest/permissions.ts";
import { insufficientData, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { rateOf } from "./fx.ts";

type Transact = RequestContext<ActionMap["portfolios.transact"]["params"]>;
type ConvertCash = Extract<PortfolioCommand, { type: "ConvertCash" }>;

/** How far a rate that a client names may stand from the market's, a fraction; further with `risk.update`. */
const RATE_BAND = "0.02";

/** @throws RestError 404 */
export async function summaryOf(node: NodeContext, ctx: Transact): Promise<PortfolioSummary> {
  const { portfolioId } = ctx.params;
  const { deadlineMs } = deadlineOf(ctx, node.clock);
  const read = await node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
  // sound: the portfolio kind's summary
  const summary = read.summary as unknown as PortfolioSummary | null;
  if (summary === null) throw notFound("portfolio", portfolioId);
  return summary;
}

/** The currency of a deposit or withdrawal, and what it is worth. */
export async function moneyOf(
  node: NodeContext,
  ctx: Transact,
): Promise<{ readonly currency?: string; readonly baseRate?: string }> {
  const { currency } = ctx.params;
  if (currency === undefined) return {};
  const { baseCurrency, currencies } = await summaryOf(node, ctx);
  // Of a portfolio of one currency the portfolio itself says no.
  if (currency === baseCurrency || currencies === undefined) return { currency };
  const found = await rateOf(ctx, { from: currency, to: baseCurrency });
  return { currency, ...(found && { baseRate: found.rate }) };
}

/** Of a symbol that is in another currency than a portfolio that keeps several. */
export async function rateOfSymbol(
  ctx: Transact,
  symbol: string,
): Promise<{ readonly baseRate?: string }> {
  const asked = { portfolioId: ctx.params.portfolioId, symbol };
  const exchange = await ctx.call<ExchangeRate | null, unknown>("fx.exchange", asked);
  return exchange === null ? {} : { baseRate: exchange.rate };
}

type Asked = Omit<ConvertCash, "type" | "rate" | "source" | "baseRate"> & {
  /** undefined: the market's */
  readonly rate: string | undefined;
};

/**
 * At the bid of what is sold, or at the rate that the client names.
 * @throws RestError 422 where the market's rate is not known or too old, or the client's too far from it
 */
export async function conversionOf(
  node: NodeContext,
  ctx: Transact,
  { rate, ...asked }: Asked,
): Promise<ConvertCash> {
  const { from, to } = asked;
  const { baseCurrency } = await summaryOf(node, ctx);
  const told =
    rate === undefined ? await marketRate(ctx, from, to) : await namedRate(ctx, { from, to, rate });
  const isCross = from !== baseCurrency && to !== baseCurrency;
  const base = isCross ? await rateOf(ctx, { from, to: baseCurrency }) : null;
  return { type: "ConvertCash", ...asked, ...told, ...(base && { baseRate: base.rate }) };
}

type Told = Pick<ConvertCash, "rate" | "source">;

async function marketRate(ctx: Transact, from: string, to: string): Promise<Told> {
  const found = await rateOf(ctx, { from, to });
  if (found === null) throw insufficientData(`no instrument says what ${from} is worth in ${to}`);
  const { bid, legs, asOfMs, isStale } = found;
  if (isStale)
    throw insufficientData(`the last rate of ${from} in ${to} is of ${isoTime(asOfMs)}: too old`);
  return { rate: bid, source: `bid of ${legsInWords(legs)} at ${isoTime(asOfMs)}` };
}

async function namedRate(
  ctx: Transact,
  { from, to, rate }: { readonly from: string; readonly to: string; readonly rate: string },
): Promise<Told> {
  const user = userOf(ctx);
  const source = `named by ${user.userId}`;
  if (isPermitted(user.role, "risk.update")) return { rate, source };
  const found = await rateOf(ctx, { from, to });
  if (found === null || found.isStale)
    throw insufficientData(`without a fresh rate of ${from} in ${to} nobody can tell a fair one`);
  const distance = dec(rate).dividedBy(found.rate).minus(1).abs();
  if (distance.lessThanOrEqualTo(RATE_BAND)) return { rate, source };
  const message = `must be within ${RATE_BAND} of the market's ${found.rate}`;
  throw unprocessable([{ path: "rate", code: "OUT_OF_RANGE", message }]);
}
