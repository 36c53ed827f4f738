import { assert, property, uint8Array } from "fast-check";
import { FileBroken, fileFacts } from "../../../../services/ai/onnx/file-facts.ts";
import { message, mlpFile, onnxFile, port, tensor } from "../../../support/onnx-file.ts";

const ports = { inputs: [port("x", [null, 1])], outputs: [port("y", [null, 1])] };

/** A tensor whose numbers lie in another file. */
const elsewhere = message(
  [1, 1],
  [2, 1],
  [8, "w"],
  [13, message([1, "location"], [2, "/etc/passwd"])],
  [14, 1],
);

describe("what an ONNX file says of itself", () => {
  it("is who made it", () => {
    const net = { features: 1, hidden: 1, weights: [1], biases: [0], last: [1], bias: 0 };
    expect(fileFacts(mlpFile(net))).toEqual({
      producer: "quantalpha-tests",
      producerVersion: "1.0",
      hasExternalData: false,
    });
  });

  it("is whether its weights lie elsewhere, in its graph or deep in a loop's", () => {
    const outer = onnxFile({ nodes: [], initializers: [elsewhere], ...ports });
    const body = { nodes: [], initializers: [tensor("v", [1], [1]), elsewhere], ...ports };
    const node = { op: "Loop", inputs: ["", "", "x"], outputs: ["y"] };
    const inner = onnxFile({
      nodes: [{ ...node, attributes: { body: { graph: body } } }],
      ...ports,
    });
    expect(fileFacts(outer).hasExternalData).toBe(true);
    expect(fileFacts(inner).hasExternalData).toBe(true);
  });

  it("is nothing when the file is cut off, or is none", () => {
    const whole = onnxFile({ nodes: [], initializers: [tensor("v", [1], [1])], ...ports });
    expect(() => fileFacts(whole.slice(0, -1))).toThrow(FileBroken);
    const garbage = (bytes: Uint8Array): boolean => {
      try {
        return typeof fileFacts(bytes).producer === "string";
      } catch (error) {
        return error instanceof FileBroken;
      }
    };
    assert(property(uint8Array({ maxLength: 200 }), garbage), { numRuns: 300 });
  });
});
