import type { DecimalString } from "../shared/decimal.ts";
import type { SentimentLabel } from "./sentiment/logistic.ts";

export const ALTERNATIVE_KINDS = ["news", "filing", "macro", "social", "series"] as const;
export type AlternativeKind = (typeof ALTERNATIVE_KINDS)[number];

/** Sentiment that came with a document, as its source has it. */
export interface GivenSentiment {
  /** −1 bad to 1 good */
  readonly score: number;
  readonly label: SentimentLabel;
  /** how its source came to it, e.g. `stocktwits` */
  readonly method: string;
  /** 0 to 1; null where the source does not say */
  readonly confidence: number | null;
}

/** What a document, or an observation of a series, says. */
export interface DocumentContent {
  readonly kind: AlternativeKind;
  readonly publishedAtMs: number;
  readonly symbols: readonly string[];
  readonly title: string | null;
  /** the text, or a summary of it */
  readonly body: string | null;
  readonly url: string | null;
  /** BCP 47, e.g. `en`; null where nobody says */
  readonly language: string | null;
  readonly seriesId: string | null;
  /** what an observation is about, ISO date: a quarter's product is published months after it */
  readonly period: string | null;
  readonly value: DecimalString | null;
  readonly sentiment: GivenSentiment | null;
}

/** A version of a document, and since when it is known. */
export interface DocumentVersion extends DocumentContent {
  /** counts from 0 */
  readonly revision: number;
  /** since when a decision may rest on it */
  readonly knownAtMs: number;
  /** when it was stored here, whatever its source says of its age */
  readonly storedAtMs: number;
}

/** Why a document is refused, by itself. Closed list, in docs/ERRORS.md. */
export const ALTERNATIVE_REFUSALS = [
  "DOCUMENT_MALFORMED",
  "FIELD_UNKNOWN",
  "CELLS_MISSING",
  "NOTHING_SAID",
  "NOT_A_DECIMAL",
  "TIME_UNREADABLE",
  "TIME_IN_FUTURE",
  "KNOWN_BEFORE_PUBLISHED",
  "KNOWN_OUT_OF_ORDER",
] as const;
export type AlternativeRefusal = (typeof ALTERNATIVE_REFUSALS)[number];

export interface RefusedDocument {
  readonly reason: AlternativeRefusal;
  readonly detail: string;
}

/** Clocks differ by so much. */
const CLOCKS_MS = 60_000;

/**
 * What no document may say, whoever it is from.
 * @param knownAtMs as its source has it; null: it is learnt now
 */
export function refusalOf(
  { publishedAtMs, title, body, value }: DocumentContent,
  knownAtMs: number | null,
  nowMs: number,
): RefusedDocument | null {
  if (title === null && body === null && value === null)
    return { reason: "NOTHING_SAID", detail: "it has neither title nor body nor value" };
  if (publishedAtMs > nowMs + CLOCKS_MS)
    return { reason: "TIME_IN_FUTURE", detail: "it was published after now" };
  if (knownAtMs === null) return null;
  if (knownAtMs > nowMs + CLOCKS_MS)
    return { reason: "TIME_IN_FUTURE", detail: "it became known after now" };
  if (knownAtMs < publishedAtMs)
    return { reason: "KNOWN_BEFORE_PUBLISHED", detail: "it became known before it was published" };
  return null;
}
