import type { Workload } from "../load/workload.ts";
import type { Options } from "../options.ts";
import { type Percentiles, percentiles, table } from "../report.ts";
import { wiresOf } from "../world/links.ts";
import type { Member } from "../world/member.ts";
import { type World, openWorld } from "./stage.ts";
import { judgeWork, prepareWork } from "./work.ts";

/** At most so many actors of the victim are asked for at once; the slowest of them counts. */
const ASKED = 4;

interface Blow {
  readonly limitMs: number;
  strike(victim: Member): Promise<void>;
  repair(victim: Member): Promise<void>;
}

const BLOWS: Readonly<Record<string, Blow>> = {
  "kill -9": {
    limitMs: 2_000,
    strike: (victim) => victim.kill(),
    repair: (victim) => victim.start(),
  },
  freeze: {
    limitMs: 8_000,
    strike: async (victim) => victim.freeze(),
    repair: async (victim) => victim.thaw(),
  },
  partition: {
    limitMs: 8_000,
    strike: async ({ links }) => {
      for (const wire of wiresOf(links)) wire.setWeather({ isHeld: true });
    },
    repair: async ({ links }) => {
      for (const wire of wiresOf(links)) await wire.clear();
    },
  },
};

interface TakeoverResult {
  readonly isGood: boolean;
  readonly violations: number;
  readonly kinds: Readonly<Record<string, Percentiles & { readonly limitMs: number }>>;
}

/** From the blow to the first answer of every actor that the victim had, asked for through the others. */
export async function runTakeovers(options: Options): Promise<TakeoverResult> {
  const world = await openWorld(options, "takeover", {
    nodes: options.nodes,
    portfoliosPerNode: ASKED,
    symbolsPerNode: 2,
  });
  try {
    return await measure(options, world);
  } finally {
    await world.close();
  }
}

async function measure(options: Options, world: World): Promise<TakeoverResult> {
  const { cluster } = world;
  const work = prepareWork(options, world, 0);
  const kinds: Record<string, Percentiles & { limitMs: number }> = {};
  for (const [kind, blow] of Object.entries(BLOWS)) {
    const took: number[] = [];
    for (let trial = 0; trial < options.trials; trial++) {
      const victim = cluster.members[trial % cluster.members.length];
      if (victim === undefined) throw new Error("expected a cluster with nodes");
      took.push(await oneTrial(world, work.workload, victim, blow));
      console.log(`${kind} ${trial + 1}/${options.trials} of ${victim.nodeId}: ${took.at(-1)} ms`);
    }
    kinds[kind] = { ...percentiles(took), limitMs: blow.limitMs };
  }
  const rows = Object.entries(kinds).map(([kind, figures]) => ({ takeover: kind, ...figures }));
  console.log(`\n${table(rows)}\n`);
  const { violations } = await judgeWork(world, work);
  const isInTime = Object.values(kinds).every(({ p99, limitMs }) => p99 <= limitMs);
  return { isGood: isInTime && violations.length === 0, violations: violations.length, kinds };
}

async function oneTrial(
  { cluster, desk }: World,
  workload: Workload,
  victim: Member,
  blow: Blow,
): Promise<number> {
  await cluster.ready();
  const client = desk.client(() =>
    cluster.members.filter((member) => member !== victim).map(({ url }) => url),
  );
  const owners = await desk.ownersOf("portfolio", desk.portfolios);
  const moving = desk.portfolios.filter((id) => owners.get(id) === victim.nodeId).slice(0, ASKED);
  const ask = (portfolioId: string) => workload.place(client, 0, portfolioId, order(desk.symbols));
  // They are in the victim's memory, and the client has its token.
  await Promise.all(moving.map(ask));
  const struckMs = performance.now();
  await blow.strike(victim);
  try {
    const ends = await Promise.all(moving.map(ask));
    if (ends.some(({ outcome }) => outcome === "info")) return Infinity;
    return Math.round(performance.now() - struckMs);
  } finally {
    await blow.repair(victim);
  }
}

/** Far from the market: it rests, and what is measured is the way to its actors. */
function order([symbol = ""]: readonly string[]) {
  return {
    symbol,
    side: "buy",
    type: "limit",
    quantity: "1",
    price: "60",
    timeInForce: "gtc",
  } as const;
}
