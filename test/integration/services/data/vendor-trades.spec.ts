import type { TradeTick } from "../../../../domain/market/quote.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import { readConfig } from "../../../../services/config.ts";
import { vendorsOf } from "../../../../services/data/sources/definitions.ts";
import { VendorHttp } from "../../../../services/data/sources/vendor-http.ts";
import { VendorServer } from "../../../support/vendor-server.ts";

const START_MS = Date.parse("2024-01-16T15:00:00Z");
const NOW_MS = Date.parse("2024-01-20T00:00:00Z");

describe("trades of", () => {
  let server: VendorServer;
  beforeAll(async () => {
    server = await VendorServer.start();
  });
  afterAll(() => server.close());

  async function tradesOf(sourceId: string, symbol: string): Promise<readonly TradeTick[]> {
    const config = readConfig({ ALPACA_KEY_ID: "k", ALPACA_SECRET_KEY: "s", POLYGON_API_KEY: "p" });
    const vendor = vendorsOf(config).find((one) => one.sourceId === sourceId);
    if (vendor === undefined) throw new Error(`no vendor ${sourceId}`);
    const dependencies = new Dependencies(systemClock, resilienceMetrics(new Metrics()));
    const limit = { requests: 1_000, perSeconds: 1 };
    const terms = { ...vendor.terms, name: sourceId, baseUrl: server.url, limit };
    const http = new VendorHttp({ clock: systemClock, dependencies }, terms);
    const history = vendor.open(http, vendor.symbolAt);
    const query = { symbol, startMs: START_MS, endMs: START_MS + 7_200_000 };
    const ask = { now: () => NOW_MS, signal: new AbortController().signal };
    const trades: TradeTick[] = [];
    for await (const page of history.trades?.(query, ask) ?? []) trades.push(...page.accepted);
    return trades;
  }

  it("Binance are single ones, page after page by their ids, each once", async () => {
    const all = Array.from({ length: 2_300 }, (_, index) => ({
      id: 9_007_199_254_000 + index,
      price: "42000.10",
      qty: "0.00012345",
      time: START_MS + 3_600_000 + Math.floor(index / 3),
      isBuyerMaker: index % 2 === 0,
    }));
    server.respond = ({ pathname, searchParams }) => {
      if (pathname.endsWith("aggTrades")) {
        const from = Number(searchParams.get("startTime"));
        const to = Number(searchParams.get("endTime"));
        expect(to - from).toBeLessThan(3_600_000);
        const first = all.find(({ time }) => time >= from && time <= to);
        return { body: JSON.stringify(first ? [{ a: 1, f: first.id, T: first.time }] : []) };
      }
      const fromId = Number(searchParams.get("fromId"));
      return { body: JSON.stringify(all.filter(({ id }) => id >= fromId).slice(0, 1_000)) };
    };
    const trades = await tradesOf("binance", "BTC-USDT");
    expect(trades.map(({ tradeId }) => tradeId)).toEqual(all.map(({ id }) => String(id)));
    expect(trades.slice(0, 2).map(({ aggressor, size }) => [aggressor, size])).toEqual([
      ["sell", "0.00012345"],
      ["buy", "0.00012345"],
    ]);
  });

  it("Binance's futures are aggregate ones, page after page by the ids of its stream", async () => {
    const all = Array.from({ length: 1_500 }, (_, index) => ({
      a: 700 + index,
      p: "42000.1",
      q: "0.5",
      T: START_MS + index,
      m: true,
    }));
    server.respond = ({ pathname, searchParams }) => {
      expect(pathname).toBe("/fapi/v1/aggTrades");
      const from = Number(searchParams.get("fromId") ?? 0);
      const startMs = Number(searchParams.get("startTime") ?? 0);
      const page = all.filter(({ a, T }) => a >= from && T >= startMs);
      return { body: JSON.stringify(page.slice(0, Number(searchParams.get("limit")))) };
    };
    const trades = await tradesOf("binance-futures", "BTC-USDT");
    expect(trades.map(({ tradeId }) => tradeId)).toEqual(all.map(({ a }) => String(a)));
    expect(trades[0]).toMatchObject({ source: "binance-futures", aggressor: "sell", size: "0.5" });
  });

  it("Polygon keep the microseconds of times that no float holds", async () => {
    const nanos = `${START_MS}123456`;
    const row = `{"sip_timestamp":${nanos},"price":190.123456789012345,"size":100,"id":"7"}`;
    server.respond = () => ({ body: `{"status":"OK","results":[${row}]}` });
    expect(await tradesOf("polygon", "ACME")).toEqual([
      {
        symbol: "ACME",
        source: "polygon",
        price: "190.123456789012345",
        size: "100",
        tsEventMs: START_MS,
        tsEventMicros: 123,
        tradeId: "7",
      },
    ]);
  });

  it("Alpaca come in pages, with the ids of their exchange", async () => {
    const at = (index: number) => `2024-01-16T15:00:0${index}.000001500Z`;
    server.respond = ({ searchParams }) => {
      const page = Number(searchParams.get("page_token") ?? 0);
      const trades = [{ t: at(page), x: "V", p: 190.5, s: 10, i: page }];
      return { body: JSON.stringify({ trades, next_page_token: page < 2 ? `${page + 1}` : null }) };
    };
    const trades = await tradesOf("alpaca", "ACME");
    expect(trades.map(({ tradeId, tsEventMicros }) => [tradeId, tsEventMicros])).toEqual([
      ["0", 1],
      ["1", 1],
      ["2", 1],
    ]);
  });
});
