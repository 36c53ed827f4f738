import type { Bar } from "../../domain/market/bar.ts";
import { RandomStream } from "../../domain/numeric/random.ts";
import { onnxFile, port, tensor } from "../../test/support/onnx-file.ts";
import type { LoopWatched } from "../orders-process.ts";
import { round } from "../support.ts";
import { type Desk, type MoreData, withDesk } from "./desk.ts";

/* What the event loop of a node does while models are made: nobody who trades on it may wait for that. */

const MINUTE_MS = 60_000;
const FIRST_MS = Date.UTC(2020, 0);
const BARS_AT_ONCE = 20_000;
const IDLE_MS = 5_000;
/** Of an imported file, all of them weights. */
const HIDDEN = 2_800;
const FEATURES = ["returns_1", "rsi_14", "atr_14", "volatility_20", "sma_20", "macd", "bbands"];
const TRAIN = { seed: 1, validation: { scheme: "walkForward", folds: 3 } };

export interface LoopFigures {
  readonly tookS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** see `LoopWatched` */
  readonly sliceMs: number;
  /** of the processor time that the process took, the part of the loop's thread */
  readonly loopShare: number;
}

type Work = () => Promise<unknown>;

/** How late the loop is during each of a model's works, and of a node that has nothing to do, in the same run. */
export function loopDelays(isQuick: boolean): Promise<Readonly<Record<string, LoopFigures>>> {
  const minutes = isQuick ? 20_000 : 200_000;
  // It takes seconds, in which a connection that is kept open would be closed.
  const file = importForm();
  return withDesk(async (desk) => {
    const figures: Record<string, LoopFigures> = {};
    for (const [name, work] of await worksOf(desk, minutes, file))
      figures[name] = await watched(desk, name, work);
    return figures;
  }, minuteBars(minutes));
}

async function worksOf(
  desk: Desk,
  minutes: number,
  file: FormData,
): Promise<readonly (readonly [string, Work])[]> {
  const target = { kind: "direction", horizon: 5 };
  const data = { symbols: ["MINUTES"], timeframe: "1m", features: FEATURES, target };
  const model = {
    ...data,
    kind: "classifier",
    algorithm: "boosting",
    name: "minutes",
    parameters: { rounds: 20, depth: 3 },
  };
  const { modelId } = await desk.post<{ modelId: string }>("/api/models", model);
  const at = `/api/models/${modelId}`;
  const search = { ...TRAIN, method: "grid", space: { depth: { values: [2, 3] } } };
  return [
    ["idle", () => new Promise((resolve) => setTimeout(resolve, IDLE_MS))],
    ["data set", () => desk.post("/api/models/dataset", data)],
    ["training", async () => desk.done(await desk.post(`${at}/train`, TRAIN))],
    ["re-training", async () => desk.done(await desk.post(`${at}/retrain`, { version: 1 }))],
    ["search", async () => desk.done(await desk.post(`${at}/search`, search))],
    ["first prediction", () => desk.get(`/api/predict/MINUTES?modelId=${modelId}&version=1`)],
    ["drift", () => desk.get(`${at}/drift`)],
    ["importance", () => desk.get(`${at}/importance`)],
    ["agents", async () => desk.done(await desk.post("/api/rl/train", agentOf(minutes)))],
    ["import of 31 MiB", () => desk.post("/api/models/import", file)],
    ["deletion", () => desk.remove(at)],
  ];
}

async function watched(desk: Desk, name: string, work: Work): Promise<LoopFigures> {
  await desk.server.watchLoop();
  const beganMs = performance.now();
  await work();
  const tookS = round((performance.now() - beganMs) / 1_000, 1);
  const figures = figuresOf(await desk.server.loop(), tookS);
  const { p50Ms, p99Ms, maxMs, sliceMs, loopShare } = figures;
  console.log(
    `${name}: ${tookS} s, loop delay p50 ${p50Ms}, p99 ${p99Ms}, max ${maxMs} ms, longest slice ${sliceMs} ms of CPU, ${loopShare} of the CPU on the loop`,
  );
  return figures;
}

function figuresOf(
  { p50Ms, p99Ms, maxMs, sliceMs, loopCpuMs, cpuMs }: LoopWatched,
  tookS: number,
): LoopFigures {
  return {
    tookS,
    p50Ms: round(p50Ms),
    p99Ms: round(p99Ms),
    maxMs: round(maxMs),
    sliceMs: round(sliceMs),
    loopShare: round(loopCpuMs / cpuMs),
  };
}

function agentOf(minutes: number) {
  const time = (part: number): string =>
    new Date(FIRST_MS + Math.floor(part * minutes) * MINUTE_MS).toISOString();
  return {
    name: "minutes",
    algorithm: "qlearning",
    symbols: ["MINUTES"],
    timeframe: "1m",
    features: ["returns_1", "rsi_14"],
    trainRange: { start: time(0), end: time(0.6) },
    testRange: { start: time(0.6), end: time(1) },
    steps: 20_000,
  };
}

/** A walk whose steps are normal, of a market that never closes. */
function minuteBars(count: number): MoreData {
  return {
    instrument: {
      symbol: "MINUTES",
      name: "a random walk",
      assetClass: "crypto",
      venue: "PAPER",
      currency: "USD",
      tickSize: "0.0001",
      lotSize: "1",
      multiplier: "1",
      shortable: true,
      calendar: "24x7",
    },
    bars: walk(count),
  };
}

function* walk(count: number): Generator<readonly Bar[]> {
  const random = RandomStream.of(7, 0);
  let price = 100;
  for (let from = 0; from < count; from += BARS_AT_ONCE) {
    const steps = random.fillNormals(new Float64Array(Math.min(BARS_AT_ONCE, count - from)));
    yield Array.from(steps, (step, i): Bar => {
      const open = price;
      price *= Math.exp(step / 1_000);
      return {
        symbol: "MINUTES",
        timeframe: "1m",
        startMs: FIRST_MS + (from + i) * MINUTE_MS,
        open: open.toFixed(4),
        high: (Math.max(open, price) * 1.0003).toFixed(4),
        low: (Math.min(open, price) * 0.9997).toFixed(4),
        close: price.toFixed(4),
        volume: String(100 + (i % 900)),
        source: "bench",
      };
    });
  }
}

/** Two hidden layers. */
function importForm(): FormData {
  const weights = (length: number): readonly number[] =>
    Array.from({ length }, (_, i) => (((i * 7_919) % 1_000) / 1_000 - 0.5) / HIDDEN);
  const file = onnxFile({
    nodes: [
      { op: "Gemm", inputs: ["x", "V", "b"], outputs: ["h"] },
      { op: "Relu", inputs: ["h"], outputs: ["r"] },
      { op: "MatMul", inputs: ["r", "W"], outputs: ["s"] },
      { op: "MatMul", inputs: ["s", "U"], outputs: ["y"] },
    ],
    initializers: [
      tensor("V", [2, HIDDEN], weights(2 * HIDDEN)),
      tensor("b", [HIDDEN], weights(HIDDEN)),
      tensor("W", [HIDDEN, HIDDEN], weights(HIDDEN * HIDDEN)),
      tensor("U", [HIDDEN, 1], weights(HIDDEN)),
    ],
    inputs: [port("x", [null, 2])],
    outputs: [port("y", [null, 1])],
  });
  const form = new FormData();
  form.set("file", new Blob([file]), "model.onnx");
  const fields = {
    name: "theirs",
    kind: "regressor",
    timeframe: "1d",
    symbols: '["SPX"]',
    features: '["returns_1","rsi_14"]',
    target: '{"kind":"return","horizon":5}',
    trialStart: "2019-06-01T00:00:00Z",
  };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}
