import { systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import { readConfig } from "../../../../services/config.ts";
import { definitionsOf } from "../../../../services/data/alternative/definitions.ts";
import { readDocument } from "../../../../services/data/alternative/read-row.ts";
import type { ReadDocument } from "../../../../services/data/alternative/read-row.ts";
import type {
  AlternativeQuery,
  AlternativeSource,
} from "../../../../services/data/alternative/source.ts";
import { SourceError } from "../../../../services/data/sources/source.ts";
import { VendorServer } from "../../../support/vendor-server.ts";
import type { VendorAnswer } from "../../../support/vendor-server.ts";

const NOW_MS = Date.parse("2024-06-01T12:00:00Z");
const SECRET = "a-secret-of-the-source";
const TIMEOUT_MS = 1_000;
const WISH: AlternativeQuery = {
  symbols: [],
  series: [],
  query: null,
  startMs: Date.parse("2024-05-01"),
  endMs: Date.parse("2024-06-01"),
};

let server: VendorServer;
beforeAll(async () => {
  server = await VendorServer.start();
});
afterAll(() => server.close());
beforeEach(() => {
  server.asked.length = 0;
  server.headers.length = 0;
});

function open(sourceId: string): AlternativeSource {
  const { url } = server;
  const config = readConfig({
    NEWS_FEEDS: `wire=${url}/feed.xml`,
    ALPACA_KEY_ID: SECRET,
    ALPACA_SECRET_KEY: SECRET,
    ALPACA_DATA_URL: url,
    NEWSAPI_URL: url,
    NEWSAPI_KEY: SECRET,
    EDGAR_URL: url,
    EDGAR_DATA_URL: url,
    EDGAR_USER_AGENT: "Example Capital ops@example.com",
    FRED_URL: url,
    FRED_API_KEY: SECRET,
    TREASURY_URL: url,
    REDDIT_URL: url,
    REDDIT_SIGN_IN_URL: url,
    REDDIT_CLIENT_ID: "id",
    REDDIT_CLIENT_SECRET: SECRET,
    REDDIT_USER_AGENT: "server:example:1.0",
    STOCKTWITS_URL: url,
  });
  const definition = definitionsOf(config).find((one) => one.sourceId === sourceId);
  if (definition === undefined) throw new Error(`no source ${sourceId}`);
  const dependencies = new Dependencies(systemClock, resilienceMetrics(new Metrics()));
  return definition.open({ clock: systemClock, dependencies, timeoutMs: TIMEOUT_MS });
}

interface Collected {
  readonly read: readonly ReadDocument[];
  readonly refused: readonly string[];
}

async function collect(
  source: AlternativeSource,
  query: Partial<AlternativeQuery> = {},
  signal = new AbortController().signal,
): Promise<Collected> {
  const read: ReadDocument[] = [];
  const refused: string[] = [];
  for await (const page of source.collect({ ...WISH, ...query }, { now: () => NOW_MS, signal }))
    for (const row of page) {
      const found = readDocument(row, { kind: "news", seriesId: null, symbols: [] });
      if ("reason" in found) refused.push(found.reason);
      else read.push(found);
    }
  return { read, refused };
}

const json = (value: unknown): VendorAnswer => ({ body: JSON.stringify(value) });
const iso = (ms: number): string => new Date(ms).toISOString();
const published = ({ content }: ReadDocument): string => iso(content.publishedAtMs);

const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>
  <item><title>Acme &amp; Bolt agree &lt;b&gt;merger&lt;/b&gt;</title><link>https://wire.example/1</link>
    <guid isPermaLink="false">w-1</guid><pubDate>Thu, 02 May 2024 09:30:00 EDT</pubDate>
    <description><![CDATA[<p>Shares rise.</p><script>x()</script>]]></description></item>
  <item><title>Undated</title><guid>w-2</guid></item>
  <item><title>Nonsense</title><guid>w-3</guid><pubDate>31 Feb 2024 00:00:00 GMT</pubDate></item>
</channel></rss>`;

const ARTICLE = {
  id: 7,
  headline: "Acme raises outlook",
  created_at: "2024-05-02T13:30:00Z",
  updated_at: "2024-05-02T14:00:00Z",
  summary: "<p>More.</p>",
  url: "https://news.example/7",
  symbols: ["ACME"],
};

const SUBMISSIONS = {
  accessionNumber: ["0000320193-24-000069", "0000320193-24-000001"],
  filingDate: ["2024-05-02", "2024-01-02"],
  acceptanceDateTime: ["2024-05-02T18:04:25.000Z", "2024-01-02T18:00:00.000Z"],
  form: ["10-Q", "8-K"],
  primaryDocument: ["aapl-20240330.htm", "a.htm"],
  primaryDocDescription: ["10-Q", "Current report"],
};
const COMPANIES = { 0: { cik_str: 320193, ticker: "AAPL", title: "Apple Inc." } };
const INDEX = `Description:           Master Index of EDGAR Dissemination Feed
CIK|Company Name|Form Type|Date Filed|File Name
--------------------------------------------------------------------------------
320193|Apple Inc.|4|20240503|edgar/data/320193/0000320193-24-000070.txt
1|Nobody|8-K|20240503|somewhere else
`;

/** What each source is asked, and a good answer of it. */
const DIALECTS: readonly {
  readonly sourceId: string;
  readonly query: Partial<AlternativeQuery>;
  readonly respond: (url: URL) => VendorAnswer;
  readonly isText?: true;
}[] = [
  { sourceId: "rss-wire", query: {}, respond: () => ({ body: FEED }), isText: true },
  {
    sourceId: "alpaca-news",
    query: { symbols: ["ACME"] },
    respond: () => json({ news: [ARTICLE] }),
  },
  {
    sourceId: "newsapi",
    query: { query: "acme" },
    respond: () =>
      json({
        status: "ok",
        articles: [
          { title: "Acme", url: "https://n.example/1", publishedAt: "2024-05-02T13:30:00Z" },
        ],
      }),
  },
  {
    sourceId: "edgar",
    query: { symbols: ["AAPL"] },
    respond: ({ pathname }) =>
      json(
        pathname.startsWith("/files") ? COMPANIES : { filings: { recent: SUBMISSIONS, files: [] } },
      ),
  },
  {
    sourceId: "fred",
    query: { series: ["GDP"] },
    respond: () =>
      json({
        observations: [
          {
            realtime_start: "2024-05-30",
            realtime_end: "9999-12-31",
            date: "2024-05-01",
            value: "1",
          },
        ],
      }),
  },
  {
    sourceId: "treasury",
    query: {},
    respond: () => ({ body: 'Date,"1 Mo","1.5 Month","10 Yr"\n05/02/2024,5.51,,4.58\n' }),
    isText: true,
  },
  {
    sourceId: "reddit",
    query: { query: "acme" },
    respond: ({ pathname }) =>
      json(
        pathname.endsWith("access_token")
          ? { access_token: "t", expires_in: 3_600 }
          : {
              data: {
                after: null,
                children: [{ data: { name: "t3_a", title: "Acme?", created_utc: 1714656600 } }],
              },
            },
      ),
  },
  {
    sourceId: "stocktwits",
    query: { symbols: ["ACME"] },
    respond: () =>
      json({
        response: { status: 200 },
        cursor: { more: false, max: 1 },
        messages: [
          {
            id: 1,
            body: "$ACME up",
            created_at: "2024-05-02T13:30:00Z",
            symbols: [{ symbol: "ACME" }],
            entities: { sentiment: { basic: "Bearish" } },
          },
        ],
      }),
  },
];

describe.each(DIALECTS.map((dialect) => [dialect.sourceId, dialect] as const))(
  "%s",
  (sourceId, { query, respond, isText }) => {
    const fault = (): Promise<SourceError> =>
      collect(open(sourceId), query).then(
        ({ read, refused }) => {
          throw new Error(`expected a fault, found ${read.length} and ${refused.join()}`);
        },
        (error: unknown) => {
          if (error instanceof SourceError) return error;
          throw error;
        },
      );

    it("gives documents that are read as they are meant", async () => {
      server.respond = respond;
      const { read } = await collect(open(sourceId), query);
      expect(read.length).toBeGreaterThan(0);
      for (const { content } of read) {
        expect(content.publishedAtMs).toBeGreaterThanOrEqual(WISH.startMs);
        expect(content.publishedAtMs).toBeLessThan(WISH.endMs);
      }
    });

    it("gives the same again when it is asked again", async () => {
      server.respond = respond;
      const [first, second] = [
        await collect(open(sourceId), query),
        await collect(open(sourceId), query),
      ];
      expect(second).toEqual(first);
    });

    it.each([
      [401, "SOURCE_UNAUTHORISED"],
      [403, "SOURCE_UNAUTHORISED"],
      [500, "SOURCE_UNAVAILABLE"],
      [503, "SOURCE_UNAVAILABLE"],
    ])("takes %s for %s, and does not repeat a key", async (status, expected) => {
      server.respond = () => ({ status, body: '{"message":"no"}' });
      const error = await fault();
      expect([error.fault, error.message.includes(SECRET)]).toEqual([expected, false]);
    });

    it("says when it may be asked again", async () => {
      server.respond = () => ({ status: 429, headers: { "retry-after": "7" }, body: "slow down" });
      const { fault: found, retryAfterMs } = await fault();
      expect([found, retryAfterMs]).toEqual(["SOURCE_RATE_LIMITED", 7_000]);
    });

    it.each(["stall", "cut"] as const)("has no answer when they %s", async (manner) => {
      server.respond = (url) => ({ ...respond(url), manner });
      expect((await fault()).fault).toBe("SOURCE_UNAVAILABLE");
    });

    it("does not take a page of a website, or half an answer, for data", async () => {
      server.respond = () => ({ body: "<!doctype html><title>Sorry</title><p>" });
      expect((await fault()).fault).toBe("SOURCE_ANSWER_MALFORMED");
      if (sourceId === "treasury") return;
      server.respond = (url) => {
        const { body } = respond(url);
        return { body: body.slice(0, Math.floor(body.length / 2)) };
      };
      expect((await fault()).fault).toBe("SOURCE_ANSWER_MALFORMED");
    });

    it("does not take JSON of another shape for an answer", async () => {
      if (isText) return;
      for (const body of ["[]", "null", '{"data":7,"filings":[],"news":{}}', '"text"']) {
        server.respond = ({ pathname }) =>
          /access_token|company_tickers/.test(pathname)
            ? respond(new URL(pathname, server.url))
            : { body };
        expect((await fault()).fault).toBe("SOURCE_ANSWER_MALFORMED");
      }
    });

    it("ends when nobody waits any more", async () => {
      const controller = new AbortController();
      server.respond = (url) => {
        controller.abort("cancelled");
        return { ...respond(url), manner: "stall" };
      };
      const work = collect(open(sourceId), query, controller.signal);
      await expect(work).rejects.toBe("cancelled");
    });
  },
);

describe("a feed", () => {
  it("refuses the items without a date that can be known, and keeps the others", async () => {
    server.respond = () => ({ body: FEED });
    const { read, refused } = await collect(open("rss-wire"));
    expect(refused).toEqual(["CELLS_MISSING", "TIME_UNREADABLE"]);
    expect(read.map(({ content }) => [content.title, content.body])).toEqual([
      ["Acme & Bolt agree merger", "Shares rise."],
    ]);
    expect(read.map(published)).toEqual(["2024-05-02T13:30:00.000Z"]);
  });

  it("is asked only for what has changed, once what it had was taken", async () => {
    const source = open("rss-wire");
    const whole = FEED.replaceAll(/<item><title>(?:Undated|Nonsense)[\s\S]*?<\/item>/g, "");
    server.respond = (_url, { headers }) =>
      headers["if-none-match"] === '"1"'
        ? { status: 304, body: "" }
        : { headers: { etag: '"1"' }, body: whole };
    expect((await collect(source)).read).toHaveLength(1);
    expect((await collect(source)).read).toHaveLength(0);
    expect(server.headers[1]?.["if-none-match"]).toBe('"1"');
  });
});

describe("EDGAR", () => {
  it("reads acceptance by the clock of New York, the later of its two meanings", async () => {
    server.respond = DIALECTS[3]?.respond ?? server.respond;
    const { read } = await collect(open("edgar"), { symbols: ["AAPL"] });
    expect(read.map(published)).toEqual(["2024-05-02T22:04:25.000Z"]);
    expect(read[0]?.content).toMatchObject({
      symbols: ["AAPL"],
      title: "10-Q",
      url: "https://www.sec.gov/Archives/edgar/data/320193/000032019324000069/aapl-20240330.htm",
    });
    expect(server.headers[0]?.["user-agent"]).toBe("Example Capital ops@example.com");
  });

  it("without symbols reads the index of each day, and passes over days without one", async () => {
    server.respond = ({ pathname }) => {
      if (pathname.startsWith("/files")) return json(COMPANIES);
      if (pathname.endsWith("/2024/QTR2/master.20240503.idx")) return { body: INDEX };
      return { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
    };
    const range = { startMs: Date.parse("2024-05-03"), endMs: Date.parse("2024-05-05") };
    const { read, refused } = await collect(open("edgar"), range);
    expect(read.map((one) => [one.externalId, one.content.title, published(one)])).toEqual([
      ["index:0000320193-24-000070:320193", "4: Apple Inc.", "2024-05-04T02:00:00.000Z"],
    ]);
    expect(refused).toEqual(["CELLS_MISSING"]);
  });

  it("knows that nobody has a ticker", async () => {
    server.respond = DIALECTS[3]?.respond ?? server.respond;
    await expect(collect(open("edgar"), { symbols: ["ZZZZ"] })).rejects.toMatchObject({
      fault: "SOURCE_SYMBOL_UNKNOWN",
    });
  });
});

describe("FRED", () => {
  /** GDP of 2014 Q1 as it was published on 30 April, 29 May and 25 June 2014. */
  const VINTAGES = [
    { realtime_start: "2014-04-30", date: "2014-01-01", value: "17149.6" },
    { realtime_start: "2014-05-29", date: "2014-01-01", value: "17101.3" },
    { realtime_start: "2014-06-25", date: "2014-01-01", value: "17016.0" },
    { realtime_start: "2014-06-25", date: "2014-04-01", value: "." },
    { realtime_start: "1776-07-04", date: "2014-01-02", value: "1" },
  ];
  const range = {
    series: ["GDP"],
    startMs: Date.parse("2014-01-01"),
    endMs: Date.parse("2015-01-01"),
  };

  it("gives each vintage with since when it was known, and no value for a point", async () => {
    server.respond = () => json({ observations: VINTAGES });
    const { read } = await collect(open("fred"), range);
    const told = read.map(({ externalId, content, knownAtMs }) => [
      externalId,
      content.value,
      knownAtMs === null ? null : iso(knownAtMs),
    ]);
    expect(told).toEqual([
      ["GDP:2014-01-01", "17149.6", "2014-05-01T06:00:00.000Z"],
      ["GDP:2014-01-01", "17101.3", "2014-05-30T06:00:00.000Z"],
      ["GDP:2014-01-01", "17016", "2014-06-26T06:00:00.000Z"],
      ["GDP:2014-01-02", "1", null],
    ]);
    expect(server.asked[0]?.searchParams.get("realtime_start")).toBe("1776-07-04");
  });

  it("asks in halves for a series that has too many vintages for one answer", async () => {
    server.respond = ({ searchParams }) => {
      const [first = "", last = ""] = ["realtime_start", "realtime_end"].map(
        (name) => searchParams.get(name) ?? "",
      );
      if (last.slice(0, 4) > "2100")
        return first === "1776-07-04"
          ? {
              status: 400,
              body: '{"error_code":400,"error_message":"exceeds the maximum number of vintage dates allowed"}',
            }
          : // What held already comes under the first day of the span.
            json({ observations: [{ ...VINTAGES[0], realtime_start: first }] });
      return json({ observations: VINTAGES.slice(0, 1) });
    };
    const { read } = await collect(open("fred"), range);
    expect([read.length, server.asked.length]).toEqual([1, 3]);
  });

  it("does not ask for ever where every span is said to be too long", async () => {
    const error_message = "exceeds the maximum number of vintage dates allowed";
    server.respond = () => ({ status: 400, body: JSON.stringify({ error_message }) });
    await expect(collect(open("fred"), range)).rejects.toMatchObject({
      fault: "SOURCE_UNSUPPORTED",
    });
    expect(server.asked.length).toBeLessThan(30);
  });

  it("says that a key or a series is wrong", async () => {
    const refuse = (words: string) => {
      server.respond = () => ({ status: 400, body: JSON.stringify({ error_message: words }) });
      return collect(open("fred"), range);
    };
    await expect(refuse("The value for variable api_key is not registered.")).rejects.toMatchObject(
      {
        fault: "SOURCE_UNAUTHORISED",
      },
    );
    await expect(refuse("Bad Request. The series does not exist.")).rejects.toMatchObject({
      fault: "SOURCE_SYMBOL_UNKNOWN",
    });
  });
});

describe("the Treasury", () => {
  it("gives a figure for each tenor that has one, published at 18:00 in Washington", async () => {
    server.respond = DIALECTS[5]?.respond ?? server.respond;
    const { read } = await collect(open("treasury"));
    expect(read.map((one) => [one.externalId, one.content.value, published(one)])).toEqual([
      ["UST-1MO:2024-05-02", "5.51", "2024-05-02T22:00:00.000Z"],
      ["UST-10YR:2024-05-02", "4.58", "2024-05-02T22:00:00.000Z"],
    ]);
    const some = await collect(open("treasury"), { series: ["UST-10YR"] });
    expect(some.read).toHaveLength(1);
  });
});

describe("refusals that come with a 200", () => {
  it.each([
    ["newsapi", { query: "a" }, { status: "error", code: "apiKeyInvalid" }, "SOURCE_UNAUTHORISED"],
    ["newsapi", { query: "a" }, { status: "error", code: "rateLimited" }, "SOURCE_RATE_LIMITED"],
    ["fred", { series: ["X"] }, { error_code: 400, error_message: "Bad" }, "SOURCE_UNSUPPORTED"],
    ["reddit", { query: "a" }, { error: "unsupported_grant_type" }, "SOURCE_UNAUTHORISED"],
    ["stocktwits", { symbols: ["A"] }, { response: { status: 404 } }, "SOURCE_SYMBOL_UNKNOWN"],
    ["stocktwits", { symbols: ["A"] }, { response: { status: 429 } }, "SOURCE_RATE_LIMITED"],
  ])("%s, %j: %j", async (sourceId, query, body, expected) => {
    server.respond = () => json(body);
    await expect(collect(open(sourceId), query)).rejects.toMatchObject({ fault: expected });
  });
});

describe("pages", () => {
  it("of Alpaca's news are read to the last, and a page that points to itself ends it", async () => {
    server.respond = ({ searchParams }) =>
      json({
        news: [{ ...ARTICLE, id: searchParams.get("page_token") ?? "first" }],
        next_page_token: searchParams.has("page_token") ? null : "p2",
      });
    const { read } = await collect(open("alpaca-news"));
    expect(read.map(({ externalId }) => externalId)).toEqual(["first", "p2"]);
    server.respond = () => json({ news: [], next_page_token: "again" });
    await expect(collect(open("alpaca-news"))).rejects.toMatchObject({
      fault: "SOURCE_ANSWER_MALFORMED",
    });
  });

  it("of Reddit are asked for with the one token, which is signed in for with the secret", async () => {
    server.respond = ({ pathname, searchParams }) =>
      json(
        pathname.endsWith("access_token")
          ? { access_token: "t", expires_in: 3_600 }
          : { data: { after: searchParams.has("after") ? null : "t3_b", children: [] } },
      );
    await collect(open("reddit"), { query: "acme" });
    expect(server.asked.map(({ pathname }) => pathname)).toEqual([
      "/api/v1/access_token",
      "/search",
      "/search",
    ]);
    expect(server.headers[1]?.authorization).toBe("Bearer t");
  });
});
