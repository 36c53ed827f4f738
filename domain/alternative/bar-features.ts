import { asOfJoin, sweep, type Known } from "./known-at.ts";

/** A version of a document about a symbol, with what its text was found to say. */
export interface SentimentVersion extends Known {
  /** null where it has no sentiment, or is about the symbol no more */
  readonly score: number | null;
  /** since when any version of the document that is about the symbol was known, epoch ms */
  readonly firstKnownAtMs: number;
}

/**
 * At each close the mean sentiment of the documents that became known within so many bars up to it, each as it was known then: a
 * document counts from its first version, and a later revision changes what it says but does not make it news again.
 * @param closesMs ascending
 * @param bars 1 or more; a document that became known at the very close is in it
 * @returns NaN where there is none, and before there are so many bars
 */
export function sentimentOverBars(
  closesMs: ArrayLike<number>,
  bars: number,
  versions: readonly SentimentVersion[],
): Float64Array {
  const known = new Map<string, SentimentVersion>();
  const learn = (version: SentimentVersion): void => void known.set(version.id, version);
  let row = 0;
  const means = sweep(Array.from(closesMs), versions, learn, () => {
    const beforeMs = closesMs[row - bars];
    row += 1;
    for (const [id, { firstKnownAtMs }] of known)
      if (beforeMs !== undefined && firstKnownAtMs <= beforeMs) known.delete(id);
    return beforeMs === undefined ? Number.NaN : meanOf(known.values());
  });
  return Float64Array.from(means);
}

/** A version of an observation of a series. */
export interface ValueVersion extends Known {
  readonly value: number;
}

/** At each close the observation of the latest period that was known, as it was known then; NaN before the first. @param closesMs ascending */
export function valuesKnownAt(
  closesMs: ArrayLike<number>,
  versions: readonly ValueVersion[],
): Float64Array {
  const found = asOfJoin(Array.from(closesMs), versions);
  return Float64Array.from(found, (version) => version?.value ?? Number.NaN);
}

function meanOf(versions: Iterable<SentimentVersion>): number {
  let [sum, count] = [0, 0];
  for (const { score } of versions) {
    if (score === null) continue;
    sum += score;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum / count;
}
