import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import type { DataDefinition } from "../../../../../domain/ai/model/definition.ts";
import { finished } from "../../../../../domain/shared/steps.ts";
import { fingerprint } from "../../../../../services/ai/datasets/fingerprint.ts";

const definition: DataDefinition = {
  symbols: ["A"],
  timeframe: "1d",
  features: ["sma_5"],
  target: { kind: "direction", horizon: 1, threshold: 0 },
  adjust: "none",
};

function sample(x: readonly number[]): LabelledSample {
  const column = () => Float64Array.from(x, (_, i) => i);
  return {
    x: { rows: x.length, columns: 1, data: Float64Array.from(x) },
    symbol: new Int32Array(x.length),
    closeMs: column(),
    logReturn: column(),
    variance: column(),
    y: column(),
    labelEndMs: column(),
    forwardReturn: column(),
  };
}

describe("the fingerprint of a data set", () => {
  it("is the same of the same numbers, in whatever order the target says what it is", () => {
    const first = finished(fingerprint(definition, sample([1, 2])));
    const target = { threshold: 0, horizon: 1, kind: "direction" } as const;
    expect(finished(fingerprint({ ...definition, target }, sample([1, 2])))).toBe(first);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
  });

  it("changes with the last bit of a number, the sign of zero, and the definition", () => {
    const found = [
      finished(fingerprint(definition, sample([1, 0]))),
      finished(fingerprint(definition, sample([1 + Number.EPSILON, 0]))),
      finished(fingerprint(definition, sample([1, -0]))),
      finished(fingerprint({ ...definition, features: ["sma_6"] }, sample([1, 0]))),
    ];
    expect(new Set(found).size).toBe(4);
  });

  it("takes each NaN for the same, whatever its bits", () => {
    const odd = sample([1, 2]);
    new BigUint64Array(odd.x.data.buffer)[1] = 0xfff8_0000_0000_0001n;
    expect(odd.x.data[1]).toBeNaN();
    expect(finished(fingerprint(definition, odd))).toBe(
      finished(fingerprint(definition, sample([1, Number.NaN]))),
    );
  });
});
