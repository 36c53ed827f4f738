import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bar } from "../../domain/market/bar.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import { upsertInstrument } from "../../models/instruments.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { startServer } from "../orders-process.ts";
import type { ServerProcess } from "../orders-process.ts";
import { RestClient } from "../orders-rest.ts";
import { openBenchDatabase } from "../support.ts";

const EMAIL = "bench@localhost";
const POLL_MS = 100;
const KNOWN_MS = Date.UTC(2022, 0);

/** A node with the packaged bars of the S&P 500, and whoever asks it. */
export interface Desk {
  readonly server: ServerProcess;
  readonly token: string;
  readonly description: string;
  /** @throws Error unless it succeeds */
  post<T>(path: string, body: object): Promise<T>;
  get<T>(path: string): Promise<T>;
  remove(path: string): Promise<void>;
  /** The job that an answer names, to its end. @throws Error unless it succeeds */
  done(job: { readonly jobId: string }): Promise<void>;
}

/** What a node has beside the S&P 500. */
export interface MoreData {
  readonly instrument: Instrument;
  readonly bars: Iterable<readonly Bar[]>;
}

/** Starts everything on a new database, and takes it away again whatever happens. */
export async function withDesk<T>(
  work: (desk: Desk) => Promise<T>,
  more: MoreData | null = null,
): Promise<T> {
  const database = await openBenchDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "qa-bench-ml-"));
  const password = randomUUID();
  let server: ServerProcess | null = null;
  try {
    await upsertInstrument(database.pool, SPX);
    await storeBars(database.pool, sp500(), KNOWN_MS);
    if (more !== null) {
      await upsertInstrument(database.pool, more.instrument);
      for (const part of more.bars) await storeBars(database.pool, part, KNOWN_MS);
    }
    server = await startServer(new URL("../orders-server.ts", import.meta.url), {
      DATABASE_URL: database.url,
      JWT_SECRET_KEY: randomUUID() + randomUUID(),
      DATA_DIR: dataDir,
      PORT: "0",
      LOG_LEVEL: "warn",
      ADMIN_EMAIL: EMAIL,
      ADMIN_PASSWORD: password,
      SAMPLE_DATA: "off",
    });
    const { token } = await RestClient.login(server.url, EMAIL, password);
    return await work({
      server,
      token,
      description: database.description,
      ...clientOf(server, token),
    });
  } finally {
    await server?.stop();
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const SPX = {
  symbol: "SPX",
  name: "S&P 500",
  assetClass: "index",
  venue: "PAPER",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  multiplier: "1",
  shortable: false,
  calendar: "XNYS",
} as const;

function sp500(): readonly Bar[] {
  const library = createRequire(import.meta.url).resolve("vega-datasets");
  const text = readFileSync(join(library, "../../data/sp500-2000.csv"), "utf8");
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [date = "", open = "", high = "", low = "", close = "", , volume = ""] =
        line.split(",");
      const price = (value: string): string => Number(value).toFixed(2);
      return {
        symbol: "SPX",
        timeframe: "1d",
        startMs: Date.parse(date),
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: String(Number(volume)),
        source: "vega-sp500",
      };
    });
}

function clientOf(
  { url }: ServerProcess,
  token: string,
): Pick<Desk, "post" | "get" | "remove" | "done"> {
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && !isForm && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    // sound: callers name what the route answers
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  return {
    post: (path, body) => ask("POST", path, body),
    get: (path) => ask("GET", path),
    remove: (path) => ask("DELETE", path),
    done: async ({ jobId }) => {
      for (;;) {
        const job = await ask<Job>("GET", `/api/jobs/${jobId}`);
        if (job.status === "succeeded") return;
        if (job.status !== "queued" && job.status !== "running")
          throw new Error(`job ${jobId} ${job.status}: ${JSON.stringify(job.error)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  };
}

/** Defines a model, trains it and puts it in production. @returns its modelId */
export async function servedModel(desk: Desk, definition: object): Promise<string> {
  const { modelId } = await desk.post<{ modelId: string }>("/api/models", definition);
  const train = { seed: 1, validation: { scheme: "walkForward", folds: 2 } };
  await desk.done(await desk.post(`/api/models/${modelId}/train`, train));
  const promotion = { version: 1, stage: "production", override: true, reason: "a benchmark" };
  await desk.post(`/api/models/${modelId}/promote`, promotion);
  return modelId;
}

interface Job {
  readonly status: string;
  readonly error?: unknown;
}
