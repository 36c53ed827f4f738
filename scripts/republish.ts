import { systemClock } from "../mixins/clock.ts";
import { createPool } from "../models/postgres/pool.ts";
import { republishOnce } from "../services/bus/index.ts";
import { readConfig } from "../services/config.ts";
import { createLogger } from "../services/logging.ts";

/** `node scripts/republish.ts [INSTANT]`: fills the stream of events again from PostgreSQL, while the nodes work or not. */
const [since] = process.argv.slice(2);
const sinceMs = since === undefined ? undefined : Date.parse(since);
const config = readConfig(process.env);
if (Number.isNaN(sinceMs) || config.databaseUrl === null || config.natsServers === null) {
  console.error("usage: node scripts/republish.ts [2026-01-31T00:00:00Z]");
  console.error("DATABASE_URL and NATS_URL say whose events; without an instant it is all of them");
  process.exit(2);
}
const log = createLogger({ level: "warn", format: "text", nodeId: config.nodeId });
const onError = (err: Error) => log.warn({ err }, "a database connection was lost");
const pool = createPool(config.databaseUrl, { max: 4, applicationName: "republish", onError });
try {
  const report = await republishOnce(config, { pool, clock: systemClock, log }, sinceMs);
  console.log(`${report.events} events published to ${report.stream} in ${report.tookMs} ms`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
await pool.end();
