import type { PortfolioCommand } from "../../../../../domain/portfolio/messages.ts";
import { portfolio } from "../../../../../domain/portfolio/portfolio.ts";
import { DEFAULT_CURRENCIES } from "../../../../../domain/portfolio/currency/terms.ts";
import { fill, LivePortfolio, openCommand } from "../given.ts";
import { accountsOf, balanceOf, deposit, keeping } from "./currency-desk.ts";

/** Ten units of SAP that were bought at 50 euros, a euro of fees, when one was worth 1.10. */
function giver() {
  const live = keeping();
  live.when(deposit("1000", "EUR", "1.1"));
  const { events } = live.when(fill({ symbol: "SAP", currency: "EUR", price: "50", fees: "1" }));
  const [event] = events;
  if (event?.type !== "FillApplied") throw new Error("no fill");
  return { live, trade: event.trade };
}

function taker(): LivePortfolio {
  const live = new LivePortfolio();
  live.state = portfolio.initial("pf-2");
  live.nowMs = 2_000_000_000;
  live.when(openCommand({ currencies: DEFAULT_CURRENCIES }));
  return live;
}

/** What one tells the other portfolio. */
function letters(given: ReturnType<LivePortfolio["when"]>): readonly PortfolioCommand[] {
  return given.effects.flatMap(
    (effect) =>
      // sound: portfolios are told what portfolios understand
      "to" in effect && effect.to.type === "portfolio" ? [effect.command as PortfolioCommand] : [], // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
  );
}

function allocate({ live, trade }: ReturnType<typeof giver>, to: LivePortfolio): void {
  const parts = [{ portfolioId: "pf-2", quantity: "4" }];
  const asked = { type: "AllocateTrade", trade, multiplier: "1", parts } as const;
  for (const offer of letters(live.when({ ...asked, requestedBy: "user-1" })))
    for (const answer of letters(to.when(offer))) live.when(answer);
}

describe("a trade in another currency that is allocated", () => {
  it("goes with its cost to a portfolio that keeps the currency", () => {
    const from = giver();
    const to = taker();
    to.when(deposit("500", "EUR", "1.2"));
    allocate(from, to);
    expect(from.live.summary().positions).toMatchObject([
      { quantity: "6", cost: "300", baseCost: "330" },
    ]);
    expect(balanceOf(from.live.summary(), "EUR")).toMatchObject({
      cash: "699.4",
      fees: "0.6",
      unsettledCash: "-300.6",
    });
    expect(from.live.summary().currencies?.fxPnl).toBe("0");
    expect(to.summary().positions).toMatchObject([
      { quantity: "4", cost: "200", baseCost: "240", currency: "EUR" },
    ]);
    expect(balanceOf(to.summary(), "EUR")).toMatchObject({ cash: "299.6", fees: "0.4" });
    expect(accountsOf(to)["positions:SAP EUR"]).toBe("200");
    expect(from.live.replayed()).toEqual(from.live.state);
  });

  it("comes back from one that has never heard of a rate, or has not the cash", () => {
    const from = giver();
    const before = from.live.summary();
    const to = taker();
    allocate(from, to);
    expect(to.recorded.at(-1)?.event).toMatchObject({
      type: "AllocationRefused",
      reason: "nobody knows what EUR is worth in USD",
    });
    const poor = taker();
    poor.when(deposit("100", "EUR", "1.2"));
    allocate(from, poor);
    expect(poor.recorded.at(-1)?.event).toMatchObject({ type: "AllocationRefused" });
    const after = from.live.summary();
    expect(after.positions).toEqual(before.positions);
    expect(balanceOf(after, "EUR")).toEqual(balanceOf(before, "EUR"));
    expect(from.live.replayed()).toEqual(from.live.state);
  });
});
