import { setTimeout as sleep } from "node:timers/promises";
import { shardOf } from "../../../mixins/actor/ids.ts";
import { ACTOR_POOLS } from "../../../services/actor-pools.ts";
import { eventually } from "../../support/node-eventually.ts";
import { ADMIN_EMAIL, ADMIN_PASSWORD, type Cluster } from "../world/cluster.ts";
import { CarefulClient, Login } from "./client.ts";

/** Portfolios and symbols to trade in, and clients that are signed in. */
export class Desk {
  readonly cluster: Cluster;
  readonly random: () => number;
  readonly #login = new Login({ email: ADMIN_EMAIL, password: ADMIN_PASSWORD });
  readonly portfolios: string[] = [];
  readonly symbols: string[] = [];

  constructor(cluster: Cluster, random: () => number) {
    this.cluster = cluster;
    this.random = random;
  }

  /** @param urls of the gateways that it knows; absent: all */
  client(urls: () => readonly string[] = () => this.cluster.urls): CarefulClient {
    return new CarefulClient(urls, this.#login, this.random);
  }

  async token(): Promise<string> {
    const ask = () => this.#login.token(this.cluster.urls[0] ?? "");
    return eventually("a token", ask);
  }

  async list(symbol: string, venue: "PAPER" | "ALPACA"): Promise<void> {
    const body = {
      name: symbol,
      assetClass: "equity",
      venue,
      currency: "USD",
      tickSize: "0.01",
      lotSize: "1",
      shortable: false,
      calendar: "24x7",
    };
    await this.#must({ method: "PUT", path: `/api/symbols/${symbol}`, body });
    this.symbols.push(symbol);
  }

  async openPortfolio(): Promise<string> {
    const body = {
      name: `desk ${this.portfolios.length}`,
      baseCurrency: "USD",
      initialCash: "10000000",
    };
    const key = `desk-${this.portfolios.length}-${Math.floor(this.random() * 1e9)}`;
    const told = await this.#must({ method: "POST", path: "/api/portfolios", key, body });
    const id = String(told["portfolioId"]);
    this.portfolios.push(id);
    return id;
  }

  /** Portfolios until every node owns at least so many. */
  async openPortfolios(perNode: number, atMost = 200): Promise<void> {
    for (let i = 0; i < atMost; i++) {
      await this.openPortfolio();
      const owners = await this.ownersOf("portfolio", this.portfolios);
      const counts = Map.groupBy(owners.values(), (owner) => owner);
      const isEnough = this.cluster.members.every(
        ({ nodeId }) => (counts.get(nodeId)?.length ?? 0) >= perNode,
      );
      if (isEnough) return;
    }
  }

  /** Names such that so many of the symbols live on each node. */
  async symbolsPerNode(perNode: number): Promise<readonly string[]> {
    const owners = await this.cluster.owners();
    const wanted = new Map(this.cluster.members.map(({ nodeId }) => [nodeId, perNode]));
    const names: string[] = [];
    for (let i = 0; i < 1_000 && names.length < perNode * wanted.size; i++) {
      const name = `S${String.fromCodePoint(65 + (i % 26))}${String(i).padStart(3, "0")}`;
      const owner = owners.get(shardOf({ type: "symbol", id: name }, ACTOR_POOLS)) ?? "";
      const left = wanted.get(owner) ?? 0;
      if (left === 0) continue;
      wanted.set(owner, left - 1);
      names.push(name);
    }
    return names;
  }

  /** Which node owns each at this moment. */
  async ownersOf(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const owners = await this.cluster.owners();
    return new Map(ids.map((id) => [id, owners.get(shardOf({ type, id }, ACTOR_POOLS)) ?? ""]));
  }

  /** Until each symbol has a price. */
  async untilMarket(): Promise<void> {
    const client = this.client();
    for (const symbol of this.symbols) {
      await eventually(
        `a price of ${symbol}`,
        async () => {
          const { answer } = await client.send({
            method: "GET",
            path: `/api/market-data/${symbol}/quote`,
          });
          if (answer.status !== 200) await sleep(100);
          return answer.status === 200 ? true : null;
        },
        60_000,
      );
    }
  }

  async #must(request: Parameters<CarefulClient["send"]>[0]) {
    const { answer } = await this.client().send(request);
    if (answer.status >= 300 || answer.status === 0)
      throw new Error(
        `${request.method} ${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`,
      );
    return answer.body;
  }
}
