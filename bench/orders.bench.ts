import { createSecretKey, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import type { Pool } from "pg";
import { PAPER_FEES } from "../domain/execution/fees.ts";
import { holdCash } from "../domain/risk/hold.ts";
import { dec, Decimal, text } from "../domain/shared/decimal.ts";
import { load, postRequest } from "./orders-load.ts";
import type { LoadResult } from "./orders-load.ts";
import { startServer } from "./orders-process.ts";
import type { ServerProcess } from "./orders-process.ts";
import { RestClient } from "./orders-rest.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, round } from "./support.ts";

const CONNECTIONS = [16, 64, 256] as const;
const PORTFOLIOS = 32;
const SYMBOL = "SPX";
/** The sample's S&P 500 never trades near it: the orders rest, and hold their cash. */
const LOWEST_PRICE = 100;
/** Cents by which prices differ, so that no two requests in a row are alike. */
const PRICES = 100;
const SETTLE_MS = 60_000;

interface Cell extends LoadResult {
  /** processor time of the server's process an order, in µs: what other loads of the machine disturb least */
  readonly cpuUsPerOrder: number;
}

interface OurCell extends Cell {
  /** from the last answer until the venue had accepted every order */
  readonly settledMs: number;
}

/** What a cell sends: an order of one lot after another, round robin over its portfolios. */
class OrderStream {
  readonly #token: string;
  readonly #portfolioIds: readonly string[];
  readonly #sent: number[];
  #n = 0;

  constructor(token: string, portfolioIds: readonly string[]) {
    this.#token = token;
    this.#portfolioIds = portfolioIds;
    this.#sent = portfolioIds.map(() => 0);
  }

  readonly next = (): string => {
    const at = this.#n % this.#portfolioIds.length;
    const portfolioId = this.#portfolioIds[at] ?? "";
    const price = this.#priceOf(this.#sent[at] ?? 0);
    this.#n += 1;
    this.#sent[at] = (this.#sent[at] ?? 0) + 1;
    const body = `{"portfolioId":"${portfolioId}","symbol":"${SYMBOL}","side":"buy","type":"limit","quantity":"1","price":"${price}","timeInForce":"gtc"}`;
    return postRequest({
      path: "/api/orders",
      token: this.#token,
      idempotencyKey: randomUUID(),
      body,
    });
  };

  /** By portfolio: how many orders were sent, and the cash that they must hold. */
  expected(): readonly { portfolioId: string; orders: number; reserved: string }[] {
    return this.#portfolioIds.map((portfolioId, at) => {
      const orders = this.#sent[at] ?? 0;
      let reserved = new Decimal(0);
      for (let n = 0; n < orders; n++) reserved = reserved.plus(HOLDS[n % PRICES] ?? 0);
      return { portfolioId, orders, reserved: text(reserved) };
    });
  }

  #priceOf(n: number): string {
    return priceAt(n % PRICES);
  }
}

function priceAt(cents: number): string {
  return (LOWEST_PRICE + cents / 100).toFixed(2);
}

const HOLDS: readonly Decimal[] = Array.from({ length: PRICES }, (_, cents) =>
  holdCash(dec(1), {
    worstPrice: dec(priceAt(cents)),
    multiplier: "1",
    lotSize: "1",
    feeBps: PAPER_FEES.takerBps,
    currency: "USD",
  }),
);

/** Our cell: the load, then the record. What was answered must be there, what is there must have been answered. */
async function ordersCell(
  server: ServerProcess,
  rest: RestClient,
  pool: Pool,
  connections: number,
  durationMs: number,
): Promise<OurCell> {
  const portfolioIds = await rest.openPortfolios(PORTFOLIOS);
  const stream = new OrderStream(rest.token, portfolioIds);
  const cell = await measure(server, stream, connections, durationMs);
  const settledMs = await settle(pool, portfolioIds, cell.answered);
  for (const { portfolioId, orders, reserved } of stream.expected()) {
    const portfolio = await rest.portfolio(portfolioId);
    expectEqual(`open orders of ${portfolioId}`, orders, portfolio.openOrders);
    expectEqual(`cash held by ${portfolioId}`, reserved, portfolio.reserved);
  }
  return { ...cell, settledMs };
}

async function referenceCell(
  server: ServerProcess,
  token: string,
  pool: Pool,
  connections: number,
  durationMs: number,
): Promise<Cell> {
  const portfolioIds = Array.from({ length: PORTFOLIOS }, () => randomUUID());
  const stream = new OrderStream(token, portfolioIds);
  const cell = await measure(server, stream, connections, durationMs);
  const { rows } = await pool.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM plain_order WHERE portfolio_id = ANY ($1)",
    [portfolioIds],
  );
  expectEqual("plain orders on record", cell.answered, rows[0]?.count);
  return cell;
}

async function measure(
  server: ServerProcess,
  stream: OrderStream,
  connections: number,
  durationMs: number,
): Promise<Cell> {
  const before = await server.cpuMs();
  const result = await load({ url: server.url, connections, durationMs, requestOf: stream.next });
  const cpuMs = (await server.cpuMs()) - before;
  return { ...result, cpuUsPerOrder: Math.round((cpuMs * 1_000) / result.answered) };
}

/** Waits until the venue has accepted every order. @throws Error unless as many are on record as were answered */
async function settle(
  pool: Pool,
  portfolioIds: readonly string[],
  answered: number,
): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const { rows } = await pool.query<{ status: string; count: number }>(
      "SELECT status, count(*)::int AS count FROM act.view WHERE type = 'order' AND portfolio_id = ANY ($1) GROUP BY status",
      [portfolioIds],
    );
    const onRecord = rows.reduce((sum, { count }) => sum + count, 0);
    expectEqual("orders on record", answered, onRecord);
    const tookMs = performance.now() - startMs;
    if (rows.every(({ status }) => status === "new")) return Math.round(tookMs);
    if (tookMs > SETTLE_MS)
      throw new Error(`${SETTLE_MS} ms after the last answer: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function expectEqual(what: string, expected: unknown, found: unknown): void {
  if (found !== expected)
    throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const database = await openBenchDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "qa-bench-orders-"));
  const durationMs = isQuick ? 1_000 : 7_000;
  const secret = randomUUID() + randomUUID();
  const password = randomUUID();
  const servers: ServerProcess[] = [];
  const start = async (file: URL, settings: Readonly<Record<string, string>>) => {
    const server = await startServer(file, { DATABASE_URL: database.url, ...settings });
    servers.push(server);
    return server;
  };
  try {
    const ours = await start(new URL("./orders-server.ts", import.meta.url), {
      DATA_DIR: dataDir,
      PORT: "0",
      LOG_LEVEL: "warn",
      JWT_SECRET_KEY: secret,
      ADMIN_PASSWORD: password,
      SAMPLE_DATA: "on",
    });
    const plain = await start(new URL("./orders-reference.ts", import.meta.url), {
      JWT_SECRET_KEY: secret,
    });
    console.log(
      `POST /api/orders; ${database.description}; ${PORTFOLIOS} portfolios; ${durationMs / 1_000} s a cell`,
    );
    const rest = await RestClient.login(ours.url, "admin@localhost", password);
    await rest.awaitQuote(SYMBOL);
    const token = jwt.sign({ sub: randomUUID() }, createSecretKey(secret, "utf8"));
    const warmUpMs = isQuick ? 500 : 2_000;
    await ordersCell(ours, rest, database.pool, 16, warmUpMs);
    await referenceCell(plain, token, database.pool, 16, warmUpMs);
    const cells: Record<string, OurCell> = {};
    const reference: Record<string, Cell> = {};
    for (const connections of CONNECTIONS) {
      const our = await ordersCell(ours, rest, database.pool, connections, durationMs);
      const bare = await referenceCell(plain, token, database.pool, connections, durationMs);
      cells[`connections${connections}`] = our;
      reference[`connections${connections}`] = bare;
      console.log(
        `${String(connections).padStart(4)} connections: ${line(our)}, settled ${our.settledMs} ms later   | bare route, one INSERT: ${line(bare)}`,
      );
    }
    const [our, bare] = [cells["connections64"], reference["connections64"]];
    return {
      name: "orders",
      figures: { ...cells, target: { perSecond: 3_000, p99Ms: 50 } },
      reference: {
        what: "bare Fastify route, JWT by jsonwebtoken with a KeyObject, one INSERT a request, same PostgreSQL, 20 connections",
        ...reference,
      },
      ratio: round((our?.perSecond ?? 0) / (bare?.perSecond ?? 1)),
    };
  } finally {
    for (const server of servers) await server.stop();
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function line({ perSecond, p50Ms, p99Ms, cpuUsPerOrder }: Cell): string {
  return `${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${cpuUsPerOrder} µs of CPU each`;
}
