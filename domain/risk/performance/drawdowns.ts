/** One fall of wealth below its highest, until it is back there. */
export interface Drawdown {
  /** index of the first return that took wealth below its peak */
  readonly from: number;
  readonly trough: number;
  /** index of the return that brought it back; null: not yet */
  readonly to: number | null;
  /** loss from the peak to the trough, a positive fraction in (0, 1] */
  readonly depth: number;
  /** periods from the first loss to the recovery, both counted; to the end of the series where there is none */
  readonly length: number;
}

export interface DrawdownPath {
  /** of each period: how far wealth is below its highest so far, in [0, 1] */
  readonly depths: Float64Array;
  /** of each period: the logarithm of wealth, which began at 1; −∞ after a total loss */
  readonly logWealth: Float64Array;
  /** in order of time */
  readonly drawdowns: readonly Drawdown[];
}

/** Wealth that is this little below its peak, relatively, is at its peak: products of returns are rounded. */
const AT_PEAK = 1e-12;

/**
 * Drawdowns of wealth that begins at 1, so that a loss in the first period counts. Logarithms, because wealth itself may leave
 * the range of float64.
 * @param returns simple, each at least −1, oldest first
 */
export function drawdownPath(returns: ArrayLike<number>): DrawdownPath {
  const depths = new Float64Array(returns.length);
  const logWealth = new Float64Array(returns.length);
  let [wealth, peak] = [0, 0];
  for (let i = 0; i < returns.length; i += 1) {
    wealth += Math.log1p(returns[i] ?? 0);
    logWealth[i] = wealth;
    peak = Math.max(peak, wealth);
    depths[i] = wealth >= peak - AT_PEAK ? 0 : -Math.expm1(wealth - peak);
  }
  return { depths, logWealth, drawdowns: episodesOf(depths) };
}

function episodesOf(depths: Float64Array): readonly Drawdown[] {
  const found: Drawdown[] = [];
  let from = -1;
  let trough = -1;
  depths.forEach((depth, i) => {
    if (depth > 0) {
      if (from < 0) [from, trough] = [i, i];
      else if (depth > (depths[trough] ?? 0)) trough = i;
    } else if (from >= 0) {
      found.push({ from, trough, to: i, depth: depths[trough] ?? 0, length: i - from + 1 });
      from = -1;
    }
  });
  if (from < 0) return found;
  const length = depths.length - from;
  return [...found, { from, trough, to: null, depth: depths[trough] ?? 0, length }];
}

/** The deepest first; of equally deep ones the earlier. */
export function deepest(drawdowns: readonly Drawdown[], count: number): readonly Drawdown[] {
  return drawdowns.toSorted((a, b) => b.depth - a.depth).slice(0, count);
}
