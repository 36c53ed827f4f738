import { Refusal } from "../shared/errors.ts";
import { KERNELS } from "./catalogue.ts";
import { parameterFault, type Kernel } from "./kernel.ts";

/** An indicator with its parameters. */
export interface Feature {
  /** canonical, e.g. `sma_20` */
  readonly name: string;
  readonly kernel: Kernel;
  readonly params: readonly number[];
  /** bars before every line has a value */
  readonly warmup: number;
}

/**
 * Reads `indicator_param1_param2`; the name alone stands for the default parameters (`sma` is `sma_20`).
 * @throws Refusal FEATURE_UNKNOWN or FEATURE_PARAMETER_INVALID, naming the feature
 */
export function parseFeature(text: string): Feature {
  const [indicator = "", ...numbers] = text.split("_");
  const kernel = KERNELS.get(indicator);
  if (kernel === undefined) throw unknownFeature(text);
  const params = numbers.length === 0 ? defaultsOf(kernel) : numbers.map(toNumber);
  const fault = parameterFault(kernel, params);
  if (fault !== null) throw invalidParameter(text, fault);
  const name = [kernel.name, ...params].join("_");
  return { name, kernel, params, warmup: kernel.warmup(params) };
}

/**
 * Reads a list such as `["sma_20", "rsi_14"]`, each feature once, in the order of its first mention.
 * @throws Refusal as `parseFeature`
 */
export function parseFeatures(texts: readonly string[]): readonly Feature[] {
  const features = new Map<string, Feature>();
  for (const text of texts) {
    const feature = parseFeature(text);
    if (!features.has(feature.name)) features.set(feature.name, feature);
  }
  return [...features.values()];
}

function defaultsOf(kernel: Kernel): readonly number[] {
  return kernel.parameters.map((parameter) => parameter.default);
}

// One spelling a feature: `sma_020`, `sma_2e1` and `bbands_20_2.0` would name the same column twice.
function toNumber(digits: string): number {
  return /^(?:0|[1-9]\d{0,8})(?:\.\d{0,3}[1-9])?$/.test(digits) ? Number(digits) : Number.NaN;
}

function unknownFeature(text: string): Refusal {
  const known = [...KERNELS.keys()];
  const message = `feature ${JSON.stringify(text)}: expected one of ${known.join(", ")}`;
  return new Refusal("invalid", "FEATURE_UNKNOWN", message, { feature: text, known });
}

function invalidParameter(text: string, fault: string): Refusal {
  const message = `feature ${JSON.stringify(text)}: ${fault}`;
  return new Refusal("invalid", "FEATURE_PARAMETER_INVALID", message, { feature: text });
}
