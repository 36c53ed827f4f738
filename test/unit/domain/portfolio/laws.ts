import assert from "node:assert/strict";
import { assertBalanced } from "../../../../domain/portfolio/ledger.ts";
import { financingPaid } from "../../../../domain/portfolio/margin/margin-book.ts";
import type { PortfolioEvent } from "../../../../domain/portfolio/messages.ts";
import { type Account, buyingPower, settledCash } from "../../../../domain/portfolio/state.ts";
import { openQuantity } from "../../../../domain/portfolio/open-orders.ts";
import { get, keys, values } from "../../../../domain/shared/bucket-map.ts";
import { Decimal, dec, text, ZERO } from "../../../../domain/shared/decimal.ts";
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
    checkHolds(account, isOrderly);
    checkKeptTotals(account);
    this.checkLedger(account);
    if (account.opening.margin === undefined) this.checkBuyingPower(account, events, isOrderly);
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
    const { afterTrade } = account;
    assert.equal(text(this.total("cash")), settledCash(account), "the ledger's cash has settled");
    const unsettled = this.total("unsettled:payable").plus(this.total("unsettled:receivable"));
    assert.equal(text(unsettled), afterTrade.unsettledCash, "the ledger's claims are the claims");
    const dividends = this.total("dividends").plus(this.total("withholdingTax")).negated();
    assert.equal(text(dividends), afterTrade.dividends, "the ledger's dividends are the dividends");
    const capital = dec(account.opening.initialCash).plus(afterTrade.netDeposits);
    assert.equal(text(this.total("capital").negated()), text(capital), "the capital was paid in");
    assert.equal(text(this.total("fees")), account.fees, "the ledger's fees are the fees");
    const financing = text(this.total("interest").plus(this.total("borrowFees")));
    assert.equal(financing, financingPaid(account.marginBook), "the ledger's financing was paid");
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
    const alarms = events.flatMap((event) => ("alarms" in event ? event.alarms : []));
    const wasNegative = this.isNegative;
    this.isNegative = dec(buyingPower(account)).isNegative();
    if (isOrderly) {
      assert.deepEqual(alarms, [], "an orderly venue raises no alarm");
      assert(!this.isNegative, "buying power is not negative");
    }
    if (alarms.includes("BuyingPowerExceeded")) assert(this.isNegative, "the alarm is true");
    // The answer to an amendment of a leg may be heard after a sibling's fill that came later: it holds for that once more,
    // until the venue's word that it has made the leg smaller.
    const hasAnswer = events.some(({ type }) => type === "AmendConcluded");
    if (alarms.length === 0 && !hasAnswer)
      assert(!this.isNegative || wasNegative, "an overdraft raises an alarm");
  }

  private total(account: string): Decimal {
    return this.totals.get(account) ?? ZERO;
  }
}

function checkMoney(account: Account): void {
  const positions = values(account.positions);
  const cost = sum(positions.map((position) => position.cost));
  const { netDeposits, dividends, unsettled, unsettledCash } = account.afterTrade;
  const kept = cost
    .plus(account.cash)
    .plus(account.fees)
    .plus(financingPaid(account.marginBook))
    .minus(account.realizedPnl);
  const paidIn = dec(account.opening.initialCash).plus(netDeposits).plus(dividends);
  assert.equal(text(kept), text(paidIn), "cash + cost + fees + financing − profit is conserved");
  const claims = sum(values(unsettled).map(({ amount }) => amount));
  assert.equal(unsettledCash, text(claims), "the claims are their sum");
  for (const { quantity, lots } of positions)
    assert.equal(text(sum(lots.map((lot) => lot.quantity))), quantity, "lots add up to positions");
}

function checkHolds(account: Account, isOrderly: boolean): void {
  const reserved = sum(heldTogether(account.orders).map(({ cash }) => cash));
  assert.equal(account.reserved, text(reserved), "reserved = Σ holds, a group's counted once");
  for (const { hold, approved } of values(account.orders.byId)) {
    const { orderId, cash, quantity } = hold;
    assert(!dec(cash).isNegative(), `the hold of ${orderId} is not negative`);
    assert(!dec(quantity).isNegative(), `${orderId} holds for a quantity`);
    // Nothing is left of a leg that its siblings have filled, nor of one whose amendment its fills have overtaken, until its
    // end is heard.
    const mayBeEmpty = !isOrderly || approved.ocoGroup !== undefined;
    assert(mayBeEmpty || quantity !== "0", `${orderId} holds for something`);
  }
}

/** Each order's hold; of the legs of a group the largest. */
function heldTogether({ byId }: Account["orders"]) {
  const open = values(byId);
  const groups = Map.groupBy(open, ({ approved }) => approved.ocoGroup ?? approved.orderId);
  return [...groups.values()].map((legs) => ({
    symbol: legs[0]?.hold.symbol ?? "",
    side: legs[0]?.hold.side ?? "buy",
    quantity: text(Decimal.max(...legs.map(({ hold }) => hold.quantity))),
    cash: text(Decimal.max(...legs.map(({ hold }) => hold.cash))),
  }));
}

/** What is kept beside the orders and positions, so that no turn walks through them, is what walking would find. */
function checkKeptTotals({ orders, positions, positionsCost }: Account): void {
  const cost = sum(values(positions).map((position) => position.cost));
  assert.equal(positionsCost, text(cost), "the cost of all positions is their sum");
  const open = values(orders.byId);
  const holding = open.filter(({ hold }) => hold.quantity !== "0");
  const bySymbol = Map.groupBy(holding, ({ hold }) => hold.symbol);
  assert.deepEqual(keys(orders.bySymbol).toSorted(), [...bySymbol.keys()].toSorted());
  for (const [symbol, ofSymbol] of bySymbol)
    for (const side of ["buy", "sell"] as const) {
      const holds = heldTogether(orders).filter(
        (hold) => hold.symbol === symbol && hold.side === side && hold.quantity !== "0",
      );
      assert.equal(
        holds.length > 0,
        ofSymbol.some(({ hold }) => hold.side === side),
      );
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
