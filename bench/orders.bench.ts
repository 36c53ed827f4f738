import { createSecretKey, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import type { Pool } from "pg";
import { load } from "./orders-load.ts";
import type { LoadResult } from "./orders-load.ts";
import { startServer } from "./orders-process.ts";
import type { ServerProcess } from "./orders-process.ts";
import { RestClient } from "./orders-rest.ts";
import { OrderStream, SYMBOL } from "./orders-stream.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, round } from "./support.ts";

const CONNECTIONS = [16, 64, 256] as const;
const PORTFOLIOS = 32;
const SETTLE_MS = 60_000;
const SETTLE_POLL_MS = 50;

interface Cell extends LoadResult {
  /** processor time of the server's process for an order, µs: what other loads of the machine disturb least */
  readonly cpuUsPerOrder: number;
}

interface OurCell extends Cell {
  /** from the last answer until the venue had accepted every order */
  readonly settledMs: number;
}

/** Both servers and the PostgreSQL that they share. */
interface Stage {
  readonly pool: Pool;
  readonly ours: ServerProcess;
  readonly rest: RestClient;
  readonly plain: ServerProcess;
  /** for the reference, which knows no users */
  readonly plainToken: string;
}

/** Our cell: the load, then the record. What was answered must be there, what is there must have been answered. */
async function ourCell(stage: Stage, connections: number, durationMs: number): Promise<OurCell> {
  const { ours, rest, pool } = stage;
  const portfolioIds = await rest.openPortfolios(PORTFOLIOS);
  const stream = new OrderStream(rest.token, portfolioIds);
  const cell = await measure(ours, stream, connections, durationMs);
  const settledMs = await settle(pool, portfolioIds, cell.answered);
  for (const { portfolioId, orders, reserved } of stream.expected()) {
    const portfolio = await rest.portfolio(portfolioId);
    expectEqual(`open orders of ${portfolioId}`, orders, portfolio.openOrders);
    expectEqual(`cash held by ${portfolioId}`, reserved, portfolio.reserved);
  }
  return { ...cell, settledMs };
}

/**
 * Waits until the venue has accepted every order.
 * @throws Error unless as many are on record as were answered, or when it takes too long
 */
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
    const tookMs = performance.now() - startMs;
    const onRecord = rows.reduce((sum, { count }) => sum + count, 0);
    expectEqual("orders on record", answered, onRecord);
    if (rows.every(({ status }) => status === "new")) return Math.round(tookMs);
    if (tookMs > SETTLE_MS)
      throw new Error(`${SETTLE_MS} ms after the last answer: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
  }
}

async function plainCell(stage: Stage, connections: number, durationMs: number): Promise<Cell> {
  const { plain, plainToken, pool } = stage;
  const portfolioIds = Array.from({ length: PORTFOLIOS }, () => randomUUID());
  const stream = new OrderStream(plainToken, portfolioIds);
  const cell = await measure(plain, stream, connections, durationMs);
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

function expectEqual(what: string, expected: unknown, found: unknown): void {
  if (found !== expected)
    throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const durationMs = isQuick ? 800 : 7_000;
  return withStage(async (stage, database) => {
    console.log(
      `POST /api/orders; ${database}; ${PORTFOLIOS} portfolios; ${durationMs / 1_000} s a cell`,
    );
    await ourCell(stage, 16, durationMs / 2);
    await plainCell(stage, 16, durationMs / 4);
    const cells: Record<string, OurCell> = {};
    const reference: Record<string, Cell> = {};
    for (const connections of CONNECTIONS) {
      const ours = await ourCell(stage, connections, durationMs);
      const plain = await plainCell(stage, connections, durationMs);
      cells[`connections${connections}`] = ours;
      reference[`connections${connections}`] = plain;
      print(connections, ours, plain);
    }
    return report(cells, reference);
  });
}

/** Starts everything on a new database, and takes it away again whatever happens. */
async function withStage(
  work: (stage: Stage, database: string) => Promise<BenchReport>,
): Promise<BenchReport> {
  const database = await openBenchDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "qa-bench-orders-"));
  const servers: ServerProcess[] = [];
  try {
    const stage = await startStage(database, dataDir, servers);
    return await work(stage, database.description);
  } finally {
    for (const server of servers) await server.stop();
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** @param servers is told of each server as soon as it runs, so that it can be stopped when the next one fails */
async function startStage(
  { url: databaseUrl, pool }: { readonly url: string; readonly pool: Pool },
  dataDir: string,
  servers: ServerProcess[],
): Promise<Stage> {
  const secret = randomUUID() + randomUUID();
  const password = randomUUID();
  const shared = { DATABASE_URL: databaseUrl, JWT_SECRET_KEY: secret };
  const ours = await startServer(new URL("./orders-server.ts", import.meta.url), {
    ...shared,
    DATA_DIR: dataDir,
    PORT: "0",
    LOG_LEVEL: "warn",
    ADMIN_EMAIL: "bench@localhost",
    ADMIN_PASSWORD: password,
    SAMPLE_DATA: "on",
  });
  servers.push(ours);
  const plain = await startServer(new URL("./orders-reference.ts", import.meta.url), shared);
  servers.push(plain);
  const rest = await RestClient.login(ours.url, "bench@localhost", password);
  await rest.awaitQuote(SYMBOL);
  const plainToken = jwt.sign({ sub: randomUUID() }, createSecretKey(secret, "utf8"));
  return { pool, ours, rest, plain, plainToken };
}

function report(
  cells: Readonly<Record<string, OurCell>>,
  reference: Readonly<Record<string, Cell>>,
): BenchReport {
  const ours = cells["connections64"]?.perSecond ?? 0;
  const plain = reference["connections64"]?.perSecond ?? 1;
  return {
    name: "orders",
    figures: { ...cells, target: { perSecond: 3_000, p99Ms: 50 } },
    reference: {
      what: "bare Fastify route, JWT by jsonwebtoken with a KeyObject, one INSERT a request, same PostgreSQL, 20 connections",
      ...reference,
    },
    ratio: round(ours / plain),
  };
}

function print(connections: number, ours: OurCell, plain: Cell): void {
  console.log(
    `${String(connections).padStart(4)} connections: ${line(ours)}, settled ${ours.settledMs} ms later   | bare route, one INSERT: ${line(plain)}`,
  );
}

function line({ perSecond, p50Ms, p99Ms, cpuUsPerOrder }: Cell): string {
  return `${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${cpuUsPerOrder} µs of CPU each`;
}
