import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SHARDS_PER_POOL } from "../../../mixins/actor/ids.ts";
import { migrate } from "../../../models/postgres/migrate.ts";
import { createPool } from "../../../models/postgres/pool.ts";
import { ACTOR_POOLS } from "../../../services/actor-pools.ts";
import { eventually } from "../../support/node-eventually.ts";
import { type TemporaryDirectory, directoryForPrograms } from "../../support/temporary.ts";
import { installAudit } from "./audit.ts";
import type { Cleanup } from "./cleanup.ts";
import { makeLinks, wiresOf } from "./links.ts";
import { Member } from "./member.ts";
import { OwnNats } from "./nats.ts";
import type { OutsideBroker } from "./outside-broker.ts";
import { freePort } from "./ports.ts";
import { OwnPostgres } from "./postgres.ts";

export const ADMIN_EMAIL = "admin@cluster.test";
export const ADMIN_PASSWORD = "correct horse battery staple";
export const DATABASE = "quantumalpha";

export interface ClusterOptions {
  readonly nodes: number;
  readonly random: () => number;
  readonly cleanup: Cleanup;
  /** where logs and histories are kept; absent: a directory that goes with the run */
  readonly outDir: string | null;
  /** each node reaches it by a wire of its own */
  readonly broker: OutsideBroker | null;
}

/** PostgreSQL, NATS and N nodes, all of the run's own. */
export class Cluster {
  readonly postgres: OwnPostgres;
  readonly nats: OwnNats;
  /** logs and histories */
  readonly directory: string;
  readonly #options: ClusterOptions;
  readonly #members: Member[] = [];
  readonly #secret = randomBytes(32).toString("hex");

  private constructor(
    options: ClusterOptions,
    directory: string,
    postgres: OwnPostgres,
    nats: OwnNats,
  ) {
    this.#options = options;
    this.directory = directory;
    this.postgres = postgres;
    this.nats = nats;
  }

  /** Resolves when every node is ready. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { cleanup, nodes, outDir } = options;
    const temporary: TemporaryDirectory = await directoryForPrograms();
    cleanup.add(temporary.remove);
    const directory = outDir ?? join(temporary.path, "out");
    for (const path of [directory, join(temporary.path, "pg"), join(temporary.path, "nats")])
      await mkdir(path, { recursive: true });
    const postgres = await OwnPostgres.create(join(temporary.path, "pg"), cleanup);
    const nats = await OwnNats.create(join(temporary.path, "nats"), cleanup);
    const cluster = new Cluster(options, directory, postgres, nats);
    await cluster.#prepareDatabase();
    for (let i = 0; i < nodes; i++) await (await cluster.add()).start();
    await cluster.ready();
    return cluster;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  get urls(): readonly string[] {
    return this.#members.map(({ url }) => url);
  }

  /** Makes one more node, not started yet. */
  async add(): Promise<Member> {
    const { random, cleanup, broker } = this.#options;
    const nodeId = `n${this.#members.length + 1}`;
    await this.postgres.query(`CREATE ROLE ${nodeId} SUPERUSER LOGIN`);
    const links = await makeLinks(
      nodeId,
      {
        nats: this.nats,
        postgres: this.postgres,
        database: DATABASE,
        brokerUrl: broker?.url ?? null,
      },
      random,
    );
    const member = new Member({
      nodeId,
      links,
      directory: this.directory,
      port: await freePort(),
      env: {
        JWT_SECRET_KEY: this.#secret,
        ADMIN_EMAIL,
        ADMIN_PASSWORD,
        ...(broker && links.broker && broker.env(links.broker.port)),
      },
    });
    this.#members.push(member);
    cleanup.add(async () => {
      await member.kill();
      for (const wire of wiresOf(links)) await wire.cut();
    });
    return member;
  }

  /** Takes a member out of the run for good; it must have ended. */
  forget(member: Member): void {
    this.#members.splice(this.#members.indexOf(member), 1);
  }

  /** Every node answers, and every shard has the owner that it should have. */
  async ready(withinMs = 90_000): Promise<void> {
    const startedMs = performance.now();
    for (const member of this.#members) await member.ready(withinMs);
    const leftMs = Math.max(1_000, withinMs - (performance.now() - startedMs));
    await eventually("shards to be owned by all nodes", () => this.#isSpread(), leftMs);
  }

  sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.postgres.query<Row>(text, values, DATABASE);
  }

  /** How many shards each node owns; of pools that have actors. */
  async shares(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.sql<{ owner: string | null; shards: number }>(
      "SELECT owner, count(*) AS shards FROM act.shard WHERE shard / $1 = ANY ($2) GROUP BY owner",
      [SHARDS_PER_POOL, [...new Set(Object.values(ACTOR_POOLS))]],
    );
    return new Map(rows.map(({ owner, shards }) => [owner ?? "", shards]));
  }

  async owners(): Promise<ReadonlyMap<number, string>> {
    const rows = await this.sql<{ shard: number; owner: string | null }>(
      "SELECT shard, owner FROM act.shard",
    );
    return new Map(rows.map(({ shard, owner }) => [shard, owner ?? ""]));
  }

  async #isSpread(): Promise<true | null> {
    const shares = await this.shares();
    if (shares.has("") || shares.size !== this.#members.length) return null;
    const known = new Set(this.#members.map(({ nodeId }) => nodeId));
    const total = [...shares.values()].reduce((sum, shards) => sum + shards, 0);
    // Rendezvous hashing spreads 1,024 buckets evenly to a few per cent; half a share says that a hand-over is under way.
    const enough = total / this.#members.length / 2;
    return [...shares].every(([owner, shards]) => known.has(owner) && shards > enough)
      ? true
      : null;
  }

  /** The tables are made here, so that the witness is there before the first node is. */
  async #prepareDatabase(): Promise<void> {
    await this.postgres.query(`CREATE DATABASE ${DATABASE}`);
    const pool = createPool(this.postgres.url(undefined, DATABASE), {
      max: 1,
      applicationName: "cluster test",
      onError: () => undefined,
    });
    try {
      await migrate(pool);
    } finally {
      await pool.end();
    }
    await installAudit(this.postgres, DATABASE);
  }
}
