/**
 * A node that kills itself, as a process of its own: at the step of the actor layer that CRASH_AT names, the time that
 * CRASH_TIME says. Everything else is as in services/main.ts.
 */
import { readConfig } from "../../services/config.ts";
import { createLogger } from "../../services/logging.ts";
import { startNode } from "../../services/node.ts";

const { CRASH_AT = "", CRASH_TIME = "1", ...environment } = process.env;
const config = readConfig(environment);
let left = Number(CRASH_TIME);

await startNode({
  config,
  log: createLogger({ level: "error", format: "json", nodeId: config.nodeId }),
  probe: (point) => {
    if (point !== CRASH_AT) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  },
});
