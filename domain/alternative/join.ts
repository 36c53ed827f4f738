import { asOfJoin, sweep, type Known } from "./known-at.ts";

/** A version with what its text was found to say. */
export interface ScoredVersion extends Known {
  /** null where it has no sentiment */
  readonly score: number | null;
}

export interface WindowSentiment {
  /** the mean over the documents of the window, −1 to 1; null when it has none */
  readonly score: number | null;
  readonly sampleSize: number;
}

export interface JoinedInstant<T> {
  readonly version: T | null;
  readonly sentiment: WindowSentiment;
}

/**
 * At each instant the newest thing that was known, and the mean sentiment of the documents that were published within the window
 * before it and known by then, each as it was known then.
 * @param atsMs ascending
 */
export function joinVersions<T extends ScoredVersion>(
  atsMs: readonly number[],
  versions: readonly T[],
  windowMs: number,
): readonly JoinedInstant<T>[] {
  const newest = asOfJoin(atsMs, versions);
  const sentiments = windowSentiments(atsMs, versions, windowMs);
  return atsMs.map((_, index) => ({
    version: newest[index] ?? null,
    sentiment: sentiments[index] ?? { score: null, sampleSize: 0 },
  }));
}

function windowSentiments(
  atsMs: readonly number[],
  versions: readonly ScoredVersion[],
  windowMs: number,
): readonly WindowSentiment[] {
  const known = new Map<string, ScoredVersion>();
  const learn = (version: ScoredVersion): void => void known.set(version.id, version);
  return sweep(atsMs, versions, learn, (atMs) => {
    // Instants ascend: what has left the window does not come back, but for a revision, which is set anew.
    for (const [id, version] of known)
      if (version.publishedAtMs <= atMs - windowMs) known.delete(id);
    return meanOf([...known.values()].map(({ score }) => score));
  });
}

function meanOf(scores: readonly (number | null)[]): WindowSentiment {
  const found = scores.filter((score) => score !== null);
  if (found.length === 0) return { score: null, sampleSize: 0 };
  const sum = found.reduce((total, score) => total + score, 0);
  return { score: sum / found.length, sampleSize: found.length };
}
