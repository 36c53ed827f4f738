import { firstDifference } from "../shared/same-content.ts";
import type { DocumentContent, DocumentVersion, RefusedDocument } from "./document.ts";

/** What became of a document that came in. */
export type Revised =
  | { readonly outcome: "new" | "revised"; readonly version: DocumentVersion }
  | { readonly outcome: "duplicate" }
  | { readonly outcome: "refused"; readonly refused: RefusedDocument };

/**
 * Whether what came in is the first version of a document, a later one, or nothing new. What was known before is never
 * rewritten: a version that is said to have been known before the newest one is refused unless it says what was believed then.
 * @param held the versions of this document, oldest first
 * @param knownAtMs null: it is learnt now
 */
export function revise(
  held: readonly DocumentVersion[],
  content: DocumentContent,
  knownAtMs: number | null,
  nowMs: number,
): Revised {
  const newest = held.at(-1);
  // The clock of another node may have been ahead.
  const atMs = knownAtMs ?? Math.max(nowMs, newest?.knownAtMs ?? nowMs);
  const version = { ...contentOf(content), knownAtMs: atMs, storedAtMs: nowMs };
  if (newest === undefined) return { outcome: "new", version: { ...version, revision: 0 } };
  const believed = versionAt(held, atMs) ?? held[0] ?? newest;
  if (isSame(believed, content)) return { outcome: "duplicate" };
  if (atMs < newest.knownAtMs) {
    const detail = "a newer version is on record: what was known then is not rewritten";
    return { outcome: "refused", refused: { reason: "KNOWN_OUT_OF_ORDER", detail } };
  }
  return { outcome: "revised", version: { ...version, revision: newest.revision + 1 } };
}

/** The version that was known at an instant; null when none was. @param versions oldest first */
export function versionAt(
  versions: readonly DocumentVersion[],
  atMs: number,
): DocumentVersion | null {
  return versions.findLast(({ knownAtMs }) => knownAtMs <= atMs) ?? null;
}

function isSame(a: DocumentContent, b: DocumentContent): boolean {
  return firstDifference(contentOf(a), contentOf(b)) === null;
}

function contentOf(content: DocumentContent): DocumentContent {
  const { kind, publishedAtMs, symbols, title, body, url, language } = content;
  const { seriesId, period, value, sentiment } = content;
  return {
    kind,
    publishedAtMs,
    symbols: symbols.toSorted(),
    title,
    body,
    url,
    language,
    seriesId,
    period,
    value,
    sentiment,
  };
}
