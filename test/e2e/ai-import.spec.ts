import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { getPrediction, predictRows } from "../../mixins/rest/routes/predictions.ts";
import { getVersion } from "../../mixins/rest/routes/models.ts";
import { importModel } from "../../mixins/rest/routes/model-import.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { formOf } from "../support/form.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import {
  endlessFile,
  greedyFile,
  message,
  mlpFile,
  onnxFile,
  port,
  treesFile,
} from "../support/onnx-file.ts";
import { imported, IMPORTED, NET, sendForm } from "./imported.ts";
import { expectProblem, problemOf } from "./problems.ts";

const CLASSIFIER: RouteInput = {
  ...IMPORTED,
  kind: "classifier",
  target: { kind: "direction", horizon: 1 },
};

/** What test/fixtures/ai/torch/export.py made, and what PyTorch says of some rows. */
const TORCH = resolve(import.meta.dirname, "../fixtures/ai/torch");

interface Said {
  readonly rows: readonly (readonly number[])[];
  readonly answers: readonly (readonly number[])[];
}

function ofTorch(name: "classifier" | "recurrent"): Said {
  // sound: the script writes both by these names
  const said = JSON.parse(readFileSync(resolve(TORCH, "answers.json"), "utf8")) as Record<
    typeof name,
    Said
  >;
  return said[name];
}

describe("models from elsewhere", () => {
  const node = withNode();
  let client: HttpClient;
  let names = 0;
  const named = (changes: RouteInput = {}): RouteInput => {
    names += 1;
    return { ...IMPORTED, name: `net ${String(names)}`, ...changes };
  };

  beforeAll(async () => {
    const hand = await HandMarket.open(node());
    await hand.list("ACME", { calendar: "24x7" });
    for (let i = 0; i < 40; i += 1) await hand.play({ ACME: 100 + 5 * Math.sin(i * 0.7) });
    ({ client } = await signUp(node(), { role: "analyst" }));
  });

  it("are tried on real rows, and say what came out", async () => {
    const view = await imported(client, named(), mlpFile(NET));
    expect(view).toMatchObject({
      version: 1,
      file: {
        producer: "quantalpha-tests 1.0",
        inputs: [{ name: "x", type: "float32", shape: [null, 2] }],
        outputs: [{ name: "y", type: "float32", shape: [null, 1] }],
      },
      // The first day has no returns; the next two have one of the features only.
      trial: { rows: 39, predicted: 37, unanswered: { MISSING_FEATURE: 2 }, scored: 36 },
    });
    expect(view.trial.outputs.min).toBeLessThan(view.trial.outputs.max);
    expect(view.trial.metrics).toMatchObject({ mse: expect.any(Number), ic: expect.any(Number) });
    const { modelId } = view;
    const version = await client.call(getVersion, { modelId, version: 1 });
    expect(version).toMatchObject({
      origin: "imported",
      format: "onnx",
      artifact: view.artifact,
      report: null,
      data: null,
    });
  });

  it("come in JSON too, and with an Idempotency-Key once", async () => {
    const file = Buffer.from(mlpFile(NET)).toString("base64");
    const asked = { ...named(), file };
    const headers = { "idempotency-key": "once" };
    const first = await client.call(importModel, asked, headers);
    const again = await client.call(importModel, asked, headers);
    expect([again.modelId, again.version]).toEqual([first.modelId, 1]);
    const other = await client.ask(importModel, { ...asked, acceptsMissing: true }, headers);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
    // Without a key it is another version, and another definition needs another name.
    expect((await client.call(importModel, asked)).version).toBe(2);
    const changed = { ...asked, features: ["returns_1", "returns_5"] };
    expectProblem(await client.ask(importModel, changed), "CONFLICT");
  });

  it("of trees take missing values where they say so, scaled as they want it", async () => {
    const stump = [{ feature: 1, below: 0, left: 1, right: 2 }, { leaf: 0.01 }, { leaf: 0.03 }];
    const view = await imported(
      client,
      named({ acceptsMissing: true, scaler: { mean: [0, 0.5], scale: [1, 2] } }),
      treesFile([stump], 2),
    );
    const { modelId } = view;
    const rows = [
      [0, 0.4],
      [0, 0.6],
      [0, null],
    ];
    const answer = await client.call(predictRows, { symbol: "ACME", modelId, version: 1, rows });
    if (!("rows" in answer)) throw new Error("expected rows");
    const values = answer.rows.map(({ prediction }) => prediction?.value?.toFixed(6));
    expect(values).toEqual(["0.010000", "0.030000", "0.010000"]);
    expect(view.trial.unanswered).toEqual({});
  });

  it("of classifiers give probabilities, of log-odds when they say so", async () => {
    const fields = named({ ...CLASSIFIER, output: { transform: "sigmoid" } });
    const { modelId, trial } = await imported(client, fields, mlpFile({ ...NET, bias: 9 }));
    expect(trial.metrics).toMatchObject({ logLoss: expect.any(Number) });
    const asked = { symbol: "ACME", modelId, version: 1 };
    const { prediction } = await client.call(getPrediction, asked);
    expect(prediction?.probability).toBeGreaterThan(0.99);
    const plain = await sendForm(client, named(CLASSIFIER), mlpFile({ ...NET, bias: 9 }));
    expectProblem(plain, "VALIDATION_FAILED", ["output"]);
  });

  it.each([
    ["classifier", CLASSIFIER],
    ["recurrent", { features: [1, 2, 3, 4, 5, 6].map((bars) => `returns_${String(bars)}`) }],
  ] as const)("that PyTorch exported say what it said: %s", async (name, fields) => {
    const { rows, answers } = ofTorch(name);
    const bytes = Uint8Array.from(readFileSync(resolve(TORCH, `${name}.onnx`)));
    const view = await imported(client, named(fields), bytes);
    expect(view.file.producer).toMatch(/^pytorch 1\.13/);
    const { modelId } = view;
    const answer = await client.call(predictRows, { symbol: "ACME", modelId, version: 1, rows });
    if (!("rows" in answer)) throw new Error("expected rows");
    const said = answer.rows.map(({ prediction }) => prediction?.probability ?? prediction?.value);
    for (const [i, value] of said.entries())
      expect(value).toBeCloseTo(answers[i]?.at(-1) ?? Number.NaN, 6);
  });

  it.each([
    ["garbage", Uint8Array.from({ length: 999 }, (_, i) => (i * 7) % 256), {}, "file"],
    ["half a file", mlpFile(NET).slice(0, 90), {}, "file"],
    ["an empty file", new Uint8Array(), {}, "file"],
    ["weights that lie elsewhere", external(), {}, "file"],
    ["operators that nobody knows", unknownOperator(), {}, "file"],
    ["a loop without end", endlessFile(), { features: ["returns_1"] }, "file"],
    ["a matrix without end", greedyFile(60_000), { features: ["returns_1"] }, "file"],
    ["another width", mlpFile(NET), { features: ["returns_1"] }, "features"],
    [
      "a scaler of another width",
      mlpFile(NET),
      { scaler: { mean: [1], scale: [1, 1] } },
      "scaler.mean",
    ],
    ["a scale of 0", mlpFile(NET), { scaler: { mean: [1, 1], scale: [1, 0] } }, "scaler.scale[1]"],
    [
      "a scale without a reciprocal",
      mlpFile(NET),
      { scaler: { mean: [1, 1], scale: [1, 1e-320] } },
      "scaler.scale[1]",
    ],
    [
      "a scaler beyond what the file's numbers hold",
      mlpFile(NET),
      { scaler: { mean: [1, -1e308], scale: [1, 1e-300] } },
      "file",
    ],
    ["an output that is not there", mlpFile(NET), { output: { name: "z" } }, "output.name"],
    ["a symbol that is not there", mlpFile(NET), { symbols: ["NONE"] }, "symbols[0]"],
    ["outputs that are no returns", mlpFile({ ...NET, bias: -9 }), {}, "file"],
    ["a kind that does not fit", mlpFile(NET), { kind: "classifier" }, "target.kind"],
  ])("are refused with %s", async (_, bytes, changes, path) => {
    const answer = await sendForm(client, named(changes), bytes);
    expectProblem(answer, "VALIDATION_FAILED", [path]);
  });

  it("go on after what was refused", async () => {
    expect((await imported(client, named(), mlpFile(NET))).version).toBe(1);
  });

  it("are refused where model and name, or neither, are given, and of another tenant are not there", async () => {
    const { modelId } = await imported(client, named(), mlpFile(NET));
    const bytes = mlpFile(NET);
    expectProblem(await sendForm(client, { ...named(), modelId }, bytes), "VALIDATION_FAILED", [
      "modelId",
    ]);
    const { name: _, ...nameless } = named();
    expectProblem(await sendForm(client, nameless, bytes), "VALIDATION_FAILED", ["name"]);
    const missing = await sendForm(client, { name: "bare" }, bytes);
    expectProblem(missing, "VALIDATION_FAILED", ["kind", "target", "symbols", "features"]);
    expectProblem(
      await sendForm(client, { modelId, kind: "regressor" }, bytes),
      "VALIDATION_FAILED",
      ["kind"],
    );
    const foreigner = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    expectProblem(await sendForm(foreigner.client, { modelId }, bytes), "NOT_FOUND");
    const viewer = await signUp(node(), { role: "viewer" });
    expectProblem(await sendForm(viewer.client, named(), bytes), "FORBIDDEN");
    expectProblem(await sendForm(node().anonymous, named(), bytes), "UNAUTHENTICATED");
  });

  it("are read from forms as they must be, or not at all", async () => {
    const bytes = mlpFile(NET);
    const post = (contentType: string, body: Buffer) =>
      client.send({
        method: "POST",
        path: importModel.path,
        headers: { "content-type": contentType, "content-length": String(body.length) },
        body,
      });
    expectProblem(await sendForm(client, named(), null), "VALIDATION_FAILED", ["file"]);
    expectProblem(await sendForm(client, named({ colour: "red" }), bytes), "VALIDATION_FAILED", [
      "colour",
    ]);
    expectProblem(await sendForm(client, named({ symbols: "[" }), bytes), "VALIDATION_FAILED", [
      "symbols",
    ]);
    const stray = formOf(named(), { field: "photo", bytes });
    expectProblem(await post(stray.contentType, stray.body), "VALIDATION_FAILED", ["photo"]);
    const whole = formOf(named(), { field: "file", bytes });
    expectProblem(await post(whole.contentType, whole.body.subarray(0, -9)), "MALFORMED_REQUEST");
    expectProblem(await post("multipart/form-data", whole.body), "UNSUPPORTED_MEDIA_TYPE");
    expectProblem(await post("multipart/mixed; boundary=x", whole.body), "UNSUPPORTED_MEDIA_TYPE");
    const huge = formOf(named(), { field: "file", bytes: new Uint8Array(34_000_000) });
    expect(problemOf(await post(huge.contentType, huge.body)).code).toBe("PAYLOAD_TOO_LARGE");
    // Of other routes a form is no body.
    const other = await client.send({
      method: "POST",
      path: "/api/models",
      headers: { "content-type": whole.contentType, "content-length": String(whole.body.length) },
      body: whole.body,
    });
    expectProblem(other, "UNSUPPORTED_MEDIA_TYPE");
  });
});

function external(): Uint8Array {
  const location = message([1, "location"], [2, "/etc/passwd"]);
  const tensor = message([1, 1], [2, 1], [8, "w"], [13, location], [14, 1]);
  return onnxFile({
    nodes: [{ op: "Add", inputs: ["x", "w"], outputs: ["y"] }],
    initializers: [tensor],
    inputs: [port("x", [null, 2])],
    outputs: [port("y", [null, 2])],
  });
}

function unknownOperator(): Uint8Array {
  return onnxFile({
    nodes: [{ op: "Launch", domain: "com.example", inputs: ["x"], outputs: ["y"] }],
    inputs: [port("x", [null, 2])],
    outputs: [port("y", [null, 1])],
  });
}
