import { PAPER_FEES } from "../../../domain/execution/fees.ts";
import type { Side } from "../../../domain/order/new-order.ts";
import {
  planRebalance,
  type RebalanceLine,
  type RebalanceTrade,
} from "../../../domain/risk/construction/rebalance.ts";
import { holdCash, holdTerms } from "../../../domain/risk/hold.ts";
import { capQuantity } from "../../../domain/risk/sizing/caps.ts";
import { exactly } from "../../../domain/risk/sizing/quantity.ts";
import { Decimal, dec, text, ZERO } from "../../../domain/shared/decimal.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RebalanceView } from "../../../mixins/rest/routes/risk-rebalance.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { afterPurchase } from "../fx.ts";
import {
  entryOf,
  heldOf,
  inCurrency,
  type Owner,
  ownerOf,
  type Traded,
  tradedOf,
} from "../sizing/basis.ts";
import { capsOf } from "../sizing/caps.ts";

type Asked = ActionMap["risk-construction.rebalance"]["params"];
type Proposal = RebalanceView["proposals"][number];

/** One symbol at the market. */
interface Line extends RebalanceLine {
  readonly traded: Traded;
  /** in the instrument's currency: what the trade would be filled at */
  readonly price: Decimal;
}

/** @throws RestError 404; 422 where a price or a rate is not known */
export async function proposeRebalance(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Asked>,
): Promise<RebalanceView> {
  const { portfolioId, cashBuffer, minTradeNotional } = ctx.params;
  const owner = await ownerOf(node, access, ctx, portfolioId);
  const { equity, summary } = owner;
  if (!equity.greaterThan(ZERO))
    throw insufficientData("the portfolio is worth nothing, so that parts of it are not defined");
  const lines = await linesOf(ctx, owner);
  const { trades, untraded } = planRebalance(lines, {
    equity,
    cashBuffer: exactly(cashBuffer),
    minTradeNotional: dec(minTradeNotional ?? "0"),
  });
  const bounded = await withinLimits(ctx, owner, lines, trades);
  const notional = bounded.proposals.reduce((sum, one) => sum.plus(one.notional), ZERO);
  return {
    portfolioId,
    equity: text(equity),
    currency: summary.baseCurrency,
    proposals: bounded.proposals,
    untraded: [...untraded, ...bounded.limited],
    turnover: notional.dividedBy(equity).toNumber(),
    method: "target quantities rounded towards zero to the lot, then bounded by limits and money",
    asOf: isoTime(node.clock.now()),
    sampleSize: lines.length,
    source: "the portfolio's positions at the last prices, or the last stored closes",
  };
}

/** The symbols that are named, then those that are held and shall not be. */
async function linesOf(ctx: RequestContext<Asked>, owner: Owner): Promise<readonly Line[]> {
  const { weights, sellOthers } = ctx.params;
  const named = new Set(weights.map(({ symbol }) => symbol));
  const others = owner.summary.positions.filter(
    ({ symbol, quantity }) => sellOthers && !named.has(symbol) && !dec(quantity).isZero(),
  );
  const targets = [...weights, ...others.map(({ symbol }) => ({ symbol, weight: 0 }))];
  const lines: Line[] = [];
  for (const { symbol, weight } of targets) lines.push(await lineOf(ctx, owner, symbol, weight));
  return lines;
}

async function lineOf(
  ctx: RequestContext<Asked>,
  owner: Owner,
  symbol: string,
  weight: number,
): Promise<Line> {
  const traded = await tradedOf(ctx, symbol);
  const { multiplier, lotSize, currency } = traded.instrument;
  const held = heldOf(owner, symbol);
  const worth = async (price: Decimal) =>
    inCurrency(ctx, price.times(multiplier), currency, owner.summary.baseCurrency);
  const ask = await orderPrice(ctx, traded, "buy");
  const bid = await orderPrice(ctx, traded, "sell");
  // What is bought is paid at the ask, and what is sold is paid at the bid: which of the two it is depends on the price itself.
  const wanted = exactly(weight)
    .times(owner.equity)
    .dividedBy(await worth(ask));
  const price = wanted.greaterThanOrEqualTo(held) ? ask : bid;
  return {
    symbol,
    held,
    targetWeight: exactly(weight),
    unitValue: await worth(price),
    lotSize,
    traded,
    price,
  };
}

/** On a tick that is sure to be marketable: up for a purchase, down for a sale. */
async function orderPrice(ctx: RequestContext, traded: Traded, side: Side): Promise<Decimal> {
  const { tickSize } = traded.instrument;
  const ticks = (await entryOf(ctx, traded, side)).dividedBy(tickSize);
  const price = (side === "buy" ? ticks.ceil() : ticks.floor()).times(tickSize);
  if (price.greaterThan(ZERO)) return price;
  throw insufficientData(
    `the price of ${traded.symbol} is not positive, so that no limit is either`,
  );
}

/** Each trade as far as its own limits allow, and the money that the purchases before it leave. */
async function withinLimits(
  ctx: RequestContext<Asked>,
  owner: Owner,
  lines: readonly Line[],
  trades: readonly RebalanceTrade[],
) {
  let { summary } = owner;
  const proposals: Proposal[] = [];
  const limited: RebalanceView["untraded"][number][] = [];
  for (const trade of trades) {
    const line = lines.find(({ symbol }) => symbol === trade.symbol);
    if (line === undefined) continue;
    const { side, symbol } = trade;
    const { traded, price, lotSize } = line;
    const { multiplier: pointValue } = traded.instrument;
    const entry = price;
    const caps = await capsOf(ctx, {
      owner: { ...owner, summary },
      traded,
      side,
      entry,
      pointValue,
    });
    const { quantity, applied } = capQuantity(trade.quantity, lotSize, caps);
    const appliedLimits = [...applied];
    if (quantity.isZero()) {
      limited.push({ symbol, reason: "LIMITED", appliedLimits });
      continue;
    }
    proposals.push({ ...proposalOf(ctx.params, owner, line, side, quantity), appliedLimits });
    if (side === "buy") {
      const { currency } = traded.instrument;
      const inBase = (amount: Decimal) => inCurrency(ctx, amount, currency, summary.baseCurrency);
      summary = await afterPurchase(summary, currency, cashFor(line, quantity), inBase);
    }
  }
  return { proposals, limited };
}

function proposalOf(
  { cashBuffer }: Asked,
  { equity }: Owner,
  { symbol, price, unitValue, held, targetWeight }: Line,
  side: Side,
  quantity: Decimal,
): Omit<Proposal, "appliedLimits"> {
  return {
    symbol,
    side,
    quantity: text(quantity),
    price: text(price),
    notional: text(quantity.times(unitValue).toDecimalPlaces(8)),
    heldQuantity: held,
    currentWeight: unitValue.times(held).dividedBy(equity).toNumber(),
    targetWeight: targetWeight.times(dec(1).minus(exactly(cashBuffer))).toNumber(),
  };
}

/** What the portfolio will hold for the order, in the instrument's currency. */
function cashFor({ traded, price }: Line, quantity: Decimal): Decimal {
  const { instrument, market } = traded;
  const terms = holdTerms({ ordType: "limit", price: text(price) }, instrument, {
    quote: market.quote,
    feeBps: PAPER_FEES.takerBps,
  });
  return terms === null ? ZERO : holdCash(quantity, terms);
}
