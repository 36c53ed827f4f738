import { equityCurve } from "../../../../../domain/portfolio/equity-curve.ts";
import type { PortfolioEvent } from "../../../../../domain/portfolio/messages.ts";
import { linked, periodReturns } from "../../../../../domain/risk/performance/time-weighted.ts";
import { valuationsOf, within } from "../../../../../domain/risk/performance/valuations.ts";
import { dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";
import { fill, type LivePortfolio, opened } from "../../portfolio/given.ts";

const events = (live: LivePortfolio) => live.recorded.map(({ event }) => event);
const close = (closeMs: number, price: string) => ({ symbol: "AAPL", closeMs, close: price });
const at = (effectiveAtMs: number) => ({ memo: "", effectiveAtMs });

/** Bought, deposited, paid a dividend, split, withdrawn and sold in part. */
function busyYear(): LivePortfolio {
  const live = opened();
  live.when(fill({ execId: "1", price: "100", fees: "1", transactTimeMs: 100 }));
  live.when({ type: "MoveCash", direction: "deposit", amount: "5000", ...at(200) });
  live.when({
    type: "PayDividend",
    symbol: "AAPL",
    perUnit: "1",
    withholdingRate: "0.15",
    ...at(300),
  });
  live.when({
    type: "SplitPosition",
    symbol: "AAPL",
    newUnits: 4,
    oldUnits: 1,
    lotSize: "1",
    cashInLieuPrice: null,
    ...at(400),
  });
  live.when({ type: "MoveCash", direction: "withdraw", amount: "2000", ...at(500) });
  live.when(
    fill({
      execId: "2",
      side: "sell",
      quantity: "15",
      price: "30",
      fees: "2",
      transactTimeMs: 600,
    }),
  );
  return live;
}

const CLOSES = [
  close(150, "104"),
  close(250, "110"),
  close(450, "27"),
  close(550, "29"),
  close(700, "31"),
];

describe("what a portfolio was worth", () => {
  it("has each deposit and withdrawal as a flow, and nothing else", () => {
    const found = valuationsOf(events(busyYear()), equityCurve(events(busyYear()), CLOSES));
    expect(found.filter(({ flow }) => flow !== 0)).toEqual([
      { atMs: 100, value: 10_000, flow: 10_000 },
      { atMs: 200, value: 15_039, flow: 5000 },
      { atMs: 500, value: expect.any(Number), flow: -2000 },
    ]);
    expect(valuationsOf([], [])).toEqual([]);
  });

  it("its time-weighted return is that of its parts, which flows do not change", () => {
    const found = valuationsOf(events(busyYear()), equityCurve(events(busyYear()), CLOSES));
    // After fees of 1: +40 of 9,999; +60 and a dividend of 8.50 of 15,039; ...
    const [opening, bought, risen, deposited] = periodReturns(found);
    expect(opening?.value).toBeCloseTo(-1 / 10_000, 12);
    expect(bought?.value).toBeCloseTo(40 / 9999, 12);
    expect(risen?.value).toBeCloseTo(0, 12);
    expect(deposited?.value).toBeCloseTo(60 / 15_039, 12);
    const gains = found.reduce(
      (sum, { value, flow }, i) => sum + (i === 0 ? 0 : value - flow - (found[i - 1]?.value ?? 0)),
      0,
    );
    const last = found.at(-1)?.value ?? 0;
    expect(gains).toBeCloseTo(last - 10_000 - 5000 + 2000, 8);
  });

  it("within a span counts what was there when it began as put in then", () => {
    const found = valuationsOf(events(busyYear()), equityCurve(events(busyYear()), CLOSES));
    const span = within(found, 240, 460);
    expect(span[0]).toEqual({ atMs: 200, value: 15_039, flow: 15_039 });
    expect(span.at(-1)?.atMs).toBe(450);
    expect(within(found, 0, 1000)).toEqual(found);
    expect(within(found, 0, 50)).toEqual([]);
    const whole = linked(periodReturns(found));
    const parts = [within(found, 0, 300), within(found, 300, 1000)].map((part) =>
      linked(periodReturns(part)),
    );
    expect((1 + (parts[0] ?? 0)) * (1 + (parts[1] ?? 0)) - 1).toBeCloseTo(whole, 12);
  });

  it("says where what is held had no price for a week", () => {
    const live = opened();
    const week = 7 * 86_400_000;
    live.when(fill({ execId: "1", price: "100", transactTimeMs: 100 }));
    live.when({ type: "MoveCash", direction: "deposit", amount: "10", ...at(100 + week) });
    live.when(fill({ execId: "2", side: "sell", price: "100", transactTimeMs: 200 + week }));
    live.when({ type: "MoveCash", direction: "deposit", amount: "10", ...at(300 + 2 * week) });
    const found = valuationsOf(events(live), equityCurve(events(live), []));
    // Cash alone needs no price.
    expect(found.map(({ isUnpriced }) => isUnpriced ?? false)).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it("is what the ledger's accounts say, its positions at the market instead of at cost", () => {
    const live = busyYear();
    const all = events(live);
    const last = equityCurve(all, CLOSES).at(-1);
    const assets = ["cash", "unsettled:payable", "unsettled:receivable"];
    const cash = assets.reduce((sum, account) => sum.plus(balance(all, account)), ZERO);
    const cost = balance(all, "positions:AAPL");
    const { quantity, cost: lots } = positionOf(all);
    expect(text(cash)).toBe(last?.cash);
    expect(text(cost)).toBe(lots);
    const unrealized = dec(quantity).times("31").minus(cost);
    expect(text(cash.plus(cost).plus(unrealized))).toBe(last?.equity);
    // What owners put in and what was earned is the other side of the same ledger.
    const owners = ["capital", "realizedPnl", "dividends", "withholdingTax", "fees"];
    const claims = owners.reduce((sum, account) => sum.minus(balance(all, account)), ZERO);
    expect(text(claims.plus(unrealized))).toBe(last?.equity);
  });
});

function balance(all: readonly PortfolioEvent[], account: string) {
  return all
    .flatMap((event) => ("ledger" in event ? event.ledger : []))
    .filter((entry) => entry.account === account)
    .reduce((sum, { debit, credit }) => sum.plus(debit).minus(credit), ZERO);
}

function positionOf(all: readonly PortfolioEvent[]) {
  const found = all.flatMap((event) => ("position" in event ? [event.position] : [])).at(-1);
  if (found === undefined) throw new Error("expected a position");
  return found;
}
