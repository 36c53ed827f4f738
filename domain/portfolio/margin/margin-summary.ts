import { get, keys } from "../../shared/bucket-map.ts";
import type { DecimalString } from "../../shared/decimal.ts";
import { type OpenOrders, openQuantity } from "../open-orders.ts";
import type { PositionSummary } from "../position.ts";
import type { Financing, MarginBook } from "./margin-book.ts";
import { heldBySymbol, type Line, type MarginInput } from "./margin-state.ts";
import type { FinancingSummary, MarginSummary } from "./messages.ts";
import type { FinancingTerms, MarginTerms, SymbolMargin } from "./terms.ts";

/** What of a portfolio's state this looks at. */
interface Margined {
  readonly opening: {
    readonly baseCurrency: string;
    readonly margin?: MarginTerms;
    readonly financing?: FinancingTerms;
    readonly accounting?: "hedging";
  };
  readonly cash: DecimalString;
  readonly reserved: DecimalString;
  readonly orders: OpenOrders;
  readonly marginBook: MarginBook;
}

type Positions = readonly PositionSummary[];

/** @param positions that are not flat */
export function summarizeMargin(
  account: Margined,
  positions: Positions,
): {
  readonly accounting?: "hedging";
  readonly margin?: MarginSummary;
  readonly financing?: FinancingSummary;
} {
  const { opening, marginBook } = account;
  const { margin, financing, accounting } = opening;
  return {
    ...(accounting && { accounting }),
    ...(margin && {
      margin: {
        terms: margin,
        call: marginBook.call,
        pastCalls: marginBook.past,
        lines: linesOf(account, positions),
      },
    }),
    ...(financing && { financing: summarizeFinancing(financing, marginBook.financing) }),
  };
}

function summarizeFinancing(terms: FinancingTerms, financing: Financing): FinancingSummary {
  const { openDay, clockSymbol, ended, interest, borrowFees } = financing;
  return { terms, nextDay: ended[0]?.first ?? openDay, clockSymbol, interest, borrowFees };
}

/**
 * What margin is worked out from, of a margin portfolio.
 * @param positions that are not flat
 */
export function marginInput(
  account: Margined,
  positions: Positions,
  terms: MarginTerms,
): MarginInput {
  const { baseCurrency } = account.opening;
  return {
    baseCurrency,
    cash: [{ currency: baseCurrency, amount: account.cash }],
    reserved: account.reserved,
    lines: linesOf(account, positions),
    terms,
  };
}

/** By symbol: what is held or ordered. */
function linesOf({ orders, marginBook, opening }: Margined, positions: Positions): readonly Line[] {
  const held = heldBySymbol(positions);
  const ordered = keys(orders.bySymbol).filter((key) => get(marginBook.symbols, key) !== undefined);
  const known = new Map<string, SymbolMargin>(
    positions.map(({ symbol, multiplier, currency }) => [
      symbol,
      { multiplier, currency, initial: null, maintenance: null },
    ]),
  );
  return [...new Set([...held.keys(), ...ordered])].toSorted().flatMap((symbol) => {
    const margin = get(marginBook.symbols, symbol) ?? known.get(symbol);
    if (margin === undefined) return [];
    return {
      symbol,
      ...(held.get(symbol) ?? { long: "0", short: "0" }),
      openBuy: openQuantity(orders, symbol, "buy"),
      openSell: openQuantity(orders, symbol, "sell"),
      isHedged: opening.accounting === "hedging",
      margin,
    };
  });
}
