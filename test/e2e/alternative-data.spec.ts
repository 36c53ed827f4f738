import {
  collectAlternativeData,
  getAliases,
  ingestAlternativeData,
  joinAlternativeData,
  listAlternativeData,
  listAlternativeSources,
  pushAlternativeData,
  putAliases,
} from "../../mixins/rest/routes/alternative-data.ts";
import type { JoinedView } from "../../mixins/rest/routes/alternative-data.ts";
import { ingestBars } from "../../mixins/rest/routes/market-store.ts";
import { getJob } from "../../mixins/rest/routes/jobs.ts";
import type { JobView } from "../../mixins/rest/routes/jobs.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";
import { SigningClient, signatureOf, WEBHOOK_SECRET } from "../support/signing-client.ts";
import { VendorServer } from "../support/vendor-server.ts";
import { expectProblem } from "./problems.ts";

describe("alternative data", () => {
  let vendor: VendorServer;
  let node: TestNode;
  let trader: TestUser;
  let colleague: TestUser;
  let foreigner: TestUser;

  beforeAll(async () => {
    vendor = await VendorServer.start();
    node = await startTestNode({
      env: {
        FRED_URL: vendor.url,
        FRED_API_KEY: "key",
        NEWS_FEEDS: `wire=${vendor.url}/feed.xml`,
        ALTERNATIVE_WEBHOOKS: `hook:${WEBHOOK_SECRET}`,
      },
    });
    trader = await signUp(node, { role: "trader" });
    colleague = await signUp(node, { role: "viewer" });
    foreigner = await signUp(node, { role: "trader", tenantId: "elsewhere" });
    await list("ANVL", "Anvil Works Inc.");
    await trader.client.call(ingestBars, { symbol: "ANVL", ...DAYS });
  });

  afterAll(async () => {
    await node.stop();
    await node.database.drop();
    await vendor.close();
    if (node.errors.length > 0) throw new Error(node.errors.join("\n"));
  });

  const list = (symbol: string, name: string) =>
    node.admin.call(putSymbol, {
      symbol,
      name,
      assetClass: "equity",
      venue: "PAPER",
      currency: "USD",
      tickSize: "0.01",
      lotSize: "1",
      multiplier: "1",
      shortable: false,
      calendar: "XNYS",
    });

  const post = (source: string, data: readonly RouteInput[], more: RouteInput = {}) =>
    trader.client.call(ingestAlternativeData, { source, data, ...more });

  const read = async (source: string, more: RouteInput = {}, client = trader.client) =>
    (await client.call(listAlternativeData, { source, ...more })).data;

  const ended = async (client: HttpClient, jobId: string): Promise<JobView> =>
    eventually("a job that is over", async () => {
      const job = await client.call(getJob, { jobId });
      return job.status === "queued" || job.status === "running" ? null : job;
    });

  const joined = (source: string, more: RouteInput = {}): Promise<JoinedView> =>
    trader.client.call(joinAlternativeData, { source, symbol: "ANVL", ...more });

  describe("what a tenant posts", () => {
    const note = {
      externalId: "n1",
      publishedAt: "2024-01-03T15:00:00Z",
      title: "$ANVL surges to record",
    };

    it("is stored once, however often it is posted", async () => {
      const first = await post("once", [note, note]);
      expect([first.accepted, first.duplicates]).toEqual([1, 1]);
      const again = await post("once", [note]);
      expect([again.accepted, again.duplicates]).toEqual([0, 1]);
      expect(await read("once")).toHaveLength(1);
    });

    it("is that tenant's alone", async () => {
      await post("ours", [note]);
      expect(await read("ours", {}, colleague.client)).toHaveLength(1);
      const hidden = await foreigner.client.ask(listAlternativeData, { source: "ours" });
      expectProblem(hidden, "NOT_FOUND");
      await foreigner.client.call(ingestAlternativeData, {
        source: "ours",
        data: [{ ...note, title: "Theirs" }],
      });
      expect((await read("ours")).map(({ title }) => title)).toEqual([note.title]);
      const names = async ({ client }: TestUser) =>
        (await client.call(listAlternativeSources)).data.map(({ source }) => source);
      expect(await names(foreigner)).not.toContain("once");
      expect(await names(colleague)).toContain("once");
    });

    it("keeps each earlier version with when it was known", async () => {
      const figure = { seriesId: "visits", period: "2024-01-31", publishedAt: "2024-02-01" };
      await post("revised", [
        { ...figure, value: "10", knownAt: "2024-02-02" },
        { ...figure, value: "11.50", knownAt: "2024-02-20" },
      ]);
      const values = async (asOf: string) =>
        (await read("revised", { asOf })).map(({ value, revision }) => [value, revision]);
      expect(await values("2024-02-01T12:00:00Z")).toEqual([]);
      expect(await values("2024-02-10")).toEqual([["10", 0]]);
      expect(await values("2024-02-20")).toEqual([["11.5", 1]]);
      const late = await post("revised", [{ ...figure, value: "9", knownAt: "2024-02-05" }]);
      expect(late.rejected.map(({ reason }) => reason)).toEqual(["KNOWN_OUT_OF_ORDER"]);
      const told = await post("revised", [{ ...figure, value: "10.0", knownAt: "2024-02-05" }]);
      expect(told.duplicates).toBe(1);
    });

    it("is judged row by row", async () => {
      const rows = [
        note,
        7,
        { title: "no time" },
        { ...note, publishedAt: "2024-02-30" },
        { publishedAt: "2024-01-03" },
        { ...note, publishedAt: "2199-01-01" },
        { ...note, knownAt: "2024-01-01" },
        { ...note, value: "1e5" },
        { ...note, colour: "red" },
        { ...note, sentiment: { score: 2 } },
        { ...note, url: "javascript:alert(1)" },
      ];
      const { accepted, rejected } = await trader.client.call(ingestAlternativeData, {
        source: "judged",
        data: rows,
      });
      expect(accepted).toBe(1);
      expect(rejected.map(({ row, reason }) => [row, reason])).toEqual([
        [2, "DOCUMENT_MALFORMED"],
        [3, "CELLS_MISSING"],
        [4, "TIME_UNREADABLE"],
        [5, "NOTHING_SAID"],
        [6, "TIME_IN_FUTURE"],
        [7, "KNOWN_BEFORE_PUBLISHED"],
        [8, "NOT_A_DECIMAL"],
        [9, "FIELD_UNKNOWN"],
        [10, "DOCUMENT_MALFORMED"],
        [11, "DOCUMENT_MALFORMED"],
      ]);
    });

    it("may be a series in CSV", async () => {
      const csv =
        "date,value,knownAt\n2024-01-02,10,2024-01-03\n2024-01-03,.,\n2024-01-04,x,\n2024-01-05,12.25,\n";
      const send = (query: string) =>
        trader.client.send({
          method: "POST",
          path: `/api/alternative-data/sheet?${query}`,
          headers: { "content-type": "text/csv" },
          body: csv,
        });
      expectProblem(await send("kind=macro"), "VALIDATION_FAILED", ["seriesId"]);
      const answer = await send("seriesId=visits&kind=series");
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
        200,
        {
          accepted: 2,
          rejected: [
            { row: 2, reason: "NOTHING_SAID" },
            { row: 3, reason: "NOT_A_DECIMAL" },
          ],
        },
      ]);
      const found = await read("sheet", { seriesId: "visits" });
      expect(found.map(({ period, value }) => [period, value])).toEqual([
        ["2024-01-05", "12.25"],
        ["2024-01-02", "10"],
      ]);
    });

    it("has the same answer under the same Idempotency-Key, and none with another body", async () => {
      const body = { source: "keyed", data: [note] };
      const key = { "idempotency-key": "k-1" };
      const first = await trader.client.ask(ingestAlternativeData, body, key);
      const again = await trader.client.ask(ingestAlternativeData, body, key);
      expect([again.text, again.headers["idempotent-replayed"]]).toEqual([first.text, "true"]);
      const other = { source: "keyed", data: [{ ...note, title: "Other" }] };
      const refused = await trader.client.ask(ingestAlternativeData, other, key);
      expectProblem(refused, "IDEMPOTENCY_KEY_REUSED");
    });

    it("may not stand where what is collected or pushed stands", async () => {
      for (const source of ["fred", "hook"])
        expectProblem(
          await trader.client.ask(ingestAlternativeData, { source, data: [note] }),
          "CONFLICT",
        );
    });

    it("is read page by page, each document once", async () => {
      const rows = Array.from({ length: 25 }, (_, index) => ({
        externalId: `p${index}`,
        publishedAt: `2024-03-0${1 + (index % 5)}`,
        title: `Note ${index}`,
      }));
      await post("paged", rows);
      const ids = (await trader.client.all(listAlternativeData, { source: "paged" }, 4)).map(
        ({ externalId }) => externalId,
      );
      expect(new Set(ids).size).toBe(25);
      expect(ids).toHaveLength(25);
    });

    it("that is posted by many at once is one document with one version", async () => {
      const same = { ...note, externalId: "race" };
      const answers = await Promise.all(Array.from({ length: 8 }, () => post("raced", [same])));
      expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(1);
      const others = Array.from({ length: 8 }, (_, index) => ({
        ...same,
        title: `Version ${index}`,
      }));
      await Promise.all(others.map((one) => post("raced", [one])));
      expect((await read("raced")).map(({ revision }) => revision)).toEqual([8]);
    });
  });

  describe("sentiment and symbols", () => {
    it("come with their method, or as they were sent", async () => {
      const good = {
        publishedAt: "2024-01-02",
        title: "Profits surge to a record and beat estimates",
      };
      await post("moods", [
        { ...good, externalId: "own" },
        {
          ...good,
          externalId: "sent",
          sentiment: { score: -0.5, method: "desk", confidence: 0.9 },
        },
        { ...good, externalId: "foreign", language: "de" },
        { externalId: "figure", publishedAt: "2024-01-02", value: 1 },
      ]);
      const found = async (more: RouteInput) =>
        new Map((await read("moods", more)).map((one) => [one.externalId, one.sentiment]));
      const plain = await found({});
      expect(plain.get("own")).toMatchObject({ method: "logistic", label: "positive" });
      expect(plain.get("sent")).toEqual({
        score: -0.5,
        label: "negative",
        method: "desk",
        confidence: 0.9,
      });
      expect([plain.get("foreign"), plain.get("figure")]).toEqual([undefined, undefined]);
      const asked = await found({ sentimentMethod: "lexicon" });
      expect(asked.get("sent")).toMatchObject({ method: "lexicon", label: "positive" });
    });

    it("are tied to instruments by name and alias, and stay tied when names change", async () => {
      const text = {
        externalId: "a",
        publishedAt: "2024-01-02",
        title: "Hammerfall orders 300 units",
      };
      await post("linked", [text]);
      expect((await read("linked"))[0]?.symbol).toEqual([]);
      const put = { symbol: "ANVL", aliases: ["Hammerfall", "Hammerfall"] };
      expect((await node.admin.call(putAliases, put)).aliases).toEqual(["Hammerfall"]);
      expect(await trader.client.call(getAliases, { symbol: "ANVL" })).toEqual({
        symbol: "ANVL",
        name: "Anvil Works Inc.",
        aliases: ["Hammerfall"],
      });
      const again = await post("linked", [text, { ...text, externalId: "b" }]);
      expect([again.accepted, again.duplicates]).toEqual([1, 1]);
      const tied = await read("linked", { symbol: "ANVL" });
      expect(tied.map(({ externalId }) => externalId)).toEqual(["b"]);
    });

    it("have no aliases of a symbol that is not there", async () => {
      expectProblem(await trader.client.ask(getAliases, { symbol: "NONE" }), "NOT_FOUND");
    });
  });

  describe("a source that pushes", () => {
    const data = [{ externalId: "h1", publishedAt: "2024-01-03", title: "Pushed" }];
    const body = JSON.stringify({ data });
    const push = (signature: string | null, source = "hook") =>
      node.anonymous.send({
        method: "POST",
        path: `/api/alternative-data/${source}/webhook`,
        headers: signature === null ? {} : { "x-signature": signature },
        body,
      });

    it("is taken at its signature, and what it pushed is everybody's", async () => {
      const signing = new SigningClient(node.anonymous.url);
      expect((await signing.call(pushAlternativeData, { source: "hook", data })).accepted).toBe(1);
      expect((await signing.call(pushAlternativeData, { source: "hook", data })).duplicates).toBe(
        1,
      );
      expect(await read("hook", {}, foreigner.client)).toHaveLength(1);
    });

    it("is refused without one, with another's, an old one, or one of another body", async () => {
      const now = Date.now();
      const good = signatureOf(body, WEBHOOK_SECRET, now);
      const bad = [
        null,
        "",
        good.replace("v1=", "v2="),
        signatureOf(body, `${WEBHOOK_SECRET}x`, now),
        signatureOf(body, WEBHOOK_SECRET, now - 301_000),
        signatureOf(body, WEBHOOK_SECRET, now + 301_000),
        signatureOf(`${body} `, WEBHOOK_SECRET, now),
      ];
      for (const signature of bad) expectProblem(await push(signature), "UNAUTHENTICATED");
      expectProblem(await push(signatureOf(body, "", now), "nobody"), "UNAUTHENTICATED");
      expect((await push(good)).status).toBe(200);
    });
  });

  describe("a collection", () => {
    const collected = async (input: RouteInput): Promise<JobView> => {
      const { jobId } = await trader.client.call(collectAlternativeData, input);
      return ended(trader.client, jobId);
    };

    it("brings every vintage, and brings nothing twice", async () => {
      vendor.respond = () => ({
        body: JSON.stringify({
          observations: [
            { realtime_start: "2024-01-03", date: "2023-10-01", value: "100" },
            { realtime_start: "2024-01-05", date: "2023-10-01", value: "90" },
          ],
        }),
      });
      const wish = { source: "fred", series: ["GDP"], start: "2023-01-01", end: "2024-01-01" };
      const first = await collected(wish);
      expect(first).toMatchObject({ status: "succeeded", result: { accepted: 2, revised: 1 } });
      expect((await collected(wish)).result).toMatchObject({ accepted: 0, duplicates: 2 });
      const { data } = await joined("fred", { seriesId: "GDP" });
      expect(data.map(({ document }) => document?.value ?? null)).toEqual([
        null, // 2 January
        null,
        "100", // the vintage of the third is taken for known when that day was over
        "100",
        "90", // 8 January
      ]);
      const { data: sources } = await foreigner.client.call(listAlternativeSources);
      expect(sources.find(({ source }) => source === "fred")).toMatchObject({
        kind: "macro",
        method: "collected",
        isConfigured: true,
        documents: 1,
      });
    });

    it("fails with what the source said", async () => {
      vendor.respond = () => ({
        status: 400,
        body: '{"error_message":"The series does not exist."}',
      });
      const job = await collected({ source: "fred", series: ["NOPE"] });
      expect([job.status, job.error?.code]).toEqual(["failed", "SOURCE_SYMBOL_UNKNOWN"]);
    });

    it("is refused for what could never be collected", async () => {
      const refusal = (input: RouteInput) => trader.client.ask(collectAlternativeData, input);
      expectProblem(await refusal({ source: "nowhere" }), "NOT_FOUND");
      expectProblem(await refusal({ source: "edgar" }), "CONFLICT");
      expectProblem(await refusal({ source: "fred" }), "VALIDATION_FAILED", ["series"]);
      const words = { source: "rss-wire", query: "x" };
      expectProblem(await refusal(words), "VALIDATION_FAILED", ["query"]);
      const backwards = { source: "rss-wire", start: "2024-01-02", end: "2024-01-01" };
      expectProblem(await refusal(backwards), "VALIDATION_FAILED", ["end"]);
    });
  });

  describe("beside prices", () => {
    it("nothing is seen before it was known, published earlier or not", async () => {
      const news = { externalId: "j", publishedAt: "2024-01-02T14:00:00Z", symbol: ["ANVL"] };
      await post("wire", [
        { ...news, title: "First word", knownAt: "2024-01-03T21:00:00Z" },
        { ...news, title: "Corrected", knownAt: "2024-01-05T21:00:01Z" },
      ]);
      const { data } = await joined("wire");
      expect(data.map(({ closedAt, document }) => [closedAt, document?.title ?? null])).toEqual([
        ["2024-01-02T21:00:00.000Z", null],
        ["2024-01-03T21:00:00.000Z", "First word"],
        ["2024-01-04T21:00:00.000Z", "First word"],
        // The correction came a second after the close of the fifth.
        ["2024-01-05T21:00:00.000Z", "First word"],
        ["2024-01-08T21:00:00.000Z", "Corrected"],
      ]);
    });

    it("what is stored today is not known to yesterday's bars", async () => {
      const old = { publishedAt: "2024-01-02T14:00:00Z", symbol: ["ANVL"], title: "Old news" };
      await post("today", [old]);
      expect((await joined("today")).data.every(({ document }) => document === null)).toBe(true);
    });

    it("sentiment is the mean over a window of what was known", async () => {
      const at = (day: number, score: number) => ({
        externalId: `m${day}-${score}`,
        publishedAt: `2024-01-0${day}T15:00:00Z`,
        knownAt: `2024-01-0${day}T15:00:00Z`,
        symbol: ["ANVL"],
        title: "Mood",
        sentiment: { score },
      });
      await post("mood", [at(3, 1), at(3, 0), at(4, -1)]);
      const { data } = await joined("mood", { windowHours: 24 });
      expect(data.map(({ sentiment }) => [sentiment.score, sentiment.sampleSize])).toEqual([
        [null, 0],
        [0.5, 2],
        [-1, 1],
        [null, 0],
        [null, 0],
      ]);
    });

    it("goes page by page, and says when there are no bars", async () => {
      await post("wire", [{ publishedAt: "2024-01-02", title: "x", symbol: ["ANVL"] }]);
      const first = await joined("wire", { limit: 3 });
      const second = await joined("wire", { limit: 3, cursor: first.nextCursor });
      expect(
        [...first.data, ...second.data].map(({ timestamp }) => timestamp.slice(8, 10)),
      ).toEqual(["02", "03", "04", "05", "08"]);
      expect(second.nextCursor).toBeNull();
      const none = { source: "wire", symbol: "ANVL", start: "2025-01-01" };
      expectProblem(await trader.client.ask(joinAlternativeData, none), "INSUFFICIENT_DATA");
      const nobody = { source: "wire", symbol: "NONE" };
      expectProblem(await trader.client.ask(joinAlternativeData, nobody), "NOT_FOUND");
    });
  });
});

/** Sessions of New York; the sixth and seventh of January 2024 were a weekend. */
const DAYS = {
  timeframe: "1d",
  source: "upload",
  data: [2, 3, 4, 5, 8].map((day) => ({
    timestamp: `2024-01-0${day}T00:00:00Z`,
    open: "10",
    high: "11",
    low: "9",
    close: "10",
    volume: "100",
  })),
};
