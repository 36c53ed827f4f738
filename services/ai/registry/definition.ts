import type { Algorithm } from "../../../domain/ai/learning/algorithm.ts";
import { readParameters } from "../../../domain/ai/learning/read-parameters.ts";
import type { ModelDefinition, ModelKind, Target } from "../../../domain/ai/model/definition.ts";
import type { Adjustment } from "../../../domain/market/adjust/factors.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { FieldError } from "../../../mixins/rest/readers.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { TargetAsked } from "../../../mixins/rest/routes/model-views.ts";
import { getInstrument } from "../../../models/instruments.ts";
import type { NodeContext } from "../../context.ts";
import { canonicalFeatures } from "../datasets/matrices.ts";
import type { RegistryParts } from "./parts.ts";

/** A definition before it is known to be one. */
export interface DefinitionAsked {
  readonly kind: ModelKind;
  readonly algorithm: string;
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly features: readonly string[];
  readonly target: Target;
  readonly parameters: { readonly [name: string]: Json };
  readonly adjust: Adjustment;
}

const OF_KIND: { readonly [K in ModelKind]: readonly Target["kind"][] } = {
  classifier: ["direction", "tripleBarrier"],
  regressor: ["return"],
  forecaster: ["volatility"],
};

/**
 * Checks all of a definition that can be checked before there are data; features come out by their canonical names.
 * @throws RestError 422 with every field that is wrong; Refusal of a feature
 */
export async function checkedDefinition(
  parts: Pick<RegistryParts, "node" | "algorithms">,
  tenantId: string,
  asked: DefinitionAsked,
): Promise<ModelDefinition> {
  const errors = [
    ...algorithmFaults(parts, asked),
    ...twice("symbols", asked.symbols),
    ...(await unknownSymbols(parts.node, asked.symbols)),
  ];
  if (errors.length > 0) throw unprocessable(errors);
  const features = await canonicalFeatures(parts.node, tenantId, asked.features);
  return { ...asked, features, parameters: wholeParameters(parts, asked) };
}

function algorithmFaults(
  { algorithms }: Pick<RegistryParts, "algorithms">,
  { algorithm: name, kind, target, parameters }: DefinitionAsked,
): readonly FieldError[] {
  const algorithm = algorithms.get(name);
  if (algorithm === undefined) {
    const known = [...algorithms.keys()].join(", ");
    return [invalid("algorithm", `must be one of ${known}`)];
  }
  return [
    ...(algorithm.kinds.includes(kind)
      ? []
      : [invalid("kind", `${name} makes ${algorithm.kinds.join(" or ")} only`)]),
    ...(OF_KIND[kind].includes(target.kind)
      ? []
      : [invalid("target.kind", `of a ${kind} must be ${OF_KIND[kind].join(" or ")}`)]),
    ...parameterFaults(algorithm, parameters),
  ];
}

/** What is wrong with an algorithm's parameters, each fault by its path in a request. */
export function parameterFaults(
  algorithm: Algorithm,
  given: { readonly [name: string]: Json },
): readonly FieldError[] {
  const read = readParameters(algorithm.parameters, given);
  const faults = read.isValid ? (algorithm.check?.(read.parameters) ?? []) : read.faults;
  return faults.map(({ path, message }) => invalid(path, message));
}

/** With the defaults of today, so that those of tomorrow do not change what was trained. */
function wholeParameters(
  { algorithms }: Pick<RegistryParts, "algorithms">,
  { algorithm, parameters }: DefinitionAsked,
): DefinitionAsked["parameters"] {
  const read = readParameters(algorithms.get(algorithm)?.parameters ?? {}, parameters);
  return read.isValid ? read.parameters : parameters;
}

function twice(path: string, names: readonly string[]): readonly FieldError[] {
  return new Set(names).size === names.length ? [] : [invalid(path, "must name each once")];
}

async function unknownSymbols(
  { pool }: NodeContext,
  symbols: readonly string[],
): Promise<readonly FieldError[]> {
  const errors: FieldError[] = [];
  for (const [i, symbol] of symbols.entries())
    if ((await getInstrument(pool, symbol)) === null)
      errors.push(invalid(`symbols[${i}]`, `there is no symbol ${symbol}`));
  return errors;
}

export function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

/** With the defaults of its kind. */
export function targetOf(asked: TargetAsked): Target {
  const { kind, horizon } = asked;
  switch (kind) {
    case "direction":
      return { kind, horizon, threshold: asked.threshold ?? 0 };
    case "return":
      return { kind, horizon };
    case "volatility":
      return { kind, horizon, measure: asked.measure ?? "parkinson" };
    case "tripleBarrier": {
      const { upper = 1, lower = 1, window = 20 } = asked;
      return { kind, horizon, upper, lower, window };
    }
  }
}
