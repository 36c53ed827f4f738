import type { Env } from "../shared/decider.ts";
import { Decimal, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { TransactionReceipt } from "./after-trade-messages.ts";
import { ledgerTransaction, type Posting } from "./ledger.ts";
import type { PositionSummary } from "./messages.ts";
import { type Account, type Position, positionsIn } from "./state.ts";

type NotNone<T> = readonly [T, ...T[]];

/** One, unless positions stand side by side. */
export function heldPositions(account: Account, symbol: string): NotNone<Position> {
  const [first, ...others] = positionsIn(account, symbol).filter(
    ({ quantity }) => quantity !== "0",
  );
  if (first !== undefined) return [first, ...others];
  const message = `${account.portfolioId} holds no ${symbol}`;
  throw new Refusal("conflict", "POSITION_NOT_HELD", message, { symbol });
}

export function sumOf(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce((total, amount) => total.plus(amount), ZERO);
}

/** What a transaction writes into the ledger. */
export function transaction(
  account: Account,
  env: Env,
  memo: string,
  postings: readonly Posting[],
  transactionId = env.id("ledger"),
  currency = account.opening.baseCurrency,
) {
  const heading = {
    transactionId,
    portfolioId: account.portfolioId,
    currency,
    memo,
    orderId: null,
    tradeId: null,
    atMs: env.nowMs,
  };
  return ledgerTransaction(heading, postings);
}

export function receipt(
  transactionId: string,
  cashChange: Decimal,
  position: PositionSummary | null,
  effectiveAtMs: number,
  env: Env,
): TransactionReceipt {
  return {
    transactionId,
    cashChange: text(cashChange),
    dividend: null,
    position,
    adjustedOrders: [],
    effectiveAtMs,
    recordedAtMs: env.nowMs,
  };
}
