import type { Json } from "../../shared/json.ts";
import { defineKernel, type FeatureValue, type Kernel } from "../kernel.ts";
import type { Feature } from "../parse.ts";
import { programOf, ringsOf } from "./evaluate.ts";
import { parseFormula } from "./parse.ts";
import type { Expression } from "./syntax.ts";
import { badFormula } from "./tokens.ts";
import type { Ring } from "./window.ts";

/** Bars that all windows and warm-ups of one formula may have together: what its state and an update may cost. */
const TOTAL_BARS_MAX = 5_000;
const FEATURES_MAX = 20;

type FormulaState = {
  /** of the features that it names */
  readonly features: Json[];
  readonly rings: Ring[];
};

export interface Formula {
  /** as it was given, with single spaces */
  readonly text: string;
  /** an indicator without parameters, like any other */
  readonly kernel: Kernel;
  /** canonical names of the features in it, each once */
  readonly features: readonly string[];
  readonly warmup: number;
}

/**
 * Makes an indicator of a formula over bar columns and features. Null propagates; what is not finite (division by zero,
 * the logarithm of a negative number) is null; truth is 1, falsehood 0.
 * @param resolve finds a feature by name, and throws a Refusal where there is none
 * @throws Refusal FORMULA_INVALID, or what `resolve` throws
 */
export function compileFormula(text: string, resolve: (name: string) => Feature): Formula {
  const expression = parseFormula(text);
  const features = featuresIn(expression, resolve);
  const used = [...new Map([...features.values()].map((f) => [f.name, f])).values()];
  refuseTooMuch(expression, used);
  const warmup = warmupOf(expression, features);
  const kernel = kernelOf(expression, features, used, warmup);
  const names = used.map(({ name }) => name);
  return { text: text.trim().replaceAll(/\s+/g, " "), kernel, features: names, warmup };
}

type Found = ReadonlyMap<string, Feature>;

function kernelOf(
  expression: Expression,
  features: Found,
  used: readonly Feature[],
  warmup: number,
): Kernel {
  const index = (name: string) =>
    used.findIndex((feature) => feature.name === features.get(name)?.name);
  const program = programOf(expression, index);
  const needsBenchmark = used.some(({ kernel }) => kernel.input === "benchmark");
  return defineKernel<FormulaState>({
    name: "formula",
    description: "A formula over bar columns and features",
    source: "formula",
    edge: "null where a part is null, and where the result is not finite",
    parameters: [],
    ...(needsBenchmark && { input: "benchmark" }),
    warmup: () => warmup,
    init: () => ({
      features: used.map(({ kernel, params }) => kernel.init(params)),
      rings: ringsOf(program),
    }),
    next(state, bar) {
      const values = used.map(({ kernel }, i): FeatureValue => {
        const step = kernel.update(state.features[i] ?? null, bar);
        state.features[i] = step.state;
        return step.value;
      });
      return program.evaluate({ bar, values, rings: state.rings });
    },
  });
}

function featuresIn(expression: Expression, resolve: (name: string) => Feature): Found {
  const found = new Map<string, Feature>();
  for (const part of partsOf(expression)) {
    if (part.kind !== "feature") continue;
    const feature = found.get(part.name) ?? resolve(part.name);
    found.set(part.name, feature);
    requireLine(part, feature);
  }
  return found;
}

function requireLine(
  { name, line, at }: Extract<Expression, { kind: "feature" }>,
  { kernel: { lines } }: Feature,
): void {
  if (lines === null && line === null) return;
  if (lines === null) throw badFormula(`${name} has one value, and no line ${line ?? ""}`, at);
  if (line !== null && lines.includes(line)) return;
  const known = lines.map((each) => `${name}.${each}`).join(", ");
  throw badFormula(`${name} has several lines: write one of ${known}`, at);
}

function refuseTooMuch(expression: Expression, used: readonly Feature[]): void {
  if (used.length > FEATURES_MAX) {
    throw badFormula(`expected ${FEATURES_MAX} features at most, found ${used.length}`, 0);
  }
  let bars = 0;
  for (const part of partsOf(expression)) {
    if (part.kind === "lag" || part.kind === "rolling") bars += part.bars;
  }
  for (const { warmup } of used) bars += warmup;
  if (bars <= TOTAL_BARS_MAX) return;
  throw badFormula(`expected windows of ${TOTAL_BARS_MAX} bars together at most, found ${bars}`, 0);
}

/** How many bars it takes until a value is possible; there may be none then either, as after a division by zero. */
function warmupOf(expression: Expression, features: Found): number {
  const most = Math.max(0, ...childrenOf(expression).map((child) => warmupOf(child, features)));
  switch (expression.kind) {
    case "feature":
      return features.get(expression.name)?.warmup ?? 0;
    case "lag":
      return most + expression.bars;
    case "rolling":
      return most + expression.bars - 1;
    case "crossing":
      return most + 1;
    case "number":
    case "column":
    case "negate":
    case "not":
    case "binary":
    case "pointwise":
      return most;
  }
}

function* partsOf(expression: Expression): Generator<Expression> {
  yield expression;
  for (const child of childrenOf(expression)) yield* partsOf(child);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "column":
    case "feature":
      return [];
    case "negate":
    case "not":
    case "lag":
    case "rolling":
      return [expression.of];
    case "binary":
    case "crossing":
      return [expression.left, expression.right];
    case "pointwise":
      return expression.of;
  }
}
