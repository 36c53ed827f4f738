import { XMLParser, XMLValidator } from "fast-xml-parser";
import { isRecord } from "../../../mixins/rest/schema.ts";
import type { RawDocument } from "./source.ts";
import { bodyOf, decodeEntities, titleOf, wordsOfHtml } from "./vendor-text.ts";

/** A feed that cannot be read. */
export class FeedXmlError extends Error {
  override readonly name = "FeedXmlError";
}

const ITEMS_MAX = 5_000;
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  // Ours decodes the characters that XML knows, and no entity that a document declares: those may grow without end.
  processEntities: false,
  removeNSPrefix: false,
  maxNestedTags: 64,
});

/**
 * The items of an RSS 2.0, RSS 1.0 or Atom feed. An item without a date keeps none, and is refused where rows are read.
 * @throws FeedXmlError when it is no whole feed, or declares entities
 */
export function readFeed(bytes: Uint8Array, contentType: string | null): readonly RawDocument[] {
  const text = decodeFeed(bytes, contentType);
  if (/<!ENTITY/i.test(text)) throw new FeedXmlError("a feed without entities of its own");
  const valid = XMLValidator.validate(text, { allowBooleanAttributes: true });
  if (valid !== true) throw new FeedXmlError(`a whole feed; ${valid.err.msg.slice(0, 100)}`);
  return itemsOf(parse(text)).slice(0, ITEMS_MAX);
}

function parse(text: string): Node {
  try {
    const root: unknown = parser.parse(text);
    return isRecord(root) ? root : {};
  } catch {
    throw new FeedXmlError("a feed that is nested no deeper than 64");
  }
}

type Node = Readonly<Record<string, unknown>>;

function itemsOf(root: Node): readonly RawDocument[] {
  const rss = nodeAt(root, "rss");
  if (rss !== null) return nodesAt(nodeAt(rss, "channel") ?? {}, "item").map(rssItem);
  const rdf = nodeAt(root, "rdf:RDF");
  if (rdf !== null) return nodesAt(rdf, "item").map(rssItem);
  const feed = nodeAt(root, "feed");
  if (feed !== null) return nodesAt(feed, "entry").map(atomEntry);
  throw new FeedXmlError("RSS or Atom");
}

function rssItem(item: Node): RawDocument {
  const url = textAt(item, "link") ?? textAt(item, "@rdf:about");
  return {
    externalId: clipId(textAt(item, "guid") ?? url),
    title: titleOf(wordsAt(item, "title")),
    body: bodyOf(wordsAt(item, "description") ?? wordsAt(item, "content:encoded")),
    url: webUrl(url),
    publishedAt: feedTime(textAt(item, "pubDate") ?? textAt(item, "dc:date")),
    language: textAt(item, "dc:language"),
  };
}

function atomEntry(entry: Node): RawDocument {
  const links = nodesAt(entry, "link");
  const link = links.find((one) =>
    ["alternate", undefined].includes(textAt(one, "@rel") ?? undefined),
  );
  const url = link === undefined ? null : textAt(link, "@href");
  return {
    externalId: clipId(textAt(entry, "id") ?? url),
    title: titleOf(wordsAt(entry, "title")),
    body: bodyOf(wordsAt(entry, "summary") ?? wordsAt(entry, "content")),
    url: webUrl(url),
    publishedAt: feedTime(textAt(entry, "published") ?? textAt(entry, "updated")),
    language: textAt(entry, "@xml:lang"),
  };
}

function nodeAt(node: Node, name: string): Node | null {
  const [first] = nodesAt(node, name);
  return first ?? (Object.hasOwn(node, name) ? {} : null);
}

function nodesAt(node: Node, name: string): readonly Node[] {
  const found: unknown = Object.hasOwn(node, name) ? node[name] : undefined;
  return (Array.isArray(found) ? found : [found]).filter(isRecord);
}

function textAt(node: Node, name: string): string | null {
  const found: unknown = Object.hasOwn(node, name) ? node[name] : undefined;
  const first: unknown = Array.isArray(found) ? found[0] : found;
  const text = isRecord(first) ? first["#text"] : first;
  return typeof text === "string" && text.trim() !== "" ? decodeEntities(text).trim() : null;
}

function wordsAt(node: Node, name: string): string | null {
  const text = textAt(node, name);
  return text === null ? null : wordsOfHtml(text);
}

function clipId(id: string | null): string | null {
  return id === null ? null : (titleOf(id)?.slice(0, 300) ?? null);
}

/** A link that is none is left out; the item is still news. */
function webUrl(url: string | null): string | null {
  const isWeb = url !== null && url.length <= 2_000 && /^https?:\/\//i.test(url);
  return isWeb && URL.canParse(url) ? url : null;
}

const RFC_822 =
  /^(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4})\s+(\d{2}:\d{2}(?::\d{2})?)\s*([+-]\d{4}|Z|UT|UTC|GMT|E[SD]T|C[SD]T|M[SD]T|P[SD]T)$/;

/** RFC 822 as RSS has it, or ISO 8601 with a zone. What is neither is passed on, and refused as no time. */
export function feedTime(text: string | null): string | null {
  if (text === null) return null;
  const [, day, month, year, time, zone] = RFC_822.exec(text) ?? [];
  if (day === undefined) return /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `no zone: ${text}`;
  const ms = Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
  // Date.parse takes 31 February for 3 March.
  const isReal = !Number.isNaN(ms) && isDayOf(Number(day), String(month), Number(year));
  return isReal ? new Date(ms).toISOString() : `no date: ${text}`;
}

function isDayOf(day: number, month: string, year: number): boolean {
  const first = new Date(`1 ${month} ${year} 00:00:00 GMT`);
  const date = new Date(first.getTime() + (day - 1) * 86_400_000);
  return day >= 1 && date.getUTCMonth() === first.getUTCMonth();
}

const DECLARED = /^<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/;

/** As the byte order mark, the header or the declaration says, in this order (RFC 7303); else UTF-8. */
function decodeFeed(bytes: Uint8Array, contentType: string | null): string {
  const label = markOf(bytes) ?? charsetOf(contentType) ?? declaredOf(bytes) ?? "utf-8";
  try {
    return new TextDecoder(label).decode(bytes).trimStart();
  } catch {
    throw new FeedXmlError(`an encoding that is known, found ${label}`);
  }
}

function markOf([first, second, third]: Uint8Array): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : null;
}

function charsetOf(contentType: string | null): string | null {
  return /charset\s*=\s*"?([A-Za-z0-9._-]{1,40})/i.exec(contentType ?? "")?.[1] ?? null;
}

function declaredOf(bytes: Uint8Array): string | null {
  return DECLARED.exec(Buffer.from(bytes.subarray(0, 200)).toString("latin1"))?.[1] ?? null;
}
