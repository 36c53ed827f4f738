import type { Algorithm } from "../../../domain/ai/learning/algorithm.ts";
import type { ParameterTerms } from "../../../domain/ai/learning/parameters.ts";
import type { Choice, Dimension, Space } from "../../../domain/ai/search/space.ts";
import { gridChoices, gridSize, randomChoices } from "../../../domain/ai/search/space.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { FieldError } from "../../../mixins/rest/readers.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { SearchAsked } from "../../../mixins/rest/routes/model-training.ts";
import { invalid, parameterFaults } from "./definition.ts";

const TRIALS = 20;
const TRIALS_MAX = 200;

/**
 * What a search tries, each choice with the model's other parameters.
 * @throws RestError 422 naming what of the space the algorithm does not know, or that it is too large
 */
export function choicesOf(
  { method, space: asked, trials = TRIALS }: SearchAsked,
  algorithm: Algorithm,
  held: { readonly [name: string]: Json },
  seed: number,
): readonly Choice[] {
  const space = spaceOf(asked, algorithm);
  if (method === "grid" && gridSize(space) > TRIALS_MAX)
    throw unprocessable([
      invalid("space", `a grid of ${gridSize(space)} trials; at most ${TRIALS_MAX} are allowed`),
    ]);
  const choices = method === "grid" ? gridChoices(space) : randomChoices(space, trials, seed);
  // Every value that may be tried has to be one that the algorithm takes.
  for (const choice of choices) {
    const faults = parameterFaults(algorithm, { ...held, ...choice });
    if (faults.length > 0) throw unprocessable(faults.map(inSpace));
  }
  return choices;
}

function inSpace({ path, ...fault }: FieldError): FieldError {
  return { ...fault, path: path.replace(/^parameters\./, "space.") };
}

function spaceOf(asked: SearchAsked["space"], { name: algorithm, parameters }: Algorithm): Space {
  const entries = Object.entries(asked);
  if (entries.length === 0 || entries.length > 20)
    throw unprocessable([invalid("space", "must name 1 to 20 parameters")]);
  const faults: FieldError[] = [];
  const space = new Map<string, Dimension>();
  for (const [name, dimension] of entries) {
    const terms = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const read =
      terms === undefined ? `${algorithm} has no such parameter` : dimensionOf(dimension, terms);
    if (typeof read === "string") faults.push(invalid(`space.${name}`, read));
    else space.set(name, read);
  }
  if (faults.length > 0) throw unprocessable(faults);
  return Object.fromEntries(space);
}

/** @returns what is wrong with it, when something is */
function dimensionOf(
  { values, min, max, scale = "linear", steps = 3 }: SearchAsked["space"][string],
  terms: ParameterTerms,
): Dimension | string {
  if (values !== undefined)
    return min === undefined && max === undefined
      ? { kind: "values", values }
      : "has values: give no min and max beside them";
  if (min === undefined || max === undefined) return "needs values, or min and max";
  if (terms.type !== "integer" && terms.type !== "number")
    return `is of type ${terms.type}: name its values`;
  if (min >= max) return "min must be below max";
  if (min < terms.min || max > terms.max) return `must lie within ${terms.min} and ${terms.max}`;
  if (scale === "log" && min <= 0) return "a logarithmic range begins above 0";
  return { kind: "range", min, max, scale, steps, isInteger: terms.type === "integer" };
}
