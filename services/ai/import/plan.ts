import type { ModelKind } from "../../../domain/ai/model/definition.ts";
import { RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { OnnxPlan, Transform } from "../onnx/artifact.ts";
import type { Port, Ports } from "../onnx/wire.ts";

export interface OutputAsked {
  readonly name?: string | undefined;
  readonly column?: number | undefined;
  readonly transform?: Transform | undefined;
}

/**
 * Which output of a file is the model's, and how rows are given to it.
 * @throws RestError 422 where the file cannot be asked in this way
 */
export function planOf(
  ports: Ports,
  features: number,
  kind: ModelKind,
  asked: OutputAsked = {},
): OnnxPlan {
  const input = inputOf(ports, features);
  const output = outputOf(ports, asked.name);
  const width = widthOf(output);
  const column = asked.column ?? columnOf(width, kind);
  if (column === null)
    throw invalid(
      "output.column",
      `must say which of the ${width} numbers of ${output.name} it is`,
    );
  if (column >= width)
    throw invalid("output.column", `must be below ${width}, the width of ${output.name}`);
  const { transform = "none" } = asked;
  if (transform === "log" && kind !== "forecaster")
    throw invalid("output.transform", "log is of forecasters only");
  if (transform === "sigmoid" && kind !== "classifier")
    throw invalid("output.transform", "sigmoid is of classifiers only");
  const batch = input.shape[0] ?? null;
  return { input: input.name, output: output.name, column, width, batch, transform };
}

function inputOf({ inputs }: Ports, features: number): Port {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw invalid("file", `must have one input, found ${inputs.length}: ${namesOf(inputs)}`);
  const { name, type, shape } = input;
  if (type !== "float32")
    throw invalid("file", `the input ${name} must be float32, found ${type ?? "no tensor"}`);
  if (shape.length !== 2)
    throw invalid("file", `the input ${name} must be [rows, features], found ${text(shape)}`);
  const [batch, columns] = shape;
  if (columns !== null && columns !== features)
    throw invalid("features", `must be ${columns}, as the input ${name} has, found ${features}`);
  if (batch !== null && batch !== 1)
    throw invalid("file", `the input ${name} must take any number of rows, or one, found ${batch}`);
  return input;
}

const NUMBERS: ReadonlySet<string | null> = new Set(["float32", "float64"]);

function outputOf({ outputs }: Ports, name: string | undefined): Port {
  const found =
    name === undefined
      ? outputs.find(({ type }) => NUMBERS.has(type))
      : outputs.find((output) => output.name === name);
  if (found === undefined && name !== undefined)
    throw invalid("output.name", `there is no output ${name}: ${namesOf(outputs)}`);
  if (found === undefined || !NUMBERS.has(found.type))
    throw invalid(
      "output.name",
      `must be a tensor of floats; the file has ${namesOf(outputs)} (of scikit-learn: convert with zipmap=False)`,
    );
  return found;
}

/** A size that is not fixed is one number a row, unless the trial finds otherwise. */
function widthOf({ name, shape }: Port): number {
  if (shape.length > 2)
    throw invalid(
      "output.name",
      `the output ${name} must have numbers by rows, found ${text(shape)}`,
    );
  return shape[1] ?? 1;
}

function columnOf(width: number, kind: ModelKind): number | null {
  if (width === 1) return 0;
  return width === 2 && kind === "classifier" ? 1 : null;
}

function namesOf(ports: readonly Port[]): string {
  return ports.map(({ name, type }) => `${name} (${type ?? "no tensor"})`).join(", ") || "none";
}

function text(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "any").join(", ")}]`;
}

export function invalid(path: string, message: string): RestError {
  return unprocessable([{ path, code: "INVALID_VALUE", message: message.slice(0, 500) }]);
}
