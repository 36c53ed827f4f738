import { bands } from "./indicators/bands.ts";
import { dependence } from "./indicators/dependence.ts";
import { momentum } from "./indicators/momentum.ts";
import { movingAverages } from "./indicators/moving-averages.ts";
import { oscillators } from "./indicators/oscillators.ts";
import { parabolic } from "./indicators/parabolic.ts";
import { returnsAndVolatility } from "./indicators/returns.ts";
import { statistics } from "./indicators/statistics.ts";
import { trend } from "./indicators/trend.ts";
import { volumes } from "./indicators/volume.ts";
import type { Kernel, Parameter } from "./kernel.ts";

const families = [
  movingAverages,
  momentum,
  oscillators,
  trend,
  parabolic,
  bands,
  volumes,
  returnsAndVolatility,
  statistics,
  dependence,
];

/** Every indicator there is, by name. */
export const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  families.flat().map((kernel) => [kernel.name, kernel] as const),
);

/** What the catalogue says of an indicator; `warmup` is that of the default parameters, in bars. */
export interface CatalogueEntry {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly defaults: readonly number[];
  readonly warmup: number;
  /** null: one value without a name */
  readonly lines: readonly string[] | null;
  /** the second series that it needs, or null */
  readonly input: "benchmark" | null;
  readonly description: string;
  readonly source: string;
  /** what it says where its formula divides by nothing or has no meaning */
  readonly edge: string;
}

export function catalogue(): readonly CatalogueEntry[] {
  return [...KERNELS.values()].map((kernel) => {
    const defaults = kernel.parameters.map((parameter) => parameter.default);
    const { name, parameters, lines, input, description, source, edge } = kernel;
    const warmup = kernel.warmup(defaults);
    return { name, parameters, defaults, warmup, lines, input, description, source, edge };
  });
}
