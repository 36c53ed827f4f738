import {
  COLUMNS,
  CROSSINGS,
  OPERATORS,
  POINTWISE,
  WINDOWED,
  type Expression,
  type Operator,
  type Pointwise,
} from "./syntax.ts";
import { badFormula, tokensOf, type Token } from "./tokens.ts";

/** Limits against a formula that is a bomb: none of them is felt by one that a person wrote. */
const DEPTH_MAX = 32;
const PARTS_MAX = 200;
const BARS_MAX = 1_000;

/** How tightly an operator binds; comparisons do not chain. `not` binds between `and` and these, a minus between * and ^. */
const BINDING: ReadonlyMap<string, number> = new Map([
  ["or", 1],
  ["and", 2],
  ...["<", "<=", ">", ">=", "==", "!="].map((sign) => [sign, 4] as const),
  ["+", 5],
  ["-", 5],
  ["*", 6],
  ["/", 6],
  ["^", 8],
]);
const NOT = 3;
const COMPARISON = 4;
const MINUS = 7;
const POWER = 8;

/** How many arguments a function takes. */
const ARITY: Readonly<Record<Pointwise, readonly [min: number, max: number]>> = {
  abs: [1, 1],
  log: [1, 1],
  exp: [1, 1],
  sqrt: [1, 1],
  sign: [1, 1],
  min: [2, 8],
  max: [2, 8],
  if: [3, 3],
};

/**
 * Reads a formula.
 * @throws Refusal FORMULA_INVALID, saying what was expected where, or which limit it exceeds
 */
export function parseFormula(text: string): Expression {
  const reader = new Reader(tokensOf(text));
  const expression = reader.expression(0, 1);
  reader.expect("end", "");
  return expression;
}

class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;
  #parts = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** An expression whose operators bind at least as tightly as `binding`. */
  expression(binding: number, depth: number): Expression {
    if (depth > DEPTH_MAX) throw this.#fault(`nested deeper than ${DEPTH_MAX}`);
    let left = this.#operand(depth);
    for (;;) {
      const operator = this.#operator();
      const tightness = operator === null ? 0 : (BINDING.get(operator) ?? 0);
      if (operator === null || tightness < Math.max(binding, 1)) return left;
      this.#take();
      // A power binds to the right, everything else to the left.
      const right = this.expression(operator === "^" ? POWER : tightness + 1, depth + 1);
      left = this.#part({ kind: "binary", operator, left, right });
      if (tightness === COMPARISON) this.#refuseChain();
    }
  }

  expect(kind: Token["kind"], text: string): void {
    const token = this.#peek();
    if (token.kind !== kind || token.text !== text) {
      throw this.#fault(kind === "end" ? "expected an operator or the end" : `expected "${text}"`);
    }
    this.#take();
  }

  #operand(depth: number): Expression {
    const token = this.#take();
    if (token.kind === "number") return this.#number(token);
    if (token.kind === "name") return this.#named(token, depth);
    if (token.text === "(") {
      const inner = this.expression(0, depth + 1);
      this.expect("sign", ")");
      return inner;
    }
    if (token.text === "-") {
      return this.#part({ kind: "negate", of: this.expression(MINUS, depth + 1) });
    }
    throw badFormula("expected a number, a name or a bracket", token.at);
  }

  #number({ text, at }: Token): Expression {
    const value = Number(text);
    if (!Number.isFinite(value)) throw badFormula(`${text} is too large`, at);
    return this.#part({ kind: "number", value });
  }

  #named(token: Token, depth: number): Expression {
    if (token.text === "not") {
      return this.#part({ kind: "not", of: this.expression(NOT, depth + 1) });
    }
    if (token.text === "and" || token.text === "or") {
      throw badFormula(`expected a value before "${token.text}"`, token.at);
    }
    if (this.#peek().text === "(") return this.#call(token, depth);
    const column = COLUMNS.find((name) => name === token.text);
    if (column !== undefined) return this.#part({ kind: "column", column });
    return this.#part(featureOf(token));
  }

  #call({ text: name, at }: Token, depth: number): Expression {
    this.#take();
    const pointwise = POINTWISE.find((known) => known === name);
    if (pointwise !== undefined) {
      const of = this.#arguments(pointwise, depth);
      return this.#part({ kind: "pointwise", name: pointwise, of });
    }
    const crossing = CROSSINGS.find((known) => known === name);
    if (crossing !== undefined) {
      const left = this.expression(0, depth + 1);
      this.expect("sign", ",");
      const right = this.expression(0, depth + 1);
      this.expect("sign", ")");
      return this.#part({ kind: "crossing", name: crossing, left, right });
    }
    const windowed = WINDOWED.find((known) => known === name);
    if (name !== "lag" && windowed === undefined) throw unknownFunction(name, at);
    const of = this.expression(0, depth + 1);
    this.expect("sign", ",");
    const bars = this.#bars(windowed === undefined ? 1 : 2);
    this.expect("sign", ")");
    if (windowed === undefined) return this.#part({ kind: "lag", of, bars });
    return this.#part({ kind: "rolling", name: windowed, of, bars });
  }

  #arguments(name: Pointwise, depth: number): readonly Expression[] {
    const [min, max] = ARITY[name];
    const found = [this.expression(0, depth + 1)];
    while (found.length < max && (found.length < min || this.#peek().text === ",")) {
      this.expect("sign", ",");
      found.push(this.expression(0, depth + 1));
    }
    this.expect("sign", ")");
    return found;
  }

  /** A window is written out: one that depended on the data could grow without bound. */
  #bars(min: number): number {
    const { kind, text, at } = this.#take();
    const bars = kind === "number" && /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (bars >= min && bars <= BARS_MAX) return bars;
    throw badFormula(`expected a number of bars from ${min} to ${BARS_MAX}`, at);
  }

  #operator(): Operator | null {
    const { text } = this.#peek();
    return OPERATORS.find((operator) => operator === text) ?? null;
  }

  #refuseChain(): void {
    const operator = this.#operator();
    if (operator !== null && BINDING.get(operator) === COMPARISON) {
      throw this.#fault('comparisons do not chain: write "a < b and b < c"');
    }
  }

  #part<E extends Expression>(expression: E): E {
    this.#parts += 1;
    if (this.#parts > PARTS_MAX) throw this.#fault(`more than ${PARTS_MAX} parts`);
    return expression;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #fault(fault: string) {
    return badFormula(fault, this.#peek().at);
  }
}

/** The last point parts the line from the feature, unless it is the decimal point of a parameter. */
function featureOf({ text, at }: Token): Expression {
  const [, name = text, line = null] = /^(.*)\.([a-z][a-zA-Z0-9]*)$/.exec(text) ?? [];
  return { kind: "feature", name, line, at };
}

function unknownFunction(name: string, at: number) {
  const known = [...POINTWISE, "lag", ...WINDOWED, ...CROSSINGS].join(", ");
  return badFormula(`no function is called ${name}; there are ${known}`, at);
}
