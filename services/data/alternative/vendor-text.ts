const TITLE_MAX = 1_000;
const BODY_MAX = 20_000;

/** Control characters but for line breaks and tabs, which no document may have. */
// oxlint-disable-next-line no-control-regex -- they are what is replaced
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Text of a vendor as we keep it; null for what is none. */
export function titleOf(value: unknown): string | null {
  return clip(value, TITLE_MAX)?.replaceAll(/\s+/g, " ") ?? null;
}

export function bodyOf(value: unknown): string | null {
  return clip(value, BODY_MAX);
}

function clip(value: unknown, max: number): string | null {
  if (typeof value !== "string") return null;
  const text = value.toWellFormed().replaceAll(CONTROL, " ").trim();
  // The cut may part a pair of surrogates.
  return text === "" ? null : text.slice(0, max).toWellFormed();
}

/** The words of a piece of HTML. */
export function wordsOfHtml(html: string): string {
  const spaced = html
    .replaceAll(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, " ")
    .replaceAll(/<\/?[a-zA-Z!][^>]*>/g, " ");
  return decodeEntities(spaced).replaceAll(/\s+/g, " ").trim();
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", " "],
  ["ndash", "–"],
  ["mdash", "—"],
  ["lsquo", "‘"],
  ["rsquo", "’"],
  ["ldquo", "“"],
  ["rdquo", "”"],
  ["hellip", "…"],
  ["euro", "€"],
  ["pound", "£"],
  ["yen", "¥"],
]);

/** Decodes character references once; what is not known stays as it is. An entity that a document declares is never expanded. */
export function decodeEntities(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES.get(name.toLowerCase()) ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}
