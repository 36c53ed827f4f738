import type { Decision, Env } from "../shared/decider.ts";
import { dec } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { AfterTradeCommand, AfterTradeEvent, SettleReceipt } from "./after-trade-messages.ts";
import { findUnsettled, type UnsettledTrade } from "./after-trade-state.ts";
import { ledgerTransaction } from "./ledger.ts";
import type { Account } from "./state.ts";

type Command<T extends AfterTradeCommand["type"]> = Extract<AfterTradeCommand, { type: T }>;

/**
 * Moves the money of trades that are due from unsettled to settled cash, one ledger transaction a trade. A trade that has
 * settled, or is not due yet, is passed over, so that a repeat changes nothing; one whose settlement failed settles now.
 */
export function settleTrades(
  account: Account,
  { tradeIds, asOf }: Command<"SettleTrades">,
  env: Env,
): Decision<AfterTradeEvent, SettleReceipt> {
  const due = [...new Set(tradeIds)].flatMap((tradeId) => {
    const trade = findUnsettled(account.afterTrade, tradeId);
    return trade === undefined || trade.settlementDate > asOf ? [] : [trade];
  });
  return {
    events: due.map((trade) => settled(account, trade, asOf, env)),
    reply: { settled: due.map(({ tradeId }) => tradeId) },
  };
}

function settled(account: Account, trade: UnsettledTrade, asOf: string, env: Env): AfterTradeEvent {
  const { tradeId, orderId, amount } = trade;
  const heading = {
    transactionId: env.id(`settlement:${tradeId}`),
    portfolioId: account.portfolioId,
    currency: trade.currency ?? account.opening.baseCurrency,
    memo: `settlement due on ${trade.settlementDate}`,
    orderId,
    tradeId,
    atMs: env.nowMs,
  };
  const ledger = ledgerTransaction(heading, [
    { account: "cash", amount: dec(amount) },
    { account: trade.account, amount: dec(amount).negated() },
  ]);
  return { type: "TradeSettled", tradeId, asOf, amount, ledger };
}

/** @throws Refusal for a trade that has settled, or is not of this portfolio */
export function failSettlement(
  account: Account,
  { tradeId, reason }: Command<"FailSettlement">,
): Decision<AfterTradeEvent, SettleReceipt> {
  const trade = findUnsettled(account.afterTrade, tradeId);
  if (trade === undefined)
    throw new Refusal("conflict", "TRADE_SETTLED", `trade ${tradeId} has nothing left to settle`);
  const reply = { settled: [] };
  if (trade.status === "failed") return { events: [], reply };
  return { events: [{ type: "SettlementFailed", tradeId, reason }], reply };
}
