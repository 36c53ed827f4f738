import { predictionsOverHttp } from "./ml/over-http.ts";
import type { BenchReport } from "./run.ts";
import { round } from "./support.ts";

/** What the original's documents claim, which nobody has measured: predictions a second of a tree model, and of an LSTM. */
const CLAIMED = { trees: 2_000, lstm: 500 };

/** Predictions over HTTP, end to end. */
export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const figures = await predictionsOverHttp(isQuick);
  return {
    name: "predictions",
    figures: { ...figures },
    reference: { what: "claimed in the original's documents, requests a second", ...CLAIMED },
    ratio: round(figures.trees.ask.perSecond / CLAIMED.trees),
  };
}
