import type { VendorConfig } from "./config-sources.ts";
import type { EnvironmentReader } from "./env.ts";

export interface NamedUrl {
  readonly name: string;
  readonly url: string;
}

export interface AlternativeConfig {
  /** RSS or Atom; a row's name is the source's, e.g. `rss-fed` */
  readonly newsFeeds: readonly NamedUrl[];
  readonly newsApi: VendorConfig;
  /** the SEC asks who is calling; null: it is not called */
  readonly edgar: {
    readonly url: string;
    readonly dataUrl: string;
    readonly userAgent: string | null;
  };
  readonly fred: VendorConfig;
  readonly treasury: Pick<VendorConfig, "url">;
  readonly reddit: {
    readonly url: string;
    readonly signInUrl: string;
    readonly clientId: string | null;
    readonly clientSecret: string | null;
    readonly userAgent: string | null;
  };
  readonly stocktwits: Pick<VendorConfig, "url">;
  /** secrets of sources that push, by source */
  readonly webhooks: ReadonlyMap<string, string>;
}

/** What a node knows of sources of alternative data. Keys come from here alone: no route takes or shows one. */
export function readAlternative(reader: EnvironmentReader): AlternativeConfig {
  return {
    newsFeeds: readFeeds(reader),
    newsApi: {
      url: urlOf(reader, "NEWSAPI_URL", "https://newsapi.org"),
      key: reader.secret("NEWSAPI_KEY"),
    },
    edgar: {
      url: urlOf(reader, "EDGAR_URL", "https://www.sec.gov"),
      dataUrl: urlOf(reader, "EDGAR_DATA_URL", "https://data.sec.gov"),
      userAgent: headerText(reader, "EDGAR_USER_AGENT"),
    },
    fred: {
      url: urlOf(reader, "FRED_URL", "https://api.stlouisfed.org"),
      key: reader.secret("FRED_API_KEY"),
    },
    treasury: { url: urlOf(reader, "TREASURY_URL", "https://home.treasury.gov") },
    reddit: {
      url: urlOf(reader, "REDDIT_URL", "https://oauth.reddit.com"),
      signInUrl: urlOf(reader, "REDDIT_SIGN_IN_URL", "https://www.reddit.com"),
      clientId: reader.secret("REDDIT_CLIENT_ID"),
      clientSecret: reader.secret("REDDIT_CLIENT_SECRET"),
      userAgent: headerText(reader, "REDDIT_USER_AGENT"),
    },
    stocktwits: { url: urlOf(reader, "STOCKTWITS_URL", "https://api.stocktwits.com") },
    webhooks: readWebhooks(reader),
  };
}

const NAME = /^[a-z][a-z0-9-]{0,50}$/;

/** `fed=https://…,ecb=https://…` */
function readFeeds(reader: EnvironmentReader): readonly NamedUrl[] {
  const text = reader.text("NEWS_FEEDS");
  if (text === null) return [];
  const feeds = text.split(",").map((part) => {
    const [, name = "", url = ""] = /^([^=]*)=(.*)$/.exec(part.trim()) ?? [];
    return { name, url };
  });
  const isUnique = new Set(feeds.map(({ name }) => name)).size === feeds.length;
  if (isUnique && feeds.every(({ name, url }) => NAME.test(name) && isHttp(url)))
    return feeds.map(({ name, url }) => ({ name: `rss-${name}`, url }));
  reader.refuse("NEWS_FEEDS", "expected name=https://…, each name once, parted by commas");
  return [];
}

/** Shorter secrets can be guessed from one signed message. */
const SECRET_LENGTH_MIN = 32;

/** `desk:secret;research:secret` */
function readWebhooks(reader: EnvironmentReader): ReadonlyMap<string, string> {
  const text = reader.secret("ALTERNATIVE_WEBHOOKS");
  if (text === null) return new Map();
  const pairs = text.split(";").map((part): readonly [string, string] => {
    const at = part.indexOf(":");
    return [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1)];
  });
  const isRight = pairs.every(
    ([name, secret]) => NAME.test(name) && secret.length >= SECRET_LENGTH_MIN,
  );
  if (isRight && new Map(pairs).size === pairs.length) return new Map(pairs);
  reader.refuse(
    "ALTERNATIVE_WEBHOOKS",
    `expected source:secret, each source once and each secret with ${SECRET_LENGTH_MIN} characters or more, parted by semicolons`,
  );
  return new Map();
}

function headerText(reader: EnvironmentReader, variable: string): string | null {
  const text = reader.text(variable);
  if (text !== null && !/^[\x20-\x7e]{3,200}$/.test(text))
    reader.refuse(variable, "expected 3 to 200 visible ASCII characters");
  return text;
}

function urlOf(reader: EnvironmentReader, variable: string, fallback: string): string {
  const text = reader.text(variable);
  if (text === null) return fallback;
  if (!isHttp(text)) reader.refuse(variable, "expected a URL that starts with https:// or http://");
  return text.replace(/\/$/, "");
}

function isHttp(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ["https:", "http:"].includes(url.protocol);
}
