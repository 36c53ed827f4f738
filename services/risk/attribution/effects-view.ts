import { addUp, type Effects } from "../../../domain/risk/attribution/brinson.ts";

/** Effects added up, with their sum. */
export function effectsView(effects: readonly Effects[]): Effects & { readonly total: number } {
  const sum = addUp(effects);
  return { ...sum, total: sum.allocation + sum.selection + sum.interaction };
}
