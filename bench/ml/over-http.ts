import { load } from "../orders-load.ts";
import type { LoadResult } from "../orders-load.ts";
import { type Desk, servedModel, withDesk } from "./desk.ts";

const CONNECTIONS = 32;
const FEATURES = [
  "returns_1",
  "returns_5",
  "returns_21",
  "rsi_14",
  "volatility_21",
  "atr_14",
  "willr_14",
  "roc_10",
];
const DIRECTION = {
  kind: "classifier",
  symbols: ["SPX"],
  timeframe: "1d",
  features: FEATURES,
  target: { kind: "direction", horizon: 5 },
};

/** The first two are what the original's documents claim figures for. */
function modelsOf(isQuick: boolean) {
  const rounds = { rounds: 100 };
  // How well it has learnt is nothing to how fast it answers, and would be most of a quick run.
  const epochs = isQuick ? { epochs: 2 } : {};
  return {
    trees: { ...DIRECTION, name: "trees", algorithm: "boosting", parameters: rounds },
    lstm: { ...DIRECTION, name: "lstm", algorithm: "brainLstm", parameters: epochs },
  } as const;
}

interface Measured extends LoadResult {
  /** processor time of the server's process for a request, µs: what other loads of the machine disturb least */
  readonly cpuUs: number;
}

export interface PredictionFigures {
  /** the prediction of the newest bar, as everybody asks for it */
  readonly ask: Measured;
  /** a row of the client's own, computed anew for each request; null of a model that cannot be given rows */
  readonly row: Measured | null;
  /** a thousand of them in a request */
  readonly thousandRows: Measured | null;
}

/** Predictions a second over HTTP, all connections in a closed loop, one node with everything. */
export function predictionsOverHttp(
  isQuick: boolean,
): Promise<Readonly<Record<keyof ReturnType<typeof modelsOf>, PredictionFigures>>> {
  const durationMs = isQuick ? 1_000 : 7_000;
  const models = modelsOf(isQuick);
  return withDesk(async (desk) => {
    console.log(`GET and POST /api/predict; ${desk.description}; ${CONNECTIONS} connections`);
    return {
      trees: await figuresOf(desk, models.trees, true, durationMs),
      lstm: await figuresOf(desk, models.lstm, false, durationMs),
    };
  });
}

async function figuresOf(
  desk: Desk,
  definition: { readonly name: string },
  takesRows: boolean,
  durationMs: number,
): Promise<PredictionFigures> {
  const modelId = await servedModel(desk, definition);
  const get = `GET /api/predict/SPX?modelId=${modelId} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${desk.token}\r\n\r\n`;
  const ask = await measure(desk, `${definition.name}, newest bar`, get, durationMs);
  if (!takesRows) return { ask, row: null, thousandRows: null };
  const row = await measure(
    desk,
    `${definition.name}, own row`,
    rowsOf(desk, modelId, 1),
    durationMs,
  );
  const thousandRows = await measure(
    desk,
    `${definition.name}, 1,000 own rows`,
    rowsOf(desk, modelId, 1_000),
    durationMs,
  );
  return { ask, row, thousandRows };
}

function rowsOf({ token }: Desk, modelId: string, count: number): string {
  const rows = Array.from({ length: count }, () => [0.001, 0.004, 0.01, 55, 0.01, 20, 25, 0.5]);
  const body = JSON.stringify({ modelId, rows });
  return (
    `POST /api/predict/SPX HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

async function measure(
  { server }: Desk,
  name: string,
  request: string,
  durationMs: number,
): Promise<Measured> {
  const { url } = server;
  const asked = { url, connections: CONNECTIONS, requestOf: () => request, status: 200 };
  await load({ ...asked, durationMs: durationMs / 4 });
  const beforeMs = await server.cpuMs();
  const found = await load({ ...asked, durationMs });
  const cpuMs = (await server.cpuMs()) - beforeMs;
  const cpuUs = Math.round((cpuMs * 1_000) / found.answered);
  console.log(
    `${name}: ${found.perSecond}/s, p50 ${found.p50Ms} ms, p99 ${found.p99Ms} ms, ${cpuUs} µs of CPU each`,
  );
  return { ...found, cpuUs };
}
