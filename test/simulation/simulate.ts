import type { ActorOptions } from "../../mixins/actor/ports.ts";
import { SHARDS_PER_POOL } from "../../mixins/actor/ids.ts";
import type { Pools } from "../../mixins/actor/ids.ts";
import { ACTOR_POOLS } from "../../services/actor-pools.ts";
import { forbidAmbient } from "./ambient.ts";
import { audit } from "./audit.ts";
import { Bus } from "./bus.ts";
import { Clients } from "./clients.ts";
import { Exchange } from "./exchange.ts";
import { simulatedKinds } from "./kinds.ts";
import type { Outside } from "./kinds.ts";
import { Machine } from "./machine.ts";
import { spoilerOf } from "./mutations.ts";
import { Nemesis } from "./nemesis.ts";
import { Network } from "./network.ts";
import type { Weather } from "./network.ts";
import { SimulatedNode } from "./node.ts";
import type { Surroundings } from "./node.ts";
import { Random } from "./random.ts";
import { isAtRest, restlessness } from "./rest.ts";
import { Scheduler } from "./scheduler.ts";
import { Database } from "./store/database.ts";
import type { Mutation, Pace } from "./store/database.ts";
import { Members } from "./store/members.ts";
import { Trace } from "./trace.ts";
import type { Violation } from "./trace.ts";
import { Watcher } from "./watcher.ts";
import { Workload, tellOrder } from "./workload.ts";
import type { World } from "./world.ts";

const SETTLE_MS = 150_000;
const TYPES = ["portfolio", "order", "venue", "counter"] as const;

export interface Options {
  /** the safeguard that is taken out */
  readonly mutation?: Mutation;
  /** told each step */
  readonly print?: (line: string) => void;
}

export interface Result {
  readonly seed: number;
  readonly digest: string;
  readonly violations: readonly Violation[];
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  /** things that happened, by the scheduler's count */
  readonly events: number;
  readonly simulatedMs: number;
}

/** One run: faults for a while, then peace until all has come to rest, then the audit. */
export async function simulate(seed: number, options: Options = {}): Promise<Result> {
  const allowAmbient = forbidAmbient();
  const { stackTraceLimit } = Error;
  // Thousands of errors are made and expected in a run; their stacks would cost more than they tell.
  if (!options.print) Error.stackTraceLimit = 0;
  try {
    return await runSeed(seed, options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    allowAmbient();
  }
}

async function runSeed(seed: number, { mutation, print }: Options): Promise<Result> {
  const random = new Random(`seed ${seed}`);
  const scheduler = new Scheduler();
  const trace = new Trace(() => scheduler.nowMs, print ?? null);
  const run = assemble(random, scheduler, trace, mutation ?? null);
  const { nodes, workload, nemesis, evidence } = run;
  for (const node of nodes) node.boot();
  const { chaosMs, users } = run.plan;
  workload.start(users);
  nemesis.start();
  await scheduler.run(chaosMs);
  workload.end();
  nemesis.heal();
  const untilMs = scheduler.nowMs + SETTLE_MS;
  while (scheduler.nowMs < untilMs && trace.violations.length === 0 && !isAtRest(run))
    await scheduler.run(scheduler.nowMs + 500);
  // What is broken already need not come to rest.
  if (trace.violations.length === 0) {
    trace.check("all comes to rest", isAtRest(run), () => restlessness(run).join("; "));
    audit(evidence);
  }
  for (const [stream, { version, hash }] of evidence.tables.streams)
    trace.step(`${stream} ${version} ${hash}`);
  return {
    seed,
    digest: trace.digest,
    violations: trace.violations,
    faults: Object.fromEntries(trace.faults),
    checks: Object.fromEntries(trace.checks),
    events: scheduler.events,
    simulatedMs: scheduler.nowMs,
  };
}

function assemble(random: Random, scheduler: Scheduler, trace: Trace, mutation: Mutation | null) {
  const plan = planOf(random.fork("plan"));
  const network = new Network(scheduler, random.fork("network"), trace, plan.weather);
  const databaseOptions = { pace: plan.pace, mutation };
  const database = new Database(scheduler, random.fork("store"), trace, databaseOptions);
  const watcher = new Watcher(trace, () => database.tables);
  const members = new Members(
    (1 + Math.max(0, ...Object.values(plan.pools))) * SHARDS_PER_POOL,
    () => database.nowMs(),
    (shard, epoch, by) => watcher.acquired(shard, epoch, by),
  );
  const server = { database, members, observer: watcher };
  const world: World = { scheduler, random, network, trace, server };
  const bus = new Bus(world);
  const exchange = new Exchange(world, (report, taken) => tellOrder(clients, report, taken));
  const witnessed = new Map<number, Set<string>>();
  const nodes: SimulatedNode[] = [];
  const around: Surroundings = {
    world,
    bus,
    exchange,
    witness: (effectId, payload) => {
      // sound: what the counter's decider hands to its effect
      const { amount } = payload as { readonly amount: number };
      witnessed.set(amount, (witnessed.get(amount) ?? new Set()).add(effectId));
    },
    peer: (nodeId) => nodes.find((node) => node.nodeId === nodeId),
    pools: plan.pools,
    breaks: plan.breaks,
    spoil: spoilerOf(mutation),
  };
  plan.nodes.forEach(({ types, rate }, i) => {
    const machine = new Machine(`node-${i}`, scheduler, rate);
    nodes.push(new SimulatedNode(machine, around, plan.options, types));
  });
  const clients: Clients = new Clients(world, nodes, watcher);
  const workload = new Workload(world, clients, plan.size);
  const nemesis = new Nemesis(world, nodes, bus, plan.faultEveryMs);
  const kinds = simulatedKinds(NOBODY);
  const { tables } = database;
  const watched = { trace, tables, watcher, bus, exchange, workload, witnessed };
  const evidence = { ...watched, kinds, nodes };
  return { plan, database, bus, clients, exchange, nodes, workload, nemesis, evidence };
}

interface Plan {
  readonly weather: Weather;
  readonly pace: Pace;
  readonly breaks: number;
  readonly pools: Pools;
  readonly nodes: readonly { readonly types: readonly string[]; readonly rate: number }[];
  readonly options: Partial<ActorOptions>;
  readonly size: {
    readonly counters: number;
    readonly portfolios: number;
    readonly thinkMs: number;
  };
  readonly users: number;
  readonly chaosMs: number;
  readonly faultEveryMs: number;
}

/** How bad it gets differs from seed to seed: some faults show only where others are rare. */
function planOf(random: Random): Plan {
  const isSplit = random.chance(0.3);
  const types = isSplit
    ? [["portfolio"], ["order", "venue", "counter"], TYPES, []]
    : [TYPES, TYPES, TYPES, TYPES];
  const count = isSplit ? 4 : random.int(2, 3);
  return {
    weather: {
      delayMs: random.pick([0.3, 1, 5]),
      drop: random.pick([0, 0.01, 0.05]),
      duplicate: random.pick([0, 0.02, 0.1]),
      late: random.pick([0, 0.01, 0.05]),
      lateMs: random.pick([50, 500, 3_000]),
    },
    pace: {
      workMs: random.pick([0.2, 1]),
      commitMs: random.pick([0.5, 3, 10]),
      slow: random.pick([0.01, 0.1]),
      slowMs: random.pick([50, 800]),
    },
    breaks: random.pick([0, 0.003, 0.02]),
    pools: isSplit ? ACTOR_POOLS : {},
    nodes: types.slice(0, count).map((hosted) => ({
      types: hosted,
      rate: random.between(0.9995, 1.0005),
    })),
    options: {
      turnMax: random.pick([1, 4, 64]),
      commitLanes: random.pick([1, 2, 4]),
      commitBatchMax: random.pick([1, 4, 128]),
      snapshotEvery: random.pick([2, 10]),
      idleMs: random.pick([500, 120_000]),
      residentMax: random.pick([3, 50_000]),
      recentMax: random.pick([0, 4, 128]),
    },
    size: {
      counters: random.int(3, 8),
      portfolios: random.int(1, 3),
      thinkMs: random.pick([60, 200]),
    },
    users: random.int(4, 10),
    chaosMs: random.int(4_000, 11_000),
    faultEveryMs: random.pick([400, 1_000, 3_000]),
  };
}

/** For kinds that only replay. */
const NOBODY: Outside = {
  call: () => Promise.reject(new Error("nobody is there")),
  now: () => 0,
  submit: () => Promise.reject(new Error("nobody is there")),
  cancel: () => Promise.reject(new Error("nobody is there")),
  replace: () => Promise.reject(new Error("nobody is there")),
  witness: () => Promise.reject(new Error("nobody is there")),
};
