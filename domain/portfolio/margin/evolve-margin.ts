import type { ApprovedOrder } from "../../order/new-order.ts";
import { add } from "../../shared/decimal.ts";
import { dec, text } from "../../shared/decimal.ts";
import type { FillApplied } from "../messages.ts";
import { type Account, openPositions } from "../state.ts";
import { evolveMargin, onMarketDay, type ShortUnits, withSymbol } from "./margin-book.ts";
import type { MarginEvent } from "./messages.ts";

const DAY_MS = 86_400_000;

/** The state after one of the events of margin and financing. Sums only, as everywhere. */
export function withMarginEvent(account: Account, event: MarginEvent, atMs: number): Account {
  const marginBook = evolveMargin(account.marginBook, event, atMs);
  const cash =
    event.type === "FinancingAccrued" ? add(account.cash, event.cashChange) : account.cash;
  return { ...account, cash, marginBook };
}

/** A margin portfolio remembers what its requirement in the symbol is worked out from. */
export function withOrderedSymbol(account: Account, order: ApprovedOrder): Account {
  const { margins } = order;
  if (margins === undefined) return account;
  const { multiplier, currency, symbol } = order;
  const { initial, maintenance } = margins;
  const margin = { multiplier, currency, initial, maintenance };
  return { ...account, marginBook: withSymbol(account.marginBook, symbol, margin) };
}

/** Before a fill: what is there until it is what the days before its day ended with. */
export function withTradedDay(account: Account, { trade }: FillApplied): Account {
  if (account.opening.financing === undefined) return account;
  const { marginBook } = account;
  const day = Math.floor(trade.executedAtMs / DAY_MS);
  const financing = onMarketDay(marginBook.financing, day, trade.symbol, () => ({
    cash: account.cash,
    shorts: shortsOf(account),
  }));
  return { ...account, marginBook: { ...marginBook, financing } };
}

export function shortsOf(account: Account): readonly ShortUnits[] {
  return openPositions(account)
    .filter(({ quantity }) => dec(quantity).isNegative())
    .map(({ symbol, currency, quantity, multiplier, averagePrice }) => ({
      symbol,
      currency,
      quantity: text(dec(quantity).negated()),
      multiplier,
      averagePrice,
    }));
}
