import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { ServiceBroker } from "moleculer";
import type { ServiceSchema } from "moleculer";
import brokerOptions from "../moleculer.config.ts";
import { actorMetrics } from "../mixins/actor/metrics.ts";
import type { ActorLog, ProbePoint } from "../mixins/actor/ports.ts";
import { ActorSystem } from "../mixins/actor/system.ts";
import { systemClock } from "../mixins/clock.ts";
import { ComputePool } from "../mixins/compute/pool.ts";
import { Metrics } from "../mixins/metrics.ts";
import { Dependencies } from "../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../mixins/resilience/metrics.ts";
import { createIdentityStore } from "../models/identity/store.ts";
import { findJob } from "../models/jobs.ts";
import { createActorStores } from "../models/journal/stores.ts";
import { ACTOR_POOLS } from "./actor-pools.ts";
import { actorsService, brokerTransport } from "./actors.service.ts";
import { createApiService } from "./api.service.ts";
import { createAuthService } from "./auth.service.ts";
import { seedAdministrator } from "./auth/administrator.ts";
import type { SeededAdministrator } from "./auth/administrator.ts";
import { loadKeys } from "./auth/keys.ts";
import { Passwords } from "./auth/passwords.ts";
import { AccessTokens } from "./auth/tokens.ts";
import { BrokerMetrics } from "./broker-metrics.ts";
import { openBus } from "./bus/index.ts";
import type { Config, ServiceName } from "./config.ts";
import type { NodeContext, NodeModule } from "./context.ts";
import type { RateLimits } from "./gateway/limits.ts";
import type { Readiness } from "./gateway/ports.ts";
import { Jobs } from "./jobs/jobs.ts";
import { jobsService } from "./jobs.service.ts";
import { LiveFeed } from "./live-feed.ts";
import { moleculerLogger } from "./logging.ts";
import type { Logger } from "./logging.ts";
import { seedSample } from "./sample-data.ts";
import { openStores } from "./stores.ts";
import type { Stores } from "./stores.ts";
import { systemService } from "./system.service.ts";
import { TELLERS } from "./tellers.ts";

export interface NodeOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly rateLimits?: RateLimits;
  /** a cheaper one is for tests */
  readonly passwords?: Passwords;
  /** how long a node whose work others have taken goes on answering, for balancers that ask now and then who is ready */
  readonly lingerMs?: number;
  /** told at each named step of the actor layer: for tests that end the process there */
  readonly probe?: (point: ProbePoint) => void;
}

export interface RunningNode {
  readonly context: NodeContext;
  /** null on a node without a gateway */
  readonly url: string | null;
  readonly stores: Stores["description"];
  /** present when this start made the first administrator */
  readonly administrator: SeededAdministrator | null;
  /** Drains and closes everything; may be called twice. */
  stop(): Promise<void>;
}

/** What the gateway is strict with. */
interface Door {
  readonly rateLimits: RateLimits | undefined;
  readonly passwords: Passwords | undefined;
}

type CoreService = Exclude<ServiceName, "gateway">;

/** Loaded when this node runs them: a folder is a deployment. */
const MODULES: Readonly<Record<CoreService, () => Promise<NodeModule>>> = {
  data: async () => (await import("./data/index.ts")).data,
  ai: async () => (await import("./ai/index.ts")).ai,
  risk: async () => (await import("./risk/index.ts")).risk,
  execution: async () => (await import("./execution/index.ts")).execution,
};

// sound: package.json has a version
const { version } = createRequire(import.meta.url)("../package.json") as {
  readonly version: string;
};

/** Starts one node: its stores, its actors and the services that the configuration names. */
export async function startNode({
  config,
  log,
  rateLimits,
  passwords,
  lingerMs = 0,
  probe = () => undefined,
}: NodeOptions): Promise<RunningNode> {
  const stores = await openStores(config, log, systemClock);
  try {
    return await assemble(config, log, stores, { rateLimits, passwords }, lingerMs, probe);
  } catch (error) {
    await orAtLast(stores.close());
    throw error;
  }
}

/** What takes longer to end after a failed start is left to the end of the process. */
const GIVE_UP_MS = 3_000;

/** A start that failed must be heard of, whatever its remains do. */
async function orAtLast(ending: Promise<void>): Promise<void> {
  await Promise.race([ending.catch(() => undefined), systemClock.sleep(GIVE_UP_MS)]);
}

async function assemble(
  config: Config,
  log: Logger,
  stores: Stores,
  door: Door,
  lingerMs: number,
  probe: (point: ProbePoint) => void,
): Promise<RunningNode> {
  let system: ActorSystem | null = null;
  const brokerMetrics = new BrokerMetrics({});
  const metrics = new Metrics();
  const resilience = resilienceMetrics(metrics);
  const broker = new ServiceBroker(
    brokerOptions({
      nodeId: config.nodeId,
      natsServers: config.natsServers,
      namespace: config.bus.namespace,
      requestTimeoutMs: config.requestTimeoutMs,
      logger: moleculerLogger(log),
      metricsReporter: brokerMetrics,
      resilience,
      onStopped: () => end(),
    }),
  );
  // In the order of dependence: turns end and leases are given back, then the stores close.
  const end = once(async () => {
    await system?.stop();
    await compute.stop();
    await bus.stop();
    await stores.close();
  });
  const compute = new ComputePool(systemClock, metrics, { threads: config.computeThreads });
  const live = new LiveFeed(stores.pool, TELLERS);
  const bus = openBus(config, { pool: stores.pool, clock: systemClock, log, metrics, live });
  const modules = await loadModules(config);
  const theSystem = (): ActorSystem => {
    if (system === null) throw new Error("the actor system is used before it is made");
    return system;
  };
  const context: NodeContext = {
    config,
    clock: systemClock,
    log,
    metrics,
    dependencies: new Dependencies(systemClock, resilience),
    pool: stores.pool,
    documents: stores.documents,
    broker,
    live,
    bus,
    jobs: new Jobs({
      pool: stores.pool,
      clock: systemClock,
      log,
      live,
      broker,
      newId: randomUUID,
      nodeId: config.nodeId,
    }),
    compute,
    newId: randomUUID,
    get actors() {
      return theSystem().client;
    },
    get actorSystem() {
      return theSystem();
    },
  };
  system = new ActorSystem({
    ports: {
      ...createActorStores(stores.actorPool),
      clock: systemClock,
      bus,
      log: actorLog(log),
      metrics: actorMetrics(metrics),
      random: Math.random,
      newId: randomUUID,
      probe,
    },
    kinds: modules.flatMap((module) => module.kinds(context)),
    options: { nodeId: config.nodeId, pools: ACTOR_POOLS },
    ...(config.natsServers && {
      transport: brokerTransport(broker, () => systemClock.now()),
    }),
  });
  const services = modules.flatMap((module) => module.services(context));
  const gateway = config.services.includes("gateway")
    ? await gatewayServices(
        context,
        stores,
        door,
        () => `${metrics.render()}${brokerMetrics.render()}`,
      )
    : null;
  for (const service of [
    ...services,
    ...(gateway?.services ?? []),
    actorsService(context),
    jobsService(context, context.jobs),
    systemService(context, version, stores.description),
  ]) {
    broker.createService(service);
  }
  const start = async (): Promise<SeededAdministrator | null> => {
    await broker.start();
    await bus.start();
    // Effects that a crash left behind are run at once: the services that they call must be there.
    await theSystem().start();
    const seeded = (await gateway?.seed()) ?? null;
    await startFeeds(context, stores);
    return seeded;
  };
  const administrator = await start().catch(async (error: unknown) => {
    // What did start must not go on, and own actors, on stores that are being closed.
    await orAtLast(broker.stop().then(end));
    throw error;
  });
  return {
    context,
    url: gateway === null ? null : gatewayUrl(broker, config),
    stores: stores.description,
    administrator,
    stop: once(async () => {
      // First of all, because a broker that stops is at once unknown to the other nodes.
      // It is not ready from now on; those who send it requests notice when they look next.
      if (await theSystem().handOver()) await systemClock.sleep(lingerMs);
      await broker.stop();
      // Moleculer leaves it out when its transporter fails to say goodbye.
      await end();
    }),
  };
}

function loadModules(config: Config): Promise<NodeModule[]> {
  const names = config.services.filter((name): name is CoreService => name !== "gateway");
  return Promise.all(names.map((name) => MODULES[name]()));
}

function actorLog(log: Logger): ActorLog {
  return {
    info: (message, fields) => log.info(toPino(fields), message),
    warn: (message, fields) => log.warn(toPino(fields), message),
    error: (message, fields) => log.error(toPino(fields), message),
  };
}

/** Errors are the field `err` of our log. */
function toPino({ error, ...fields }: Readonly<Record<string, unknown>> = {}): object {
  return error === undefined ? fields : { ...fields, err: error };
}

async function gatewayServices(
  node: NodeContext,
  stores: Stores,
  { rateLimits, passwords = new Passwords() }: Door,
  render: () => string,
): Promise<{
  readonly services: readonly ServiceSchema[];
  seed(): Promise<SeededAdministrator | null>;
}> {
  const { config, clock } = node;
  const store = createIdentityStore(stores.pool);
  const keys = await loadKeys({
    dataDir: config.dataDir,
    ...(config.jwt.kind === "file" && { keysFile: config.jwt.path }),
    ...(config.jwt.kind === "secret" && { secret: config.jwt.secret }),
  });
  const tokens = new AccessTokens(keys, clock);
  const { limiter } = stores.cache;
  const auth = createAuthService({ store, tokens, passwords, limiter });
  const api = createApiService({
    config: {
      host: config.host,
      port: config.port,
      version,
      cors: config.corsOrigins.length === 0 ? null : { origins: config.corsOrigins },
      maxStreamsPerUser: config.streamsPerUser,
      requestTimeoutMs: config.requestTimeoutMs,
      ...(rateLimits && { rateLimits }),
    },
    tokens,
    sessions: { find: async (sessionId) => asRole(await store.findSessionRole(sessionId)) },
    limiter,
    streamSource: node.live,
    metrics: { render },
    readiness: { check: () => readiness(node, stores) },
    jobs: { find: (jobId) => findJob(node.pool, jobId) },
    clock,
  });
  const { email, password } = config.admin;
  return {
    // sound: the general schema knows nothing of moleculer-web's settings
    services: [auth, api as unknown as ServiceSchema],
    seed: () =>
      seedAdministrator(store, passwords, { email, ...(password !== null && { password }) }),
  };
}

type Role = Awaited<ReturnType<ReturnType<typeof createIdentityStore>["findSessionRole"]>>;

function asRole(role: Role) {
  return role === null ? null : { role };
}

async function readiness(node: NodeContext, stores: Stores): Promise<Readiness> {
  const dependencies: Record<string, { ok: boolean; detail?: string }> = {
    postgres: await attempt(() => stores.pool.query("SELECT 1")),
    cache: await attempt(() => stores.cache.ping()),
    documents: await attempt(() => stores.documents.ping()),
    actors: node.actorSystem.isReady
      ? { ok: true }
      : { ok: false, detail: "not all shards are held" },
    ...(node.bus.link && { nats: node.bus.link.state() }),
  };
  // Actors of this node are served without NATS; a node without any reaches nothing.
  const hasActors = node.config.services.some((name) => name !== "gateway");
  const ready = Object.entries(dependencies).every(
    ([name, { ok }]) => ok || (name === "nats" && hasActors),
  );
  return { ready, dependencies };
}

async function attempt(work: () => Promise<unknown>): Promise<{ ok: boolean; detail?: string }> {
  try {
    await work();
    return { ok: true };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : "failed" };
  }
}

async function startFeeds(node: NodeContext, stores: Stores): Promise<void> {
  if (!node.config.services.includes("data")) return;
  const owner = await createIdentityStore(stores.pool).findUserByEmail(node.config.admin.email);
  if (node.config.hasSampleData && owner !== null && node.config.services.includes("risk"))
    await seedSample(node, owner);
  await node.broker.call("feeds.start");
}

/** The port may have been left to the system. */
function gatewayUrl(broker: ServiceBroker, { host, port }: Config): string {
  // sound: moleculer-web puts its server on the service
  const api = broker.getLocalService("api") as unknown as {
    readonly server?: { address(): { port: number } | null };
  };
  return `http://${host}:${api.server?.address()?.port ?? port}`;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= work());
}
