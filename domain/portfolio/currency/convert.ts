import type { Decision, Env } from "../../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../../shared/decimal.ts";
import { Refusal } from "../../shared/errors.ts";
import { minorUnit } from "../../risk/minor-unit.ts";
import type { TransactionReceipt } from "../after-trade-messages.ts";
import type { Posting } from "../ledger.ts";
import type { Account } from "../state.ts";
import { receipt, transaction } from "../transaction-entries.ts";
import { inBaseOf, movableIn, rateFor, toBase } from "./currency-book.ts";
import type { ConvertCash, CurrencyConverted, InBase } from "./messages.ts";
import { allowedCurrencies, allowsCurrency } from "./terms.ts";

const BPS = 10_000;

/** A conversion in amounts. */
interface Terms {
  /** of `from` */
  readonly sold: Decimal;
  /** of `to`, before the fee */
  readonly gross: Decimal;
  /** of `to` */
  readonly fee: Decimal;
  /** what is sold is worth, in the base currency */
  readonly value: Decimal;
}

/**
 * Cash of one currency for cash of another at the rate of the command. What comes in is rounded down to the minor unit of its
 * currency, the fee up; only settled cash that no order holds can be converted.
 * @throws Refusal for another currency than the portfolio may hold, for more than there is, and where it is worth less than
 *         the smallest unit of what is bought
 */
export function convertCash(
  account: Account,
  command: ConvertCash,
  env: Env,
): Decision<CurrencyConverted, TransactionReceipt> {
  refuse(account, command);
  const { from, to, rate, source, memo, effectiveAtMs } = command;
  const terms = termsOf(account, command);
  const { sold, gross, fee } = terms;
  const bought = gross.minus(fee);
  const { baseCurrency } = account.opening;
  const transactionId = env.id("ledger");
  const ledger = transaction(
    account,
    env,
    `conversion of ${text(sold)} ${from} into ${to} at ${rate}: ${memo}`,
    conversionPostings(command, terms),
    transactionId,
  );
  const baseChange = from === baseCurrency ? sold.negated() : to === baseCurrency ? bought : ZERO;
  return {
    events: [
      {
        type: "CurrencyConverted",
        transactionId,
        from,
        to,
        sold: text(sold),
        bought: text(bought),
        fee: text(fee),
        rate,
        source,
        baseChange: text(baseChange),
        baseFee: to === baseCurrency ? text(fee) : "0",
        inBase: sidesOf(account, command, terms),
        memo,
        effectiveAtMs,
        ledger,
      },
    ],
    reply: {
      ...receipt(transactionId, sold.negated(), null, effectiveAtMs, env),
      currency: from,
      conversion: {
        from,
        to,
        sold: text(sold),
        bought: text(bought),
        fee: text(fee),
        rate,
        source,
      },
    },
  };
}

/** Each currency balances by itself: what leaves one and comes into the other goes over the clearing account `fx`. */
export function conversionPostings(
  { from, to }: Pick<ConvertCash, "from" | "to">,
  { sold, gross, fee }: Omit<Terms, "value">,
): readonly Posting[] {
  return [
    { account: "cash", currency: from, amount: sold.negated() },
    { account: "fx", currency: from, amount: sold },
    { account: "cash", currency: to, amount: gross.minus(fee) },
    { account: "fees", currency: to, amount: fee },
    { account: "fx", currency: to, amount: gross.negated() },
  ];
}

function refuse(account: Account, { from, to, amount }: ConvertCash): void {
  const { opening, portfolioId, status } = account;
  if (status === "closed")
    throw new Refusal("conflict", "PORTFOLIO_CLOSED", `${portfolioId} is closed`);
  const other = [from, to].find((currency) => !allowsCurrency(opening, currency));
  if (other !== undefined)
    throw new Refusal(
      "invalid",
      "CURRENCY_NOT_ALLOWED",
      `the portfolio holds ${allowedCurrencies(opening)}, and no ${other}`,
      { currency: other },
    );
  const available = movableIn(account, from);
  if (available.lessThan(amount))
    throw new Refusal(
      "conflict",
      "CONVERSION_EXCEEDS_CASH",
      `${amount} ${from} is more than the ${text(available)} that is settled and not held`,
      { available: text(available) },
    );
}

function termsOf(account: Account, command: ConvertCash): Terms {
  const { from, to, amount, rate, baseRate } = command;
  const { baseCurrency, currencies } = account.opening;
  const unit = minorUnit(to);
  const sold = dec(amount);
  const gross = sold.times(rate).dividedBy(unit).floor().times(unit);
  if (gross.lessThanOrEqualTo(ZERO))
    throw new Refusal(
      "invalid",
      "AMOUNT_TOO_SMALL",
      `${amount} ${from} is worth less than ${unit} ${to}`,
    );
  const charged = gross.times(currencies?.feeBps ?? "0").dividedBy(BPS);
  const fee = Decimal.min(charged.dividedBy(unit).ceil().times(unit), gross);
  const value =
    from === baseCurrency
      ? sold
      : to === baseCurrency
        ? gross
        : toBase(sold, rateFor(account, from, baseRate));
  return { sold, gross, fee, value };
}

function sidesOf(
  account: Account,
  { from, to }: ConvertCash,
  { sold, gross, fee, value }: Terms,
): readonly InBase[] {
  const { baseCurrency } = account.opening;
  const out =
    from === baseCurrency
      ? []
      : [
          inBaseOf(account, {
            currency: from,
            rate: value.dividedBy(sold),
            cashChange: sold.negated(),
            flows: {},
            transferred: value.negated(),
          }),
        ];
  if (to === baseCurrency) return out;
  return [
    ...out,
    inBaseOf(account, {
      currency: to,
      rate: value.dividedBy(gross),
      cashChange: gross.minus(fee),
      flows: { fees: fee },
      transferred: value,
    }),
  ];
}
