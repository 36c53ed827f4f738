import { ema } from "./ema.ts";
import type { Kernel } from "./kernel.ts";
import { rsi } from "./rsi.ts";
import { sma } from "./sma.ts";

/** Every indicator there is, by name. */
export const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  [sma, ema, rsi].map((kernel) => [kernel.name, kernel] as const),
);

/** What the catalogue says of an indicator; `warmup` is that of the default parameters, in bars. */
export interface CatalogueEntry {
  readonly name: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly description: string;
    readonly min: number;
    readonly max: number;
  }[];
  readonly defaults: readonly number[];
  readonly warmup: number;
  readonly description: string;
  readonly source: string;
}

export function catalogue(): readonly CatalogueEntry[] {
  return [...KERNELS.values()].map((kernel) => {
    const defaults = kernel.parameters.map((parameter) => parameter.default);
    return {
      name: kernel.name,
      parameters: kernel.parameters.map(({ name, description, min, max }) => ({
        name,
        description,
        min,
        max,
      })),
      defaults,
      warmup: kernel.warmup(defaults),
      description: kernel.description,
      source: kernel.source,
    };
  });
}
