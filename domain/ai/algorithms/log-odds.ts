/** No model is surer than this: a probability of 0 or 1 that turns out wrong has an endless log-loss. */
const EDGE = 1e-9;

/** Of log-odds, within [EDGE, 1 − EDGE]; NaN of NaN. */
export function probabilityOf(logOdds: number): number {
  return within(1 / (1 + Math.exp(-logOdds)));
}

/** Finite for every probability. */
export function logOddsOf(probability: number): number {
  const p = within(probability);
  return Math.log(p / (1 - p));
}

function within(p: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, p));
}
