import { firstDifference } from "../shared/same-content.ts";
import { Refusal } from "../shared/errors.ts";
import type { AfterTradeCommand } from "./after-trade-messages.ts";
import { type RecordedSplit, splitsOf } from "./after-trade-state.ts";
import { type Account, positionsIn, summarizePosition } from "./state.ts";

type SplitPosition = Extract<AfterTradeCommand, { type: "SplitPosition" }>;

/** Sources differ by a few days on when a split took effect, and by hand it is recorded over a weekend before. */
const SAME_WITHIN_DAYS = 4;

/**
 * Whether the stored action of a split is in the books: it itself, or one of the same ratio about its ex-date, of another
 * source or by hand. What is recorded by hand has no action and is always carried out.
 * @throws Refusal CORPORATE_ACTION_AMBIGUOUS when another split since its ex-date, or what whoever looked has found, makes it
 *         doubtful what units the position is in; POSITION_CHANGED when the position is not what was looked at
 */
export function isRecorded(account: Account, command: SplitPosition): boolean {
  const { symbol, action } = command;
  if (action === undefined) return false;
  const splits = splitsOf(account.afterTrade, symbol);
  if (splits.some(({ actionId }) => actionId === action.actionId)) return true;
  const since = splits.filter(({ day }) => day >= action.exDay - SAME_WITHIN_DAYS);
  const about = since.filter(({ day }) => day <= action.exDay + SAME_WITHIN_DAYS);
  if (about.some((split) => isSameRatio(split, command))) return true;
  refuseOthers(symbol, since);
  refuseChanged(account, symbol, action.positions);
  if (action.doubt !== undefined) throw ambiguous(action.doubt, { symbol });
  return false;
}

function isSameRatio(a: RecordedSplit, b: SplitPosition): boolean {
  return a.newUnits * b.oldUnits === b.newUnits * a.oldUnits;
}

function refuseOthers(symbol: string, [other]: readonly RecordedSplit[]): void {
  if (other === undefined) return;
  const { newUnits, oldUnits } = other;
  const message = `a split ${newUnits} for ${oldUnits} of ${symbol} is recorded about that date or since`;
  throw ambiguous(message, { symbol, newUnits, oldUnits });
}

function ambiguous(message: string, data: Readonly<Record<string, string | number>>): Refusal {
  return new Refusal("conflict", "CORPORATE_ACTION_AMBIGUOUS", message, data);
}

function refuseChanged(
  account: Account,
  symbol: string,
  seen: NonNullable<SplitPosition["action"]>["positions"],
): void {
  const now = positionsIn(account, symbol)
    .filter(({ quantity }) => quantity !== "0")
    .map(summarizePosition);
  if (now.length === seen.length && now.every((one, index) => isSame(one, seen[index]))) return;
  const message = `the position in ${symbol} has changed since it was looked at`;
  throw new Refusal("conflict", "POSITION_CHANGED", message, { symbol });
}

function isSame(now: object, seen: object | undefined): boolean {
  return seen !== undefined && firstDifference(now, seen) === null;
}
