import type { Json } from "../../../../domain/shared/json.ts";
import { getQuote } from "../../../../mixins/rest/routes/market-data.ts";
import { getStreamingStatus } from "../../../../mixins/rest/routes/streaming.ts";
import { putSymbol } from "../../../../mixins/rest/routes/symbols.ts";
import { readTrades } from "../../../../models/timescale/trades.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { withNode } from "../../../support/node.ts";

const DEMO = {
  symbol: "DEMO",
  name: "Demo",
  assetClass: "crypto",
  venue: "PAPER",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  multiplier: "1",
  shortable: false,
  calendar: "24x7",
};

describe("a node that was told to play a simulated market", () => {
  const node = withNode({
    env: { LIVE_FEEDS: "simulation:DEMO,DEMO2:trades,quotes,books;ccxt:nowhere:X:trades" },
  });

  test("tells operators how its sources do, and one that cannot be played stops no other", async () => {
    const { data } = await eventually("a live source", async () => {
      const status = await node().admin.call(getStreamingStatus);
      return (status.data[0]?.events ?? 0) > 20 ? status : null;
    });
    expect(data).toHaveLength(2);
    expect(data[0]).toMatchObject({
      sourceId: "simulation",
      state: "live",
      symbols: ["DEMO", "DEMO2"],
      kinds: ["trades", "quotes", "books"],
      gaps: 0,
      reconnects: 0,
      refused: 0,
    });
    expect(data[0]?.eventsPerSecond).toBeGreaterThan(0);
    expect(data[0]?.lagMs).toBeGreaterThanOrEqual(0);
    expect(data[1]).toMatchObject({ sourceId: "ccxt:nowhere", state: "closed", events: 0 });
    const errors = node().errors.splice(0);
    expect(errors.join()).toContain("LIVE_FEEDS names a source that has no stream");
  });

  test("its trades are stored, its quotes answered and its figures shown as metrics", async () => {
    const { context, admin, running } = node();
    const trades = await eventually("stored trades", async () => {
      const query = { symbol: "DEMO2", limit: 10, order: "asc" } as const;
      const stored = await readTrades(context.pool, query);
      return stored.length > 2 ? stored : null;
    });
    expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(trades.length);
    await admin.call(putSymbol, DEMO);
    const quote = await admin.call(getQuote, { symbol: "DEMO" });
    expect(quote).toMatchObject({ symbol: "DEMO", stale: false });
    expect(Number(quote.bid)).toBeLessThan(Number(quote.ask));
    const page = await (await fetch(`${running.url}/metrics`)).text();
    expect(page).toContain('market_stream_is_live{source="simulation"} 1');
  });

  test("whoever listens hears of its ticks and books", async () => {
    const heard = new Map<string, Json>();
    const end = node().context.live.subscribe(
      ({ channel, data }) => void heard.set(channel, data),
      "markets",
    );
    await eventually("ticks and books", () =>
      heard.has("ticks:DEMO") && heard.has("books:DEMO") ? true : null,
    );
    end();
    expect(heard.get("books:DEMO")).toMatchObject({ symbol: "DEMO", bids: expect.any(Array) });
    expect(heard.get("ticks:DEMO")).toMatchObject({ symbol: "DEMO", trades: expect.any(Array) });
  });
});
