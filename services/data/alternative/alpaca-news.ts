import type { VendorHttp } from "../sources/vendor-http.ts";
import { listAt, textAt } from "./records.ts";
import type { AlternativeSource, RawDocument } from "./source.ts";
import { bodyOf, decodeEntities, titleOf, wordsOfHtml } from "./vendor-text.ts";

const PAGE = 50;

/** News of https://docs.alpaca.markets/reference/news-3, oldest first. An article that was updated is its next revision. */
export function alpacaNewsSource(http: VendorHttp): AlternativeSource {
  return {
    circuit: () => http.circuit,
    async *collect({ symbols, startMs, endMs }, ask) {
      const wish = {
        start: new Date(startMs).toISOString(),
        // It is inclusive there.
        end: new Date(endMs - 1).toISOString(),
        limit: PAGE,
        sort: "asc",
        include_content: "false",
        ...(symbols.length > 0 && { symbols: symbols.join(",") }),
      };
      const seen = new Set<string>();
      for (let token: string | null = ""; token !== null;) {
        const paged = token === "" ? wish : { ...wish, page_token: token };
        const answer = await http.json("/v1beta1/news", paged, ask);
        const news = listAt(answer, "news");
        if (news === null) throw http.malformed("news", answer);
        yield news.map(toDocument);
        seen.add(token);
        token = textAt(answer, "next_page_token");
        if (token !== null && seen.has(token)) throw http.malformed("another page", token);
      }
    },
  };
}

function toDocument(article: unknown): RawDocument {
  const symbols = listAt(article, "symbols");
  return {
    externalId: textAt(article, "id"),
    title: titleOf(decodeEntities(textAt(article, "headline") ?? "")),
    body: bodyOf(wordsOfHtml(textAt(article, "summary") ?? "")),
    url: textAt(article, "url"),
    publishedAt: textAt(article, "created_at"),
    // Pairs of crypto come without a sign between them, as in BTCUSD; they are kept as they are.
    symbol: symbols,
    language: "en",
  };
}
