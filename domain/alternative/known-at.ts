/** A version of something that was published, and since when it is known here. */
export interface Known {
  /** which thing it is a version of */
  readonly id: string;
  readonly publishedAtMs: number;
  readonly knownAtMs: number;
  /** counts from 0 */
  readonly revision: number;
}

/**
 * Joins versions to instants without looking ahead: at each instant the newest thing of those known then, in the version known then.
 * A thing that was published before an instant but learnt after it is not seen there.
 * @param atsMs ascending, e.g. the ends of bars
 * @param versions in any order
 * @returns for each instant the thing, or null when nothing was known
 */
export function asOfJoin<T extends Known>(
  atsMs: readonly number[],
  versions: readonly T[],
): readonly (T | null)[] {
  const known = new Map<string, T>();
  let newest: T | null = null;
  const learn = (version: T): void => {
    known.set(version.id, version);
    newest = newestOf(newest, version, known);
  };
  return sweep(atsMs, versions, learn, () => newest);
}

/**
 * Goes through instants in their order; before each, what has become known since the one before is learnt.
 * @param atsMs ascending
 * @returns what was asked at each
 */
export function sweep<T extends Known, R>(
  atsMs: readonly number[],
  versions: readonly T[],
  learn: (version: T) => void,
  ask: (atMs: number) => R,
): readonly R[] {
  const inOrder = versions.toSorted(
    (a, b) => a.knownAtMs - b.knownAtMs || a.revision - b.revision || compare(a.id, b.id),
  );
  let next = 0;
  return atsMs.map((atMs) => {
    let version = inOrder[next];
    while (version !== undefined && version.knownAtMs <= atMs) {
      learn(version);
      next += 1;
      version = inOrder[next];
    }
    return ask(atMs);
  });
}

/** The versions that were known at an instant, the newest of each thing. */
export function knownAt<T extends Known>(versions: readonly T[], atMs: number): readonly T[] {
  const known = new Map<string, T>();
  for (const version of versions) {
    const held = known.get(version.id);
    const isSeen = version.knownAtMs <= atMs;
    if (isSeen && (held === undefined || held.revision < version.revision))
      known.set(version.id, version);
  }
  return [...known.values()];
}

function newestOf<T extends Known>(newest: T | null, version: T, known: ReadonlyMap<string, T>): T {
  // A revision may move its own date back: then another may be the newest.
  if (newest?.id === version.id && version.publishedAtMs < newest.publishedAtMs)
    return [...known.values()].reduce((best, one) => (isLater(one, best) ? one : best));
  return newest === null || newest.id === version.id || isLater(version, newest) ? version : newest;
}

function isLater(a: Known, b: Known): boolean {
  if (a.publishedAtMs !== b.publishedAtMs) return a.publishedAtMs > b.publishedAtMs;
  return compare(a.id, b.id) > 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
