import type { MarginContext } from "../../risk/order-facts.ts";
import { markPrice } from "../../risk/reference-price.ts";
import { type Decimal, dec, type DecimalString, text } from "../../shared/decimal.ts";
import type { MarketView, RiskBoard } from "../market-view.ts";
import { type Account, openPositions } from "../state.ts";
import { type Line, type MarginInput, marginState, rateOf } from "./margin-state.ts";
import { marginInput } from "./margin-summary.ts";
import type { SymbolMargin } from "./terms.ts";

interface Asked {
  readonly symbol: string;
  readonly market: MarketView;
  /** of the order's symbol, without the order and the legs of its group */
  readonly openBuyQty: DecimalString;
  readonly openSellQty: DecimalString;
  /** what the legs of its group hold */
  readonly groupCash: Decimal;
}

/**
 * What the margin of an order in `symbol` is checked by; null for a cash portfolio. Its own mark is the market's that came
 * with it; the others' are of the board. Without a board they are not known.
 */
export function marginContext(account: Account, asked: Asked): MarginContext | null {
  const { margin: terms, baseCurrency } = account.opening;
  if (terms === undefined) return null;
  const { symbol, market, groupCash } = asked;
  const input = marginInput(account, openPositions(account), terms);
  const board = boardOf(symbol, market);
  const isHedged = account.opening.accounting === "hedging";
  const line = lineOf(input, asked, isHedged);
  const lines = input.lines.filter((other) => other.symbol !== symbol);
  // Held and not ordered: its open orders are the check's own business.
  const held: Line = { ...line, openBuy: "0", openSell: "0" };
  const all = marginState({ ...input, lines: [...lines, held] }, board);
  const known = "missing" in all ? null : all;
  const own = known?.lines.find((one) => one.symbol === symbol);
  return {
    terms,
    isCallOpen: account.marginBook.call !== null,
    missing: "missing" in all ? all.missing : [],
    equity: known?.equity ?? "0",
    othersInitial: text(dec(known?.initial ?? "0").minus(own?.initial ?? "0")),
    reserved: text(dec(input.reserved).minus(groupCash)),
    line,
    mark: own?.mark ?? "0",
    rate: text(rateOf(board, line.margin.currency, baseCurrency) ?? dec("0")),
  };
}

function boardOf(symbol: string, { board, quote }: MarketView): RiskBoard {
  const mark = quote?.symbol === symbol ? markPrice(quote) : null;
  const marks = { ...board?.marks, [symbol]: mark === null ? null : text(mark) };
  return { asOfMs: board?.asOfMs ?? 0, marks, rates: board?.rates ?? {} };
}

/** The instrument's rates as they are now; what is not known of it denies elsewhere. */
function lineOf(
  { lines, baseCurrency }: MarginInput,
  { symbol, market, openBuyQty, openSellQty }: Asked,
  isHedged: boolean,
): Line {
  const { instrument } = market;
  const known = lines.find((line) => line.symbol === symbol);
  const unknown: SymbolMargin = {
    multiplier: "1",
    currency: baseCurrency,
    initial: null,
    maintenance: null,
  };
  const margin: SymbolMargin =
    instrument?.symbol === symbol
      ? {
          multiplier: instrument.multiplier,
          currency: instrument.currency,
          initial: instrument.initialMargin ?? null,
          maintenance: instrument.maintenanceMargin ?? null,
        }
      : (known?.margin ?? unknown);
  return {
    symbol,
    long: known?.long ?? "0",
    short: known?.short ?? "0",
    openBuy: openBuyQty,
    openSell: openSellQty,
    isHedged,
    margin,
  };
}
