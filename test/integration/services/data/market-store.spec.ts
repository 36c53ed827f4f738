import { request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { tableFromIPC } from "apache-arrow";
import { getBars, getQuote } from "../../../../mixins/rest/routes/market-data.ts";
import {
  exportBars,
  getRetention,
  getStorageUse,
  ingestBars,
  putRetention,
} from "../../../../mixins/rest/routes/market-store.ts";
import { storeBars } from "../../../../models/timescale/bars.ts";
import type { HttpClient } from "../../../support/http.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { signUp } from "../../../support/node-users.ts";
import { withNode } from "../../../support/node.ts";

const node = withNode();
const KNOWN_MS = Date.UTC(2026, 0);
const MINUTE_MS = 60_000;
let trader: HttpClient;
let viewer: HttpClient;

beforeAll(async () => {
  trader = (await signUp(node(), { role: "trader" })).client;
  viewer = (await signUp(node(), { role: "viewer" })).client;
  const market = await HandMarket.open(node());
  for (const symbol of ["UP", "CSV", "KEYED", "TOLD", "OUT"]) await market.list(symbol);
});

function row(day: number, changes: object = {}) {
  const timestamp = `2024-03-0${day}T00:00:00.000Z`;
  return { timestamp, open: "10", high: "11", low: "9", close: "10.5", volume: "100", ...changes };
}

const upload = { timeframe: "1d", source: "desk" };

describe("an upload of bars", () => {
  it("stores the good rows, and says of each bad one why it was refused", async () => {
    const data = [
      row(1, { vwap: "10.250", tradeCount: 7 }),
      row(2, { high: "8" }),
      row(3, { volume: -1 }),
      row(4),
      row(3),
      row(5, { timestamp: "2999-01-01" }),
      row(5, { price: "1" }),
      row(5, { timestamp: "2024-03-05T00:01:00Z" }),
      row(5, { tradeCount: 3e9 }),
      7,
      row(6),
      null,
    ];
    const answer = await trader.call(ingestBars, { symbol: "UP", ...upload, data });
    expect(answer).toMatchObject({ accepted: 3, revised: 0, duplicates: 0, rejectedCount: 9 });
    expect(answer.rejected.map(({ row: at, reason }) => [at, reason])).toEqual([
      [2, "HIGH_BELOW_LOW"],
      [3, "VOLUME_NEGATIVE"],
      [5, "OUT_OF_ORDER"],
      [6, "TIME_IN_FUTURE"],
      [7, "FIELD_UNKNOWN"],
      [8, "TIME_NOT_ALIGNED"],
      [9, "COUNT_INVALID"],
      [10, "NOT_AN_OBJECT"],
      [12, "NOT_AN_OBJECT"],
    ]);
    const { data: bars } = await trader.call(getBars, { symbol: "UP", timeframe: "1d" });
    expect(bars).toEqual([row(1, { vwap: "10.25", tradeCount: 7 }), row(4), row(6)]);
  });

  it("counts what is stored already, and what revises it", async () => {
    const data = [row(4), row(6, { close: "10.75" }), row(7)];
    const answer = await trader.call(ingestBars, { symbol: "UP", ...upload, data });
    expect(answer).toMatchObject({ accepted: 2, revised: 1, duplicates: 1, rejected: [] });
  });

  it("gives the same answer to the same key and body, and refuses the key with another body", async () => {
    const body = { symbol: "KEYED", ...upload, data: [row(1)] };
    const key = { "idempotency-key": "once" };
    const first = await trader.ask(ingestBars, body, key);
    const again = await trader.ask(ingestBars, body, key);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    const other = await trader.ask(ingestBars, { ...body, data: [row(2)] }, key);
    expect([other.status, other.text]).toEqual([
      422,
      expect.stringContaining("IDEMPOTENCY_KEY_REUSED"),
    ]);
  });

  it("reaches the symbol's actor, whose price is as old as the bar", async () => {
    const quote = { symbol: "TOLD" };
    await trader.call(ingestBars, { symbol: "TOLD", ...upload, data: [row(1)] });
    expect(await trader.call(getQuote, quote)).toMatchObject({ last: "10.5", stale: true });
    await trader.call(ingestBars, {
      symbol: "TOLD",
      ...upload,
      data: [row(1), row(2, { close: "9.5" })],
    });
    expect(await trader.call(getQuote, quote)).toMatchObject({ last: "9.5", stale: true });
    const older = { timestamp: "2024-02-28" };
    await trader.call(ingestBars, { symbol: "TOLD", ...upload, data: [row(1, older)] });
    expect(await trader.call(getQuote, quote)).toMatchObject({ last: "9.5" });
  });

  it("is refused as a whole without rows, without its symbol, and of whom may only read", async () => {
    const missing = await trader.ask(ingestBars, { symbol: "UP", ...upload });
    expect([missing.status, missing.text]).toEqual([422, expect.stringContaining('"data"')]);
    const nobody = await trader.ask(ingestBars, { symbol: "NOBODY", ...upload, data: [row(1)] });
    expect(nobody.status).toBe(404);
    expect((await viewer.ask(ingestBars, { symbol: "UP", ...upload, data: [row(1)] })).status).toBe(
      403,
    );
    const imprecise = `{"timeframe":"1d","source":"x","data":[{"open":0.12345678901234567890}]}`;
    const path = "/api/market-data/UP";
    const answer = await trader.send({ method: "POST", path, body: imprecise });
    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining("data[0].open")]);
  });
});

describe("an upload as CSV", () => {
  const send = (path: string, body: string, type = "text/csv; charset=utf-8") =>
    trader.send({ method: "POST", path, body, headers: { "content-type": type } });
  const path = "/api/market-data/CSV?timeframe=1m&source=file";

  it("of many rows is stored, in whichever order its columns are", async () => {
    const count = 20_000;
    const lines = Array.from({ length: count }, (_, i) => {
      const timestamp = Date.UTC(2024, 0, 1) + i * MINUTE_MS;
      return `10,${timestamp},11,9,10.${10 + (i % 90)},${i},${i % 9}`;
    });
    const text = ["open,timestamp,high,low,close,volume,tradeCount", ...lines, "1,2"].join("\n");
    const answer = await send(path, text);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({
      accepted: count,
      revised: 0,
      duplicates: 0,
      rejectedCount: 1,
      rejected: [{ row: count + 1, reason: "CELLS_MISSING", detail: expect.any(String) }],
    });
    expect(JSON.parse((await send(path, text)).text)).toMatchObject({ duplicates: count });
  });

  it("is refused where its header, its query or the route does not fit", async () => {
    expect((await send(path, "open,price\n1,2")).status).toBe(422);
    expect((await send("/api/market-data/CSV", "open\n1")).status).toBe(422);
    expect((await send(`${path}&limit=3`, "open\n1")).status).toBe(422);
    expect((await send(path, "open\n1", "text/csv; charset=latin1")).status).toBe(415);
    expect((await send("/api/portfolios", "a,b\n1,2")).status).toBe(415);
  });

  it.each([
    ["nothing", ""],
    ["an empty line", "\n"],
  ])("of %s is told that it has no header row", async (_, body) => {
    const { status, text } = await send(path, body);
    expect([status, text]).toEqual([422, expect.stringMatching(/VALIDATION_FAILED/)]);
    expect(text).toContain("header row");
    expect(text).not.toContain("UNKNOWN");
  });

  it("is too large past a hundred thousand rows", async () => {
    const text = `timestamp,open,high,low,close,volume\n${"0,1,1,1,1,1\n".repeat(100_001)}`;
    const answer = await send(path, text);
    expect([answer.status, answer.text]).toEqual([413, expect.stringContaining("100000 rows")]);
  });
});

describe("an export of bars", () => {
  const count = 12_000;
  const firstMs = Date.UTC(2024, 0, 1);

  beforeAll(async () => {
    const bars = Array.from({ length: count }, (_, i) => ({
      symbol: "OUT",
      timeframe: "1m" as const,
      startMs: firstMs + i * MINUTE_MS,
      open: i % 2 === 0 ? "-37.63" : "12345678901234567890.123456789012345678",
      high: "12345678901234567890.5",
      low: "-40",
      close: "0.000000000000000001",
      volume: String(i),
      ...(i % 3 === 0 && { vwap: "1.5", tradeCount: i }),
      source: i % 5 === 0 ? 'a "b", c' : "plain",
    }));
    await storeBars(node().context.pool, bars, KNOWN_MS);
  });

  const ask = (format: string, more: object = {}) =>
    trader.ask(exportBars, { symbol: "OUT", timeframe: "1m", format, ...more });

  it("as CSV has every bar, which can be uploaded again but for its source", async () => {
    const { headers, text } = await ask("csv");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
    expect(headers["content-disposition"]).toBe('attachment; filename="OUT-1m.csv"');
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(count + 1);
    expect(lines[1]).toBe(
      '2024-01-01T00:00:00.000Z,-37.63,12345678901234567890.5,-40,0.000000000000000001,0,1.5,0,"a ""b"", c"',
    );
    expect(lines[2]).toMatch(/0\.000000000000000001,1,,,plain$/);
  });

  it("as NDJSON has a bar a line, of the range that was asked", async () => {
    const range = { start: firstMs + MINUTE_MS, end: firstMs + 3 * MINUTE_MS };
    const { text } = await ask("ndjson", range);
    const bars = text.trimEnd().split("\n");
    expect(bars).toHaveLength(2);
    expect(JSON.parse(bars[0] ?? "")).toMatchObject({ volume: "1", source: "plain" });
  });

  it("as Arrow is read back by another reader, digit by digit", async () => {
    const bytes = await download("/api/market-data/OUT/export?timeframe=1m&format=arrow");
    const table = tableFromIPC(bytes);
    expect(table.numRows).toBe(count);
    expect(String(table.schema)).toContain("Timestamp<MILLISECOND, UTC>");
    const units = table.getChild("open");
    expect(String(units?.type)).toContain("Decimal[38e+18]");
    expect(wide(units?.get(0))).toBe(-37_630_000_000_000_000_000n);
    expect(wide(units?.get(1))).toBe(12_345_678_901_234_567_890_123_456_789_012_345_678n);
    expect(table.getChild("vwap")?.get(1)).toBeNull();
    expect(table.getChild("tradeCount")?.get(3)).toBe(3n);
    expect(table.getChild("timestamp")?.get(2)).toBe(firstMs + 2 * MINUTE_MS);
    expect(table.getChild("source")?.get(5)).toBe('a "b", c');
  });

  it("of nothing is an empty file that says what its columns are", async () => {
    const range = "start=2030-01-01&timeframe=1m";
    const bytes = await download(`/api/market-data/OUT/export?${range}&format=arrow`);
    expect(tableFromIPC(bytes).schema.names).toContain("tradeCount");
    expect((await ask("csv", { start: "2030-01-01" })).text).toBe(
      "timestamp,open,high,low,close,volume,vwap,tradeCount,source\n",
    );
  });

  it("ends when its client goes, and leaves no query behind", async () => {
    await new Promise<void>((resolve, reject) => {
      const asked = httpRequest(
        `${trader.url}/api/market-data/OUT/export?timeframe=1m`,
        { headers: { authorization: `Bearer ${trader.token}` } },
        (response) => response.once("data", () => resolve(void asked.destroy())),
      );
      asked.once("error", reject).end();
    });
    await eventually("all connections given back", async () => {
      const { totalCount, idleCount } = node().context.pool;
      return totalCount === idleCount ? true : null;
    });
    expect(node().errors).toEqual([]);
  });

  it("of a symbol that nobody listed is not there", async () => {
    expect((await trader.ask(exportBars, { symbol: "NOBODY" })).status).toBe(404);
  });

  async function download(path: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${trader.token}` };
      httpRequest(`${trader.url}${path}`, { headers }, (response) => {
        buffer(response).then(resolve, reject);
      })
        .once("error", reject)
        .end();
    });
  }
});

describe("storage", () => {
  it("is told by symbol, kind and timeframe", async () => {
    const use = await trader.all(getStorageUse, {}, 2);
    expect(use.map(({ symbol }) => symbol)).toEqual(["CSV", "KEYED", "OUT", "TOLD", "UP"]);
    expect(use[0]).toMatchObject({ kind: "bars", timeframe: "1m", rows: 20_000 });
  });

  it("is kept as an administrator says, and by nobody else's word", async () => {
    const data = [{ kind: "trades", timeframe: null, days: 7 }];
    expect((await trader.ask(putRetention, { data })).status).toBe(403);
    await node().admin.call(putRetention, { data });
    const { data: rules } = await trader.call(getRetention);
    expect(rules.find(({ kind }) => kind === "trades")?.days).toBe(7);
    const wrong = [{ kind: "trades", timeframe: "1m", days: 7 }];
    const answer = await node().admin.ask(putRetention, { data: wrong });
    expect([answer.status, answer.text]).toEqual([
      422,
      expect.stringContaining("data[0].timeframe"),
    ]);
  });
});

/** Two's complement, least word first. */
function wide(words: unknown): bigint {
  if (!(words instanceof Uint32Array)) throw new Error("expected a decimal's words");
  const units = words.reduce((sum, word, i) => sum + (BigInt(word) << BigInt(32 * i)), 0n);
  return BigInt.asIntN(128, units);
}
