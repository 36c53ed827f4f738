import { Worker } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Answer, Feed, Output, Port, Ports, Request } from "./wire.ts";

/* The process that holds ONNX Runtime: it is started by `child.ts`, asked one thing at a time, and may be killed at any moment. */

const sessions = new Map<string, InferenceSession>();
/** What has come of the next file. */
let file = new Uint8Array(0);

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  // One thread: the node's other work has the other cores, and sums come in one order.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  // The arena keeps the largest batch's memory for ever.
  enableCpuMemArena: false,
  logSeverityLevel: 4,
};

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case "part": {
      const { size, at, bytes } = request.part;
      if (at === 0) file = new Uint8Array(size);
      file.set(bytes, at);
      return { kind: "taken" };
    }
    case "load": {
      const bytes = file;
      file = new Uint8Array(0);
      const session = await InferenceSession.create(bytes, OPTIONS);
      sessions.set(request.key, session);
      return { kind: "loaded", ports: portsOf(session) };
    }
    case "run": {
      const session = sessions.get(request.key);
      if (session === undefined) return { kind: "refused", message: "the model is not loaded" };
      return { kind: "ran", output: await run(session, request.feed) };
    }
    case "unload": {
      await sessions.get(request.key)?.release();
      sessions.delete(request.key);
      return { kind: "unloaded" };
    }
  }
}

function portsOf({ inputMetadata, outputMetadata }: InferenceSession): Ports {
  return { inputs: inputMetadata.map(portOf), outputs: outputMetadata.map(portOf) };
}

function portOf(found: InferenceSession.ValueMetadata): Port {
  const { name } = found;
  if (!found.isTensor) return { name, type: null, shape: [] };
  const shape = found.shape.map((size) => (typeof size === "number" && size >= 0 ? size : null));
  return { name, type: found.type, shape };
}

async function run(session: InferenceSession, feed: Feed): Promise<Output> {
  const { values, columns, batch } = feed;
  const rows = values.length / columns;
  const step = batch ?? rows;
  const parts: Output[] = [];
  for (let row = 0; row < rows; row += step) {
    const part = values.subarray(row * columns, (row + step) * columns);
    parts.push(await runBatch(session, feed, part));
  }
  return joined(parts);
}

async function runBatch(
  session: InferenceSession,
  { input, output, columns }: Feed,
  values: Float32Array,
): Promise<Output> {
  const rows = values.length / columns;
  const tensor = new Tensor("float32", values, [rows, columns]);
  const found = (await session.run({ [input]: tensor }, [output]))[output];
  if (found === undefined) throw new Error(`there is no output ${output}`);
  const numbers = numbersOf(found.data);
  if (numbers === null) throw new Error(`the output ${output} holds no numbers`);
  if (numbers.length === 0 || numbers.length % rows !== 0)
    throw new Error(`the output ${output} has ${numbers.length} numbers for ${rows} rows`);
  return { values: numbers, width: numbers.length / rows };
}

function numbersOf(data: Tensor["data"]): Float64Array<ArrayBuffer> | null {
  if (data instanceof Float32Array || data instanceof Float64Array) return Float64Array.from(data);
  if (data instanceof Int32Array) return Float64Array.from(data);
  if (data instanceof BigInt64Array) return Float64Array.from(data, Number);
  return null;
}

function joined(parts: readonly Output[]): Output {
  const [first] = parts;
  if (first === undefined) throw new Error("there are no rows");
  if (parts.length === 1) return first;
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    if (part.width !== first.width) throw new Error("the width of the output changes");
    values.set(part.values, at);
    at += part.values.length;
  }
  return { values, width: first.width };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}

process.on("message", (request: Request) => {
  answer(request)
    .catch((error: unknown): Answer => ({ kind: "refused", message: messageOf(error) }))
    .then((said) => process.send?.(said))
    // Nobody is there any more to be answered.
    .catch(() => process.exit(1));
});
process.on("disconnect", () => process.exit(0));

new Worker(fileURLToPath(new URL("./watch-main.ts", import.meta.url)), {
  workerData: { rssMaxBytes: Number(process.argv[2]), parent: process.ppid },
}).unref();
