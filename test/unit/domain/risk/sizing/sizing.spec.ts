import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { dec, text } from "../../../../../domain/shared/decimal.ts";
import { capQuantity, capsOfInstrument } from "../../../../../domain/risk/sizing/caps.ts";
import {
  cppi,
  drawdownConstrained,
  growthRate,
  inverseVolatility,
  kellyFraction,
  kellyWeights,
  optimalF,
  volatilityTarget,
} from "../../../../../domain/risk/sizing/fractions.ts";
import { unitsFor, unitsRisking } from "../../../../../domain/risk/sizing/quantity.ts";
import { targetOf } from "../../../../../domain/risk/sizing/target.ts";

const LOT_1 = { pointValue: "1", lotSize: "1" };

describe("Kelly's fraction", () => {
  // Thorp (2006), The Kelly Criterion in Blackjack, Sports Betting and the Stock Market, §2: even money with p = 0.53.
  it("is p − q/b", () => {
    expect(kellyFraction(0.53, 1)).toBeCloseTo(0.06, 15);
    expect(kellyFraction(0.5, 2)).toBe(0.25);
  });

  it("of a bet without an edge is nothing", () => {
    expect(kellyFraction(0.4, 1)).toBe(0);
    expect(kellyFraction(0, 5)).toBe(0);
  });

  // Thorp (2006), §7.1: the S&P with 11 %, 6 % riskless, deviation 15 %: f* = 2.222, growth 0.06 + S²/2.
  it("of one asset with a normal return is (μ − r)/σ²", () => {
    const [weight] = kellyWeights([0.11], matrixOf([[0.0225]]), 0.06) ?? [];
    expect(weight).toBeCloseTo(2.2222, 4);
    const growth = (part: number) =>
      growthRate([part * (weight ?? 0)], [0.11], matrixOf([[0.0225]]), 0.06);
    expect(growth(1)).toBeCloseTo(0.06 + (0.05 / 0.15) ** 2 / 2, 12);
    // Half of it keeps three quarters of the excess growth.
    expect((growth(0.5) - 0.06) / (growth(1) - 0.06)).toBeCloseTo(0.75, 12);
  });

  it("of several assets is where growth has no slope, and of two that are one there is none", () => {
    const covariance = matrixOf([
      [0.04, 0.006, 0.002],
      [0.006, 0.09, 0.01],
      [0.002, 0.01, 0.0225],
    ]);
    const mean = [0.08, 0.12, 0.05];
    const weights = kellyWeights(mean, covariance, 0.02) ?? new Float64Array();
    const best = growthRate(weights, mean, covariance, 0.02);
    for (let i = 0; i < 3; i += 1)
      for (const step of [-1e-3, 1e-3]) {
        const moved = Float64Array.from(weights);
        moved[i] = (moved[i] ?? 0) + step;
        expect(growthRate(moved, mean, covariance, 0.02)).toBeLessThan(best);
      }
    expect(
      kellyWeights(
        [0.1, 0.1],
        matrixOf([
          [1, 1],
          [1, 1],
        ]),
        0,
      ),
    ).toBeNull();
  });
});

describe("optimal f", () => {
  // Vince (1990), Portfolio Management Formulas, p. 80: these trades have f = 0.24, and a terminal wealth of 1.0956.
  it("is where Vince's trades grow most", () => {
    const found = optimalF([9, 18, 7, 1, 10, -5, -3, -17, -7]);
    expect(found?.fraction).toBeCloseTo(0.237, 3);
    expect(found?.terminalWealth).toBeCloseTo(1.0957, 4);
    expect(found?.worstLoss).toBe(17);
  });

  it("of trades that lose on the whole is nothing, and of trades that never lose there is none", () => {
    expect(optimalF([1, -2])?.fraction).toBe(0);
    expect(optimalF([1, 2])).toBeNull();
    expect(optimalF([0])).toBeNull();
  });
});

describe("parts of equity", () => {
  it("are the target over the realised volatility, up to a cap", () => {
    expect(volatilityTarget(0.1, 0.16, undefined)).toBeCloseTo(0.625, 15);
    expect(volatilityTarget(0.1, 0.02, 2)).toBe(2);
    expect(volatilityTarget(0.1, 0, 2)).toBe(2);
    expect(volatilityTarget(0.1, 0, undefined)).toBeNull();
  });

  it("are in inverse proportion to volatilities", () => {
    expect(inverseVolatility([0.1, 0.2, 0.4])).toEqual([4 / 7, 2 / 7, 1 / 7]);
  });

  // Grossman & Zhou (1993): of wealth above the floor of 80 % of the peak, a fraction of 1.5: 1.5·(1 − 80/95).
  it("leave the floor of a drawdown alone", () => {
    expect(drawdownConstrained(1.5, 0.2, 95, 100)).toBeCloseTo(0.2368, 4);
    expect(drawdownConstrained(1.5, 0.2, 80, 100)).toBe(0);
    expect(drawdownConstrained(1.5, 0.2, 50, 100)).toBe(0);
    expect(drawdownConstrained(-1, 0.2, 95, 100)).toBe(0);
  });

  // Black & Jones (1987): a multiple of the cushion.
  it("insure a floor by a multiple of what lies above it", () => {
    expect(cppi(100, 80, 3, undefined)).toBeCloseTo(0.6, 15);
    expect(cppi(100, 50, 3, 1)).toBe(1);
    expect(cppi(70, 80, 3, undefined)).toBe(0);
  });
});

describe("a quantity", () => {
  it("risks a fraction of equity between entry and stop, rounded down to the lot", () => {
    const sized = unitsRisking(dec("1000"), dec("2.5"), LOT_1);
    expect(text(sized.quantity)).toBe("400");
    expect(text(unitsRisking(dec("1000"), dec("3"), LOT_1).quantity)).toBe("333");
    expect(text(unitsRisking(dec("1000"), dec("3"), { ...LOT_1, lotSize: "100" }).quantity)).toBe(
      "300",
    );
  });

  // Faith (2003), The Original Turtle Trading Rules, p. 16: heating oil, N = 0.0141, $1,000,000, 42,000 gallons: 16.88 → 16.
  it("is the Turtles' unit of heating oil", () => {
    const target = targetOf({
      method: "atr",
      riskFraction: 0.01,
      atr: dec("0.0141"),
      atrMultiple: 1,
    });
    if (typeof target === "string" || target.kind !== "risk") throw new Error("expected a risk");
    const risked = dec(1_000_000).times(target.fraction);
    const terms = { pointValue: "42000", lotSize: "1" };
    const { rawQuantity, quantity } = unitsRisking(risked, target.distance ?? dec(0), terms);
    expect(rawQuantity.toFixed(3)).toBe("16.886");
    expect(text(quantity)).toBe("16");
  });

  it("of an amount of zero or less is nothing", () => {
    expect(text(unitsFor(dec("-5"), { entry: dec("10"), ...LOT_1 }).quantity)).toBe("0");
    expect(text(unitsFor(dec("99"), { entry: dec("10"), ...LOT_1 }).quantity)).toBe("9");
  });
});

describe("limits of a quantity", () => {
  it("are applied one after another, and each that changed it is named", () => {
    const caps = [
      { code: "MIN_QUANTITY", limit: "10", fewest: dec(10) },
      { code: "BUYING_POWER", limit: "1000", most: dec("33.7") },
      { code: "MAX_QUANTITY", limit: "30", most: dec(30) },
    ] as const;
    const { quantity, applied } = capQuantity(dec(50), "5", caps);
    expect(text(quantity)).toBe("30");
    expect(applied.map(({ code, quantityAfter }) => [code, quantityAfter])).toEqual([
      ["BUYING_POWER", "30"],
    ]);
    expect(text(capQuantity(dec(8), "1", caps).quantity)).toBe("0");
  });

  it("of an instrument are in quantity and in value", () => {
    const caps = capsOfInstrument(
      { maxQuantity: "100", minNotional: "50", maxNotional: "500" },
      dec(10),
    );
    expect(text(capQuantity(dec(70), "1", caps).quantity)).toBe("50");
    expect(text(capQuantity(dec(4), "1", caps).quantity)).toBe("0");
    expect(text(capQuantity(dec(5), "1", caps).quantity)).toBe("5");
  });
});
