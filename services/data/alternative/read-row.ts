import { ALTERNATIVE_KINDS } from "../../../domain/alternative/document.ts";
import type {
  AlternativeKind,
  AlternativeRefusal,
  DocumentContent,
  GivenSentiment,
  RefusedDocument,
} from "../../../domain/alternative/document.ts";
import { LABELS } from "../../../domain/alternative/sentiment/logistic.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { Invalid, readDecimal, readText, readTime } from "../../../mixins/rest/readers.ts";
import type { Reader } from "../../../mixins/rest/readers.ts";
import { DOCUMENT_FIELDS } from "../../../mixins/rest/routes/alternative-data.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";

/** What holds for rows that do not say otherwise. */
export interface RowDefaults {
  readonly kind: AlternativeKind;
  readonly seriesId: string | null;
  readonly symbols: readonly string[];
}

export interface ReadDocument {
  readonly externalId: string;
  readonly content: DocumentContent;
  /** null: it is learnt now */
  readonly knownAtMs: number | null;
}

const TITLE_MAX = 1_000;
const BODY_MAX = 20_000;
const SYMBOLS_MAX = 100;
const SYMBOL = /^[A-Za-z0-9^][A-Za-z0-9.^=:_-]{0,31}$/;

/** A document from outside, or why it is none. What is read is still to be judged by `refusalOf`. */
export function readDocument(
  input: unknown,
  defaults: RowDefaults,
): ReadDocument | RefusedDocument {
  if (!isRecord(input)) return { reason: "DOCUMENT_MALFORMED", detail: "it is no object" };
  const unknown = Object.keys(input).find((name) => !Object.hasOwn(DOCUMENT_FIELDS, name));
  if (unknown !== undefined)
    return { reason: "FIELD_UNKNOWN", detail: `there is no field ${unknown.slice(0, 60)}` };
  const row = new RowReader(input);
  const content = contentOf(row, defaults);
  const knownAtMs = row.optional("knownAt", readTime, "TIME_UNREADABLE");
  const given = row.text("externalId", 300);
  if (row.fault !== null) return row.fault;
  return { externalId: given ?? externalIdOf(content), content, knownAtMs };
}

/** Of what has no id: an observation is known by its series and period, a text by its address, else by what it says. */
function externalIdOf(content: DocumentContent): string {
  const { seriesId, period, publishedAtMs, url } = content;
  if (seriesId !== null) return `${seriesId}:${period ?? publishedAtMs}`;
  return url ?? bodyHash([content.title, content.body, publishedAtMs]);
}

function contentOf(row: RowReader, defaults: RowDefaults): DocumentContent {
  const seriesId = row.text("seriesId", 120) ?? defaults.seriesId;
  const kind = row.optional("kind", readKind, "DOCUMENT_MALFORMED") ?? defaults.kind;
  return {
    kind,
    publishedAtMs: row.required("publishedAt", readTime, "TIME_UNREADABLE", 0),
    symbols: row.optional("symbol", readSymbols, "DOCUMENT_MALFORMED") ?? defaults.symbols,
    title: row.text("title", TITLE_MAX),
    body: row.text("body", BODY_MAX),
    url: row.optional("url", readUrl, "DOCUMENT_MALFORMED"),
    language: row.optional("language", readLanguage, "DOCUMENT_MALFORMED"),
    seriesId,
    period: row.optional("period", readPeriod, "TIME_UNREADABLE"),
    value: row.optional("value", readDecimal("any"), "NOT_A_DECIMAL"),
    sentiment: row.optional("sentiment", readSentiment, "DOCUMENT_MALFORMED"),
  };
}

/** Reads fields one by one and remembers the first fault; after one, what it hands out means nothing. */
class RowReader {
  fault: RefusedDocument | null = null;
  readonly #input: Readonly<Record<string, unknown>>;

  constructor(input: Readonly<Record<string, unknown>>) {
    this.#input = input;
  }

  required<T>(field: string, reader: Reader<T>, reason: AlternativeRefusal, instead: T): T {
    const found = this.optional(field, reader, reason);
    if (found !== null) return found;
    this.fault ??= { reason: "CELLS_MISSING", detail: `${field} is missing` };
    return instead;
  }

  /** Null is as good as absent: vendors write both. */
  optional<T>(field: string, reader: Reader<T>, reason: AlternativeRefusal): T | null {
    const value = Object.hasOwn(this.#input, field) ? this.#input[field] : null;
    if (value === undefined || value === null) return null;
    const found = reader(value);
    if (!(found instanceof Invalid)) return found;
    this.fault ??= { reason, detail: `${field} ${found.message}` };
    return null;
  }

  /** Empty text is none. */
  text(field: string, max: number): string | null {
    return this.optional(field, readText({ max }), "DOCUMENT_MALFORMED")?.trim() || null;
  }
}

const readKind: Reader<AlternativeKind> = (value) =>
  ALTERNATIVE_KINDS.find((kind) => kind === value) ??
  new Invalid("UNSUPPORTED_VALUE", `must be one of ${ALTERNATIVE_KINDS.join(", ")}`);

const readSymbols: Reader<readonly string[]> = (value) => {
  const symbols: readonly unknown[] = Array.isArray(value) ? value : [value];
  const names = symbols.filter((one) => typeof one === "string" && SYMBOL.test(one)).map(String);
  const isRight = names.length === symbols.length && names.length <= SYMBOLS_MAX;
  return isRight
    ? [...new Set(names)]
    : new Invalid("INVALID_VALUE", `must be symbols, ${SYMBOLS_MAX} at most`);
};

const readUrl: Reader<string> = (value) => {
  const text = readText({ max: 2_000 })(value);
  if (text instanceof Invalid) return text;
  const url = URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol)
    ? text
    : new Invalid("INVALID_VALUE", "must be an address of the web");
};

const readLanguage = readText({
  max: 35,
  pattern: /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*$/,
  hint: "must be a language such as en or pt-BR",
});

/** A date of the calendar. */
const readPeriod: Reader<string> = (value) => {
  const isDate = typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const found = isDate ? readTime(value) : new Invalid("INVALID_VALUE", "must be a date");
  return found instanceof Invalid ? new Invalid("INVALID_VALUE", "must be a date") : String(value);
};

const readSentiment: Reader<GivenSentiment> = (value) => {
  if (!isRecord(value)) return new Invalid("INVALID_TYPE", "must be an object");
  const { score, label, method = "given", confidence = null, ...others } = value;
  const found = LABELS.find((one) => one === label);
  const isRight =
    Object.keys(others).length === 0 &&
    isBetween(score, -1) &&
    typeof method === "string" &&
    /^[a-z][a-z0-9._-]{0,63}$/i.test(method) &&
    (confidence === null || isBetween(confidence, 0));
  if (!isRight || (label !== undefined && found === undefined))
    return new Invalid("INVALID_VALUE", "must have a score from -1 to 1, and a label it may have");
  const told = found ?? (score === 0 ? "neutral" : score > 0 ? "positive" : "negative");
  return { score, label: told, method, confidence };
};

function isBetween(value: unknown, min: number): value is number {
  return typeof value === "number" && value >= min && value <= 1;
}
