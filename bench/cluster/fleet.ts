import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shardOf, SHARDS_PER_POOL } from "../../mixins/actor/ids.ts";
import { Cleanup } from "../../test/cluster/world/cleanup.ts";
import { OwnNats } from "../../test/cluster/world/nats.ts";
import { eventually } from "../../test/support/node-eventually.ts";
import { directoryForPrograms } from "../../test/support/temporary.ts";
import { Driven } from "../driven/driven.ts";
import { openBenchDatabase } from "../support.ts";
import type { BenchDatabase } from "../support.ts";

const READY_MS = 60_000;

/** The owner of each shard that the benchmark's actors may have. */
export type Owners = ReadonlyMap<number, string>;

/** PostgreSQL, NATS and some nodes, each a process; one more hosts nothing and calls the others. */
export class Fleet {
  readonly database: BenchDatabase;
  readonly #natsUrl: string;
  readonly #cleanup: Cleanup;
  readonly #nodes = new Map<string, Driven>();
  #gate: Driven | null = null;

  private constructor(database: BenchDatabase, natsUrl: string, cleanup: Cleanup) {
    this.database = database;
    this.#natsUrl = natsUrl;
    this.#cleanup = cleanup;
  }

  static async open(): Promise<Fleet> {
    const cleanup = new Cleanup();
    try {
      const { path, remove } = await directoryForPrograms();
      cleanup.add(remove);
      const natsDirectory = join(path, "nats");
      await mkdir(natsDirectory);
      const nats = await OwnNats.create(natsDirectory, cleanup);
      const database = await openBenchDatabase();
      cleanup.add(() => database.close());
      return new Fleet(database, nats.url, cleanup);
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  /** Starts a node, of this name again if there was one. Resolves when it is a member, which is before it owns its share. */
  async start(nodeId: string): Promise<Driven> {
    const node = await this.#startProcess(nodeId, "all");
    this.#nodes.set(nodeId, node);
    return node;
  }

  /** The node without actors of its own. */
  async gate(): Promise<Driven> {
    this.#gate ??= await this.#startProcess("gate", "nothing");
    return this.#gate;
  }

  get nodeIds(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  node(nodeId: string): Driven {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) throw new Error(`expected ${nodeId} among ${this.nodeIds.join(", ")}`);
    return node;
  }

  /** In good order: it hands its shards over first. */
  async stop(nodeId: string): Promise<void> {
    const node = this.node(nodeId);
    this.#nodes.delete(nodeId);
    await node.stop();
  }

  kill(nodeId: string): void {
    this.node(nodeId).signal("SIGKILL");
    this.#nodes.delete(nodeId);
  }

  /** Waits until every node owns the share that it should have. */
  async untilSpread(): Promise<void> {
    await eventually(
      "shards to be spread",
      async () => ((await this.#isSpread()) ? true : null),
      READY_MS,
    );
  }

  async owners(): Promise<Owners> {
    const { rows } = await this.database.pool.query<{ shard: number; owner: string | null }>(
      "SELECT shard, owner FROM act.shard WHERE shard < $1",
      [SHARDS_PER_POOL],
    );
    return new Map(rows.map(({ shard, owner }) => [shard, owner ?? ""]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    await this.#gate?.stop();
    await this.#cleanup.run();
  }

  async #isSpread(): Promise<boolean> {
    const owners = new Set((await this.owners()).values());
    if (owners.size !== this.#nodes.size || !this.nodeIds.every((id) => owners.has(id)))
      return false;
    const areReady = await Promise.all(
      [...this.#nodes.values()].map((node) => node.ask("ready", null)),
    );
    return areReady.every((isReady) => isReady === true);
  }

  #startProcess(nodeId: string, hosts: string): Promise<Driven> {
    return Driven.start(nodeId, new URL("./node.ts", import.meta.url), {
      DATABASE_URL: this.database.url,
      NATS_URL: this.#natsUrl,
      NODE_ID: nodeId,
      HOSTS: hosts,
    });
  }
}

export function ownerOf(owners: Owners, key: string): string {
  return owners.get(shardOf({ type: "counter", id: key }, {})) ?? "";
}
