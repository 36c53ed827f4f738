/**
 * Orders as stock Moleculer would have them: one service a kind, one object a portfolio in memory, calls routed by the `Shard`
 * strategy, everything else by default. It is no straw man: each object keeps a journal on disk, which whoever has the
 * portfolio next reads, and knows a repeated key. What it lacks is an owner. Run by node as it is.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Errors, ServiceBroker } from "moleculer";
import type { BrokerLine, JournalLine, StockState } from "./stock-record.ts";
import { INITIAL_CASH, applyLine, initialState } from "./stock-record.ts";

const { NODE_ID = "", NATS_URL = "", PORT = "0", STORE = "" } = process.env;
/** a broker that answers as fast as brokers on the same continent do */
const BROKER_MS = 20;
const PRICE = 100;

interface Place {
  readonly portfolioId: string;
  readonly clOrdId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
}

interface OfOrder {
  readonly portfolioId: string;
  readonly orderId: string;
}

const portfolios = new Map<string, StockState>();

function portfolio(id: string): StockState {
  const known = portfolios.get(id);
  if (known !== undefined) return known;
  const state = initialState();
  const file = journalOf(id);
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  // sound: written by `append` below
  for (const line of lines) applyLine(state, JSON.parse(line) as JournalLine);
  portfolios.set(id, state);
  return state;
}

function journalOf(portfolioId: string): string {
  return join(STORE, `${portfolioId}.jsonl`);
}

/** `JournalLine` without what is filled in here, for each of its cases. */
type News = JournalLine extends infer Line
  ? Line extends JournalLine
    ? Omit<Line, "version" | "node">
    : never
  : never;

function append(portfolioId: string, state: StockState, news: News): void {
  // sound: a case of JournalLine with the two fields that were left out
  const line = { ...news, version: state.version + 1, node: NODE_ID } as JournalLine;
  appendFileSync(journalOf(portfolioId), `${JSON.stringify(line)}\n`);
  applyLine(state, line);
}

async function place({ params }: Context<Place>) {
  const { portfolioId, clOrdId: key, symbol, side, quantity } = params;
  const state = portfolio(portfolioId);
  const orderId = `${portfolioId}.${key}`;
  if (state.orders.has(orderId)) return { orderId };
  append(portfolioId, state, { type: "placed", orderId, key, symbol, side, quantity });
  const fill = await submit({ orderId, symbol, side, quantity });
  append(portfolioId, state, { type: "filled", ...fill });
  return { orderId };
}

/** The broker's own log is its memory; it takes what it is sent. */
async function submit(order: Omit<BrokerLine, "execId" | "price" | "node">): Promise<BrokerLine> {
  await sleep(BROKER_MS);
  const execId = `${NODE_ID}-${process.pid}-${performance.now()}`;
  const line: BrokerLine = { ...order, execId, price: String(PRICE), node: NODE_ID };
  appendFileSync(join(STORE, "broker.log"), `${JSON.stringify(line)}\n`);
  return line;
}

const broker = new ServiceBroker({
  nodeID: NODE_ID,
  transporter: { type: "NATS", options: { url: NATS_URL } },
  registry: { strategy: "Shard", strategyOptions: { shardKey: "portfolioId" } },
});

broker.createService({
  name: "desk",
  actions: {
    place,
    cancel({ params }: Context<OfOrder>) {
      const state = portfolio(params.portfolioId);
      if (!state.orders.has(params.orderId)) throw notFound();
      append(params.portfolioId, state, { type: "cancelAsked", orderId: params.orderId });
      return { orderId: params.orderId };
    },
    read({ params }: Context<OfOrder>) {
      if (!portfolio(params.portfolioId).orders.has(params.orderId)) throw notFound();
      return { orderId: params.orderId };
    },
    standing({ params }: Context<{ readonly portfolioId: string }>) {
      const { cash, positions } = portfolio(params.portfolioId);
      return {
        portfolioId: params.portfolioId,
        initialCash: String(INITIAL_CASH),
        cash: String(cash),
        positions: [...positions].map(([symbol, held]) => ({ symbol, quantity: String(held) })),
      };
    },
  },
});

function notFound() {
  return new Errors.MoleculerClientError("there is no such order", 404, "ORDER_NOT_FOUND");
}

/** The routes that the workload knows, each one call. */
async function route({ method = "", url = "" }: IncomingMessage, body: string): Promise<unknown> {
  if (url === "/health/ready") return {};
  const orderId = url.slice("/api/orders/".length);
  const ofOrder = { orderId, portfolioId: orderId.split(".")[0] ?? "" };
  if (method === "POST") return broker.call("desk.place", JSON.parse(body));
  if (url.startsWith("/standing/"))
    return broker.call("desk.standing", { portfolioId: url.slice("/standing/".length) });
  return broker.call(method === "DELETE" ? "desk.cancel" : "desk.read", ofOrder);
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const told = await route(req, await readText(req));
    res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
  } catch (error) {
    const status = error instanceof Errors.MoleculerError ? error.code : 500;
    res
      .writeHead(status)
      .end(JSON.stringify({ code: error instanceof Errors.MoleculerError ? error.type : "ERROR" }));
  }
}

await broker.start();
createServer((req, res) => void answer(req, res)).listen(Number(PORT), "127.0.0.1");
