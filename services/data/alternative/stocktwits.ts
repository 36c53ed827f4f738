import type { SourceFault } from "../sources/source.ts";
import type { VendorHttp } from "../sources/vendor-http.ts";
import { at, listAt, textAt } from "./records.ts";
import type { AlternativeSource, RawDocument } from "./source.ts";
import { bodyOf, decodeEntities } from "./vendor-text.ts";

const PAGES_MAX = 30;

/** Messages of https://api.stocktwits.com/developers/docs/api#streams-symbol-docs, newest first; who wrote them is not kept. */
export function stocktwitsSource(http: VendorHttp): AlternativeSource {
  return {
    circuit: () => http.circuit,
    async *collect({ symbols, startMs, endMs }, ask) {
      for (const symbol of symbols) {
        let max: string | null = "";
        for (let page = 0; page < PAGES_MAX && max !== null; page += 1) {
          const path = `/api/2/streams/symbol/${encodeURIComponent(symbol)}.json`;
          const answer = await http.json(path, max === "" ? {} : { max }, ask);
          const found = messagesOf(http, answer);
          yield found.filter((message) => isWithin(message, startMs, endMs)).map(toDocument);
          const oldest = found.at(-1);
          const isMore = at(at(answer, "cursor"), "more") === true;
          const next = textAt(at(answer, "cursor"), "max");
          const isBefore = oldest !== undefined && timeOf(oldest) < startMs;
          max = isMore && !isBefore && next !== max ? next : null;
        }
      }
    },
  };
}

function messagesOf(http: VendorHttp, answer: unknown): readonly unknown[] {
  const status = at(at(answer, "response"), "status");
  const [error] = listAt(answer, "errors") ?? [];
  if (typeof status === "number" && status !== 200)
    throw http.refused(faultOf(status), textAt(error, "message") ?? String(status));
  const found = listAt(answer, "messages");
  if (found === null) throw http.malformed("messages", answer);
  return found;
}

function faultOf(status: number): SourceFault {
  if (status === 404) return "SOURCE_SYMBOL_UNKNOWN";
  if (status === 429) return "SOURCE_RATE_LIMITED";
  return status === 401 || status === 403 ? "SOURCE_UNAUTHORISED" : "SOURCE_UNSUPPORTED";
}

function timeOf(message: unknown): number {
  return Date.parse(textAt(message, "created_at") ?? "");
}

function isWithin(message: unknown, startMs: number, endMs: number): boolean {
  const ms = timeOf(message);
  return Number.isNaN(ms) || (ms >= startMs && ms < endMs);
}

const MOODS = new Map([
  ["Bullish", { score: 1, label: "positive", method: "stocktwits" }],
  ["Bearish", { score: -1, label: "negative", method: "stocktwits" }],
]);

function toDocument(message: unknown): RawDocument {
  const symbols = (listAt(message, "symbols") ?? []).map((one) => textAt(one, "symbol"));
  const mood = textAt(at(at(message, "entities"), "sentiment"), "basic");
  return {
    externalId: textAt(message, "id"),
    body: bodyOf(decodeEntities(textAt(message, "body") ?? "")),
    publishedAt: textAt(message, "created_at"),
    symbol: symbols.filter((symbol) => symbol !== null),
    sentiment: MOODS.get(mood ?? ""),
  };
}
