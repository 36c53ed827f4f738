import assert from "node:assert/strict";
import { assertBalanced } from "../../../../domain/portfolio/ledger.ts";
import type { PortfolioEvent } from "../../../../domain/portfolio/messages.ts";
import { type Account, buyingPower } from "../../../../domain/portfolio/state.ts";
import { openQuantity } from "../../../../domain/portfolio/open-orders.ts";
import { get, keys, values } from "../../../../domain/shared/bucket-map.ts";
import { type Decimal, dec, text, ZERO } from "../../../../domain/shared/decimal.ts";
import type { LivePortfolio } from "./given.ts";

/** The laws of a portfolio, checked after every step; each look takes in the events that came since the last one. */
export class Laws {
  private readonly live: LivePortfolio;
  /** debits − credits by ledger account */
  private readonly totals = new Map<string, Decimal>();
  private seen = 0;
  private isNegative = false;

  constructor(live: LivePortfolio) {
    this.live = live;
  }

  /** @throws AssertionError naming the law that is broken */
  check({ isOrderly }: { readonly isOrderly: boolean }): void {
    const { account } = this.live.state;
    assert(account !== null, "the portfolio is gone");
    const events = this.live.recorded.slice(this.seen).map(({ event }) => event);
    this.seen = this.live.recorded.length;
    this.addUp(events);
    checkMoney(account);
    checkHolds(account);
    checkKeptTotals(account);
    this.checkLedger(account);
    this.checkBuyingPower(account, events, isOrderly);
  }

  private addUp(events: readonly PortfolioEvent[]): void {
    const entries = events.flatMap((event) => ("ledger" in event ? event.ledger : []));
    assertBalanced(entries);
    for (const { account, debit, credit } of entries)
      this.totals.set(account, this.total(account).plus(debit).minus(credit));
  }

  private checkLedger(account: Account): void {
    const all = sum([...this.totals.values()].map((total) => text(total)));
    assert.equal(text(all), "0", "the ledger as a whole balances");
    assert.equal(text(this.total("cash")), account.cash, "the ledger's cash is the cash");
    assert.equal(text(this.total("fees")), account.fees, "the ledger's fees are the fees");
    const profit = text(this.total("realizedPnl").negated());
    assert.equal(profit, account.realizedPnl, "the ledger's profit is the profit");
    for (const { symbol, cost } of values(account.positions))
      assert.equal(text(this.total(`positions:${symbol}`)), cost, `the ledger's cost of ${symbol}`);
  }

  /** A disorderly venue may overdraw a portfolio, but never without an alarm; an orderly one never does. */
  private checkBuyingPower(
    account: Account,
    events: readonly PortfolioEvent[],
    isOrderly: boolean,
  ): void {
    const alarms = events.flatMap((event) => (event.type === "FillApplied" ? event.alarms : []));
    const wasNegative = this.isNegative;
    this.isNegative = dec(buyingPower(account)).isNegative();
    if (isOrderly) {
      assert.deepEqual(alarms, [], "an orderly venue raises no alarm");
      assert(!this.isNegative, "buying power is not negative");
    }
    if (alarms.includes("BuyingPowerExceeded")) assert(this.isNegative, "the alarm is true");
    else assert(!this.isNegative || wasNegative, "an overdraft raises an alarm");
  }

  private total(account: string): Decimal {
    return this.totals.get(account) ?? ZERO;
  }
}

function checkMoney(account: Account): void {
  const positions = values(account.positions);
  const cost = sum(positions.map((position) => position.cost));
  const kept = cost.plus(account.cash).plus(account.fees).minus(account.realizedPnl);
  assert.equal(text(kept), account.opening.initialCash, "cash + cost + fees − profit is conserved");
  for (const { quantity, lots } of positions)
    assert.equal(text(sum(lots.map((lot) => lot.quantity))), quantity, "lots add up to positions");
}

function checkHolds(account: Account): void {
  const holds = values(account.orders.byId).map(({ hold }) => hold);
  assert.equal(account.reserved, text(sum(holds.map(({ cash }) => cash))), "reserved = Σ holds");
  for (const { orderId, cash, quantity } of holds) {
    assert(!dec(cash).isNegative(), `the hold of ${orderId} is not negative`);
    assert(dec(quantity).greaterThan(ZERO), `${orderId} holds for something`);
  }
}

/** What is kept beside the orders and positions, so that no turn walks through them, is what walking would find. */
function checkKeptTotals({ orders, positions, positionsCost }: Account): void {
  const cost = sum(values(positions).map((position) => position.cost));
  assert.equal(positionsCost, text(cost), "the cost of all positions is their sum");
  const open = values(orders.byId);
  const bySymbol = Map.groupBy(open, ({ hold }) => hold.symbol);
  assert.deepEqual(keys(orders.bySymbol).toSorted(), [...bySymbol.keys()].toSorted());
  for (const [symbol, ofSymbol] of bySymbol)
    for (const side of ["buy", "sell"] as const) {
      const holds = ofSymbol.map(({ hold }) => hold).filter((hold) => hold.side === side);
      const quantity = text(sum(holds.map((hold) => hold.quantity)));
      assert.equal(openQuantity(orders, symbol, side), quantity, `open ${side}s of ${symbol}`);
    }
  const byClOrdId = Map.groupBy(open, ({ approved }) => approved.clOrdId);
  assert.deepEqual(keys(orders.byClOrdId).toSorted(), [...byClOrdId.keys()].toSorted());
  for (const [clOrdId, namesakes] of byClOrdId)
    assert.deepEqual(
      get(orders.byClOrdId, clOrdId)?.toSorted(),
      namesakes.map(({ approved }) => approved.orderId).toSorted(),
      `orders of ${clOrdId}`,
    );
}

function sum(amounts: readonly string[]): Decimal {
  let total = ZERO;
  for (const amount of amounts) total = total.plus(amount);
  return total;
}
