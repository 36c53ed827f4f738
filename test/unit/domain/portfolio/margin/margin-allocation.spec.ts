import type { PortfolioEvent } from "../../../../../domain/portfolio/messages.ts";
import type { TradeRow } from "../../../../../domain/shared/journal.ts";
import { type Command, type LivePortfolio } from "../given.ts";
import { marginPortfolio, trade } from "./margin-desk.ts";

function lastTrade(live: LivePortfolio): TradeRow {
  const fills = live.recorded.flatMap(({ event }) =>
    event.type === "FillApplied" ? [event.trade] : [],
  );
  const last = fills.at(-1);
  if (last === undefined) throw new Error("nothing was filled");
  return last;
}

function allocate(live: LivePortfolio, quantity: string, of: TradeRow) {
  const parts = [{ portfolioId: "pf-2", quantity }];
  const command = { type: "AllocateTrade", multiplier: "1", requestedBy: "user-1" } as const;
  return live.when({ ...command, trade: of, parts });
}

function take(live: LivePortfolio, part: Partial<TradeRow>): readonly PortfolioEvent[] {
  const giver = marginPortfolio();
  trade(giver, { orderId: "b", side: "buy", quantity: "10", price: "100" });
  const command: Command<"TakeAllocation"> = {
    type: "TakeAllocation",
    allocationId: "al-1",
    trade: { ...lastTrade(giver), tradeId: "al-1", ...part },
    multiplier: "1",
    from: { portfolioId: "pf-0", tradeId: "t-0" },
  };
  return live.when(command).events;
}

describe("allocations of margin portfolios", () => {
  it("give away what they hold, and what was sold short as far as it was", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "s", side: "sell", quantity: "50", price: "100" });
    allocate(live, "50", lastTrade(live));
    expect(live.summary()).toMatchObject({ cash: "10000", positions: [] });
  });

  it("give nothing away that would open more than the margin covers", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "b", side: "buy", quantity: "200", price: "100" });
    const bought = lastTrade(live);
    trade(live, { orderId: "s", side: "sell", quantity: "200", price: "100" });
    trade(live, { orderId: "t", side: "sell", quantity: "100", price: "100" });
    expect(() => allocate(live, "101", bought)).toThrow("of margin is missing");
    expect(() => allocate(live, "100", bought)).not.toThrow();
  });

  it("take what their margin covers, and say why not", () => {
    const live = marginPortfolio();
    expect(take(live, { quantity: "200" })).toMatchObject([{ type: "FillApplied" }]);
    expect(take(live, { quantity: "1", tradeId: "al-2", execId: "other" })).toMatchObject([
      { type: "AllocationRefused", reason: "50 of margin is missing for it" },
    ]);
    const other = { symbol: "MSFT", tradeId: "al-3", execId: "third" };
    expect(take(live, other)).toMatchObject([
      { reason: "without the prices of AAPL it is not known" },
    ]);
  });
});
