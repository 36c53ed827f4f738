import { planOf } from "../../../../services/ai/import/plan.ts";
import type { Port } from "../../../../services/ai/onnx/wire.ts";

const x: Port = { name: "x", type: "float32", shape: [null, 3] };
const y: Port = { name: "y", type: "float32", shape: [null, 1] };
const label: Port = { name: "label", type: "int64", shape: [null] };
const both: Port = { name: "probabilities", type: "float32", shape: [null, 2] };
const zipMap: Port = { name: "output_probability", type: null, shape: [] };
const ports = (inputs: readonly Port[], outputs: readonly Port[]) => ({ inputs, outputs });

describe("how a file is asked", () => {
  it("is told by the file where there is one way only", () => {
    expect(planOf(ports([x], [y]), 3, "regressor")).toEqual({
      input: "x",
      output: "y",
      column: 0,
      width: 1,
      batch: null,
      transform: "none",
    });
    // As scikit-learn's classifiers come: a label, and the probabilities of both classes.
    expect(planOf(ports([x], [label, both]), 3, "classifier")).toMatchObject({
      output: "probabilities",
      column: 1,
      width: 2,
    });
    expect(planOf(ports([{ ...x, shape: [1, null] }], [y]), 3, "regressor").batch).toBe(1);
  });

  it.each([
    ["two inputs", ports([x, x], [y]), {}, /file must have one input, found 2/],
    ["none", ports([], [y]), {}, /file must have one input, found 0/],
    ["texts", ports([{ ...x, type: "string" }], [y]), {}, /must be float32, found string/],
    ["doubles", ports([{ ...x, type: "float64" }], [y]), {}, /must be float32, found float64/],
    ["an image", ports([{ ...x, shape: [null, 3, 8, 8] }], [y]), {}, /found \[any, 3, 8, 8\]/],
    ["another width", ports([{ ...x, shape: [null, 4] }], [y]), {}, /features must be 4/],
    ["a batch of 7", ports([{ ...x, shape: [7, 3] }], [y]), {}, /any number of rows, or one/],
    ["a ZipMap", ports([x], [label, zipMap]), {}, /zipmap=False/],
    ["labels only", ports([x], [label]), {}, /must be a tensor of floats/],
    ["another output", ports([x], [y]), { name: "z" }, /there is no output z: y \(float32\)/],
    ["a column beyond", ports([x], [both]), { column: 2 }, /must be below 2/],
    ["no column of two", ports([x], [both]), {}, /which of the 2 numbers/],
    ["a box", ports([x], [{ ...y, shape: [null, 2, 2] }]), {}, /numbers by rows/],
    ["log-odds", ports([x], [y]), { transform: "sigmoid" as const }, /of classifiers only/],
    ["variances", ports([x], [y]), { transform: "log" as const }, /of forecasters only/],
  ])("is refused with %s", (_, found, asked, words) => {
    expect(() => planOf(found, 3, "regressor", asked)).toThrow(words);
  });
});
