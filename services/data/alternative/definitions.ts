import type { Config } from "../../config.ts";
import { VendorHttp } from "../sources/vendor-http.ts";
import type { VendorParts, VendorTerms } from "../sources/vendor-http.ts";
import { alpacaNewsSource } from "./alpaca-news.ts";
import { edgarSource, explainEdgar } from "./edgar.ts";
import { explainFred, fredSource } from "./fred.ts";
import { HttpLine } from "./http-line.ts";
import { explainNewsApi, newsApiSource } from "./newsapi.ts";
import { redditSource } from "./reddit.ts";
import { rssSource } from "./rss.ts";
import type { AlternativeDefinition } from "./source.ts";
import { stocktwitsSource } from "./stocktwits.ts";
import { treasurySource } from "./treasury.ts";

/** Every source of alternative data that this installation knows how to ask. */
export function definitionsOf(config: Config): readonly AlternativeDefinition[] {
  return [...feedsOf(config), ...newsOf(config), ...numbersOf(config), ...socialOf(config)];
}

type Terms = Omit<VendorTerms, "name" | "limit">;

function vendor(
  parts: VendorParts,
  { sourceId, limit }: Pick<AlternativeDefinition, "sourceId" | "limit">,
  terms: Terms,
): VendorHttp {
  return new VendorHttp(parts, { ...terms, name: sourceId, limit });
}

function feedsOf({ alternative }: Config): readonly AlternativeDefinition[] {
  return alternative.newsFeeds.map(({ name, url }) => {
    const limit = { requests: 6, perSeconds: 60 };
    return {
      sourceId: name,
      kind: "news",
      isConfigured: true,
      variables: ["NEWS_FEEDS"],
      needs: [],
      heeds: [],
      limit,
      open: (parts) => rssSource(new HttpLine(parts, name, limit), url),
    };
  });
}

function newsOf({ alpaca, sources, alternative }: Config): readonly AlternativeDefinition[] {
  const { newsApi } = alternative;
  const ofNewsApi = { sourceId: "newsapi", limit: { requests: 100, perSeconds: 86_400 } };
  const ofAlpaca = { sourceId: "alpaca-news", limit: { requests: 200, perSeconds: 60 } };
  return [
    {
      ...ofNewsApi,
      kind: "news",
      isConfigured: newsApi.key !== null,
      variables: ["NEWSAPI_KEY"],
      needs: ["query"],
      heeds: ["query"],
      open: (parts) =>
        newsApiSource(
          vendor(parts, ofNewsApi, {
            baseUrl: newsApi.url,
            headers: { "X-Api-Key": newsApi.key ?? "" },
            explain: explainNewsApi,
          }),
        ),
    },
    {
      ...ofAlpaca,
      kind: "news",
      isConfigured: alpaca !== null,
      variables: ["ALPACA_KEY_ID", "ALPACA_SECRET_KEY"],
      needs: [],
      heeds: ["symbols"],
      open: (parts) =>
        alpacaNewsSource(
          vendor(parts, ofAlpaca, {
            baseUrl: sources.alpaca.url,
            headers: {
              "APCA-API-KEY-ID": alpaca?.keyId ?? "",
              "APCA-API-SECRET-KEY": alpaca?.secretKey ?? "",
            },
          }),
        ),
    },
    edgarOf(alternative.edgar),
  ];
}

/** The SEC allows ten requests a second, to both hosts together. */
function edgarOf(edgar: Config["alternative"]["edgar"]): AlternativeDefinition {
  const limit = { requests: 5, perSeconds: 1 };
  const terms = {
    limit,
    headers: { "User-Agent": edgar.userAgent ?? "" },
    explain: explainEdgar,
  };
  return {
    sourceId: "edgar",
    kind: "filing",
    isConfigured: edgar.userAgent !== null,
    variables: ["EDGAR_USER_AGENT"],
    needs: [],
    heeds: ["symbols"],
    limit,
    open: (parts) => {
      const archive = new VendorHttp(parts, { ...terms, name: "edgar", baseUrl: edgar.url });
      const data = new VendorHttp(parts, { ...terms, name: "edgar-data", baseUrl: edgar.dataUrl });
      return edgarSource({ circuit: () => data.circuit, archive, data });
    },
  };
}

function numbersOf({ alternative: { fred, treasury } }: Config): readonly AlternativeDefinition[] {
  const ofFred = { sourceId: "fred", limit: { requests: 120, perSeconds: 60 } };
  const ofTreasury = { sourceId: "treasury", limit: { requests: 30, perSeconds: 60 } };
  return [
    {
      ...ofFred,
      kind: "macro",
      isConfigured: fred.key !== null,
      variables: ["FRED_API_KEY"],
      needs: ["series"],
      heeds: ["series"],
      open: (parts) =>
        fredSource(
          vendor(parts, ofFred, {
            baseUrl: fred.url,
            secretQuery: { api_key: fred.key ?? "" },
            explain: explainFred,
          }),
        ),
    },
    {
      ...ofTreasury,
      kind: "macro",
      isConfigured: true,
      variables: [],
      needs: [],
      heeds: ["series"],
      open: (parts) => treasurySource(vendor(parts, ofTreasury, { baseUrl: treasury.url })),
    },
  ];
}

function socialOf({ alternative }: Config): readonly AlternativeDefinition[] {
  const { reddit, stocktwits } = alternative;
  const { url, signInUrl, clientId, clientSecret, userAgent } = reddit;
  const ofReddit = { sourceId: "reddit", limit: { requests: 100, perSeconds: 60 } };
  const ofStocktwits = { sourceId: "stocktwits", limit: { requests: 200, perSeconds: 3_600 } };
  const terms = {
    url,
    signInUrl,
    clientId: clientId ?? "",
    clientSecret: clientSecret ?? "",
    userAgent: userAgent ?? "",
  };
  return [
    {
      ...ofReddit,
      kind: "social",
      isConfigured: clientId !== null && clientSecret !== null && userAgent !== null,
      variables: ["REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "REDDIT_USER_AGENT"],
      needs: ["symbols", "query"],
      heeds: ["symbols", "query"],
      open: (parts) => redditSource(new HttpLine(parts, "reddit", ofReddit.limit), terms),
    },
    {
      ...ofStocktwits,
      kind: "social",
      isConfigured: true,
      variables: [],
      needs: ["symbols"],
      heeds: ["symbols"],
      open: (parts) => stocktwitsSource(vendor(parts, ofStocktwits, { baseUrl: stocktwits.url })),
    },
  ];
}
