import { assert, array, constantFrom, double, integer, property, record } from "fast-check";
import { parseFeatures } from "../../../../../domain/features/parse.ts";
import type { SignalDefinition } from "../../../../../domain/ai/signals/definition.ts";
import { columnsOf, judge } from "../../../../../domain/ai/signals/judge.ts";
import { pairs } from "../../../../../domain/ai/signals/pairs.ts";
import { readDefinition } from "../../../../../domain/ai/signals/read-definition.ts";
import { fractionFor, SIGNAL_SIZINGS } from "../../../../../domain/ai/signals/sizing.ts";
import type { Moment } from "../../../../../domain/ai/signals/verdict.ts";

const finite = double({ min: -1e9, max: 1e9, noNaN: true });
const price = double({ min: 0.01, max: 1e6, noNaN: true });
const KINDS = [
  ["crossover", { fast: "sma_2", slow: "sma_5" }],
  ["meanReversion", {}],
  ["momentum", { lookback: 10, skip: 1, volatility: 5 }],
  ["breakout", {}],
  [
    "ensemble",
    {
      members: [{ kind: "crossover", parameters: { fast: "a", slow: "b" } }, { kind: "breakout" }],
    },
  ],
] as const;

function defined(kind: SignalDefinition["kind"], given: Parameters<typeof readDefinition>[1]) {
  const read = readDefinition(kind, given);
  if ("faults" in read || read.definition.kind === "pairs") throw new Error("expected a rule");
  return read.definition;
}

const rules = KINDS.map(([kind, given]) => defined(kind, given));

describe("whatever the features", () => {
  it("a verdict keeps within its bounds, and is the same twice", () => {
    const law = property(
      constantFrom(...rules),
      array(finite, { minLength: 20, maxLength: 20 }),
      price,
      price,
      (rule, numbers, before, now) => {
        const momentOf = (shift: number, close: number): Moment => {
          const values = columnsOf(rule).map((name, i) => [name, numbers[i + shift] ?? null]);
          // oxlint-disable-next-line typescript/no-unsafe-assignment -- entries of numbers
          return { close, values: Object.fromEntries(values) };
        };
        const said = judge(rule, momentOf(0, before), momentOf(8, now));
        expect(said.strength).toBeGreaterThanOrEqual(0);
        expect(said.strength).toBeLessThanOrEqual(1);
        expect(Math.abs(said.lean ?? 0)).toBeLessThanOrEqual(1);
        expect(said.goal === null).toBe(said.side === "hold");
        expect(judge(rule, momentOf(0, before), momentOf(8, now))).toEqual(said);
      },
    );
    assert(law, { numRuns: 2_000 });
  });

  it("a pair's verdict does not depend on closes before its window and keeps within its bounds", () => {
    const rule = { kind: "pairs", window: 10, entry: 1, exit: 0, horizon: 5 } as const;
    const law = property(
      array(record({ a: price, b: price }), { minLength: 15, maxLength: 30 }),
      (closes) => {
        const until = (count: number, first = 0): Moment => ({
          close: null,
          values: {},
          pair: {
            first: closes.slice(first, count).map(({ a }) => a),
            second: closes.slice(first, count).map(({ b }) => b),
          },
        });
        const n = closes.length;
        const whole = pairs(rule, until(n - 1), until(n));
        expect(pairs(rule, until(n - 1, n - 11), until(n, n - 10))).toEqual(whole);
        expect(whole.verdict.strength).toBeLessThanOrEqual(1);
      },
    );
    assert(law, { numRuns: 300 });
  });

  it("a position takes no more than its fraction", () => {
    const unit = double({ min: 0, max: 1, noNaN: true });
    const law = property(
      constantFrom(...SIGNAL_SIZINGS),
      integer({ min: 1, max: 1_000_000 }),
      unit,
      unit,
      double({ min: 1e-9, max: 10, noNaN: true }),
      (method, millionths, strength, confidence, volatility) => {
        const fraction = (millionths / 1_000_000).toFixed(6);
        const sizing = { method, fraction, targetVolatility: 0.01 };
        const sized = fractionFor(sizing, { strength, confidence, volatility, weight: confidence });
        if (sized === null) return;
        expect(Number(sized)).toBeGreaterThan(0);
        expect(Number(sized)).toBeLessThanOrEqual(Number(fraction));
      },
    );
    assert(law, { numRuns: 2_000 });
  });

  it("the columns that rules make up are features", () => {
    const names = rules
      .filter(({ kind }) => kind !== "ensemble" && kind !== "crossover")
      .flatMap((rule) => columnsOf(rule))
      .map((name) => name.split(".")[0] ?? name);
    expect(parseFeatures([...new Set(names)]).length).toBe(new Set(names).size);
  });
});
