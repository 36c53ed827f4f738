import { planRebalance } from "../../../../../domain/risk/construction/rebalance.ts";
import { dec } from "../../../../../domain/shared/decimal.ts";

const terms = { equity: dec("1000"), cashBuffer: dec("0.1"), minTradeNotional: dec("50") };
const line = (symbol: string, held: string, weight: string, unit: string, lotSize = "1") => ({
  symbol,
  held,
  targetWeight: dec(weight),
  unitValue: dec(unit),
  lotSize,
});

describe("a rebalance", () => {
  it("sells before it buys, rounds towards zero, and leaves out what is not worth it", () => {
    const plan = planRebalance(
      [
        line("BUY", "0", "0.5", "7"),
        line("SELL", "30", "0", "10"),
        line("SAME", "9", "0.1", "10"),
        line("SMALL", "0", "0.04", "10"),
        line("ODD", "10.5", "0.105", "9", "1"),
      ],
      terms,
    );
    expect(
      plan.trades.map(({ symbol, side, quantity }) => [symbol, side, quantity.toFixed()]),
    ).toEqual([
      ["SELL", "sell", "30"],
      ["BUY", "buy", "64"],
    ]);
    expect(plan.untraded).toEqual([
      { symbol: "SAME", reason: "ON_TARGET" },
      { symbol: "SMALL", reason: "BELOW_MIN_NOTIONAL" },
      { symbol: "ODD", reason: "BELOW_LOT" },
    ]);
  });

  it("goes through zero to be short", () => {
    const { trades } = planRebalance([line("X", "2", "-0.5", "100")], terms);
    expect(trades).toMatchObject([{ side: "sell" }]);
    expect(trades[0]?.quantity.toFixed()).toBe("6");
  });
});
