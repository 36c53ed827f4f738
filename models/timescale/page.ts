/** A page of a list in key order; `next` continues it and is null on the last page. */
export interface Page<T, Key> {
  readonly data: readonly T[];
  readonly next: Key | null;
}

/** Makes a page of `rows`, of which one more than `limit` was asked for to see whether there is a next. */
export function pageOf<T, Key>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => Key,
): Page<T, Key> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next: rows.length > limit && last !== undefined ? keyOf(last) : null };
}
