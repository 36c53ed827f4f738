import {
  FeedXmlError,
  feedTime,
  readFeed,
} from "../../../../../services/data/alternative/feed-xml.ts";
import {
  bodyOf,
  decodeEntities,
  wordsOfHtml,
} from "../../../../../services/data/alternative/vendor-text.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");
const item = (inside: string): string =>
  `<rss version="2.0"><channel><item>${inside}</item></channel></rss>`;
const titles = (found: readonly object[]) => found.map((one) => Reflect.get(one, "title"));

describe("a feed", () => {
  it("may be Atom, whose link is the alternate one and whose date may be the update", () => {
    const feed = `<?xml version="1.0" encoding="utf-8"?>
      <feed xmlns="http://www.w3.org/2005/Atom"><entry xml:lang="en-GB">
        <id>urn:1</id><title type="html">A &amp;amp; B</title>
        <link rel="self" href="https://e.example/self"/><link href="https://e.example/1"/>
        <updated>2024-05-02T10:00:00+02:00</updated><summary>Short</summary>
      </entry></feed>`;
    expect(readFeed(bytes(feed), null)).toEqual([
      {
        externalId: "urn:1",
        title: "A & B",
        body: "Short",
        url: "https://e.example/1",
        publishedAt: "2024-05-02T10:00:00+02:00",
        language: "en-GB",
      },
    ]);
  });

  it("may be RSS 1.0, and may have no items", () => {
    const rdf = `<rdf:RDF xmlns:rdf="r" xmlns:dc="d"><item rdf:about="https://e.example/1">
      <title>One</title><dc:date>2024-05-02T08:00:00Z</dc:date></item></rdf:RDF>`;
    expect(titles(readFeed(bytes(rdf), null))).toEqual(["One"]);
    expect(readFeed(bytes("<rss><channel></channel></rss>"), null)).toEqual([]);
    expect(readFeed(bytes("<rss><channel/></rss>"), null)).toEqual([]);
  });

  it.each([
    ["latin1 by its declaration", '<?xml version="1.0" encoding="ISO-8859-1"?>', null],
    ["latin1 by its header", "", "text/xml; charset=iso-8859-1"],
  ])("is read in %s", (_claim, head, type) => {
    const latin = Buffer.from(`${head}${item("<title>Société Générale</title>")}`, "latin1");
    expect(titles(readFeed(latin, type))).toEqual(["Société Générale"]);
  });

  it("is read in UTF-16 by its mark", () => {
    const text = Buffer.from(`\uFEFF${item("<title>Ümlaut</title>")}`, "utf16le");
    expect(titles(readFeed(text, null))).toEqual(["Ümlaut"]);
  });

  it.each([
    [
      "that declares entities",
      `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${item("<title>&b;</title>")}`,
    ],
    ["that is cut off", item("<title>x</title>").slice(0, 40)],
    ["that is HTML", "<html><body><p>no</p></body></html>"],
    ["that is JSON", '{"items":[]}'],
    ["that is empty", ""],
    [
      "in an encoding that nobody knows",
      '<?xml version="1.0" encoding="x-klingon"?><rss><channel/></rss>',
    ],
    ["that is nested without end", `${"<a>".repeat(5_000)}${"</a>".repeat(5_000)}`],
  ])("%s is refused", (_claim, text) => {
    expect(() => readFeed(bytes(text), null)).toThrow(FeedXmlError);
  });

  it("may not reach the names that objects inherit", () => {
    const hostile = item("<__proto__><title>x</title></__proto__><constructor>1</constructor>");
    let found: readonly object[] = [];
    try {
      found = readFeed(bytes(hostile), null);
    } catch (error) {
      expect(error).toBeInstanceOf(FeedXmlError);
    }
    expect(titles(found).filter((title) => title !== null)).toEqual([]);
    expect(Reflect.get({}, "title")).toBeUndefined();
  });

  it("with fifty thousand references is read in bounded time, and none of them grows", () => {
    const [found] = readFeed(bytes(item(`<title>${"&#65;".repeat(50_000)}</title>`)), null);
    expect(String(Reflect.get(found ?? {}, "title"))).toHaveLength(1_000);
  });
});

describe("a date of a feed", () => {
  it.each([
    ["Thu, 02 May 2024 09:30:00 EDT", "2024-05-02T13:30:00.000Z"],
    ["2 May 2024 09:30 GMT", "2024-05-02T09:30:00.000Z"],
    ["Thu, 02 May 2024 09:30:00 +0530", "2024-05-02T04:00:00.000Z"],
    ["2024-05-02T09:30:00Z", "2024-05-02T09:30:00Z"],
  ])("%s is %s", (text, expected) => {
    expect(feedTime(text)).toBe(expected);
  });

  it.each([
    "Thu, 02 May 2024 09:30:00",
    "2024-05-02T09:30:00",
    "31 Feb 2024 00:00:00 GMT",
    "1",
    "soon",
  ])("%s is none that could be known", (text) => {
    expect(feedTime(text)).toMatch(/^no (?:zone|date): /);
  });
});

describe("texts of vendors", () => {
  it("lose their markup, and keep signs that are none", () => {
    expect(wordsOfHtml("<p>Profit &lt; 5 &amp; rising</p><br/>3 < 4 &nope;")).toBe(
      "Profit < 5 & rising 3 < 4 &nope;",
    );
  });

  it("are decoded once", () => {
    expect(decodeEntities("&amp;lt;&#x41;&#66;&#0;&#x110000;")).toBe("&lt;AB&#0;&#x110000;");
  });

  it("have no control characters and no half of a pair", () => {
    expect(bodyOf(`a\u0000b\ud800c`)).toBe("a b\ufffdc");
    expect(bodyOf("🦄".repeat(10_001))?.isWellFormed()).toBe(true);
    expect(bodyOf("  ")).toBeNull();
  });
});
