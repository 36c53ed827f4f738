import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Metrics } from "../../../../mixins/metrics.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { RandomStream } from "../../../../domain/numeric/random.ts";
import { type OnnxOptions, OnnxRuntime } from "../../../../services/ai/onnx/onnx-runtime.ts";
import type { Feed } from "../../../../services/ai/onnx/wire.ts";
import {
  endlessFile,
  greedyFile,
  type Mlp,
  mlpFile,
  mlpValue,
  onnxFile,
  port,
  treesFile,
} from "../../../support/onnx-file.ts";
import { eventually } from "../../../support/node-eventually.ts";

const PARENT = join(__dirname, "../../../support/onnx-parent.ts");

const random = RandomStream.of(7, 0);
const numbers = (count: number): number[] =>
  Array.from({ length: count }, () => random.uniform() - 0.5);

const NET: Mlp = {
  features: 5,
  hidden: 8,
  weights: numbers(40),
  biases: numbers(8),
  last: numbers(8),
  bias: 0.1,
};

let names = 0;
const file = (bytes: Uint8Array<ArrayBuffer>) => ({
  sha256: `file-${String(names++)}`,
  bytes: () => Promise.resolve(bytes),
});
const feed = (rows: readonly (readonly number[])[], batch: number | null = null): Feed => ({
  input: "x",
  output: "y",
  values: Float32Array.from(rows.flat()),
  columns: rows[0]?.length ?? 0,
  batch,
});

describe("ONNX Runtime in a process of its own", () => {
  const started: OnnxRuntime[] = [];
  const start = (options: Partial<OnnxOptions> = {}): OnnxRuntime => {
    const runtime = new OnnxRuntime(systemClock, new Metrics(), options);
    started.push(runtime);
    return runtime;
  };
  afterAll(() => Promise.all(started.map((runtime) => runtime.stop())));

  it("says what goes in and comes out, and computes what we compute", async () => {
    const runtime = start();
    const net = file(mlpFile(NET));
    expect(await runtime.ports(net)).toEqual({
      inputs: [{ name: "x", type: "float32", shape: [null, 5] }],
      outputs: [{ name: "y", type: "float32", shape: [null, 1] }],
    });
    const rows = Array.from({ length: 1_000 }, () => numbers(5));
    const { values, width } = await runtime.run(net, feed(rows));
    expect(width).toBe(1);
    const worst = Math.max(
      ...rows.map((row, i) => Math.abs((values[i] ?? 9) - mlpValue(NET, row))),
    );
    expect(worst).toBeLessThan(1e-5);
  });

  it("takes trees with missing values, and files that want one row at a time", async () => {
    const runtime = start();
    const trees = file(
      treesFile(
        [
          [{ feature: 0, below: 0.5, left: 1, right: 2 }, { leaf: 1 }, { leaf: 2 }],
          [{ feature: 1, below: 0, left: 1, right: 2 }, { leaf: 10 }, { leaf: 20 }],
        ],
        2,
      ),
    );
    const rows = [
      [0, -1],
      [1, 1],
      [Number.NaN, 1],
    ];
    expect([...(await runtime.run(trees, feed(rows))).values]).toEqual([11, 22, 21]);
    const single = { ...NET, batch: 1 };
    const three = [numbers(5), numbers(5), numbers(5)];
    const { values } = await runtime.run(file(mlpFile(single)), feed(three, 1));
    for (const [i, row] of three.entries()) expect(values[i]).toBeCloseTo(mlpValue(NET, row), 5);
  });

  it("refuses garbage, operators that nobody knows and rows of another width, and goes on", async () => {
    const runtime = start();
    const refused = expect.objectContaining({ code: 422, type: "VALIDATION_FAILED" });
    await expect(runtime.ports(file(Uint8Array.from(numbers(64))))).rejects.toEqual(refused);
    const unknown = onnxFile({
      nodes: [{ op: "NoSuchOperator", inputs: ["x"], outputs: ["y"] }],
      inputs: [port("x", [null, 2])],
      outputs: [port("y", [null, 2])],
    });
    await expect(runtime.ports(file(unknown))).rejects.toEqual(refused);
    const net = file(mlpFile(NET));
    await expect(runtime.run(net, feed([numbers(4)]))).rejects.toEqual(refused);
    expect((await runtime.run(net, feed([numbers(5)]))).values).toHaveLength(1);
  });

  it("is started again after a kill -9, and whoever had asked is told", async () => {
    const runtime = start();
    const net = file(mlpFile(NET));
    await runtime.ports(net);
    const { pid } = runtime;
    const hanging = runtime.run(file(endlessFile()), feed([[1]]));
    setTimeout(() => process.kill(pid ?? 0, "SIGKILL"), 300);
    await expect(hanging).rejects.toMatchObject({ code: 503, type: "UNAVAILABLE" });
    expect((await runtime.run(net, feed([numbers(5)]))).values).toHaveLength(1);
    expect(runtime.pid).not.toBe(pid);
  });

  it("ends what does not answer in time, and leaves a model alone that has done so twice", async () => {
    const runtime = start({ deadlineMs: 700 });
    const bad = file(endlessFile());
    const net = file(mlpFile(NET));
    for (const words of [/did not answer in 700 ms/, /did not answer/, /left alone/]) {
      await expect(runtime.run(bad, feed([[1]]))).rejects.toThrow(words);
    }
    expect((await runtime.run(net, feed([numbers(5)]))).values).toHaveLength(1);
  });

  it("ends a model that takes too much memory", async () => {
    const runtime = start({ rssMaxBytes: 300_000_000 });
    await expect(runtime.run(file(greedyFile(30_000)), feed([[1]]))).rejects.toMatchObject({
      code: 503,
      message: expect.stringContaining("too much memory"),
    });
    expect((await runtime.run(file(mlpFile(NET)), feed([numbers(5)]))).values).toHaveLength(1);
  });

  it("ends with the node, however that ends and whatever it computes", async () => {
    const parent = fork(PARENT, { execArgv: [] });
    const [told] = await once(parent, "message");
    // sound: what the process sends
    const { pid } = told as { readonly pid: number };
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await eventually("the end of the process", () => (isAlive(pid) ? null : true));
    expect(isAlive(pid)).toBe(false);
  });

  it("answers 429 when too many wait, and keeps no more than it may", async () => {
    const runtime = start({ queuedMax: 4, loadedMaxBytes: 1_000 });
    const nets = Array.from({ length: 6 }, () => file(mlpFile(NET)));
    const asked = await Promise.allSettled(nets.map((net) => runtime.run(net, feed([numbers(5)]))));
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    for (const one of asked.slice(4))
      expect(one).toMatchObject({ reason: { code: 429, type: "RATE_LIMITED" } });
    // What was unloaded is loaded again.
    for (const net of nets) expect((await runtime.run(net, feed([numbers(5)]))).width).toBe(1);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
