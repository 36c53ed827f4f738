import { FeedXmlError, readFeed } from "./feed-xml.ts";
import type { HttpLine } from "./http-line.ts";
import type { AlternativeSource, RawDocument } from "./source.ts";

const BYTES_MAX = 8 * 1_048_576;

interface Seen {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** One RSS or Atom feed, which is asked only for what has changed since (RFC 9110 §13). */
export function rssSource(line: HttpLine, address: string): AlternativeSource {
  let seen: Seen = { etag: null, lastModified: null };
  return {
    circuit: () => line.circuit,
    async *collect({ startMs, endMs }, ask) {
      const headers = {
        accept: "application/rss+xml, application/atom+xml, application/xml, text/xml",
        ...(seen.etag !== null && { "if-none-match": seen.etag }),
        ...(seen.lastModified !== null && { "if-modified-since": seen.lastModified }),
      };
      const answer = await line.ask({ url: new URL(address), headers, bytesMax: BYTES_MAX }, ask);
      if (answer.status === 304) return;
      const found = read(line, answer.bytes, answer.headers.get("content-type"));
      const isWanted = (document: RawDocument): boolean => isWithin(document, startMs, endMs);
      yield found.filter(isWanted);
      // What was left out is still to be had, and what could not be stored must come again.
      if (!found.every(isWanted)) return;
      seen = {
        etag: answer.headers.get("etag"),
        lastModified: answer.headers.get("last-modified"),
      };
    },
  };
}

function read(line: HttpLine, bytes: Uint8Array, type: string | null): readonly RawDocument[] {
  try {
    return readFeed(bytes, type);
  } catch (error) {
    if (error instanceof FeedXmlError) throw line.malformed(error.message);
    throw error;
  }
}

/** What has no readable date is passed on, to be refused by name. */
function isWithin({ publishedAt }: RawDocument, startMs: number, endMs: number): boolean {
  // Date.parse reads a date behind any words.
  const isIso = typeof publishedAt === "string" && /^\d{4}-/.test(publishedAt);
  const ms = isIso ? Date.parse(publishedAt) : Number.NaN;
  return Number.isNaN(ms) || (ms >= startMs && ms < endMs);
}
