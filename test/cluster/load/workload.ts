import { setTimeout as sleep } from "node:timers/promises";
import type { CarefulClient } from "./client.ts";
import type { Ended, History, OrderTerms } from "./history.ts";

export interface WorkloadOptions {
  readonly history: History;
  /** one for each of the clients that work at once */
  readonly clients: readonly CarefulClient[];
  readonly portfolios: readonly string[];
  readonly symbols: readonly string[];
  /** commands a second, of all clients together */
  readonly rate: number;
  readonly random: () => number;
  /** whether orders are amended too */
  readonly amends: boolean;
  /** begins every key, so that runs on one store do not meet */
  readonly prefix: string;
}

const REMEMBERED = 200;

/** Orders, cancels, amendments and reads at a steady pace from many clients, each of which does one thing after another. */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #over = new AbortController();
  readonly #recent: Ended[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #keys = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  start(): void {
    const { clients } = this.#options;
    this.#running = Promise.all(clients.map((client, i) => this.#work(client, i)));
  }

  /** No new commands; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** Sends again what was given up, under the same keys, until it is known what became of it. */
  async resolve(): Promise<void> {
    const { history, clients } = this.#options;
    const [client] = clients;
    const doubtful = history.ended.filter(
      ({ kind, outcome }) => kind === "order" && outcome === "info",
    );
    for (const ended of doubtful) {
      if (client !== undefined && ended.order !== null)
        await this.place(client, ended.client, ended.portfolioId, ended.order, ended.key);
    }
  }

  async place(
    client: CarefulClient,
    number: number,
    portfolioId: string,
    order: OrderTerms,
    key = `${this.#options.prefix}-${++this.#keys}`,
  ): Promise<Ended> {
    const { history } = this.#options;
    const operation = history.invoke({ client: number, kind: "order", key, portfolioId, order });
    const body = { portfolioId, clOrdId: key, ...order };
    const sent = await client.send({ method: "POST", path: "/api/orders", key, body });
    return this.#record(operation, sent);
  }

  async #work(client: CarefulClient, number: number): Promise<void> {
    const { clients, rate } = this.#options;
    const everyMs = (clients.length * 1_000) / rate;
    // They do not begin all at once.
    await sleep(this.#options.random() * everyMs);
    while (!this.#over.signal.aborted) {
      const dueMs = performance.now() + everyMs;
      await this.#act(client, number);
      await sleep(Math.max(0, dueMs - performance.now()));
    }
  }

  async #act(client: CarefulClient, number: number): Promise<void> {
    const { random, portfolios, symbols } = this.#options;
    const what = random();
    const known = this.#recent[Math.floor(random() * this.#recent.length)];
    if (known !== undefined && what < 0.13) return this.#ask(client, number, "cancel", known);
    if (known !== undefined && what < 0.2) return this.#ask(client, number, "read", known);
    // An order that may still be open: it was among the last.
    const fresh = this.#recent.findLast(({ order }) => order?.type === "limit");
    if (this.#options.amends && fresh !== undefined && what < 0.35)
      return this.#amend(client, number, fresh);
    const ended = await this.place(
      client,
      number,
      pick(portfolios, random),
      terms(symbols, random),
    );
    if (ended.outcome !== "ok") return;
    this.#recent.push(ended);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  /** Another quantity and price than any amendment before it: so that each can be told on record. */
  async #amend(
    client: CarefulClient,
    number: number,
    { portfolioId, orderId, order }: Ended,
  ): Promise<void> {
    const { history, prefix, random } = this.#options;
    const count = ++this.#keys;
    const key = `${prefix}-${count}`;
    const cents = String(count % 100).padStart(2, "0");
    const price = `${92 + Math.floor(random() * 16)}.${cents}`;
    const quantity = String(Number(order?.quantity ?? 1) + Math.floor(count / 100) + 1);
    const changes = { quantity, price };
    const operation = history.invoke({
      client: number,
      kind: "amend",
      key,
      portfolioId,
      order: null,
      changes,
    });
    const path = `/api/orders/${orderId}`;
    const sent = await client.send({ method: "PATCH", path, key, body: changes });
    this.#record(operation, sent, orderId);
  }

  async #ask(
    client: CarefulClient,
    number: number,
    kind: "cancel" | "read",
    { key, portfolioId, orderId }: Ended,
  ): Promise<void> {
    const { history } = this.#options;
    const operation = history.invoke({ client: number, kind, key, portfolioId, order: null });
    const method = kind === "cancel" ? "DELETE" : "GET";
    this.#record(operation, await client.send({ method, path: `/api/orders/${orderId}` }), orderId);
  }

  #record(
    operation: ReturnType<History["invoke"]>,
    { answer, attempts, failures, isDefinite }: Awaited<ReturnType<CarefulClient["send"]>>,
    asked: string | null = null,
  ): Ended {
    const { status, code, body } = answer;
    const told = typeof body["orderId"] === "string" ? body["orderId"] : asked;
    const outcome = isDefinite ? (status < 300 ? "ok" : "fail") : "info";
    return this.#options.history.end(operation, {
      outcome,
      attempts,
      failures,
      status,
      code,
      orderId: told,
    });
  }
}

/** More buys than sells, so that there is something to sell; prices about those that the market swings through. */
function terms(symbols: readonly string[], random: () => number): OrderTerms {
  const isMarket = random() < 0.5;
  return {
    symbol: pick(symbols, random),
    side: random() < 0.65 ? "buy" : "sell",
    quantity: String(1 + Math.floor(random() * 9)),
    ...(isMarket
      ? { type: "market", timeInForce: "day" }
      : { type: "limit", timeInForce: "gtc", price: (92 + random() * 16).toFixed(2) }),
  };
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("expected something to choose from");
  return item;
}
