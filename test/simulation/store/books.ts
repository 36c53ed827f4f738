import type { LedgerEntry, Turn } from "../../../domain/shared/journal.ts";
import { ZERO, dec } from "../../../domain/shared/decimal.ts";
import type { Decimal } from "../../../domain/shared/decimal.ts";
import { streamId } from "../../../models/journal/stream-id.ts";
import type { Tables } from "./tables.ts";

/** What the constraints of book.ledger_entry and book.trade say against these turns, or null. */
export function brokenBooks(tables: Tables, turns: readonly Turn[]): string | null {
  const entries = turns.flatMap(({ projection }) => projection.ledger);
  const trades = turns.flatMap(({ projection }) => projection.trades);
  const isTwice = entries.some((entry) => tables.ledger.has(ledgerKey(entry)));
  if (isTwice) return "a ledger entry of this transaction and index exists";
  const isKnown = trades.some(({ venue, execId }) => tables.trades.has(`${venue}:${execId}`));
  if (isKnown) return "a trade of this venue and execId exists";
  return imbalance(entries);
}

/** The first transaction whose sides differ, or null. */
export function imbalance(entries: Iterable<LedgerEntry>): string | null {
  const sums = new Map<string, Decimal>();
  for (const { transactionId, currency, debit, credit } of entries) {
    const key = `${transactionId} ${currency}`;
    sums.set(key, (sums.get(key) ?? ZERO).plus(debit).minus(credit));
  }
  for (const [key, sum] of sums) if (!dec(sum).isZero()) return `${key} is off by ${sum.toFixed()}`;
  return null;
}

export function writeBooks(tables: Tables, turn: Turn, version: number): void {
  const { view, ledger, trades } = turn.projection;
  if (view) tables.views.set(streamId(turn.ref), { ...view, version });
  for (const entry of ledger) tables.ledger.set(ledgerKey(entry), entry);
  for (const trade of trades) tables.trades.set(`${trade.venue}:${trade.execId}`, trade);
}

function ledgerKey({ transactionId, index }: LedgerEntry): string {
  return `${transactionId}:${index}`;
}
