import type { Sample } from "../learning/sample.ts";

/** The rows of one symbol: from the first, to before the last. */
export interface Series {
  readonly symbol: number;
  readonly from: number;
  readonly to: number;
}

/** Symbol by symbol, as they lie in the sample. */
export function seriesOf({ symbol }: Pick<Sample, "symbol">): readonly Series[] {
  const found: Series[] = [];
  for (let from = 0, to = 0; from < symbol.length; from = to) {
    while (to < symbol.length && symbol[to] === symbol[from]) to += 1;
    found.push({ symbol: symbol[from] ?? 0, from, to });
  }
  return found;
}

/** For each row the first one of its symbol. */
export function startsOf(sample: Pick<Sample, "symbol">): Int32Array {
  const starts = new Int32Array(sample.symbol.length);
  for (const { from, to } of seriesOf(sample)) starts.fill(from, from, to);
  return starts;
}
