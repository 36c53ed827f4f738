import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/node-eventually.ts";
import { untilQuiet } from "../check/quiet.ts";
import { type Answer, exchange } from "../load/client.ts";
import type { Options } from "../options.ts";
import { percentiles, table } from "../report.ts";
import type { Member } from "../world/member.ts";
import { EventTap, type TapFinding } from "../world/event-tap.ts";
import { type World, openWorld } from "./stage.ts";

/** of each; fewer seconds than make a quote stale */
const ORDERS = 40;
const EVERY_MS = 300;
/** What the gateway gives a request, and a little for the way. */
const DEADLINE_MS = 5_000 + 750;

interface Told extends Answer {
  readonly tookMs: number;
}

interface NatsDownResult {
  readonly isGood: boolean;
  readonly own: Figures;
  readonly foreign: Figures;
  readonly foreignWithRetryAfter: number;
  /** from the return of NATS to the first order for a foreign actor that works */
  readonly backAfterMs: number;
  /** from the return of NATS until nothing waits in the outbox any more */
  readonly drainedAfterMs: number;
  readonly notRelayed: number;
  readonly published: TapFinding;
}

interface Figures {
  readonly sent: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly maxMs: number;
}

/** Orders for the gateway's own actors, and for others', while there is no NATS; then its return. */
export async function runNatsDown(options: Options): Promise<NatsDownResult> {
  const world = await openWorld(options, "nats-down", {
    nodes: options.nodes,
    portfoliosPerNode: 2,
    symbolsPerNode: 2,
  });
  try {
    return await play(world);
  } finally {
    await world.close();
  }
}

async function play(world: World): Promise<NatsDownResult> {
  const { cluster, desk } = world;
  const [gateway, other] = cluster.members;
  if (gateway === undefined || other === undefined) throw new Error("expected two nodes");
  const token = await desk.token();
  const symbol = await ownedBy(world, "symbol", desk.symbols, gateway);
  const own = await ownedBy(world, "portfolio", desk.portfolios, gateway);
  const foreign = await ownedBy(world, "portfolio", desk.portfolios, other);
  const send = (portfolioId: string, key: string) =>
    order(gateway, token, portfolioId, symbol, key);
  for (const portfolioId of [own, foreign]) await send(portfolioId, `warm-${portfolioId}`);
  const tap = new EventTap(cluster);

  await cluster.nats.kill();
  const [toOwn, toForeign] = await Promise.all([
    inTurn((i) => send(own, `own-${i}`)),
    inTurn((i) => send(foreign, `foreign-${i}`)),
  ]);
  await cluster.nats.start();
  const upMs = performance.now();
  let tries = 0;
  const backAfterMs = await eventually("foreign actors to be reached", async () => {
    const { status, code } = await send(foreign, `back-${++tries}`);
    if (status !== 201) console.log(`  after NATS is back: ${status} ${code}`);
    return status === 201 ? Math.round(performance.now() - upMs) : null;
  });
  const drained = await untilQuiet(cluster, 60_000);
  const drainedAfterMs = Math.round(performance.now() - upMs);
  await world.closeMarket();
  const left = drained.length > 0 ? drained : await untilQuiet(cluster, 30_000);
  const published = await tap.read();
  for (const text of left.slice(0, 10)) console.log(`  not done: ${text}`);
  return judge({ toOwn, toForeign, backAfterMs, drainedAfterMs, left: left.length, published });
}

/** One each so many milliseconds, whether the one before is answered or not. */
async function inTurn(send: (i: number) => Promise<Told>): Promise<readonly Told[]> {
  const under: Promise<Told>[] = [];
  for (let i = 0; i < ORDERS; i++) {
    under.push(send(i));
    await sleep(EVERY_MS);
  }
  return Promise.all(under);
}

async function ownedBy(
  { desk }: World,
  type: string,
  ids: readonly string[],
  { nodeId }: Member,
): Promise<string> {
  const owners = await desk.ownersOf(type, ids);
  const id = ids.find((each) => owners.get(each) === nodeId);
  if (id === undefined) throw new Error(`no ${type} lives on ${nodeId}`);
  return id;
}

/** Once, and not again: what the gateway says of the first sending is what is asked for here. */
async function order(
  gateway: Member,
  token: string,
  portfolioId: string,
  symbol: string,
  key: string,
): Promise<Told> {
  const body = { portfolioId, symbol, side: "buy", quantity: "1", type: "limit", price: "60" };
  const sentMs = performance.now();
  const request = { method: "POST", path: "/api/orders", key, body } as const;
  const answer = await exchange(gateway.url, request, token, 2 * DEADLINE_MS);
  return { ...answer, tookMs: Math.round(performance.now() - sentMs) };
}

interface Seen {
  readonly toOwn: readonly Told[];
  readonly toForeign: readonly Told[];
  readonly backAfterMs: number;
  readonly drainedAfterMs: number;
  readonly left: number;
  readonly published: TapFinding;
}

function judge({ toOwn, toForeign, left, published, ...times }: Seen): NatsDownResult {
  const own = figures(toOwn);
  const foreign = figures(toForeign);
  const rows = Object.entries({ own, foreign }).map(([to, { sent, byStatus, maxMs }]) => ({
    "orders for": `${to} actors`,
    sent,
    answers: JSON.stringify(byStatus),
    "max ms": maxMs,
  }));
  console.log(`\n${table(rows)}\n`);
  const withRetryAfter = toForeign.filter(({ retryAfterMs }) => retryAfterMs !== null).length;
  const isRight =
    toOwn.every(({ status }) => status === 201) &&
    toForeign.every(({ status }) => status === 503) &&
    withRetryAfter === toForeign.length &&
    foreign.maxMs <= DEADLINE_MS;
  return {
    isGood: isRight && left === 0 && published.missing === 0 && published.outOfOrder === 0,
    own,
    foreign,
    foreignWithRetryAfter: withRetryAfter,
    ...times,
    notRelayed: left,
    published,
  };
}

function figures(told: readonly Told[]): Figures {
  const byStatus = Map.groupBy(told, ({ status, code }) => `${status} ${code}`.trim());
  return {
    sent: told.length,
    byStatus: Object.fromEntries([...byStatus].map(([status, all]) => [status, all.length])),
    maxMs: percentiles(told.map(({ tookMs }) => tookMs)).max,
  };
}
