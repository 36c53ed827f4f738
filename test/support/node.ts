import { randomBytes } from "node:crypto";
import type { ProbePoint } from "../../mixins/actor/ports.ts";
import { getFeedPosition } from "../../models/feed-positions.ts";
import { readConfig } from "../../services/config.ts";
import type { NodeContext } from "../../services/context.ts";
import type { Environment } from "../../services/env.ts";
import type { RateLimits } from "../../services/gateway/limits.ts";
import { createLogger } from "../../services/logging.ts";
import { startNode } from "../../services/node.ts";
import type { RunningNode } from "../../services/node.ts";
import { cheapPasswords } from "./cheap-passwords.ts";
import { createTestDatabase } from "./database.ts";
import type { TestDatabase } from "./database.ts";
import { eventually } from "./node-eventually.ts";
import { HttpClient } from "./http.ts";

export interface TestNodeOptions {
  /** the S&P 500 is replayed at so many bars a second; absent: there is no feed */
  readonly replaySpeed?: number;
  /** of a node that ran before: it goes on where that one stopped */
  readonly database?: TestDatabase;
  /** not limited unless given */
  readonly rateLimits?: RateLimits;
  readonly probe?: (point: ProbePoint) => void;
  /** further variables of its environment */
  readonly env?: Environment;
}

/** A whole node in this process, on a database of its own. */
export interface TestNode {
  readonly running: RunningNode;
  readonly context: NodeContext;
  readonly database: TestDatabase;
  /** without a token */
  readonly anonymous: HttpClient;
  readonly admin: HttpClient;
  /** what the node logged as error or worse, one JSON line each; a test that means an error takes it away */
  readonly errors: string[];
  /** Waits until nothing is under way: every effect is done, and every event told. */
  settled(): Promise<void>;
  /** Holds the replay and waits until its last bar is done with. */
  pauseReplay(): Promise<void>;
  /** What is to end before the node does. */
  beforeStop(work: () => Promise<void>): void;
  /** Stops the node; its database stays. */
  stop(): Promise<void>;
}

export const ADMIN_EMAIL = "admin@e2e.test";
export const ADMIN_PASSWORD = "correct horse battery staple";

export const REPLAY = "replay-spx";

/** The same for every node of this process, so that a token outlives a restart. */
const JWT_SECRET = randomBytes(32).toString("hex");

const WITHOUT_LIMIT = { capacity: 1e9, refillPerSecond: 1e9 };
const NO_LIMITS: RateLimits = { user: WITHOUT_LIMIT, address: WITHOUT_LIMIT };

/** Starts a node and signs its administrator in. DATABASE_URL and REDIS_URL choose other stores than the embedded ones. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const database = options.database ?? (await createTestDatabase());
  const errors: string[] = [];
  const toEnd: (() => Promise<void>)[] = [];
  const running = await startNode({
    config: readConfig({
      ...environment(database, options.replaySpeed),
      // On a machine that does much else a slow answer is an answer too; from another node, which may be gone, it is not waited for.
      ...(options.env?.["NATS_URL"] === undefined && { REQUEST_TIMEOUT_MS: "30000" }),
      ...options.env,
    }),
    log: createLogger({
      level: "error",
      format: "json",
      nodeId: "e2e",
      write: (line) => void errors.push(line),
    }),
    rateLimits: options.rateLimits ?? NO_LIMITS,
    passwords: cheapPasswords(),
    ...(options.probe && { probe: options.probe }),
  });
  if (running.url === null) throw new Error("a node with a gateway has a URL");
  const { context } = running;
  const anonymous = new HttpClient(running.url);
  return {
    running,
    context,
    database,
    anonymous,
    admin: await anonymous.login(ADMIN_EMAIL, ADMIN_PASSWORD),
    errors,
    settled: () => settled(context),
    pauseReplay: () => pauseReplay(context),
    beforeStop: (work) => void toEnd.push(work),
    stop: async () => {
      for (const end of toEnd.splice(0)) await end();
      await running.stop();
    },
  };
}

function environment({ url }: TestDatabase, replaySpeed: number | undefined) {
  const redis = process.env["REDIS_URL"];
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: url,
    ...(redis !== undefined && { REDIS_URL: redis }),
    NODE_ID: `e2e-${randomBytes(4).toString("hex")}`,
    JWT_SECRET_KEY: JWT_SECRET,
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    SAMPLE_DATA: replaySpeed === undefined ? "off" : "on",
    // Of a market moved by hand too.
    REPLAY_SPEED: String(replaySpeed ?? 1e6),
  };
}

async function settled({ actorSystem }: NodeContext): Promise<void> {
  await eventually("a node with nothing under way", () => {
    const { effectsRunning, outboxLag } = actorSystem.status;
    return effectsRunning === 0 && outboxLag === 0 ? true : null;
  });
}

async function pauseReplay(node: NodeContext): Promise<void> {
  const { position } = await node.broker.call<{ readonly position: number }, unknown>(
    "feeds.pause",
    { feedId: REPLAY },
  );
  await eventually("a replay that stands still", async () => {
    const kept = await getFeedPosition(node.pool, REPLAY);
    return kept?.position === position ? true : null;
  });
  await settled(node);
}

/** Gives the describe block that calls it a node, started before its tests; what it logged as an error fails the block. */
export function withNode(options: TestNodeOptions = {}): () => TestNode {
  let node: TestNode | null = null;
  beforeAll(async () => {
    node = await startTestNode(options);
  });
  afterAll(async () => {
    await node?.stop();
    await node?.database.drop();
    expect(node?.errors ?? []).toEqual([]);
  });
  return () => {
    if (node === null) throw new Error("the node exists only while tests run");
    return node;
  };
}
