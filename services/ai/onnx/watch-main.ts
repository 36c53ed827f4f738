import { workerData } from "node:worker_threads";
import { TOO_MUCH_MEMORY } from "./wire.ts";

/* The second thread of the process that holds ONNX Runtime: it ends the process when a model takes too much memory, and when its parent is gone, although the first thread is deep in a model and hears nothing. */

const LOOK_EVERY_MS = 100;

// sound: `child-main.ts` starts this module, with this data
const { rssMaxBytes, parent } = workerData as {
  readonly rssMaxBytes: number;
  readonly parent: number;
};

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  if (process.memoryUsage.rss() > rssMaxBytes) process.kill(process.pid, TOO_MUCH_MEMORY);
}, LOOK_EVERY_MS);
