import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomUUID } from "node:crypto";
import { seededRandom } from "../../../mixins/actor/ids.ts";
import { directoryForPrograms } from "../../support/temporary.ts";
import { type ViolationKind, check } from "../check/check.ts";
import type { Standing } from "../check/evidence.ts";
import { CarefulClient, Login, exchange } from "../load/client.ts";
import { History } from "../load/history.ts";
import { Workload } from "../load/workload.ts";
import type { Options } from "../options.ts";
import { show } from "../parts/show.ts";
import { table } from "../report.ts";
import { Cleanup } from "../world/cleanup.ts";
import { OwnNats } from "../world/nats.ts";
import { NodeProcess } from "../world/node-process.ts";
import { freePort } from "../world/ports.ts";
import { readStockEvidence } from "./stock-record.ts";

const CLIENTS = 16;
const PORTFOLIOS = 16;

interface StockResult {
  /** good is what finds it out */
  readonly isGood: boolean;
  readonly acknowledged: number;
  readonly violations: Readonly<Partial<Record<ViolationKind, number>>>;
}

/**
 * The same clients, the same faults and the same checker, on stock Moleculer. It must be found wanting, or the checker sees
 * nothing.
 */
export async function runStock(options: Options): Promise<StockResult> {
  const cleanup = new Cleanup();
  options.cleanup.add(() => cleanup.run());
  const temporary = await directoryForPrograms();
  cleanup.add(temporary.remove);
  const directory = options.outDir === null ? temporary.path : join(options.outDir, "stock");
  const store = join(temporary.path, "store");
  for (const path of [directory, store, join(temporary.path, "nats")])
    await mkdir(path, { recursive: true });
  try {
    const nats = await OwnNats.create(join(temporary.path, "nats"), cleanup);
    const nodes: NodeProcess[] = [];
    for (let i = 1; i <= options.nodes; i++) {
      const node = new NodeProcess({
        nodeId: `stock-${i}`,
        port: await freePort(),
        directory,
        env: { STORE: store, NATS_URL: nats.url },
        script: fileURLToPath(import.meta.resolve("./stock-node.ts")),
      });
      cleanup.add(() => node.kill());
      nodes.push(node);
    }
    return await play(options, { nodes, nats, directory, store });
  } finally {
    await cleanup.run();
  }
}

interface StockWorld {
  readonly nodes: readonly NodeProcess[];
  readonly nats: OwnNats;
  readonly directory: string;
  readonly store: string;
}

async function play(options: Options, world: StockWorld): Promise<StockResult> {
  const { nodes, directory, store } = world;
  const random = seededRandom(`${options.seed}/stock`);
  const history = new History(join(directory, "history.jsonl"));
  const login = new Login(null);
  const up = (): readonly string[] => nodes.filter(({ isUp }) => isUp).map(({ url }) => url);
  const portfolios = Array.from({ length: PORTFOLIOS }, () => randomUUID());
  const workload = new Workload({
    history,
    clients: Array.from({ length: CLIENTS }, () => new CarefulClient(up, login, random)),
    portfolios,
    symbols: ["SAAA", "SBBB"],
    rate: options.rate,
    random,
    amends: false,
    prefix: `s-${options.seed}`,
  });
  const [last, ...first] = nodes.toReversed();
  for (const node of first) await node.start();
  for (const node of first) await node.ready();
  workload.start();
  await sleep(3_000);
  console.log("a node joins");
  await last?.start();
  await last?.ready();
  await sleep(3_000);
  await strikeAll(world);
  await workload.stop();
  await workload.resolve();
  const standings = await ask(portfolios, up());
  await history.close();
  const violations = check(history.ended, await readStockEvidence(store, standings));
  const counts = Object.fromEntries(
    [...Map.groupBy(violations, ({ kind }) => kind)].map(([kind, found]) => [kind, found.length]),
  );
  console.log(
    `\n${table(Object.entries(counts).map(([kind, found]) => ({ violation: kind, found })))}\n`,
  );
  show(violations);
  return {
    isGood: violations.length > 0,
    acknowledged: history.ended.filter(({ outcome }) => outcome === "ok").length,
    violations: counts,
  };
}

async function strikeAll({ nodes, nats }: StockWorld): Promise<void> {
  const [one, two] = nodes;
  console.log("kill -9");
  await one?.kill();
  await sleep(2_000);
  await one?.start();
  await one?.ready();
  await sleep(2_000);
  console.log("freeze");
  two?.freeze();
  await sleep(8_000);
  two?.thaw();
  await sleep(2_000);
  console.log("NATS killed");
  await nats.kill();
  await sleep(3_000);
  await nats.start();
  await sleep(5_000);
}

/** As whichever node answers for the portfolio sees it. */
async function ask(
  portfolios: readonly string[],
  urls: readonly string[],
): Promise<readonly Standing[]> {
  const standings: Standing[] = [];
  for (const [i, id] of portfolios.entries()) {
    const request = { method: "GET", path: `/standing/${id}` } as const;
    const { status, body } = await exchange(urls[i % urls.length] ?? "", request, null, 10_000);
    // sound: what stock-node.ts answers
    if (status === 200) standings.push(body as unknown as Standing);
  }
  return standings;
}
