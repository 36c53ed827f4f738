/** Rows that a version was scored on, in whatever order: out of sample, or live while it was a shadow. */
export interface ScoredRows {
  readonly closeMs: readonly number[];
  /** by name */
  readonly symbol: readonly string[];
  readonly loss: readonly number[];
  readonly prediction: readonly number[];
  readonly truth: readonly number[];
  readonly forwardReturn: readonly number[];
}

/** A row that two versions were both scored on. */
export interface CommonRow {
  readonly closeMs: number;
  readonly symbol: string;
  readonly truth: number;
  readonly forwardReturn: number;
  readonly loss: number;
  readonly otherLoss: number;
  readonly prediction: number;
  readonly otherPrediction: number;
}

/** In order of time, then of symbols. Rows without a finite loss on either side are left out. */
export function commonRows(one: ScoredRows, other: ScoredRows): readonly CommonRow[] {
  const places = new Map(other.closeMs.map((_, j) => [keyOf(other, j), j]));
  const rows = one.closeMs.flatMap((closeMs, i): readonly CommonRow[] => {
    const j = places.get(keyOf(one, i));
    return j === undefined
      ? []
      : [
          {
            closeMs,
            symbol: one.symbol[i] ?? "",
            truth: at(one.truth, i),
            forwardReturn: at(one.forwardReturn, i),
            loss: at(one.loss, i),
            otherLoss: at(other.loss, j),
            prediction: at(one.prediction, i),
            otherPrediction: at(other.prediction, j),
          },
        ];
  });
  return rows
    .filter(({ loss, otherLoss }) => Number.isFinite(loss) && Number.isFinite(otherLoss))
    .toSorted((a, b) => a.closeMs - b.closeMs || (a.symbol < b.symbol ? -1 : 1));
}

function keyOf({ closeMs, symbol }: ScoredRows, i: number): string {
  return `${symbol[i]} ${closeMs[i]}`;
}

function at(values: readonly number[], i: number): number {
  return values[i] ?? Number.NaN;
}
