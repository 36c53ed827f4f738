export interface HillEstimate {
  /** of the largest losses */
  readonly count: number;
  /** 1/α: the mean of ln X₍ᵢ₎ − ln X₍ₖ₊₁₎ over them */
  readonly xi: number;
  /** α; null where the largest are all the same */
  readonly tailIndex: number | null;
}

/**
 * Hill's (1975) estimates.
 * @param ascending losses; only positive ones count
 * @param counts    of the largest, each an estimate; those that are not below the number of positive losses have none
 */
export function hillEstimates(
  ascending: ArrayLike<number>,
  counts: readonly number[],
): readonly HillEstimate[] {
  const wanted = new Set(counts);
  const estimates: HillEstimate[] = [];
  let logs = 0;
  for (let count = 1; count < ascending.length; count += 1) {
    const base = ascending[ascending.length - 1 - count] ?? 0;
    if (!(base > 0)) break;
    logs += Math.log(ascending[ascending.length - count] ?? base);
    if (!wanted.has(count)) continue;
    const xi = Math.max(0, logs / count - Math.log(base));
    estimates.push({ count, xi, tailIndex: xi > 0 ? 1 / xi : null });
  }
  return estimates;
}
