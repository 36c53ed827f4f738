import { readConfig } from "../services/config.ts";
import { createLogger } from "../services/logging.ts";
import { startNode } from "../services/node.ts";
import { serve } from "./orders-process.ts";
import type { Served } from "./orders-process.ts";

const UNLIMITED = { capacity: 1e9, refillPerSecond: 1e9 };

/** One node with everything, as the environment configures it; only the rate limits, which are there to stop this, are lifted. */
async function start(): Promise<Served> {
  const config = readConfig(process.env);
  const { logLevel: level, logFormat: format, nodeId } = config;
  const log = createLogger({ level, format, nodeId });
  const rateLimits = { user: UNLIMITED, address: UNLIMITED };
  const node = await startNode({ config, log, rateLimits });
  if (node.url === null) throw new Error("the node has no gateway");
  return { url: node.url, stop: () => node.stop() };
}

serve(start);
