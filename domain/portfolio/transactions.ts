import { minorUnit } from "../risk/minor-unit.ts";
import type { Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import { adjustForDividend } from "./adjust-orders.ts";
import type {
  AfterTradeCommand,
  AfterTradeEvent,
  TransactionReceipt,
} from "./after-trade-messages.ts";
import { marginOf } from "./margin/margin-call.ts";
import type { PortfolioEvent } from "./messages.ts";
import { foreignPart, movableIn } from "./currency/currency-book.ts";
import { allowedCurrencies, allowsCurrency } from "./currency/terms.ts";
import { type Account, summarizePosition } from "./state.ts";
import { heldPositions, receipt, sumOf, transaction } from "./transaction-entries.ts";

type Command<T extends AfterTradeCommand["type"]> = Extract<AfterTradeCommand, { type: T }>;
type Transacted = Decision<AfterTradeEvent, TransactionReceipt>;

/**
 * Cash that comes or goes. Only settled cash that no order holds can be withdrawn: what was sold is not there before it has
 * been paid for.
 * @throws Refusal when more is asked for, or the portfolio is closed
 */
export function moveCash(account: Account, command: Command<"MoveCash">, env: Env): Transacted {
  refuseClosed(account);
  const { direction, memo, effectiveAtMs } = command;
  const { baseCurrency } = account.opening;
  const { currency = baseCurrency } = command;
  refuseCurrency(account, currency);
  const amount = dec(command.amount);
  const available = direction === "withdraw" ? withdrawable(account, command, currency) : ZERO;
  if (direction === "withdraw" && amount.greaterThan(available))
    throw new Refusal(
      "conflict",
      "WITHDRAWAL_EXCEEDS_CASH",
      account.opening.margin === undefined
        ? `${text(amount)} is more than the ${text(available)} that is settled and not held`
        : `${text(amount)} is more than the ${text(available)} that no position and no order needs as margin`,
      { available: text(available) },
    );
  const signed = direction === "withdraw" ? amount.negated() : amount;
  const transactionId = env.id("ledger");
  const postings = [
    { account: "cash", amount: signed },
    { account: "capital", amount: signed.negated() },
  ];
  const words = `${direction}: ${memo}`;
  const ledger = transaction(account, env, words, postings, transactionId, currency);
  const flow = { currency, told: command.baseRate, cashChange: signed };
  return {
    events: [
      {
        type: "CashMoved",
        transactionId,
        amount: text(signed),
        ...foreignPart(account, { ...flow, flows: { netDeposits: signed } }),
        memo,
        effectiveAtMs,
        ledger,
      },
    ],
    reply: {
      ...receipt(transactionId, signed, null, effectiveAtMs, env),
      ...(currency !== baseCurrency && { currency }),
    },
  };
}

function refuseCurrency({ opening }: Account, currency: string): void {
  if (allowsCurrency(opening, currency)) return;
  const message = `the portfolio holds ${allowedCurrencies(opening)}, and no ${currency}`;
  throw new Refusal("invalid", "CURRENCY_NOT_ALLOWED", message, { currency });
}

/** Of a margin portfolio what is beyond its initial margin, which may be borrowed. @throws Refusal where that is not known */
function withdrawable(account: Account, { board }: Command<"MoveCash">, currency: string): Decimal {
  if (account.opening.margin === undefined) return movableIn(account, currency);
  const state = marginOf(account, board ?? { asOfMs: 0, marks: {}, rates: {} });
  if (state === null)
    throw new Refusal(
      "invalid",
      "INSUFFICIENT_DATA",
      "without a price of everything that it holds nobody knows what the portfolio can do without",
    );
  return dec(state.excess);
}

/**
 * A cash dividend on what the portfolio holds now; a short position pays it. Amounts are in the currency's minor unit: what
 * comes in is rounded down, what goes out and the tax up.
 * @throws Refusal without a position
 */
export function payDividend(
  account: Account,
  command: Command<"PayDividend">,
  env: Env,
): Decision<PortfolioEvent, TransactionReceipt> {
  const { symbol, perUnit, withholdingRate, adjust, memo, effectiveAtMs } = command;
  const positions = heldPositions(account, symbol);
  const [{ currency }] = positions;
  const unit = minorUnit(currency);
  // Floor: a positive amount down, a negative one away from zero. Tax is of what each long position gets.
  const amounts = positions.map((position) => {
    const gross = dec(position.quantity).times(perUnit).dividedBy(unit).floor().times(unit);
    const tax = Decimal.max(gross, ZERO).times(withholdingRate).dividedBy(unit).ceil().times(unit);
    return { gross, tax };
  });
  const gross = sumOf(amounts.map((amount) => amount.gross));
  const tax = sumOf(amounts.map((amount) => amount.tax));
  const net = gross.minus(tax);
  const transactionId = env.id("ledger");
  const postings = [
    { account: "cash", amount: net },
    { account: "withholdingTax", amount: tax },
    { account: "dividends", amount: gross.negated() },
  ];
  const words = `dividend of ${perUnit} on ${symbol}: ${memo}`;
  const ledger = transaction(account, env, words, postings, transactionId, currency);
  const flow = { currency, told: command.baseRate, cashChange: net };
  const quantity = text(sumOf(positions.map((position) => dec(position.quantity))));
  const money = { gross: text(gross), withheld: text(tax) };
  const adjusted =
    adjust === undefined ? null : adjustForDividend(account, { symbol, perUnit, ...adjust }, env);
  return {
    events: [
      {
        type: "DividendPaid",
        transactionId,
        symbol,
        quantity,
        perUnit,
        ...money,
        net: text(net),
        ...foreignPart(account, { ...flow, flows: { dividends: net } }),
        memo,
        effectiveAtMs,
        ledger,
      },
      ...(adjusted?.events ?? []),
    ],
    effects: adjusted?.effects ?? [],
    reply: {
      ...receipt(transactionId, net, summarizePosition(positions[0]), effectiveAtMs, env),
      ...(currency !== account.opening.baseCurrency && { currency }),
      dividend: money,
      adjustedOrders: adjusted?.orders ?? [],
    },
  };
}

function refuseClosed({ status, portfolioId }: Account): void {
  if (status === "closed")
    throw new Refusal("conflict", "PORTFOLIO_CLOSED", `${portfolioId} is closed`);
}
