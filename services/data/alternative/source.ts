import type { AlternativeKind } from "../../../domain/alternative/document.ts";
import type { BreakerState } from "../../../mixins/resilience/circuit-breaker.ts";
import type { Ask } from "../sources/source.ts";
import type { RateLimit } from "../sources/token-bucket.ts";
import type { VendorParts } from "../sources/vendor-http.ts";

export type { Ask };

/** What is to be collected. */
export interface AlternativeQuery {
  readonly symbols: readonly string[];
  /** of sources of numbers, e.g. `GDP` */
  readonly series: readonly string[];
  /** words to look for, of sources that can be searched */
  readonly query: string | null;
  /** of publication, or of what observations are about; half open, epoch ms */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * A document as a source tells it, with the fields of `POST /api/alternative-data/{source}`: nothing of it is believed before
 * `read-row.ts` has read it. Its `knownAt` is there where the source knows since when the version was to be had.
 */
export type RawDocument = Readonly<Record<string, unknown>>;

/** What of a query a source needs, and what it heeds. */
export interface QueryTerms {
  /** one of these must be there; empty: none */
  readonly needs: readonly ("symbols" | "series" | "query")[];
  /** besides the range */
  readonly heeds: readonly ("symbols" | "series" | "query")[];
}

export interface AlternativeDefinition extends QueryTerms {
  readonly sourceId: string;
  readonly kind: AlternativeKind;
  readonly isConfigured: boolean;
  /** of the environment */
  readonly variables: readonly string[];
  readonly limit: RateLimit;
  open(parts: VendorParts): AlternativeSource;
}

/** A source of documents or numbers that is asked. Each request goes through its own token bucket, breaker and timeout. */
export interface AlternativeSource {
  readonly circuit: () => BreakerState;
  /**
   * What the source has of a query, page after page. A page that was taken is stored before the next is asked for.
   * @throws SourceError when the source cannot or will not answer
   */
  collect(query: AlternativeQuery, ask: Ask): AsyncIterable<readonly RawDocument[]>;
}
