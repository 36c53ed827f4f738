import type { DataDefinition } from "../../../../domain/ai/model/definition.ts";
import { ingestAlternativeData } from "../../../../mixins/rest/routes/alternative-data.ts";
import { describeDataset } from "../../../../mixins/rest/routes/datasets.ts";
import { createFeatureSet } from "../../../../mixins/rest/routes/feature-sets.ts";
import { getFeatureCatalogue, getFeatures } from "../../../../mixins/rest/routes/features.ts";
import { Datasets } from "../../../../services/ai/datasets/datasets.ts";
import { bar, barsOf } from "../../../e2e/stored-bars.ts";
import type { RouteInput } from "../../../support/http.ts";
import { withNode } from "../../../support/node.ts";
import { signUp, type TestUser } from "../../../support/node-users.ts";

const node = withNode();
const { define, store } = barsOf(node);

/** Five days of January 2024, each closing at 21:00 UTC in New York. */
const DAYS = ["2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12"];

let trader: TestUser;
let foreigner: TestUser;

beforeAll(async () => {
  trader = await signUp(node(), { role: "trader" });
  foreigner = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
  await define("AFA");
  await store(
    DAYS.map((day, i) => bar("AFA", day, String(10 + i))),
    Date.UTC(2024, 1),
  );
});

const post = (source: string, data: readonly RouteInput[], client = trader.client) =>
  client.call(ingestAlternativeData, { source, data });

const figure = (seriesId: string, value: string, knownAt: string, period = "2023-12-31") => ({
  seriesId,
  period,
  publishedAt: "2024-01-01T00:00:00Z",
  value,
  knownAt,
});

const note = (externalId: string, score: number, knownAt: string, more: RouteInput = {}) => ({
  externalId,
  publishedAt: "2024-01-01T00:00:00Z",
  title: "What is said does not matter here",
  symbol: ["AFA"],
  sentiment: { score, label: score > 0 ? "positive" : "negative", method: "hand" },
  knownAt,
  ...more,
});

async function valuesOf(feature: string, more: RouteInput = {}, client = trader.client) {
  const { features } = await client.call(getFeatures, {
    symbol: "AFA",
    features: feature,
    ...more,
  });
  return features[feature];
}

describe("features of alternative data", () => {
  it("see an observation from the close after it became known on, and a revision likewise", async () => {
    await post("macro-own", [
      figure("visits", "10", "2024-01-09T20:59:59Z"),
      figure("visits", "11", "2024-01-11T21:00:00.001Z"),
    ]);
    expect(await valuesOf("series_visits")).toEqual([null, 10, 10, 10, 11]);
    const asOf = "2024-01-12T22:00:00Z";
    expect(await valuesOf("series_visits", { asOf: "2024-02-01T00:00:00Z" })).toHaveLength(5);
    await post("macro-own", [figure("visits", "12", "2024-01-12T20:00:00Z", "2024-01-05")]);
    expect(await valuesOf("series_visits")).toEqual([null, 10, 10, 10, 12]);
    // The bars were stored in February: in January nobody knew any.
    const early = await trader.client.ask(getFeatures, {
      symbol: "AFA",
      features: "series_visits",
      asOf,
    });
    expect(early.status).toBe(422);
  });

  it("see a document from the close after it became known on", async () => {
    await post("wire-own", [
      note("a", 0.5, "2024-01-09T12:00:00Z"),
      // Evening news: of the next day.
      note("b", -0.5, "2024-01-09T22:00:00Z"),
      note("c", 1, "2024-01-10T12:00:00Z", { symbol: ["OTHER"] }),
      note("d", 1, "2024-01-10T12:00:00Z", { kind: "social" }),
    ]);
    expect(await valuesOf("news_sentiment_1")).toEqual([null, 0.5, -0.5, null, null]);
    expect(await valuesOf("news_sentiment_2")).toEqual([null, null, 0, -0.5, null]);
    // A revision says what it says from then on, and does not make it news again.
    await post("wire-own", [note("b", 1, "2024-01-11T12:00:00Z")]);
    expect(await valuesOf("news_sentiment_2")).toEqual([null, null, 0, 1, null]);
    expect(await valuesOf("news_sentiment_1")).toEqual([null, 0.5, -0.5, null, null]);
  });

  it("are of one's own tenant", async () => {
    const theirs = await foreigner.client.ask(getFeatures, {
      symbol: "AFA",
      features: "series_visits",
    });
    expect(JSON.parse(theirs.text)).toMatchObject({ status: 422, code: "FEATURE_UNKNOWN" });
    expect(await valuesOf("news_sentiment_1", {}, foreigner.client)).toEqual(Array(5).fill(null));
  });

  it("name their source where several have the series", async () => {
    await post("second-own", [figure("visits", "99", "2024-01-01T00:00:00Z")]);
    const both = await trader.client.ask(getFeatures, { symbol: "AFA", features: "series_visits" });
    expect(JSON.parse(both.text)).toMatchObject({
      code: "FEATURE_UNKNOWN",
      detail: expect.stringContaining("series_macro-own/visits") as string,
    });
    expect(await valuesOf("series_second-own/visits")).toEqual([99, 99, 99, 99, 99]);
  });

  it("are in the catalogue, and refused where they cannot be", async () => {
    const { data } = await trader.client.call(getFeatureCatalogue, {});
    expect(data.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["news_sentiment", "series"]),
    );
    const codeOf = async (features: string, more: RouteInput = {}) => {
      const { text } = await trader.client.ask(getFeatures, { symbol: "AFA", features, ...more });
      // sound: problems are JSON objects with a code
      return (JSON.parse(text) as { readonly code: string }).code;
    };
    expect(await codeOf("news_sentiment_0")).toBe("FEATURE_PARAMETER_INVALID");
    expect(await codeOf("news_sentiment_1001")).toBe("FEATURE_PARAMETER_INVALID");
    expect(await codeOf("news_sentiment_1", { basis: "recorded" })).toBe("VALIDATION_FAILED");
    const set = { name: "alternative", symbols: ["AFA"], timeframe: "1d" };
    const kept = await trader.client.ask(createFeatureSet, { ...set, features: ["series_visits"] });
    expect(JSON.parse(kept.text)).toMatchObject({ code: "FEATURE_UNKNOWN" });
  });
});

describe("a data set of alternative features", () => {
  const definition: DataDefinition = {
    symbols: ["AFA"],
    timeframe: "1d",
    features: ["returns_1", "series_macro-own/visits", "news_sentiment_1"],
    target: { kind: "return", horizon: 1 },
    adjust: "none",
  };
  const live = () => new Datasets(node().context);

  it("does not see what was stored after its knowledge, whatever that says of itself", async () => {
    const knownAtMs = node().context.clock.now();
    const request = { tenantId: "default", definition, knownAtMs };
    const first = await live().build(request);
    expect([...first.sample.x.data].filter((_, i) => i % 3 === 1)).toEqual([10, 10, 10, 12]);
    await post("macro-own", [figure("visits", "50", "2024-01-12T20:30:00Z", "2024-01-06")]);
    expect((await live().build(request)).sha256).toBe(first.sha256);
    const now = await live().build({ ...request, knownAtMs: node().context.clock.now() + 1 });
    expect([...now.sample.x.data].filter((_, i) => i % 3 === 1)).toEqual([10, 10, 10, 50]);
  });

  it("is for live use what it was for learning, and is made anew when something was stored", async () => {
    const request = { tenantId: "default", definition, symbol: "AFA" };
    const datasets = live();
    const before = await datasets.latest(request);
    expect((await datasets.latest(request)).sample).toBe(before.sample);
    await post("macro-own", [figure("visits", "51", "2024-01-12T20:40:00Z", "2024-01-07")]);
    const after = await datasets.latest(request);
    expect(after.features["series_macro-own/visits"]).toBe(51);
    const { sample } = await datasets.build({
      tenantId: "default",
      definition,
      knownAtMs: node().context.clock.now() + 1,
    });
    expect(after.sample.x).toEqual(sample.x);
  });

  it("can be looked at over REST", async () => {
    const found = await trader.client.call(describeDataset, {
      symbols: ["AFA"],
      features: ["news_sentiment", "news_sentiment_1"],
      target: { kind: "return", horizon: 1 },
    });
    expect(found.features.map(({ name }) => name)).toEqual([
      "news_sentiment_5",
      "news_sentiment_1",
    ]);
    expect(found.features[0]?.missing).toBe(1);
  });
});
