/** A round of successive halving. */
export interface Rung {
  /** how many of the trials are in it */
  readonly trials: number;
  /** the part of the rows that each is given, the newest ones: 1 in the last rung */
  readonly share: number;
}

/**
 * Successive halving (Jamieson & Talwalkar, AISTATS 2016): all trials begin with few rows, and of each round the better 1/eta go
 * on with eta times as many.
 */
export function halvingRungs(trials: number, rungs: number, eta: number): readonly Rung[] {
  return Array.from({ length: rungs }, (_, r) => ({
    trials: Math.max(1, Math.ceil(trials / eta ** r)),
    share: 1 / eta ** (rungs - 1 - r),
  }));
}

/**
 * The numbers of the best, best first; of equals the first.
 * @param losses null of a trial that could not be scored, which is no better than any other
 */
export function bestOf(losses: readonly (number | null)[], count: number): readonly number[] {
  return losses
    .map((loss, trial) => ({ loss: loss ?? Infinity, trial }))
    .filter(({ loss }) => loss < Infinity)
    .toSorted((a, b) => a.loss - b.loss || a.trial - b.trial)
    .slice(0, count)
    .map(({ trial }) => trial);
}
