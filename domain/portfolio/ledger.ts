import { type Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { invariant } from "../shared/errors.ts";
import type { LedgerEntry } from "../shared/journal.ts";

/** One side of a transaction: a positive amount debits the account, a negative one credits it. */
export interface Posting {
  readonly account: string;
  readonly amount: Decimal;
  /** absent: the transaction's */
  readonly currency?: string;
}

type Heading = Pick<
  LedgerEntry,
  "transactionId" | "portfolioId" | "currency" | "memo" | "orderId" | "tradeId" | "atMs"
>;

/** At cost, so that the ledger needs no market: what it is worth is the valuation's business. */
export function positionAccount(symbol: string): string {
  return `positions:${symbol}`;
}

/**
 * A balanced transaction of the double-entry ledger. Postings of zero are left out.
 * @throws Error when debits and credits differ
 */
export function ledgerTransaction(
  heading: Heading,
  postings: readonly Posting[],
): readonly LedgerEntry[] {
  const entries = postings
    .filter(({ amount }) => !amount.isZero())
    .map(({ account, amount, currency = heading.currency }, index) => ({
      transactionId: heading.transactionId,
      index,
      portfolioId: heading.portfolioId,
      account,
      currency,
      debit: text(amount.isNegative() ? ZERO : amount),
      credit: text(amount.isNegative() ? amount.negated() : ZERO),
      memo: heading.memo,
      orderId: heading.orderId,
      tradeId: heading.tradeId,
      atMs: heading.atMs,
    }));
  assertBalanced(entries);
  return entries;
}

/**
 * Σ debit = Σ credit, per transaction and currency.
 * @throws Error naming the first transaction that does not balance
 */
export function assertBalanced(entries: readonly LedgerEntry[]): void {
  const sums = new Map<string, Decimal>();
  for (const { transactionId, currency, debit, credit } of entries) {
    const key = `${transactionId} in ${currency}`;
    sums.set(key, (sums.get(key) ?? ZERO).plus(dec(debit)).minus(credit));
  }
  for (const [key, sum] of sums)
    invariant(sum.isZero(), `ledger transaction ${key}: expected 0, found ${text(sum)}`);
}
