import type { BarFloats, FeatureValue } from "../kernel.ts";
import type { Crossing, Expression, Operator, Pointwise } from "./syntax.ts";
import { emptyRing, push, type Ring, statistic } from "./window.ts";

/** What one bar is evaluated with: NaN stands for null everywhere. */
export interface Frame {
  readonly bar: BarFloats;
  /** of the features that the formula names, in their order */
  readonly values: readonly FeatureValue[];
  /** the memory of the parts that look back */
  readonly rings: readonly Ring[];
}

export type Evaluate = (frame: Frame) => number;

/** A formula made ready: the function, and how large the memory is that it needs, in bars a ring. */
export interface Program {
  readonly evaluate: Evaluate;
  readonly ringBars: readonly number[];
}

/** @param featureIndex the place of a feature in `Frame.values` */
export function programOf(expression: Expression, featureIndex: (name: string) => number): Program {
  const ringBars: number[] = [];
  const ring = (bars: number) => ringBars.push(bars) - 1;
  return { evaluate: evaluator(expression, { ring, featureIndex }), ringBars };
}

export function ringsOf({ ringBars }: Program): Ring[] {
  return ringBars.map(emptyRing);
}

interface Places {
  readonly ring: (bars: number) => number;
  readonly featureIndex: (name: string) => number;
}

/** Every part is evaluated at every bar, in `if` too: memory that slept through a bar would be wrong at the next. */
function evaluator(expression: Expression, places: Places): Evaluate {
  switch (expression.kind) {
    case "number": {
      const { value } = expression;
      return () => value;
    }
    case "column": {
      const { column } = expression;
      return ({ bar }) => bar[column];
    }
    case "feature": {
      const index = places.featureIndex(expression.name);
      const { line } = expression;
      return ({ values }) => lineOf(values[index] ?? null, line);
    }
    case "negate": {
      const of = evaluator(expression.of, places);
      return (frame) => -of(frame);
    }
    case "not": {
      const of = evaluator(expression.of, places);
      return (frame) => ifKnown(of(frame), (value) => truth(value === 0));
    }
    case "binary":
      return binary(expression, places);
    case "pointwise":
      return pointwise(expression.name, expression.of, places);
    case "lag":
      return lag(expression.of, expression.bars, places);
    case "rolling": {
      const { name, bars } = expression;
      const of = evaluator(expression.of, places);
      const at = places.ring(bars);
      return (frame) => {
        const memory = ringAt(frame, at);
        push(memory, of(frame));
        return finite(statistic(name, memory));
      };
    }
    case "crossing":
      return crossing(expression, places);
  }
}

function lineOf(value: FeatureValue, line: string | null): number {
  const found = line === null || value === null || typeof value === "number" ? value : value[line];
  return typeof found === "number" ? found : Number.NaN;
}

function binary(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  places: Places,
): Evaluate {
  const a = evaluator(left, places);
  const b = evaluator(right, places);
  const apply = OPERATIONS[operator];
  return (frame) => {
    const x = a(frame);
    const y = b(frame);
    // NaN ** 0 is 1, and every comparison with NaN is an answer: null has to be caught before.
    return isKnown(x) && isKnown(y) ? finite(apply(x, y)) : Number.NaN;
  };
}

const OPERATIONS: Readonly<Record<Operator, (x: number, y: number) => number>> = {
  or: (x, y) => truth(x !== 0 || y !== 0),
  and: (x, y) => truth(x !== 0 && y !== 0),
  "<": (x, y) => truth(x < y),
  "<=": (x, y) => truth(x <= y),
  ">": (x, y) => truth(x > y),
  ">=": (x, y) => truth(x >= y),
  "==": (x, y) => truth(x === y),
  "!=": (x, y) => truth(x !== y),
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
  "^": (x, y) => x ** y,
};

function pointwise(name: Pointwise, of: readonly Expression[], places: Places): Evaluate {
  const parts = of.map((part) => evaluator(part, places));
  const apply = FUNCTIONS[name];
  return (frame) => {
    const values = parts.map((part) => part(frame));
    return finite(apply(values));
  };
}

const FUNCTIONS: Readonly<Record<Pointwise, (values: readonly number[]) => number>> = {
  abs: ([x = Number.NaN]) => Math.abs(x),
  log: ([x = Number.NaN]) => Math.log(x),
  exp: ([x = Number.NaN]) => Math.exp(x),
  sqrt: ([x = Number.NaN]) => Math.sqrt(x),
  sign: ([x = Number.NaN]) => Math.sign(x),
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  // Only the value that is chosen has to be there.
  if: ([condition = Number.NaN, whenTrue = Number.NaN, otherwise = Number.NaN]) =>
    ifKnown(condition, (value) => (value === 0 ? otherwise : whenTrue)),
};

function lag(of: Expression, bars: number, places: Places): Evaluate {
  const value = evaluator(of, places);
  const at = places.ring(bars);
  return (frame) => push(ringAt(frame, at), value(frame));
}

/** Above: at or below before, above now. Below: the mirror image. The bar before must have had both values. */
function crossing(
  { name, left, right }: { name: Crossing; left: Expression; right: Expression },
  places: Places,
): Evaluate {
  const a = evaluator(left, places);
  const b = evaluator(right, places);
  const at = places.ring(1);
  const sign = name === "cross_above" ? 1 : -1;
  return (frame) => {
    const x = a(frame);
    const y = b(frame);
    const side = isKnown(x) && isKnown(y) ? sign * Math.sign(x - y) : Number.NaN;
    const before = push(ringAt(frame, at), side);
    return isKnown(side) && isKnown(before) ? truth(before <= 0 && side > 0) : Number.NaN;
  };
}

function ringAt({ rings }: Frame, at: number): Ring {
  const found = rings[at];
  if (found !== undefined) return found;
  throw new RangeError(`formula state: expected a ring ${at}, found ${rings.length} rings`);
}

/** Dividing by zero, or leaving the range of float64, gives no value. Negative zero does not survive JSON. */
function finite(value: number): number {
  return value - value === 0 ? value + 0 : Number.NaN;
}

function isKnown(value: number): boolean {
  return value === value;
}

function ifKnown(value: number, then: (value: number) => number): number {
  return isKnown(value) ? then(value) : Number.NaN;
}

function truth(isTrue: boolean): number {
  return isTrue ? 1 : 0;
}
