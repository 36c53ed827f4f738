import assert from "node:assert/strict";
import * as fc from "fast-check";
import { DEFAULT_CURRENCIES } from "../../../../../domain/portfolio/currency/terms.ts";
import { assertBalanced } from "../../../../../domain/portfolio/ledger.ts";
import { type Account, equityAtCost } from "../../../../../domain/portfolio/state.ts";
import { valuePortfolio } from "../../../../../domain/portfolio/valuation.ts";
import { values } from "../../../../../domain/shared/bucket-map.ts";
import {
  Decimal,
  dec,
  type DecimalString,
  text,
  ZERO,
} from "../../../../../domain/shared/decimal.ts";
import { AUTO, convert, deposit, keeping, ledgerOf } from "./currency-desk.ts";
import { currencyStep, CurrencyWorld } from "./currency-world.ts";

const HISTORY = fc.array(currencyStep, { minLength: 20, maxLength: 80 });
const CASES = [
  ["none", "average"],
  ["none", "fifo"],
  ["auto", "lifo"],
  ["auto", "average"],
] as const;

function accountOf({ live }: CurrencyWorld): Account {
  const { account } = live.state;
  assert(account !== null, "the portfolio is gone");
  return account;
}

function total(amounts: readonly DecimalString[]): Decimal {
  return amounts.reduce((sum, amount) => sum.plus(amount), ZERO);
}

/** Debits less credits by account and currency. */
function ledgerSums(world: CurrencyWorld): (account: string, currency: string) => string {
  const entries = ledgerOf(world.live);
  assertBalanced(entries);
  const sums = new Map<string, Decimal>();
  for (const { account, currency, debit, credit } of entries) {
    const key = `${account} ${currency}`;
    sums.set(key, (sums.get(key) ?? ZERO).plus(debit).minus(credit));
  }
  return (account, currency) => text(sums.get(`${account} ${currency}`) ?? ZERO);
}

function checkLedger(world: CurrencyWorld): void {
  const of = ledgerSums(world);
  const summary = world.live.summary();
  for (const balance of summary.currencies?.balances ?? []) {
    const { currency } = balance;
    assert.equal(of("cash", currency), balance.settledCash, `settled ${currency}`);
    const claims = total([of("unsettled:payable", currency), of("unsettled:receivable", currency)]);
    assert.equal(text(claims), balance.unsettledCash, `claims in ${currency}`);
    assert.equal(of("fees", currency), balance.fees, `fees in ${currency}`);
    assert.equal(text(dec(of("realizedPnl", currency)).negated()), balance.realizedPnl);
    const initial = currency === summary.baseCurrency ? summary.initialCash : "0";
    const capital = dec(of("capital", currency)).negated().minus(initial);
    assert.equal(text(capital), balance.netDeposits, `capital in ${currency}`);
    const dividends = dec(of("dividends", currency)).plus(of("withholdingTax", currency));
    assert.equal(text(dividends.negated()), balance.dividends, `dividends in ${currency}`);
  }
  for (const { symbol, currency, cost } of summary.positions)
    assert.equal(of(`positions:${symbol}`, currency), cost, `cost of ${symbol}`);
}

function checkBase(world: CurrencyWorld): void {
  const account = accountOf(world);
  const summary = world.live.summary();
  const { totals, fxPnl, balances = [] } = summary.currencies ?? {};
  assert(totals !== undefined && fxPnl !== undefined, "several currencies are kept");
  const earned = dec(totals.netDeposits)
    .plus(totals.dividends)
    .plus(totals.realizedPnl)
    .minus(totals.fees)
    .plus(fxPnl);
  const atCost = equityAtCost(account);
  assert.equal(
    text(earned.plus(summary.initialCash)),
    atCost,
    "what there is was put in or earned",
  );
  const cashCosts = balances.flatMap(({ currency, cashCost }) =>
    currency === "USD" ? [] : [cashCost],
  );
  const positions = values(account.positions).flatMap(({ baseCost }) => baseCost ?? []);
  assert.equal(text(total([...cashCosts, ...positions])), account.foreignCost, "sums are kept");
  const held = total(summary.positions.map(({ cost, baseCost }) => baseCost ?? cost));
  assert.equal(text(total(cashCosts).plus(held).plus(summary.cash)), atCost, "all is counted");
}

function checkHolds(world: CurrencyWorld): void {
  const { orders } = accountOf(world);
  const holds = values(orders.byId).map(({ hold }) => hold);
  for (const { currency, reserved, buyingPower } of world.live.summary().currencies?.balances ??
    []) {
    const own = holds.filter((hold) => hold.currency === currency).map(({ cash }) => cash);
    assert.equal(text(total(own)), reserved, `held in ${currency}`);
    assert(!dec(buyingPower).isNegative(), `${currency} is not overdrawn: ${buyingPower}`);
  }
}

function checkValue(world: CurrencyWorld): void {
  const summary = world.live.summary();
  const marks = {
    AAPL: text(world.priceOf("USD")),
    SAP: text(world.priceOf("EUR")),
    SONY: text(world.priceOf("JPY")),
  };
  const rates = { EUR: text(world.rateOf("EUR")), JPY: text(world.rateOf("JPY")) };
  const value = valuePortfolio(summary, marks, rates);
  assert(value.equity !== null && value.unrealizedPnl !== null, "everything has a price");
  for (const { inBase } of value.positions) {
    if (inBase === undefined || inBase === null) continue;
    const { priceEffect, fxEffect, unrealizedPnl } = inBase;
    assert.equal(text(dec(priceEffect).plus(fxEffect)), unrealizedPnl, "effects make the whole");
  }
  const balances = summary.currencies?.balances ?? [];
  const cash = balances.reduce(
    (sum, { currency, cash: own }) =>
      sum.plus(dec(own).times(currency === "EUR" || currency === "JPY" ? rates[currency] : "1")),
    ZERO,
  );
  const positions = dec(value.positionsValue ?? "0");
  assert.equal(text(cash.plus(positions)), value.equity, "equity is balances × rates + positions");
}

describe("the laws of a portfolio of several currencies", () => {
  it.each(CASES)(
    "hold at every step of any history (conversion %s, %s lots)",
    (conversion, lotMethod) => {
      let done = 0;
      const terms = { ...DEFAULT_CURRENCIES, conversion, feeBps: "3" };
      fc.assert(
        fc.property(HISTORY, (steps) => {
          const world = new CurrencyWorld(terms, lotMethod);
          for (const step of steps) {
            world.take(step);
            checkHolds(world);
          }
          checkLedger(world);
          checkBase(world);
          checkValue(world);
          assert.deepEqual(world.live.replayed(), world.live.state, "a replay is the same");
          done += world.done;
        }),
        { numRuns: 150 },
      );
      expect(done).toBeGreaterThan(1_000);
    },
  );

  it("a conversion at mid without fee keeps equity, but for less than a unit of what is bought", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 1_000_000 }),
        fc.integer({ min: 500_000, max: 2_000_000 }),
        fc.constantFrom("in" as const, "out" as const),
        (cents, micro, way) => {
          const rate = dec(micro).dividedBy(1_000_000);
          const live = keeping();
          live.when(deposit("10000", "EUR", text(rate)));
          const amount = text(dec(cents).dividedBy(100));
          const inverse = text(dec(1).dividedBy(rate).toSignificantDigits(15));
          const before = worth(text(rate));
          live.when(
            way === "in"
              ? convert("USD", "EUR", amount, inverse)
              : convert("EUR", "USD", amount, text(rate)),
          );
          const lost = before.minus(worth(text(rate)));
          const unit = way === "in" ? dec("0.01").times(rate) : dec("0.01");
          assert(!lost.isNegative() || lost.abs().lessThan("1e-8"), "nothing is gained");
          assert(lost.lessThan(unit), `less than ${text(unit)} is lost: ${text(lost)}`);

          function worth(at: string): Decimal {
            return dec(valuePortfolio(live.summary(), {}, { EUR: at }).equity ?? "0");
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(AUTO.conversion).toBe("auto");
  });
});
