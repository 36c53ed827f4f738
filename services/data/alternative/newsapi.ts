import type { Ask, SourceFault } from "../sources/source.ts";
import type { VendorHttp } from "../sources/vendor-http.ts";
import { at, listAt, textAt } from "./records.ts";
import type { AlternativeQuery, AlternativeSource, RawDocument } from "./source.ts";
import { bodyOf, titleOf } from "./vendor-text.ts";

const PAGE = 100;
/** A free account is given no more than the first page, and 426 for the next. */
const PAGES_MAX = 10;

/** Articles of https://newsapi.org/docs/endpoints/everything, newest first. */
export function newsApiSource(http: VendorHttp): AlternativeSource {
  return {
    circuit: () => http.circuit,
    async *collect(query, ask) {
      for (let page = 1; page <= PAGES_MAX; page += 1) {
        const found = await articles(http, query, page, ask);
        yield found.map(toDocument);
        if (found.length < PAGE) return;
      }
    },
  };
}

async function articles(
  http: VendorHttp,
  { query, startMs, endMs }: AlternativeQuery,
  page: number,
  ask: Ask,
): Promise<readonly unknown[]> {
  const answer = await http.json(
    "/v2/everything",
    {
      q: query ?? "",
      from: seconds(startMs),
      to: seconds(endMs),
      sortBy: "publishedAt",
      pageSize: PAGE,
      page,
    },
    ask,
  );
  const code = textAt(answer, "code");
  if (at(answer, "status") === "error") {
    if (code === "maximumResultsReached") return [];
    throw http.refused(faultOfCode(code), textAt(answer, "message"));
  }
  const found = listAt(answer, "articles");
  if (at(answer, "status") !== "ok" || found === null) throw http.malformed("articles", answer);
  return found;
}

function seconds(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

function faultOfCode(code: string | null): SourceFault {
  if (code?.startsWith("apiKey") === true)
    return code === "apiKeyExhausted" ? "SOURCE_RATE_LIMITED" : "SOURCE_UNAUTHORISED";
  return code === "rateLimited" ? "SOURCE_RATE_LIMITED" : "SOURCE_UNSUPPORTED";
}

/** 426: beyond what the plan allows, by pages or by age. */
export function explainNewsApi(status: number, text: string): SourceFault | null {
  const code = /"code"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? null;
  if (status === 426) return "SOURCE_UNSUPPORTED";
  return code === null || status >= 500 ? null : faultOfCode(code);
}

function toDocument(article: unknown): RawDocument {
  const url = textAt(article, "url");
  return {
    externalId: url?.slice(0, 300),
    title: titleOf(textAt(article, "title")),
    body: bodyOf(textAt(article, "description")),
    url,
    publishedAt: textAt(article, "publishedAt"),
  };
}
