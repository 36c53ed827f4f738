import * as fc from "fast-check";
import { compileFormula } from "../../../../../domain/features/formula/formula.ts";
import type { BarFloats } from "../../../../../domain/features/kernel.ts";
import { parseFeature } from "../../../../../domain/features/parse.ts";
import { computeSeries } from "../../../../../domain/features/pipeline.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import type { Json } from "../../../../../domain/shared/json.ts";

const bars = (closes: readonly number[], volume = 100): readonly BarFloats[] =>
  closes.map((close) => ({ open: close - 0.5, high: close + 1, low: close - 1, close, volume }));

const compile = (text: string) => compileFormula(text, parseFeature);

/** The values of a formula over bars; the state goes through JSON before the bar at `cut`. */
function values(text: string, list: readonly BarFloats[], cut = -1): readonly unknown[] {
  const { kernel } = compile(text);
  let state: Json = kernel.init([]);
  return list.map((bar, index) => {
    // sound: what JSON gives is Json
    if (index === cut) state = JSON.parse(JSON.stringify(state)) as Json;
    const step = kernel.update(state, bar);
    state = step.state;
    return step.value;
  });
}

const last = (text: string, list = bars([10, 11, 12, 13])) => values(text, list).at(-1);

describe("what a formula says", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ^ 2", -4],
    ["2 ^ -1", 0.5],
    ["10 - 4 - 3", 3],
    ["12 / 3 / 2", 2],
    ["1.5e2 + 1", 151],
    ["close - open", 0.5],
    ["high - low", 2],
    ["volume", 100],
    ["close > open", 1],
    ["close < open or close == 13", 1],
    ["not close > open", 0],
    ["1 < 2 and 2 < 1", 0],
    ["not 0 and 1", 1],
    ["3 != 3", 0],
    ["3 <= 3 and 3 >= 3", 1],
    ["abs(-3) + sign(-3) + sqrt(16)", 6],
    ["log(exp(2))", 2],
    ["min(3, 1, 2) + max(3, 1, 2)", 4],
    ["if(close > 12, 7, 8)", 7],
    ["if(close > 13, 7, 8)", 8],
    ["if(1, 5, 1 / 0)", 5],
    ["lag(close, 3)", 10],
    ["close / lag(close, 1) - 1", 13 / 12 - 1],
    ["rolling_mean(close, 2)", 12.5],
    ["rolling_sum(close, 4)", 46],
    ["rolling_std(close, 3)", 1],
    ["rolling_min(close, 3)", 11],
    ["rolling_max(-close, 3)", -11],
    ["rolling_zscore(close, 3)", 1],
    ["rolling_rank(close, 4)", 1],
    ["rolling_rank(-close, 4)", 0],
    ["rolling_rank(1, 4)", 0.5],
    ["cross_above(close, 12.5)", 1],
    ["cross_below(close, 12.5)", 0],
    ["cross_below(12.5, close)", 1],
    ["sma_2", 12.5],
    ["close - sma_2 * 2", -12],
  ])("%s is %p", (text, expected) => {
    expect(last(text)).toBe(expected);
  });

  it.each([
    "1 / 0",
    "0 / 0",
    "log(0)",
    "log(-1)",
    "sqrt(-1)",
    "exp(1000)",
    "10 ^ 400",
    "1 / (1 / 0)",
    "(1 / 0) ^ 0",
    "(0 / 0) > 1",
    "(0 / 0) == (0 / 0)",
    "not (0 / 0)",
    "(0 / 0) or 1",
    "if(0 / 0, 1, 2)",
    "max(1, 0 / 0)",
    "lag(close, 4)",
    "rolling_mean(close, 5)",
    "rolling_zscore(7, 3)",
    "rolling_zscore(0.1, 3)",
    "sma_5 * 0",
    "rolling_sum(1 / (close - 12), 3)",
  ])("%s has no value", (text) => {
    expect(last(text)).toBeNull();
  });

  it("a line of a feature is named after a point", () => {
    const closes = Array.from({ length: 60 }, (_, i) => 100 + Math.sin(i / 3) * 5);
    const list = bars(closes);
    const column = (name: "open" | "high" | "low" | "close" | "volume") =>
      list.map((bar) => bar[name]);
    const columns = {
      open: column("open"),
      high: column("high"),
      low: column("low"),
      close: column("close"),
      volume: column("volume"),
    };
    const series = computeSeries(["bbands_5_2.5"], columns)["bbands_5_2.5"];
    // sound: bbands has lines
    const { upper = [] } = series as { readonly upper?: readonly (number | null)[] };
    expect(values("bbands_5_2.5.upper", list)).toEqual(upper);
  });

  it("a crossing needs both values at the bar before, and happens once", () => {
    expect(values("cross_above(close, sma_2)", bars([5, 4, 4, 6, 7]))).toEqual([
      null,
      null,
      0,
      1,
      0,
    ]);
  });

  it("a window forgets a missing value after its length, and only then", () => {
    const zero = bars([1, 2, 0, 4, 5, 6]);
    expect(values("rolling_sum(1 / close, 2)", zero).map((value) => value !== null)).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(values("lag(1 / close, 1)", zero)).toEqual([null, 1, 0.5, null, 0.25, 0.2]);
  });

  it("the state survives JSON at any bar, gaps in it too", () => {
    const text =
      "lag(1 / (close - 3), 2) + rolling_std(close, 4) + cross_above(close, sma_3) + rsi_3 + rolling_rank(close, 3)";
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 30 }),
        fc.nat(30),
        (closes, cut) => {
          expect(values(text, bars(closes), cut)).toEqual(values(text, bars(closes)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ["close", 0],
    ["sma_20", 19],
    ["lag(sma_20, 5)", 24],
    ["rolling_mean(lag(close, 2), 10)", 11],
    ["cross_above(sma_5, sma_20)", 20],
  ])("%s is warm after %p bars", (text, warmup) => {
    expect(compile(text).warmup).toBe(warmup);
    const closes = Array.from({ length: 40 }, (_, i) => 50 + ((i * 7) % 11));
    expect(values(text, bars(closes)).findIndex((value) => value !== null)).toBe(warmup);
  });

  it("names its features once, by their canonical names", () => {
    expect(compile("sma + sma_20 > rsi_14").features).toEqual(["sma_20", "rsi_14"]);
    expect(compile("  close\n >   open ").text).toBe("close > open");
  });
});

describe("what is refused", () => {
  it.each([
    ["", "expected a number, a name or a bracket"],
    ["close +", "expected a number, a name or a bracket"],
    ["(close", 'expected ")"'],
    ["close open", "expected an operator or the end"],
    ["close)", "expected an operator or the end"],
    ["1 < 2 < 3", "comparisons do not chain"],
    ["a < b == c", "comparisons do not chain"],
    ["eval(1)", "no function is called eval"],
    ["constructor(1)", "no function is called constructor"],
    ["close; open", "means nothing"],
    ["close['x']", "means nothing"],
    ["Close", "means nothing"],
    ["__proto__", "means nothing"],
    ["abs(1, 2)", 'expected ")"'],
    ["min(1)", 'expected ","'],
    ["if(1, 2)", 'expected ","'],
    ["lag(close)", 'expected ","'],
    ["lag(close, 0)", "expected a number of bars from 1 to 1000"],
    ["lag(close, -1)", "expected a number of bars"],
    ["lag(close, 1.5)", "expected a number of bars"],
    ["lag(close, close)", "expected a number of bars"],
    ["lag(close, 1001)", "expected a number of bars"],
    ["rolling_std(close, 1)", "expected a number of bars from 2"],
    ["and 1", 'expected a value before "and"'],
    ["bbands_20_2", "has several lines: write one of"],
    ["bbands_20_2.signal", "has several lines: write one of"],
    ["sma_20.upper", "has one value"],
    ["1e999", "too large"],
  ])("%s: %s", (text, message) => {
    const refused = refusalOf(text);
    expect(refused.code).toBe("FORMULA_INVALID");
    expect(refused.message).toContain(message);
  });

  it("an unknown feature by its own code", () => {
    expect(refusalOf("close > nonsense_20").code).toBe("FEATURE_UNKNOWN");
    expect(refusalOf("close > sma_0").code).toBe("FEATURE_PARAMETER_INVALID");
  });

  it.each([
    ["a long text", `1${" + 1".repeat(300)}`],
    ["many parts", `1${"+1".repeat(150)}`],
    ["deep brackets", `${"(".repeat(40)}1${")".repeat(40)}`],
    ["deep signs", `${"-".repeat(400)}1`],
    ["deep powers", `1${"^1".repeat(100)}`],
    ["many bars", "lag(close, 1000) + ".repeat(6) + "1"],
    ["many bars in features", "sma_999 + sma_998 + sma_997 + sma_996 + sma_995 + sma_994"],
    ["many features", `1${Array.from({ length: 21 }, (_, i) => `+sma_${i + 2}`).join("")}`],
  ])("a bomb of %s", (_, text) => {
    expect(refusalOf(text).code).toBe("FORMULA_INVALID");
  });

  it("whatever the text, the answer is a formula or a refusal", () => {
    const word = fc.constantFrom(
      ..."close sma_3 rsi_2 1 2.5 + - * / ^ < == and or not ( ) , lag if min rolling_mean cross_above".split(
        " ",
      ),
    );
    const text = fc.oneof(
      fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        try {
          const found = values(candidate, bars([1, 2, 3, 2, 1]));
          expect(found.every((v) => v === null || Number.isFinite(v))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function refusalOf(text: string): Refusal {
  try {
    compile(text);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error(`${text.slice(0, 60)} was not refused`);
}
