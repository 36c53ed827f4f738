import { isoDate } from "../../execution/settlement.ts";
import type { Decision, Env } from "../../shared/decider.ts";
import { Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { ledgerTransaction } from "../ledger.ts";
import type { Account } from "../state.ts";
import { shortsOf, withMarginEvent } from "./evolve-margin.ts";
import type { EndedDays, ShortUnits } from "./margin-book.ts";
import { rateOf } from "./margin-state.ts";
import type {
  BorrowFee,
  DayMark,
  FinancingReceipt,
  MarginCommand,
  MarginEvent,
} from "./messages.ts";
import type { FinancingTerms } from "./terms.ts";

type AccrueFinancing = Extract<MarginCommand, { type: "AccrueFinancing" }>;
type Accrued = Extract<MarginEvent, { type: "FinancingAccrued" }>;
type Balances = Pick<EndedDays, "cash" | "shorts">;

/** Days in one turn: a longer absence takes several. */
export const DAYS_IN_TURN = 92;
/** Money is charged in steps of this many decimals: what is paid is rounded up, what is earned down. */
const CHARGE_DECIMALS = 8;
const DAY_MS = 86_400_000;

/**
 * Charges each calendar day that has ended and was not charged before, one after the other, on what the portfolio had at its
 * end: simple interest a day, which is in the next day's balance.
 *
 *     interest = balance × rate / dayCount,  balance = cash − market value of shorts
 *     borrow fee = quantity × mark × multiplier × borrow rate / dayCount, of each short position
 *
 * Cash is that of the trade date. The proceeds of a short sale are its lender's security and neither earn interest nor make up
 * for what is owed. A day whose exchange rate is not known is not charged yet, nor any after it.
 */
export function accrueFinancing(
  account: Account,
  command: AccrueFinancing,
  env: Env,
): Decision<MarginEvent, FinancingReceipt> {
  const { financing: terms } = account.opening;
  const events = terms === undefined ? [] : accrueDays(account, terms, command, env);
  const cashChange = events.reduce((sum, event) => sum.plus(event.cashChange), ZERO);
  return { events, reply: { days: events.map(({ day }) => day), cashChange: text(cashChange) } };
}

function accrueDays(
  account: Account,
  terms: FinancingTerms,
  command: AccrueFinancing,
  env: Env,
): readonly Accrued[] {
  let after = account;
  const events: Accrued[] = [];
  while (events.length < DAYS_IN_TURN) {
    const day = nextDay(after);
    if (day === null || day > command.throughDay) break;
    const event = accrued(after, terms, { day, command }, env);
    if (event === null) break;
    events.push(event);
    after = withMarginEvent(after, event, env.nowMs);
  }
  return events;
}

function nextDay({ marginBook: { financing } }: Account): number | null {
  return financing.ended[0]?.first ?? financing.openDay;
}

interface OfDay {
  readonly day: number;
  readonly command: AccrueFinancing;
}

function accrued(
  account: Account,
  terms: FinancingTerms,
  { day, command }: OfDay,
  env: Env,
): Accrued | null {
  const { cash, shorts } = balancesOn(account, day);
  const costs: ShortCost[] = [];
  for (const short of shorts) {
    const cost = costOf(account, short, terms, { day, command });
    if (cost === null) return null;
    costs.push(cost);
  }
  const balance = costs.reduce((sum, { value }) => sum.minus(value), dec(cash));
  const interest = interestOn(balance, terms);
  const borrowFees = costs.flatMap(({ fee }) => (fee === null ? [] : [fee]));
  const borrowed = borrowFees.reduce((sum, { fee }) => sum.plus(fee), ZERO);
  const change = interest.plus(borrowed).negated();
  const transactionId = env.id(`financing:${day}`);
  const heading = {
    transactionId,
    portfolioId: account.portfolioId,
    currency: account.opening.baseCurrency,
    memo: `financing of ${isoDate(day)}`,
    orderId: null,
    tradeId: null,
    atMs: env.nowMs,
  };
  return {
    type: "FinancingAccrued",
    transactionId,
    day,
    balance: text(balance),
    interest: text(interest),
    borrowFees,
    cashChange: text(change),
    effectiveAtMs: (day + 1) * DAY_MS - 1,
    ledger: ledgerTransaction(heading, [
      { account: "cash", amount: change },
      { account: "interest", amount: interest },
      { account: "borrowFees", amount: borrowed },
    ]),
  };
}

function balancesOn(account: Account, day: number): Balances {
  const { ended } = account.marginBook.financing;
  const past = ended.find(({ first, last }) => first <= day && day <= last);
  return past ?? { cash: account.cash, shorts: shortsOf(account) };
}

/** Positive: to be paid. */
function interestOn(balance: Decimal, { debitRate, creditRate, dayCount }: FinancingTerms) {
  const rate = balance.isNegative() ? debitRate : creditRate;
  const interest = balance.negated().times(rate).dividedBy(dayCount);
  // Towards +∞: up what is paid, and down what is earned.
  return interest.toDecimalPlaces(CHARGE_DECIMALS, Decimal.ROUND_CEIL);
}

interface ShortCost {
  /** in the base currency */
  readonly value: Decimal;
  /** null: nothing is charged for it */
  readonly fee: BorrowFee | null;
}

function costOf(
  { opening }: Account,
  short: ShortUnits,
  { dayCount }: FinancingTerms,
  { day, command }: OfDay,
): ShortCost | null {
  const { symbol, quantity, multiplier, averagePrice } = short;
  const mark = markOn(command.marks, symbol, day);
  const price = mark?.price ?? averagePrice;
  const exchange = rateOf(command, short.currency, opening.baseCurrency);
  if (exchange === null) return null;
  const value = dec(quantity).times(price).times(multiplier).times(exchange);
  const rate = borrowRateOf(command, symbol);
  if (dec(rate).isZero()) return { value, fee: null };
  const fee = value.times(rate).dividedBy(dayCount);
  return {
    value,
    fee: {
      symbol,
      quantity,
      mark: price,
      markDay: mark?.day ?? null,
      rate,
      fee: text(fee.toDecimalPlaces(CHARGE_DECIMALS, Decimal.ROUND_CEIL)),
    },
  };
}

function borrowRateOf({ borrowRates }: AccrueFinancing, symbol: string): DecimalString {
  return Object.hasOwn(borrowRates, symbol) ? (borrowRates[symbol] ?? "0") : "0";
}

/** The last one that the day had seen. */
function markOn(marks: readonly DayMark[], symbol: string, day: number): DayMark | undefined {
  return marks
    .filter((mark) => mark.symbol === symbol && mark.day <= day && dec(mark.price).greaterThan(0))
    .reduce<DayMark | undefined>(
      (best, mark) => (best === undefined || mark.day >= best.day ? mark : best),
      undefined,
    );
}
