import type { Bar } from "../../../../domain/market/bar.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import { readConfig } from "../../../../services/config.ts";
import type { RefusedRow } from "../../../../services/data/feeds/feed.ts";
import { ccxtHistory } from "../../../../services/data/sources/ccxt-history.ts";
import { vendorsOf } from "../../../../services/data/sources/definitions.ts";
import type { History } from "../../../../services/data/sources/definitions.ts";
import { SourceError } from "../../../../services/data/sources/source.ts";
import { TokenBucket } from "../../../../services/data/sources/token-bucket.ts";
import { VendorHttp } from "../../../../services/data/sources/vendor-http.ts";
import { DIALECTS } from "../../../support/vendor-dialects.ts";
import type { Dialect, VendorRow } from "../../../support/vendor-dialects.ts";
import { VendorServer } from "../../../support/vendor-server.ts";
import type { VendorAnswer } from "../../../support/vendor-server.ts";

const FAST = { requests: 1_000_000, perSeconds: 1 };
const TIMEOUT_MS = 400;
const SECRET = "a-secret-key";
const START_MS = { "1m": Date.parse("2024-01-16T00:00:00Z"), "1d": Date.parse("2015-01-05") };
const STEP_MS = { "1m": 60_000, "1d": 86_400_000 };
const NOW_MS = Date.parse("2024-01-20T00:00:00Z");

let server: VendorServer;
beforeAll(async () => {
  server = await VendorServer.start();
});
afterAll(() => server.close());

function open({ sourceId }: Dialect): History {
  const dependencies = new Dependencies(systemClock, resilienceMetrics(new Metrics()));
  const { url } = server;
  if (sourceId.startsWith("ccxt:"))
    return ccxtHistory({
      sourceId,
      exchangeId: sourceId.slice(5),
      host: url,
      dependency: dependencies.add({ name: sourceId, timeoutMs: TIMEOUT_MS }),
      bucket: new TokenBucket(systemClock, FAST),
      now: () => NOW_MS,
      symbolAt: (symbol) => symbol.replace("-", "/"),
    });
  const config = readConfig({
    ALPACA_KEY_ID: SECRET,
    ALPACA_SECRET_KEY: SECRET,
    POLYGON_API_KEY: SECRET,
    TIINGO_API_KEY: SECRET,
    ALPHA_VANTAGE_API_KEY: SECRET,
  });
  const vendor = vendorsOf(config).find((one) => one.sourceId === sourceId);
  if (vendor === undefined) throw new Error(`no vendor ${sourceId}`);
  const { terms, symbolAt } = vendor;
  const parts = { clock: systemClock, dependencies, timeoutMs: TIMEOUT_MS };
  const http = new VendorHttp(parts, { ...terms, name: sourceId, baseUrl: url, limit: FAST });
  return vendor.open(http, symbolAt);
}

interface Answered {
  readonly bars: readonly Bar[];
  readonly refused: readonly RefusedRow[];
}

async function ask(
  dialect: Dialect,
  count: number,
  signal = new AbortController().signal,
): Promise<Answered> {
  const { symbol, timeframe } = dialect;
  const startMs = START_MS[timeframe];
  const query = { symbol, timeframe, startMs, endMs: startMs + count * STEP_MS[timeframe] };
  const bars: Bar[] = [];
  const refused: RefusedRow[] = [];
  for await (const page of open(dialect).bars(query, { now: () => NOW_MS, signal })) {
    bars.push(...page.accepted);
    refused.push(...page.refused);
  }
  return { bars, refused };
}

function faultOf(dialect: Dialect): Promise<SourceError> {
  return ask(dialect, 10).then(
    () => {
      throw new Error("expected a fault");
    },
    (error: unknown) => {
      if (error instanceof SourceError) return error;
      throw error;
    },
  );
}

/** Prices that a float32 holds, which one of the vendors sends. */
function rowAt({ timeframe }: Dialect, index: number): VendorRow {
  const price = 100 + (index % 64) / 4;
  return {
    startMs: START_MS[timeframe] + index * STEP_MS[timeframe],
    open: String(price),
    high: String(price + 1),
    low: String(price - 1),
    close: String(price + 0.5),
    volume: String(1_000 + index),
  };
}

function rowsOf(dialect: Dialect, count: number): readonly VendorRow[] {
  return Array.from({ length: count }, (_, index) => rowAt(dialect, index));
}

const figures = ({ startMs, open: o, high, low, close, volume }: VendorRow | Bar) => [
  startMs,
  o,
  high,
  low,
  close,
  volume,
];

describe.each(DIALECTS.map((dialect) => [dialect.sourceId, dialect] as const))(
  "%s",
  (sourceId, dialect) => {
    const answer = (of: (url: URL) => VendorAnswer): void => {
      server.asked.length = 0;
      server.respond = of;
    };
    const answerBars = (rows: readonly VendorRow[]): void =>
      answer((url) => dialect.bars(url, rows));

    it("gives every bar of every page once, in order and to the digit", async () => {
      const rows = rowsOf(dialect, 2_500);
      answerBars(rows);
      const { bars, refused } = await ask(dialect, rows.length);
      expect(refused).toEqual([]);
      expect(bars.map(figures)).toEqual(rows.map(figures));
      expect(new Set(bars.map(({ source, symbol }) => `${source} ${symbol}`))).toEqual(
        new Set([`${sourceId} ${dialect.symbol}`]),
      );
    });

    it("gives what opens in the range alone", async () => {
      answerBars(rowsOf(dialect, 50));
      const { bars } = await ask(dialect, 10);
      expect(bars).toHaveLength(10);
    });

    it("has nothing where the vendor has nothing", async () => {
      answerBars([]);
      expect(await ask(dialect, 10)).toEqual({ bars: [], refused: [] });
    });

    it("knows repeated rows, and refuses what is no bar", async () => {
      const [first, second, third] = rowsOf(dialect, 3);
      if (!first || !second || !third) throw new Error("three rows");
      const crossed = { ...rowAt(dialect, 3), high: "1", low: "2" };
      const huge = { ...rowAt(dialect, 4), volume: "123456789012345678901234567890" };
      answerBars([first, third, second, third, crossed, huge]);
      const { bars, refused } = await ask(dialect, 10);
      const inOrder = bars.toSorted((a, b) => a.startMs - b.startMs);
      expect(inOrder.map(figures)).toEqual([first, second, third].map(figures));
      expect(refused.map(({ reason }) => reason).toSorted()).toEqual([
        "HIGH_BELOW_LOW",
        "NUMBER_TOO_LONG",
      ]);
    });

    it("leaves out a bar that has not ended, and refuses one from the future", async () => {
      const { timeframe } = dialect;
      const endMs = NOW_MS + 3 * 86_400_000;
      const opened = Math.floor((NOW_MS - 1) / STEP_MS[timeframe]) * STEP_MS[timeframe];
      const running = { ...rowAt(dialect, 0), startMs: opened };
      const future = { ...rowAt(dialect, 1), startMs: NOW_MS + 2 * 86_400_000 };
      answerBars([running, future]);
      const query = { symbol: dialect.symbol, timeframe, startMs: opened, endMs };
      const refused: RefusedRow[] = [];
      const signal = new AbortController().signal;
      for await (const page of open(dialect).bars(query, { now: () => NOW_MS - 1, signal })) {
        expect(page.accepted).toEqual([]);
        refused.push(...page.refused);
      }
      // One of them asks for days up to now only.
      for (const { reason } of refused) expect(reason).toBe("TIME_IN_FUTURE");
    });

    it("says that the symbol is not known, or has nothing of it", async () => {
      answer((url) =>
        url.pathname.endsWith("exchangeInfo") ? dialect.bars(url, []) : dialect.unknownSymbol,
      );
      if (sourceId === "stooq") return expect((await ask(dialect, 10)).bars).toEqual([]);
      return expect((await faultOf(dialect)).fault).toBe("SOURCE_SYMBOL_UNKNOWN");
    });

    it.each([
      [401, "SOURCE_UNAUTHORISED"],
      [403, "SOURCE_UNAUTHORISED"],
      [500, "SOURCE_UNAVAILABLE"],
      [503, "SOURCE_UNAVAILABLE"],
    ])("takes %s for %s, and does not repeat a key", async (status, fault) => {
      answer(() => ({ status, body: `{"message":"no"}` }));
      const error = await faultOf(dialect);
      expect(error.fault).toBe(fault);
      expect(error.message).not.toContain(SECRET);
    });

    it("says when it may be asked again", async () => {
      answer(() => ({ status: 429, headers: { "retry-after": "7" }, body: "Too Many Requests" }));
      const { fault, retryAfterMs } = await faultOf(dialect);
      expect([fault, retryAfterMs]).toEqual(["SOURCE_RATE_LIMITED", 7_000]);
    });

    it.each(["stall", "cut"] as const)("has no answer when they %s", async (manner) => {
      answer((url) => ({ ...dialect.bars(url, rowsOf(dialect, 10)), manner }));
      expect((await faultOf(dialect)).fault).toBe("SOURCE_UNAVAILABLE");
    });

    it("does not take a page of a website for data", async () => {
      answer(() => ({ body: "<!doctype html><title>Sorry</title>" }));
      expect((await faultOf(dialect)).fault).toBe("SOURCE_ANSWER_MALFORMED");
    });

    it("does not take half an answer for a whole one", async () => {
      if (!dialect.isJson) return;
      answer((url) => {
        const { body } = dialect.bars(url, rowsOf(dialect, 10));
        return { body: body.slice(0, Math.floor(body.length / 2)) };
      });
      expect((await faultOf(dialect)).fault).toBe("SOURCE_ANSWER_MALFORMED");
    });

    it("understands what is refused with a 200", async () => {
      for (const [body, fault] of dialect.refusals) {
        answer(() => ({ body }));
        expect((await faultOf(dialect)).fault).toBe(fault);
      }
    });

    it("ends when nobody waits any more", async () => {
      const controller = new AbortController();
      answer((url) => {
        controller.abort("cancelled");
        return { ...dialect.bars(url, rowsOf(dialect, 10)), manner: "stall" };
      });
      await expect(ask(dialect, 10, controller.signal)).rejects.toBe("cancelled");
    });
  },
);
