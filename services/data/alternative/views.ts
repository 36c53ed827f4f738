import type { DocumentVersion } from "../../../domain/alternative/document.ts";
import type { SentimentMethod } from "../../../domain/alternative/sentiment/sentiment.ts";
import type { AlternativeDocumentView } from "../../../mixins/rest/routes/alternative-data.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredDocument } from "../../../models/alternative-data.ts";
import { scoreOf } from "./scorer.ts";

/** What was not said is left out. */
export function toDocumentView(
  { _id: id, source, externalId }: Pick<StoredDocument, "_id" | "source" | "externalId">,
  version: DocumentVersion,
  method: SentimentMethod | undefined,
): AlternativeDocumentView {
  const { title, body, url, language, seriesId, period, value } = version;
  const { kind, symbols, publishedAtMs, knownAtMs, storedAtMs, revision } = version;
  return {
    id,
    externalId,
    source,
    kind,
    symbol: [...symbols],
    publishedAt: isoTime(publishedAtMs),
    knownAt: isoTime(knownAtMs),
    storedAt: isoTime(storedAtMs),
    revision,
    ...(title !== null && { title }),
    ...(body !== null && { body }),
    ...(url !== null && { url }),
    ...(language !== null && { language }),
    ...(seriesId !== null && { seriesId }),
    ...(period !== null && { period }),
    ...(value !== null && { value }),
    ...sentimentView(version, method),
  };
}

function sentimentView(
  version: DocumentVersion,
  asked: SentimentMethod | undefined,
): Pick<AlternativeDocumentView, "sentiment"> {
  const found = scoreOf(version, asked);
  if (found === null) return {};
  const { score, label, method, confidence } = found;
  return { sentiment: { score, label, method, ...(confidence !== null && { confidence }) } };
}
