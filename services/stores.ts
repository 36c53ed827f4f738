import { join } from "node:path";
import type { Clock } from "../mixins/clock.ts";
import { openMemoryStore } from "../models/cache/memory.ts";
import type { CacheStore } from "../models/cache/ports.ts";
import { openRedisStore } from "../models/cache/redis.ts";
import { type Documents, openDocuments } from "../models/documents/connect.ts";
import { startEmbeddedPostgres } from "../models/postgres/embedded.ts";
import type { EmbeddedPostgres } from "../models/postgres/embedded.ts";
import { migrate } from "../models/postgres/migrate.ts";
import { createPool } from "../models/postgres/pool.ts";
import type { Pool } from "../models/postgres/pool.ts";
import { serverInfo } from "../models/postgres/server-info.ts";
import { busDescription } from "./bus/index.ts";
import type { Config } from "./config.ts";
import type { Logger } from "./logging.ts";

export interface Stores {
  /** for the actor layer alone, so that no slow query of the API can hold up a commit */
  readonly actorPool: Pool;
  readonly pool: Pool;
  readonly cache: CacheStore;
  readonly documents: Documents;
  /** what each store is, in words for people */
  readonly description: Readonly<Record<string, string>>;
  /** May be called twice. */
  close(): Promise<void>;
}

const ACTOR_CONNECTIONS = 10;
const API_CONNECTIONS = 8;

/** Opens what the configuration names, and the embedded stores for what it does not. */
export async function openStores(config: Config, log: Logger, clock: Clock): Promise<Stores> {
  const embedded =
    config.databaseUrl === null
      ? await startEmbeddedPostgres({
          dataDir: join(config.dataDir, "postgres"),
          onLog: (line) => log.debug({ store: "postgres" }, line),
        })
      : null;
  // sound: without a URL there is an embedded server
  const url = config.databaseUrl ?? (embedded?.url as string);
  let closing: Promise<void> | null = null;
  const onError = (err: Error) => log.warn({ err }, "a database connection was lost");
  const pool = createPool(url, {
    max: API_CONNECTIONS,
    applicationName: `${config.nodeId}:api`,
    onError,
  });
  const actorPool = createPool(url, {
    max: ACTOR_CONNECTIONS,
    applicationName: `${config.nodeId}:actors`,
    onError,
  });
  try {
    const { applied } = await migrate(pool);
    if (applied.length > 0) log.info({ migrations: applied }, "the database was migrated");
    const documents = await openDocuments(
      config.mongoUrl === null ? { pool } : { mongoUrl: config.mongoUrl },
      { onError: (err) => log.warn({ err }, "expired documents could not be removed") },
    );
    const cache = await openCache(config, log, clock);
    const { version, hasTimescale } = await serverInfo(pool);
    const place =
      embedded === null
        ? "external"
        : `embedded in ${config.dataDir}${embedded.isAttached ? ", attached" : ""}`;
    return {
      pool,
      actorPool,
      cache,
      documents,
      description: {
        postgres: `${place}, PostgreSQL ${version}${hasTimescale ? " with TimescaleDB" : ""}`,
        documents: documents.description,
        cache: config.redisUrl === null ? "in process" : "Redis",
        bus: busDescription(config),
      },
      close: () => (closing ??= closeAll(documents, cache, [pool, actorPool], embedded)),
    };
  } catch (error) {
    await Promise.all([pool.end(), actorPool.end()]);
    await embedded?.stop();
    throw error;
  }
}

async function closeAll(
  documents: Documents,
  cache: CacheStore,
  pools: readonly Pool[],
  embedded: EmbeddedPostgres | null,
): Promise<void> {
  await documents.close();
  await cache.close();
  await Promise.all(pools.map((pool) => pool.end()));
  await embedded?.stop();
}

function openCache(config: Config, log: Logger, clock: Clock): Promise<CacheStore> | CacheStore {
  const onError = (err: unknown) => log.warn({ err }, "the cache is in trouble");
  return config.redisUrl === null
    ? openMemoryStore({ clock, onError })
    : openRedisStore({ url: config.redisUrl, prefix: "quantumalpha:", onError });
}
