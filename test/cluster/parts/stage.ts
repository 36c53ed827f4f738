import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { seededRandom } from "../../../mixins/actor/ids.ts";
import { Desk } from "../load/desk.ts";
import { Cleanup } from "../world/cleanup.ts";
import { Cluster, DATABASE } from "../world/cluster.ts";
import { makeLinks } from "../world/links.ts";
import { Member } from "../world/member.ts";
import { OutsideBroker } from "../world/outside-broker.ts";
import { freePort } from "../world/ports.ts";
import type { Options } from "../options.ts";

/** What every part is played on: a cluster with a market, portfolios to trade in, and a broker. */
export interface World {
  readonly cluster: Cluster;
  readonly desk: Desk;
  readonly random: () => number;
  /** null unless asked for */
  readonly broker: OutsideBroker | null;
  /** No more quotes, so that no more fills: resolves when what is under way will be all. */
  readonly closeMarket: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface WorldOptions {
  readonly nodes: number;
  readonly portfoliosPerNode: number;
  readonly symbolsPerNode: number;
  /** half of the symbols are traded outside */
  readonly hasBroker?: boolean;
}

/** @param name tells the runs of one invocation apart, in their logs and their chance */
export async function openWorld(
  options: Options,
  name: string,
  { nodes, portfoliosPerNode, symbolsPerNode, hasBroker = false }: WorldOptions,
): Promise<World> {
  const random = seededRandom(`${options.seed}/${name}`);
  const cleanup = new Cleanup();
  options.cleanup.add(() => cleanup.run());
  try {
    const outDir = options.outDir === null ? null : join(options.outDir, name);
    const broker = hasBroker ? await OutsideBroker.create(random, cleanup) : null;
    const cluster = await Cluster.start({ nodes, random, cleanup, outDir, broker });
    const desk = new Desk(cluster, random);
    const symbols = await desk.symbolsPerNode(symbolsPerNode);
    const outside = symbols.filter((_, i) => broker !== null && i % 2 === 1);
    for (const symbol of symbols)
      await desk.list(symbol, outside.includes(symbol) ? "ALPACA" : "PAPER");
    broker?.openMarket(outside);
    const market = await openMarket(cluster, symbols, cleanup, random);
    await desk.openPortfolios(portfoliosPerNode);
    await desk.untilMarket();
    const closeMarket = async () => {
      broker?.closeMarket();
      await market.kill();
    };
    return { cluster, desk, random, broker, closeMarket, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** The market's node has links of its own, which nobody spoils: it is not what is tested. */
async function openMarket(
  cluster: Cluster,
  symbols: readonly string[],
  cleanup: Cleanup,
  random: () => number,
): Promise<Member> {
  await cluster.postgres.query("CREATE ROLE market SUPERUSER LOGIN");
  const links = await makeLinks(
    "market",
    { nats: cluster.nats, postgres: cluster.postgres, database: DATABASE, brokerUrl: null },
    random,
  );
  const market = new Member({
    nodeId: "market",
    script: fileURLToPath(import.meta.resolve("../world/market-node.ts")),
    links,
    directory: cluster.directory,
    port: await freePort(),
    env: { SERVICES: "gateway", MARKET_SYMBOLS: symbols.join(","), REPLAY_SPEED: "2" },
  });
  cleanup.add(async () => {
    await market.kill();
    for (const wire of [links.nats, links.postgres]) await wire.cut();
  });
  await market.start();
  return market;
}
