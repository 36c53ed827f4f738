import type { PortfolioEvent, PortfolioSummary } from "../../domain/portfolio/messages.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { StreamMessage } from "../../mixins/rest/stream-channels.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { StoredView } from "../../models/views.ts";

/** What streams are told of a portfolio's events: how it stands, and each fill as a trade. */
export function tellPortfolio(outbox: OutboxEvent, actor: StoredView): readonly StreamMessage[] {
  // sound: an event of a portfolio's stream, and the document that the portfolio kind projects
  const event = outbox.event as PortfolioEvent;
  const summary = actor.doc as unknown as PortfolioSummary;
  const address = { tenantId: actor.tenantId, portfolioId: actor.id, ownerId: actor.ownerId };
  const state: StreamMessage = {
    channel: `portfolio:${actor.id}`,
    ...address,
    data: standing(event, summary),
  };
  return event.type === "FillApplied"
    ? [state, { channel: "trades", ...address, data: tradeFact(event) }]
    : [state];
}

function standing(event: PortfolioEvent, summary: PortfolioSummary): Json {
  const { portfolioId, status, cash, reserved, buyingPower, realizedPnl, fees, openOrders } =
    summary;
  const positions = summary.positions.map(({ symbol, quantity, averagePrice }) => ({
    symbol,
    quantity,
    averagePrice,
  }));
  const updatedAt = isoTime(summary.updatedAtMs);
  return {
    event: event.type,
    portfolioId,
    status,
    cash,
    reserved,
    buyingPower,
    ...balancesOf(summary),
    realizedPnl,
    fees,
    openOrders,
    positions,
    updatedAt,
  };
}

/** Where it keeps several currencies; the money beside them is of the base currency. */
function balancesOf({ currencies }: PortfolioSummary) {
  if (currencies === undefined) return {};
  const balances = currencies.balances.map(({ currency, cash, reserved, buyingPower }) => ({
    currency,
    cash,
    reserved,
    buyingPower,
  }));
  return { balances };
}

function tradeFact({ trade }: PortfolioEvent & { readonly type: "FillApplied" }): Json {
  const {
    tradeId,
    execId,
    orderId,
    portfolioId,
    symbol,
    side,
    price,
    quantity,
    fees,
    currency,
    venue,
    liquidity,
  } = trade;
  return {
    tradeId,
    execId,
    orderId,
    portfolioId,
    symbol,
    side,
    price,
    quantity,
    fees,
    currency,
    venue,
    liquidity,
    realizedPnl: trade.realizedPnl,
    executedAt: isoTime(trade.executedAtMs),
    recordedAt: isoTime(trade.recordedAtMs),
  };
}
