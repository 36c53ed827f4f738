import type { DocumentVersion, GivenSentiment } from "../../../domain/alternative/document.ts";
import type { SentimentModel } from "../../../domain/alternative/sentiment/logistic.ts";
import { sentimentOf } from "../../../domain/alternative/sentiment/sentiment.ts";
import type { SentimentMethod } from "../../../domain/alternative/sentiment/sentiment.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import packaged from "./sentiment-model.json" with { type: "json" };

/** The beginning of a text says what it is about, and a page of long ones must not take seconds. */
const BODY_READ = 600;

const MODEL = checkedModel(packaged);

/** Sentiment of texts is of English: a text in another language has none, and neither has a number. */
export function scoreOf(
  version: DocumentVersion,
  method: SentimentMethod | undefined,
): GivenSentiment | null {
  const { title, body, language, sentiment } = version;
  if (method === undefined && sentiment !== null) return sentiment;
  const text = [title, body?.slice(0, BODY_READ)]
    .filter((part) => typeof part === "string")
    .join(". ");
  const isEnglish = language === null || /^en(?:[-_]|$)/i.test(language);
  if (text === "" || !isEnglish) return null;
  return { ...sentimentOf(text, method ?? "logistic", MODEL), confidence: null };
}

/** @throws Error when the packaged file is not the model that the source knows how to use */
function checkedModel(value: unknown): SentimentModel {
  const isWhole =
    isRecord(value) &&
    value["version"] === 1 &&
    isTriple(value["bias"]) &&
    isRecord(value["weights"]) &&
    Object.values(value["weights"]).every(isTriple);
  if (!isWhole) throw new Error("sentiment-model.json: expected version 1 with triples of weights");
  // sound: each member was looked at
  return value as unknown as SentimentModel;
}

function isTriple(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}
