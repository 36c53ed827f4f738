import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";
import { readConfig } from "./config.ts";
import { ConfigError } from "./env.ts";
import { banner } from "./banner.ts";
import { createLogger } from "./logging.ts";
import { startNode } from "./node.ts";
import { startRepl } from "./repl.ts";

/** A stop that takes longer than this is cut off: what is durable is durable, and the leases lapse by themselves. */
const STOP_MS = 5_000;
/** A node of many answers for so long after others have taken its work: nobody must meet a closed door by a late look. */
const LINGER_MS = 1_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const { logLevel: level, logFormat: format, nodeId } = config;
  const log = createLogger({ level, format, nodeId });
  const startedMs = performance.now();
  // A second of processor time a start goes into taking the types away; the folders that are loaded from here on keep the result.
  enableCompileCache(join(config.dataDir, "compile-cache"));
  const node = await startNode({ config, log, lingerMs: LINGER_MS });
  const tookMs = Math.round(performance.now() - startedMs);
  process.stdout.write(banner({ node, config, tookMs }));
  flushCompileCache();

  const stop = (signal: string): void => {
    log.info({ signal }, "stopping");
    const isMany = config.natsServers !== null;
    setTimeout(() => process.exit(1), isMany ? 2 * STOP_MS : STOP_MS).unref();
    node.stop().then(
      () => process.exit(0),
      (err: unknown) => {
        log.fatal({ err }, "the stop failed");
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", () => stop("SIGTERM"));
  process.once("SIGINT", () => stop("SIGINT"));
  if (process.argv.includes("--repl")) startRepl(node.context, () => stop("quit"));
}

main().catch((error: unknown) => {
  const text =
    error instanceof ConfigError
      ? error.message
      : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`quantumalpha could not start\n${text}\n`);
  process.exit(1);
});
