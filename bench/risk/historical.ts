import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bar } from "../../domain/market/bar.ts";
import { RandomStream } from "../../domain/numeric/random.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { readConfig } from "../../services/config.ts";
import { createLogger } from "../../services/logging.ts";
import { startNode } from "../../services/node.ts";
import { closedLoop } from "../closed-loop.ts";

const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const LOOKBACK = 250;
const CALLERS = 4;
const UNLIMITED = { capacity: 1e9, refillPerSecond: 1e9 };
const ADMIN = { email: "admin@bench.test", password: "correct horse battery staple" };

/** POST /api/risk/var by the historical method, of positions with stored bars, from a node with its embedded stores. */
export async function historicalOverHttp(isQuick: boolean) {
  const [positions, durationMs] = isQuick ? [20, 1_000] : [500, 15_000];
  const dataDir = await mkdtemp(join(tmpdir(), "qa-bench-"));
  const config = readConfig({
    DATA_DIR: dataDir,
    PORT: "0",
    SAMPLE_DATA: "off",
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  });
  const log = createLogger({ level: "error", format: "json", nodeId: config.nodeId });
  const rateLimits = { user: UNLIMITED, address: UNLIMITED };
  const node = await startNode({ config, log, rateLimits });
  try {
    const { accessToken } = await post<{ accessToken: string }>(node.url, "/api/auth/login", ADMIN);
    const symbols = Array.from({ length: positions }, (_, i) => `S${i}`);
    for (const symbol of symbols) {
      await send(node.url, "PUT", `/api/symbols/${symbol}`, describe(symbol), accessToken);
      await storeBars(node.context.pool, barsOf(symbol), FIRST_MS);
    }
    const body = {
      positions: symbols.map((symbol) => ({ symbol, quantity: "10" })),
      lookback: LOOKBACK,
      method: "historical",
    };
    const ask = () => post(node.url, "/api/risk/var", body, accessToken);
    await ask();
    const { perSecond, p50Ms, p99Ms } = await closedLoop(CALLERS, durationMs, ask);
    return { positions, lookback: LOOKBACK, callers: CALLERS, perSecond, p50Ms, p99Ms };
  } finally {
    await node.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function describe(name: string) {
  const terms = { assetClass: "equity", venue: "PAPER", currency: "USD", calendar: "XNYS" };
  return { name, tickSize: "0.01", lotSize: "1", ...terms };
}

function barsOf(symbol: string): readonly Bar[] {
  const random = RandomStream.of(Number(symbol.slice(1)), 1);
  let price = 100;
  return Array.from({ length: LOOKBACK + 10 }, (_, i) => {
    price *= Math.exp(0.01 * random.normal());
    const close = price.toFixed(2);
    const prices = { open: close, high: close, low: close, close };
    const startMs = FIRST_MS + i * DAY_MS;
    return { symbol, timeframe: "1d", startMs, ...prices, volume: "1000", source: "bench" };
  });
}

const post = <R>(url: string | null, path: string, body: object, token?: string): Promise<R> =>
  send(url, "POST", path, body, token);

async function send<R>(
  url: string | null,
  method: string,
  path: string,
  body: object,
  token?: string,
): Promise<R> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  // sound: the contract says what it is
  return (await answer.json()) as R;
}
