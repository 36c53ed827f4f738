import { parseLossless } from "../../../mixins/lossless-json.ts";
import { SourceError } from "../sources/source.ts";
import type { Ask } from "../sources/source.ts";
import type { HttpLine } from "./http-line.ts";
import { at, listAt, textAt } from "./records.ts";
import type { AlternativeQuery, AlternativeSource, RawDocument } from "./source.ts";
import { bodyOf, titleOf } from "./vendor-text.ts";

const PAGE = 100;
/** A listing ends after about a thousand posts. */
const PAGES_MAX = 10;
const BYTES_MAX = 8 * 1_048_576;
/** A token is not used in its last minute. */
const MARGIN_MS = 60_000;

export interface RedditTerms {
  readonly url: string;
  readonly signInUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userAgent: string;
}

/**
 * Posts that Reddit's search finds (https://www.reddit.com/dev/api#GET_search), newest first, as an application without a user;
 * who wrote them is not kept. Symbols of the query are looked for as cashtags.
 */
export function redditSource(line: HttpLine, terms: RedditTerms): AlternativeSource {
  const api = new Reddit(line, terms);
  return {
    circuit: () => line.circuit,
    async *collect(query, ask) {
      for (const words of searchesOf(query)) yield* api.search(words, query, ask);
    },
  };
}

function searchesOf({ query, symbols }: AlternativeQuery): readonly string[] {
  return [...(query === null ? [] : [query]), ...symbols.map((symbol) => `"$${symbol}"`)];
}

class Reddit {
  readonly #line: HttpLine;
  readonly #terms: RedditTerms;
  #token: { readonly text: string; readonly untilMs: number } | null = null;

  constructor(line: HttpLine, terms: RedditTerms) {
    this.#line = line;
    this.#terms = terms;
  }

  async *search(
    words: string,
    { startMs, endMs }: AlternativeQuery,
    ask: Ask,
  ): AsyncGenerator<readonly RawDocument[]> {
    let after: string | null = "";
    for (let page = 0; page < PAGES_MAX && after !== null; page += 1) {
      const data: unknown = at(await this.#listing(words, after, ask), "data");
      const children = listAt(data, "children");
      if (children === null) throw this.#line.malformed("a listing");
      const posts = children.map((child) => at(child, "data"));
      yield posts.filter((post) => isWithin(post, startMs, endMs)).map(toDocument);
      const oldest = posts.at(-1);
      const next = textAt(data, "after");
      const isBefore = oldest !== undefined && timeOf(oldest) < startMs;
      after = isBefore || next === after ? null : next;
    }
  }

  async #listing(words: string, after: string, ask: Ask): Promise<unknown> {
    const url = new URL(`${this.#terms.url}/search`);
    const wish = { q: words, sort: "new", type: "link", limit: String(PAGE), raw_json: "1" };
    for (const [name, value] of Object.entries(wish)) url.searchParams.set(name, value);
    if (after !== "") url.searchParams.set("after", after);
    const headers = { ...this.#agent, authorization: `Bearer ${await this.#signedIn(ask)}` };
    try {
      return this.#read(await this.#line.ask({ url, headers, bytesMax: BYTES_MAX }, ask));
    } catch (error) {
      // It may have been revoked: the next request signs in anew.
      if (error instanceof SourceError && error.fault === "SOURCE_UNAUTHORISED") this.#token = null;
      throw error;
    }
  }

  async #signedIn(ask: Ask): Promise<string> {
    const held = this.#token;
    if (held !== null && held.untilMs > ask.now()) return held.text;
    const { signInUrl, clientId, clientSecret } = this.#terms;
    const pair = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    const answer = await this.#line.ask(
      {
        url: new URL(`${signInUrl}/api/v1/access_token`),
        method: "POST",
        headers: {
          ...this.#agent,
          authorization: `Basic ${pair}`,
          "content-type": "application/x-www-form-urlencoded",
        },
        body: "grant_type=client_credentials",
        bytesMax: 65_536,
      },
      ask,
    );
    const said = this.#read(answer);
    const text = textAt(said, "access_token");
    // A refusal comes with a 200 here.
    if (text === null)
      throw new SourceError(
        "SOURCE_UNAUTHORISED",
        `reddit: ${textAt(said, "error")?.slice(0, 100) ?? "no token"}`,
      );
    const seconds = Number(at(said, "expires_in") ?? 0);
    this.#token = { text, untilMs: ask.now() + seconds * 1_000 - MARGIN_MS };
    return text;
  }

  get #agent() {
    return { accept: "application/json", "user-agent": this.#terms.userAgent };
  }

  #read({ bytes }: { readonly bytes: Uint8Array }): unknown {
    const value = parseLossless(Buffer.from(bytes).toString("utf8"));
    if (value === undefined) throw this.#line.malformed("JSON");
    return value;
  }
}

function timeOf(post: unknown): number {
  return Number(at(post, "created_utc") ?? Number.NaN) * 1_000;
}

function isWithin(post: unknown, startMs: number, endMs: number): boolean {
  const ms = timeOf(post);
  return Number.isNaN(ms) || (ms >= startMs && ms < endMs);
}

function toDocument(post: unknown): RawDocument {
  const permalink = textAt(post, "permalink");
  const ms = timeOf(post);
  return {
    externalId: textAt(post, "name"),
    title: titleOf(textAt(post, "title")),
    body: bodyOf(textAt(post, "selftext")),
    url: permalink === null ? null : `https://www.reddit.com${permalink}`,
    publishedAt: Number.isNaN(ms) ? "no time" : Math.trunc(ms),
  };
}
