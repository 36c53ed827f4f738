import { onlyReduces } from "../../risk/reducing.ts";
import { dec, type DecimalString, text } from "../../shared/decimal.ts";
import type { RiskBoard } from "../market-view.ts";
import { openQuantity } from "../open-orders.ts";
import { type Account, openPositions, positionOf } from "../state.ts";
import { type Line, type MarginInput, marginState } from "./margin-state.ts";
import { marginInput } from "./margin-summary.ts";
import type { MarginTerms } from "./terms.ts";

/** Units that come into a margin portfolio or leave it without an order of its own. */
export interface Move {
  readonly symbol: string;
  /** of the position that they come into or leave: the symbol, or an id where positions stand side by side */
  readonly key: string;
  /** `buy`: they come in */
  readonly side: "buy" | "sell";
  readonly quantity: DecimalString;
  readonly price: DecimalString;
  readonly multiplier: DecimalString;
  readonly fees: DecimalString;
}

const UNSEEN: RiskBoard = { asOfMs: 0, marks: {}, rates: {} };

/**
 * Whether the margin that there is covers them, at the price of the move and the prices of the board.
 * @returns why not; null where it does, or where they only make a position smaller
 */
export function whyUncovered(
  account: Account,
  terms: MarginTerms,
  move: Move,
  board: RiskBoard = UNSEEN,
): string | null {
  const { symbol, key, side, quantity } = move;
  const offered = {
    positionQty: positionOf(account, key)?.quantity ?? "0",
    openBuyQty: openQuantity(account.orders, key, "buy"),
    openSellQty: openQuantity(account.orders, key, "sell"),
  };
  if (onlyReduces(side, dec(quantity), offered)) return null;
  const input = marginInput(account, openPositions(account), terms);
  const state = marginState(withMove(input, move), {
    ...board,
    marks: { ...board.marks, [symbol]: move.price },
  });
  if ("missing" in state)
    return `without the prices of ${state.missing.join(", ")} it is not known`;
  const left = dec(state.excess).minus(move.fees);
  return left.isNegative() ? `${text(left.negated())} of margin is missing for it` : null;
}

/** As if it were an open order. */
function withMove(input: MarginInput, move: Move): MarginInput {
  const { symbol, key, side, quantity, multiplier } = move;
  const known = input.lines.find((line) => line.symbol === symbol);
  const line: Line = known ?? {
    symbol,
    long: "0",
    short: "0",
    openBuy: "0",
    openSell: "0",
    isHedged: key !== symbol,
    margin: { multiplier, currency: input.baseCurrency, initial: null, maintenance: null },
  };
  const field = side === "buy" ? "openBuy" : "openSell";
  const moved = { ...line, [field]: text(dec(line[field]).plus(quantity)) };
  return { ...input, lines: [...input.lines.filter((one) => one.symbol !== symbol), moved] };
}
