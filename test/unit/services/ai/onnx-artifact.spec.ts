import { type ArtifactContent, FORMAT } from "../../../../domain/ai/model/artifact.ts";
import {
  joinArtifact,
  ONNX,
  planFrom,
  splitArtifact,
} from "../../../../services/ai/onnx/artifact.ts";

const plan = { input: "x", output: "y", column: 0, width: 1, batch: null, transform: "none" };
const content: ArtifactContent = {
  format: FORMAT,
  algorithm: ONNX,
  definition: {
    kind: "regressor",
    algorithm: ONNX,
    symbols: ["SPX"],
    timeframe: "1d",
    features: ["rsi_14"],
    target: { kind: "return", horizon: 1 },
    parameters: {},
    adjust: "none",
  },
  parameters: {},
  scaling: "none",
  acceptsMissing: false,
  scaler: { mean: [0], factor: [1] },
  fitted: plan,
  finishing: { calibration: { kind: "none" }, factor: 1, band: null, range: null, novelty: null },
};

describe("the artefact of an imported model", () => {
  const file = Uint8Array.of(1, 2, 3);

  it("is its description and its file, in one run of bytes, always the same", async () => {
    const bytes = await joinArtifact(content, file);
    expect(await joinArtifact(content, file)).toEqual(bytes);
    const { description, file: found } = splitArtifact(bytes);
    expect(JSON.parse(new TextDecoder().decode(description))).toEqual(content);
    expect([...found]).toEqual([1, 2, 3]);
  });

  it("is refused when it is damaged", async () => {
    const bytes = await joinArtifact(content, file);
    expect(() => splitArtifact(bytes.slice(1))).toThrow(RangeError);
    expect(() => splitArtifact(bytes.slice(0, 40))).toThrow(RangeError);
    expect(() => splitArtifact(new Uint8Array())).toThrow(RangeError);
    expect(planFrom(plan)).toEqual(plan);
    for (const change of [{ input: 1 }, { transform: "exp" }, { column: 1 }, { batch: "x" }])
      expect(() => planFrom({ ...plan, ...change })).toThrow(RangeError);
    expect(() => planFrom(null)).toThrow(RangeError);
  });
});
