/** Ranks from 1 in ascending order; equal values share the mean of the ranks that they take. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = ascending(values);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    const until = tieEnd(order, values, from);
    const rank = (from + 1 + until) / 2;
    for (let i = from; i < until; i += 1) ranks[order[i] ?? 0] = rank;
    from = until;
  }
  return ranks;
}

/** Indices in the ascending order of their values. */
export function ascending(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  return order.toSorted((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
}

function tieEnd(order: Uint32Array, values: ArrayLike<number>, from: number): number {
  const value = values[order[from] ?? 0];
  let until = from + 1;
  while (until < order.length && values[order[until] ?? 0] === value) until += 1;
  return until;
}
