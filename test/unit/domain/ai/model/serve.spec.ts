import type { Json } from "../../../../../domain/shared/json.ts";
import { canonicalJson } from "../../../../../domain/ai/model/canonical-json.ts";
import { fromBytes, toBytes } from "../../../../../domain/ai/model/artifact.ts";
import { openArtifact } from "../../../../../domain/ai/model/serve.ts";
import type { Sample } from "../../../../../domain/ai/learning/sample.ts";
import { trainModel } from "../../../../../domain/ai/training/train.ts";
import { noisySample, RUN, termsOf, watchedLine } from "../training/line.ts";

const BOOK = new Map([["line", watchedLine().algorithm]]);
const CLASSIFIER = trainModel(
  { terms: termsOf("classifier"), sample: noisySample(600, "classifier") },
  BOOK,
  RUN,
).artifact;
const REGRESSOR = trainModel(
  { terms: termsOf("regressor"), sample: noisySample(600, "regressor") },
  BOOK,
  RUN,
).artifact;
const FORECASTER = trainModel(
  { terms: termsOf("forecaster"), sample: noisySample(600, "forecaster") },
  BOOK,
  RUN,
).artifact;

/** One more row after 30 calm ones. */
function withRow(...last: readonly number[]): {
  readonly sample: Sample;
  readonly row: Int32Array;
} {
  const rows = 31;
  const data = new Float64Array(rows * 2).fill(5);
  data.set(last, 60);
  const sample = {
    x: { rows, columns: 2, data },
    symbol: new Int32Array(rows),
    closeMs: Float64Array.from({ length: rows }, (_, i) => i),
    logReturn: new Float64Array(rows).map((_, i) => (i % 2 === 0 ? 0.01 : -0.01)),
    variance: new Float64Array(rows).fill(1e-4),
  };
  return { sample, row: Int32Array.of(30) };
}

function answered(artifact: Uint8Array, ...last: readonly number[]) {
  const { sample, row } = withRow(...last);
  return openArtifact(artifact, BOOK).predict(sample, row)[0];
}

describe("a model that was stored and opened", () => {
  it("gives a probability that rises with its feature", () => {
    const low = answered(CLASSIFIER, -1, 5);
    const high = answered(CLASSIFIER, 1, 5);
    expect(low).toMatchObject({ isGiven: true, value: null, interval: null });
    const [p0, p1] = [low, high].map((one) => (one?.isGiven === true ? one.probability : null));
    expect(p0).toBeLessThan(0.4);
    expect(p1).toBeGreaterThan(0.6);
  });

  it("gives a return with an interval around it that is as wide as the times are wild", () => {
    const calm = answered(REGRESSOR, 1, 5);
    expect(calm).toMatchObject({ isGiven: true, probability: null });
    const interval = calm?.isGiven === true ? calm.interval : null;
    expect(interval?.lower).toBeLessThan(0.01);
    expect(interval?.upper).toBeGreaterThan(0.01);
    expect(interval?.coverage).toBeGreaterThan(0.8);
    const { sample, row } = withRow(1, 5);
    const wild = { ...sample, logReturn: sample.logReturn.map((value) => 3 * value) };
    const [found] = openArtifact(REGRESSOR, BOOK).predict(wild, row);
    const wide = found?.isGiven === true ? found.interval : null;
    const width = (one: typeof wide): number => (one?.upper ?? 0) - (one?.lower ?? 0);
    expect(width(wide)).toBeCloseTo(3 * width(interval ?? null), 12);
  });

  it("gives a variance, positive, within its interval", () => {
    const found = answered(FORECASTER, 0, 5);
    const { value, interval } = found?.isGiven === true ? found : { value: null, interval: null };
    expect(value).toBeGreaterThan(0);
    expect(interval?.lower).toBeGreaterThan(0);
    expect(interval?.lower).toBeLessThan(value ?? 0);
    expect(interval?.upper).toBeGreaterThan(value ?? 0);
  });

  it("says of many rows what it says of each", () => {
    const sample = noisySample(200, "classifier", { seed: 5 });
    const model = openArtifact(CLASSIFIER, BOOK);
    const rows = Int32Array.of(7, 3, 199, 50);
    expect(model.predict(sample, rows)).toEqual(
      Array.from(rows, (row) => model.predict(sample, Int32Array.of(row))[0]),
    );
    expect(model.finish(model.raw(sample, rows), sample, rows)).toEqual(
      model.predict(sample, rows),
    );
    expect(model.prepare(sample, rows)).toMatchObject({ rows: 4, columns: 2 });
  });

  it("reads back as far as the algorithm looks, and no farther", () => {
    const seen: number[] = [];
    const line = watchedLine({
      lookback: () => 4,
      scaling: "none",
      predictor: () => ({
        predict: ({ x }, rows) => {
          seen.push(x.rows, rows[0] ?? -1);
          return new Float64Array(rows.length).fill(0.5);
        },
        importance: null,
      }),
    }).algorithm;
    const { sample, row } = withRow(0, 5);
    openArtifact(CLASSIFIER, new Map([["line", line]])).predict(sample, row);
    expect(seen).toEqual([5, 4]);
  });
});

describe("no prediction", () => {
  it("of a row unlike the training data, naming what is far off", () => {
    expect(answered(CLASSIFIER, 0, 5)).toMatchObject({ isGiven: true });
    const far = answered(CLASSIFIER, 0.3, 400);
    expect(far).toMatchObject({ isGiven: false, reason: "NOVEL_ROW" });
    expect(far).toMatchObject({ message: expect.stringMatching(/farthest: noise(, useful)?$/) });
  });

  it("without a feature that the algorithm needs, naming it", () => {
    expect(answered(CLASSIFIER, 0.3, Number.NaN)).toMatchObject({
      isGiven: false,
      reason: "MISSING_FEATURE",
      message: expect.stringContaining("noise"),
    });
  });

  it.each([
    ["NaN", Number.NaN, "NOT_FINITE"],
    ["an infinity", Infinity, "NOT_FINITE"],
    ["a probability above 1", 1.2, "OUT_OF_RANGE"],
    ["a probability below 0", -0.1, "OUT_OF_RANGE"],
  ])("when the algorithm says %s", (_, raw, reason) => {
    const { sample, row } = withRow(0, 5);
    const model = openArtifact(CLASSIFIER, BOOK);
    expect(model.finish(Float64Array.of(raw), sample, row)).toMatchObject([
      { isGiven: false, reason },
    ]);
  });

  it.each([
    ["a return of nine times all that was seen", REGRESSOR, 0.5],
    ["a loss of more than all", REGRESSOR, -1.5],
    ["a variance of nothing", FORECASTER, -60],
    ["a variance beyond all measure", FORECASTER, 20],
  ])("when the algorithm says %s", (_, artifact, raw) => {
    const { sample, row } = withRow(0, 5);
    const [found] = openArtifact(artifact, BOOK).finish(Float64Array.of(raw), sample, row);
    expect(found).toMatchObject({ isGiven: false, reason: "OUT_OF_RANGE" });
  });

  it("of rows of another width", () => {
    const { sample, row } = withRow(0, 5);
    const narrow = { ...sample, x: { ...sample.x, columns: 1 } };
    expect(() => openArtifact(CLASSIFIER, BOOK).predict(narrow, row)).toThrow(
      new RangeError("expected 2 features, found 1"),
    );
  });
});

describe("an artefact", () => {
  it("is the same bytes after it was read", () => {
    expect(toBytes(fromBytes(CLASSIFIER))).toEqual(CLASSIFIER);
  });

  it("is canonical: keys in order, whatever the order in which they were set", () => {
    expect(canonicalJson({ b: 1, a: [null, { d: "x", c: true, e: undefined }] })).toBe(
      '{"a":[null,{"c":true,"d":"x"}],"b":1}',
    );
    expect(() => canonicalJson([Number.NaN])).toThrow(RangeError);
  });

  it("is refused when bytes are missing, or are no text", () => {
    for (const bytes of [
      CLASSIFIER.slice(0, -1),
      CLASSIFIER.slice(1),
      new Uint8Array(0),
      Uint8Array.of(0xff, 0xfe, 0),
      new TextEncoder().encode("null"),
      new TextEncoder().encode("[]"),
    ])
      expect(() => openArtifact(bytes, BOOK)).toThrow(RangeError);
  });

  const content: { readonly [key: string]: Json } = JSON.parse(
    new TextDecoder().decode(CLASSIFIER),
  );
  const finishing = content["finishing"];
  const changed = (change: { readonly [key: string]: Json | undefined }): Uint8Array =>
    new TextEncoder().encode(JSON.stringify({ ...content, ...change }));
  const finished = (change: { readonly [key: string]: Json }): Uint8Array =>
    changed({ finishing: { ...Object(finishing), ...change } });

  it.each([
    ["of another format", changed({ format: "pickle" })],
    ["of an algorithm that is not here", changed({ algorithm: "oracle" })],
    ["without what was learnt", changed({ fitted: undefined })],
    ["of which something else was learnt", changed({ fitted: { level: "high" } })],
    ["with a scaler of another width", changed({ scaler: { mean: [0], factor: [1] } })],
    ["with another scaling", changed({ scaling: "log" })],
    ["that does not say what it does with gaps", changed({ acceptsMissing: "maybe" })],
    ["of another kind", changed({ definition: { kind: "prophet" } })],
    ["without finishing", changed({ finishing: null })],
    ["with a factor of 0", finished({ factor: 0 })],
    [
      "with a calibration of nothing",
      finished({ calibration: { kind: "isotonic", x: [], y: [] } }),
    ],
    ["with a calibration that is not known", finished({ calibration: { kind: "beta" } })],
    ["with a band upside down", finished({ band: { lower: 1, upper: 0, coverage: 0.9 } })],
    [
      "with a threshold of 0",
      finished({ novelty: { columns: 2, rows: [0, 0], average: 1, threshold: 0 } }),
    ],
    ["with half a row", finished({ novelty: { columns: 2, rows: [0], average: 1, threshold: 1 } })],
  ])("is refused %s", (_, bytes) => {
    expect(() => openArtifact(bytes, BOOK)).toThrow(RangeError);
  });
});
