// A process that has a process of ONNX Runtime, deep in a loop without end. Run by node as it is, and killed by its test.
import { systemClock } from "../../mixins/clock.ts";
import { Metrics } from "../../mixins/metrics.ts";
import { OnnxRuntime } from "../../services/ai/onnx/onnx-runtime.ts";
import { endlessFile } from "./onnx-file.ts";

const runtime = new OnnxRuntime(systemClock, new Metrics(), { deadlineMs: 60_000 });
const file = { sha256: "endless", bytes: () => Promise.resolve(endlessFile()) };
await runtime.ports(file);
const values = Float32Array.of(1);
void runtime.run(file, { input: "x", output: "y", values, columns: 1, batch: null });
process.send?.({ pid: runtime.pid });
