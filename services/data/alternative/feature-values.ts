import { setImmediate } from "node:timers/promises";
import {
  sentimentOverBars,
  type SentimentVersion,
  valuesKnownAt,
  type ValueVersion,
} from "../../../domain/alternative/bar-features.ts";
import type { DocumentVersion } from "../../../domain/alternative/document.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import {
  type AlternativeStore,
  PUBLIC,
  type StoredDocument,
  type StoredSource,
} from "../../../models/alternative-data.ts";
import type { AlternativeFeature } from "../features/alternative-names.ts";
import { scoreOf } from "./scorer.ts";

/** For whom, and from when. */
export interface AlternativeAsked {
  readonly tenantId: string;
  readonly symbol: string;
  /** ascending, epoch ms: each sees what was known by then */
  readonly closesMs: ArrayLike<number>;
  /** versions that were stored later are not seen at all, whatever they say of when they were known; absent: all are */
  readonly storedByMs?: number | undefined;
  /** versions that became known later are not seen; absent: the closes alone decide */
  readonly knownByMs?: number | undefined;
}

/** Documents of one feature at most: two seconds of scoring. */
const DOCUMENTS_MAX = 20_000;
/** A text takes a tenth of a millisecond: between slices of them others have their turn. */
const SLICE = 200;

/** Features that rest on alternative data, of what a tenant may see: what is for everybody, and its own. */
export class AlternativeFeatures {
  readonly #store: AlternativeStore;

  constructor(store: AlternativeStore) {
    this.#store = store;
  }

  /** Another word once something was stored that a tenant may see. */
  async token(tenantId: string): Promise<string> {
    const sources = await this.#store.sources([PUBLIC, tenantId]);
    return sources
      .map(({ _id, updatedAtMs, writes = 0 }) => `${_id} ${updatedAtMs} ${writes}`)
      .toSorted()
      .join("|");
  }

  /**
   * One value a close; NaN where there is none.
   * @throws Refusal FEATURE_UNKNOWN for a series of which nothing is stored, or that several sources have
   * @throws RestError RANGE_TOO_LARGE
   */
  async values(feature: AlternativeFeature, asked: AlternativeAsked): Promise<Float64Array> {
    const documents = await this.#documents(feature, asked);
    if (feature.kind === "series")
      return valuesKnownAt(asked.closesMs, documents.flatMap(observed(asked)));
    const versions: SentimentVersion[] = [];
    for (const [index, document] of documents.entries()) {
      for (const version of scored(document, asked)) versions.push(version);
      if (index % SLICE === SLICE - 1) await setImmediate();
    }
    return sentimentOverBars(asked.closesMs, feature.bars, versions);
  }

  /** @throws Refusal FEATURE_UNKNOWN */
  async requireKnown(tenantId: string, feature: AlternativeFeature): Promise<void> {
    if (feature.kind === "series") await this.#series(tenantId, feature);
  }

  async #documents(
    feature: AlternativeFeature,
    { tenantId, symbol }: AlternativeAsked,
  ): Promise<readonly StoredDocument[]> {
    if (feature.kind === "series") {
      const { source, seriesId } = await this.#series(tenantId, feature);
      return this.#all(feature, [source], { seriesId });
    }
    return this.#all(feature, await this.#store.sources([PUBLIC, tenantId]), { symbol });
  }

  /** Which source has the series: the tenant's own go before those for everybody. */
  async #series(
    tenantId: string,
    { name, series }: Extract<AlternativeFeature, { readonly kind: "series" }>,
  ): Promise<{ readonly source: StoredSource; readonly seriesId: string }> {
    const sources = await this.#store.sources([PUBLIC, tenantId]);
    const named = sources.find(({ source }) => series.startsWith(`${source}/`));
    const holders: StoredSource[] = [];
    for (const source of sources) if (await this.#has(source, series)) holders.push(source);
    const own = holders.filter((source) => source.tenantId === tenantId);
    const [first, second] = own.length > 0 ? own : holders;
    if (first !== undefined && second === undefined) return { source: first, seriesId: series };
    if (first === undefined && named !== undefined) {
      const seriesId = series.slice(named.source.length + 1);
      if (await this.#has(named, seriesId)) return { source: named, seriesId };
    }
    const message =
      first === undefined
        ? `feature ${JSON.stringify(name)}: nothing is stored of such a series`
        : `feature ${JSON.stringify(name)}: several sources have it, say which: series_${first.source}/${series}`;
    throw new Refusal("invalid", "FEATURE_UNKNOWN", message, { feature: name });
  }

  async #has({ tenantId, source }: StoredSource, seriesId: string): Promise<boolean> {
    return (await this.#store.list({ tenantId, source, seriesId, limit: 1 })).length > 0;
  }

  async #all(
    { name }: AlternativeFeature,
    sources: readonly StoredSource[],
    filter: { readonly symbol: string } | { readonly seriesId: string },
  ): Promise<readonly StoredDocument[]> {
    const found: StoredDocument[] = [];
    for (const { tenantId, source } of sources) {
      const limit = DOCUMENTS_MAX + 1 - found.length;
      for (const document of await this.#store.list({ tenantId, source, ...filter, limit }))
        found.push(document);
      if (found.length > DOCUMENTS_MAX)
        throw new RestError(
          "RANGE_TOO_LARGE",
          `${name} rests on more than ${DOCUMENTS_MAX} documents`,
        );
    }
    return found;
  }
}

function isSeen({ storedAtMs, knownAtMs }: DocumentVersion, asked: AlternativeAsked): boolean {
  const { storedByMs = Infinity, knownByMs = Infinity } = asked;
  return storedAtMs <= storedByMs && knownAtMs <= knownByMs;
}

function observed(asked: AlternativeAsked): (document: StoredDocument) => readonly ValueVersion[] {
  return ({ _id: id, versions }) =>
    versions
      .filter((version) => isSeen(version, asked))
      .map(({ period, publishedAtMs, knownAtMs, revision, value }) => ({
        id,
        // The newest is that of the latest period, not the one that was revised last.
        publishedAtMs: period === null ? publishedAtMs : Date.parse(period),
        knownAtMs,
        revision,
        value: value === null ? Number.NaN : Number(value),
      }));
}

function scored(
  { _id: id, versions }: StoredDocument,
  asked: AlternativeAsked,
): readonly SentimentVersion[] {
  const seen = versions.filter((version) => isSeen(version, asked) && version.kind === "news");
  const first = seen.find(({ symbols }) => symbols.includes(asked.symbol));
  if (first === undefined) return [];
  return seen.map((version) => ({
    id,
    publishedAtMs: version.publishedAtMs,
    knownAtMs: version.knownAtMs,
    revision: version.revision,
    firstKnownAtMs: first.knownAtMs,
    score: version.symbols.includes(asked.symbol)
      ? (scoreOf(version, undefined)?.score ?? null)
      : null,
  }));
}
