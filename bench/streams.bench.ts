import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "./orders-process.ts";
import type { ServerProcess } from "./orders-process.ts";
import { RestClient } from "./orders-rest.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, percentile, round } from "./support.ts";

const SYMBOL = "SPX";
const EMAIL = "bench@localhost";
const PASSWORD = "a password of the benchmark";
const DAY_MS = 86_400_000;

/** Clients on Server-Sent Events, who hear the newest quote. */
class Audience {
  readonly #requests: ClientRequest[] = [];
  readonly #newest: string[] = [];
  events = 0;

  static async open(url: string, token: string, count: number): Promise<Audience> {
    const audience = new Audience();
    const address = new URL(`/api/stream?channels=quotes:${SYMBOL}`, url);
    for (let at = 0; at < count; at += 1) await audience.#listen(address, token, at);
    return audience;
  }

  #listen(address: URL, token: string, at: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const take = (response: IncomingMessage): void => {
        if (response.statusCode !== 200) return reject(new Error(`stream: ${response.statusCode}`));
        response.setEncoding("utf8").on("data", (text: string) => this.#hear(at, text));
        resolve();
      };
      const request = get(address, { headers, agent: false }, take).on("error", reject);
      this.#requests.push(request);
    });
  }

  #hear(at: number, text: string): void {
    const found = text.lastIndexOf('"timestamp":"');
    if (found === -1) return;
    this.events += 1;
    this.#newest[at] = text.slice(found + 13, found + 37);
  }

  /** How far each is behind the market, in its time, days. */
  lagDays(marketMs: number): number[] {
    return this.#newest.map((timestamp) => (marketMs - Date.parse(timestamp)) / DAY_MS);
  }

  get heard(): number {
    return this.#newest.filter((timestamp) => timestamp !== undefined).length;
  }

  close(): void {
    for (const request of this.#requests) request.destroy();
  }
}

interface Cell {
  readonly subscribers: number;
  /** days of the market that went through feed, actors, store, strategy and venue in a second */
  readonly daysPerSecond: number;
  /** processor time of the server, of the time that went by, %: what the machine's other loads disturb least */
  readonly cpuPct: number;
  readonly cpuMsPerDay: number;
  /** of the process of all clients, which has the same processors, % of one */
  readonly clientsCpuPct: number;
  readonly eventsPerSecond: number;
  readonly lagDaysP99: number;
}

/** A fresh installation replays its sample as fast as it can, while so many look on. */
async function measure(subscribers: number, durationMs: number): Promise<Cell> {
  const database = await openBenchDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "qa-bench-streams-"));
  const server = await startServer(new URL("orders-server.ts", import.meta.url), {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    PORT: "0",
    LOG_LEVEL: "error",
    SAMPLE_DATA: "on",
    REPLAY_SPEED: "1000000",
    STREAMS_PER_USER: "2000",
    ADMIN_EMAIL: EMAIL,
    ADMIN_PASSWORD: PASSWORD,
  });
  try {
    return await watch(server, subscribers, durationMs);
  } finally {
    await server.stop();
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function watch(server: ServerProcess, subscribers: number, durationMs: number) {
  const rest = await RestClient.login(server.url, EMAIL, PASSWORD);
  await rest.awaitQuote(SYMBOL);
  const audience = await Audience.open(server.url, rest.token, subscribers);
  const begin = await marketClock(rest);
  const eventsBefore = audience.events;
  const cpuBefore = await server.cpuMs();
  const clientsBefore = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const end = await marketClock(rest);
  const seconds = (end.nowMs - begin.nowMs) / 1_000;
  const days = (end.marketMs - begin.marketMs) / DAY_MS;
  const cpuMs = (await server.cpuMs()) - cpuBefore;
  const clients = process.cpuUsage(clientsBefore);
  const cell = {
    subscribers,
    daysPerSecond: round(days / seconds, 1),
    cpuPct: Math.round(cpuMs / seconds / 10),
    cpuMsPerDay: round(cpuMs / days),
    clientsCpuPct: Math.round((clients.user + clients.system) / seconds / 10_000),
    eventsPerSecond: Math.round((audience.events - eventsBefore) / seconds),
    lagDaysP99: subscribers === 0 ? 0 : round(percentile(audience.lagDays(end.marketMs), 99), 1),
  };
  if (audience.heard !== subscribers)
    throw new Error(
      `expected ${subscribers} clients to have heard a quote, found ${audience.heard}`,
    );
  audience.close();
  return cell;
}

async function marketClock(rest: RestClient): Promise<{ marketMs: number; nowMs: number }> {
  const marketMs = await rest.quotedAtMs(SYMBOL);
  return { marketMs, nowMs: performance.now() };
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const durationMs = isQuick ? 2_000 : 10_000;
  const counts = isQuick ? [0, 100] : [0, 100, 1_000];
  const cells: Cell[] = [];
  for (const count of counts) {
    const cell = await measure(count, durationMs);
    console.log(
      `${count} subscribers: ${cell.daysPerSecond} days of the market a second, ` +
        `${cell.eventsPerSecond} events/s told, p99 ${cell.lagDaysP99} days behind, processor ${cell.cpuPct} % (${cell.cpuMsPerDay} ms a day), of the clients ${cell.clientsCpuPct} %`,
    );
    cells.push(cell);
  }
  const [alone, ...watched] = cells;
  const most = watched.at(-1);
  if (alone === undefined || most === undefined) throw new Error("expected cells, found none");
  return {
    name: "streams",
    figures: {
      ...Object.fromEntries(watched.map((cell) => [`subscribers${cell.subscribers}`, cell])),
      // What the clients' own work takes from the server is in the rate, and not in its processor time.
      ratioOfProcessorTime: round(alone.cpuMsPerDay / most.cpuMsPerDay),
    },
    reference: { ...alone },
    ratio: round(most.daysPerSecond / alone.daysPerSecond),
  };
}
