import { featureDrift } from "../../../../../domain/ai/drift/feature-drift.ts";
import { lossDrift } from "../../../../../domain/ai/drift/loss-drift.ts";
import { binOf, driftReference } from "../../../../../domain/ai/drift/reference.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

function normals(count: number, stream: number): Float64Array {
  return RandomStream.of(42, stream).fillNormals(new Float64Array(count));
}

/** A value that lingers: an AR(1) with unit deviation. */
function lingering(count: number, phi: number, stream: number): Float64Array {
  const values = normals(count, stream);
  for (let i = 1; i < count; i += 1)
    values[i] = phi * (values[i - 1] ?? 0) + Math.sqrt(1 - phi * phi) * (values[i] ?? 0);
  return values;
}

function referenceOf(...columns: readonly Float64Array[]) {
  const rows = columns[0]?.length ?? 0;
  const data = new Float64Array(rows * columns.length);
  columns.forEach((values, column) =>
    values.forEach((value, row) => (data[row * columns.length + column] = value)),
  );
  return driftReference(
    { rows, columns: columns.length, data },
    Int32Array.from({ length: rows }, (_, i) => i),
    new Int32Array(rows),
    columns.map((_, i) => `f${i}`),
  );
}

describe("what is kept of a feature", () => {
  it("are its deciles, a tenth of the rows in each bin, and its path", () => {
    const known = referenceOf(Float64Array.from({ length: 1_000 }, (_, i) => i))["f0"];
    expect(known?.edges).toHaveLength(9);
    expect(known?.edges[0]).toBeCloseTo(99.9, 9);
    expect(known?.shares.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0.1));
    expect(known?.shares[10]).toBe(0);
    expect(known?.paths[0]?.slice(98, 102)).toBe("0011");
  });

  it("are as many bins as a discrete feature has, and one for what is missing", () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i % 4 === 3 ? Number.NaN : i % 2));
    const known = referenceOf(values)["f0"];
    expect(known?.edges).toEqual([0, 1]);
    expect(known?.shares).toEqual([0.5, 0.25, 0, 0.25]);
    expect(binOf([0, 1], Number.NaN)).toBe(3);
  });
});

describe("the drift of features", () => {
  it("is not told of windows from where the model learnt, slow feature or quick", () => {
    const reference = referenceOf(lingering(4_000, 0, 1), lingering(4_000, 0.98, 2));
    let [quick, slow] = [0, 0];
    for (let trial = 0; trial < 40; trial += 1) {
      const [one, other] = featureDrift(
        reference,
        {
          f0: [lingering(63, 0, 100 + trial)],
          f1: [lingering(1_063, 0.98, 200 + trial).slice(1_000)],
        },
        trial,
      );
      if (one?.isDrifting === true) quick += 1;
      if (other?.isDrifting === true) slow += 1;
      // The usual limit would call nearly every window of a slow feature a drift.
      expect(other?.limit).toBeGreaterThan(0.5);
    }
    expect(quick).toBeLessThanOrEqual(6);
    expect(slow).toBeLessThanOrEqual(8);
  });

  it("is told of a mean that moved and of values that went missing", () => {
    const reference = referenceOf(normals(3_000, 3), normals(3_000, 4));
    const moved = normals(63, 5).map((value) => value + 1);
    const gone = normals(63, 6).map((value, i) => (i % 2 === 0 ? Number.NaN : value));
    const found = featureDrift(reference, { f0: [moved], f1: [gone] }, 1);
    expect(found).toMatchObject([
      { feature: "f0", isDrifting: true, missing: 0 },
      { feature: "f1", isDrifting: true, missing: 32 / 63 },
    ]);
    expect(found[0]?.psi).toBeGreaterThan(found[0]?.limit ?? Infinity);
    expect(found[0]?.pValue).toBeLessThan(0.01);
  });

  it("takes several symbols together, gives the same for the same seed, and skips what is not there", () => {
    const reference = referenceOf(normals(2_000, 7));
    const window = {
      f0: [normals(30, 8), normals(30, 9), new Float64Array(0)],
      other: [normals(3, 1)],
    };
    expect(featureDrift(reference, window, 5)).toEqual(featureDrift(reference, window, 5));
    expect(featureDrift(reference, window, 5)).toHaveLength(1);
    expect(featureDrift(reference, {}, 5)).toEqual([]);
    expect(featureDrift(reference, { f0: [new Float64Array(0)] }, 5)).toEqual([]);
  });
});

describe("the drift of losses", () => {
  const validation = lingering(1_000, 0.5, 20).map((value) => value * value);
  const terms = { horizon: 1, seed: 1 };

  it("is not told of losses like the validation's, more often than by chance", () => {
    let told = 0;
    for (let trial = 0; trial < 40; trial += 1) {
      const recent = lingering(60, 0.5, 300 + trial).map((value) => value * value);
      if (lossDrift(validation, recent, terms)?.isDrifting === true) told += 1;
    }
    expect(told).toBeLessThanOrEqual(6);
  });

  it("is told of losses that doubled, by the mean, and of a late break, by the sum", () => {
    const doubled = lingering(60, 0.5, 21).map((value) => 4 * value * value);
    expect(lossDrift(validation, doubled, terms)).toMatchObject({ isDrifting: true });
    const late = lingering(120, 0.5, 22).map((value, i) => (i < 100 ? 0.5 : 8) * value * value);
    const found = lossDrift(validation, late, terms);
    expect(found?.cusumPValue).toBeLessThan(0.025);
  });

  it("is not told of losses that fell, or of too few", () => {
    const halved = lingering(60, 0.5, 23).map((value) => 0.3 * value * value);
    const found = lossDrift(validation, halved, terms);
    expect(found?.statistic).toBeLessThan(-2);
    expect(found?.isDrifting).toBe(false);
    expect(lossDrift(validation, halved.slice(0, 9), terms)).toBeNull();
    expect(lossDrift(validation.slice(0, 49), halved, terms)).toBeNull();
    expect(lossDrift(new Float64Array(100).fill(1), halved, terms)).toBeNull();
  });
});
