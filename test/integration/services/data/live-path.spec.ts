import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Bar } from "../../../../domain/market/bar.ts";
import type { Instrument } from "../../../../domain/market/instrument.ts";
import type { TradeTick } from "../../../../domain/market/quote.ts";
import { add, dec } from "../../../../domain/shared/decimal.ts";
import { readBars } from "../../../../models/timescale/bars.ts";
import { readTrades } from "../../../../models/timescale/trades.ts";
import { upsertInstrument } from "../../../../models/instruments.ts";
import type { NodeContext } from "../../../../services/context.ts";
import { LiveRunner } from "../../../../services/data/live/live-runner.ts";
import { MarketChain } from "../../../../services/data/market-chain.ts";
import { Market } from "../../../../services/data/market.ts";
import { binanceStream } from "../../../../services/data/sources/binance-stream.ts";
import { BinanceStreams, fetchText } from "../../../support/binance-streams.ts";
import { FastClock } from "../../../support/fast-clock.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { withNode } from "../../../support/node.ts";
import { describeWith, sharedFile } from "../../../unit/services/data/shared-data.ts";

const RECORDING = "orderbook/binance_spot_ethusdt_20240808_ws.jsonl.gz";
const SYMBOL = "ETHUSDT";
const MINUTE_MS = 60_000;
const ETHUSDT: Instrument = {
  symbol: SYMBOL,
  name: "Ether",
  assetClass: "crypto",
  venue: "PAPER",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "0.0001",
  multiplier: "1",
  shortable: false,
  calendar: "24x7",
};

interface Frame {
  readonly text: string;
  /** of the exchange, epoch ms; null: it says none */
  readonly atMs: number | null;
  readonly trade: TradeTick | null;
}

function readFrames(): { readonly image: string; readonly frames: readonly Frame[] } {
  const lines = gunzipSync(readFileSync(sharedFile(RECORDING)))
    .toString("utf8")
    .split("\n");
  const texts = lines.filter(Boolean).map((line) => line.slice(line.indexOf(" ") + 1));
  const image = texts.find((text) => text.startsWith('{"lastUpdateId"')) ?? "";
  return { image, frames: texts.filter((text) => text !== image).map(readFrame) };
}

function readFrame(text: string): Frame {
  // sound: the exchange's documented frames
  const { data } = JSON.parse(text) as {
    readonly data: Record<"e" | "p" | "q", string> &
      Record<"E" | "T" | "t", number> & { m: boolean };
  };
  const { e, E, T, t, p, q, m } = data;
  const isTrade = e === "trade";
  const trade: TradeTick = {
    symbol: SYMBOL,
    price: dec(p ?? 0).toFixed(),
    size: dec(q ?? 0).toFixed(),
    tsEventMs: T,
    source: "binance",
    tradeId: String(t),
    aggressor: m ? "sell" : "buy",
  };
  return { text, atMs: E ?? null, trade: isTrade ? trade : null };
}

/** Minute bars by the book: what the stored ones are held against. */
function barsOf(trades: readonly TradeTick[]): readonly Omit<Bar, "vwap">[] {
  const byMinute = Map.groupBy(trades, ({ tsEventMs }) => Math.floor(tsEventMs / MINUTE_MS));
  return [...byMinute].map(([minute, group]) => {
    const prices = group.map(({ price }) => dec(price)).toSorted((a, b) => a.comparedTo(b));
    return {
      symbol: SYMBOL,
      timeframe: "1m",
      startMs: minute * MINUTE_MS,
      open: group[0]?.price ?? "",
      high: prices.at(-1)?.toFixed() ?? "",
      low: prices[0]?.toFixed() ?? "",
      close: group.at(-1)?.price ?? "",
      volume: group.reduce((sum, { size }) => add(sum, size), "0"),
      tradeCount: group.length,
      source: "binance",
    };
  });
}

describeWith([RECORDING], "from a vendor's line to what is stored", () => {
  let server: BinanceStreams;
  const env: { BINANCE_DATA_URL?: string } = {};
  let runner: LiveRunner | null = null;
  let clock: FastClock;

  beforeAll(async () => {
    server = await BinanceStreams.start();
    env.BINANCE_DATA_URL = server.server.httpUrl;
  });
  // Begun after the server, whose address it is told.
  const node = withNode({ env });
  afterAll(() => server.server.stop());

  /** The node with a clock of the recording's time. */
  function nodeOf(): NodeContext {
    // sound: the context with one of its parts replaced by what speaks the same
    return Object.create(node().context, { clock: { get: () => clock } }) as NodeContext;
  }

  test("stored trades and minute bars equal the recording, though the line was cut in the middle", async () => {
    const { image, frames } = readFrames();
    const trades = frames.flatMap(({ trade }) => trade ?? []);
    const firstMs = trades[0]?.tsEventMs ?? 0;
    clock = new FastClock(firstMs, 20);
    server.image = image;
    server.past = trades;
    server.pastFailures = 1;
    await upsertInstrument(node().context.pool, ETHUSDT);
    const context = nodeOf();
    const market = new Market(context);
    const { wsUrl, httpUrl } = server.server;
    runner = new LiveRunner({
      node: context,
      chain: new MarketChain(context, market),
      sourceId: "binance",
      symbols: [SYMBOL],
      kinds: ["trades", "quotes", "books"],
      repairs: ["bars", "trades"],
      repairRetryMs: 100,
      stream: binanceStream({
        sourceId: "binance",
        market: "spot",
        streamUrl: wsUrl,
        restUrl: httpUrl,
        toVendor: (symbol) => symbol,
        fetchText,
        tools: { clock, random: () => 0, warn: () => undefined },
      }),
    });
    node().beforeStop(async () => runner?.stop());
    await runner.start();
    await eventually("a live stream", () => (runner?.status.state === "live" ? true : null));

    const cutFrom = Math.floor(frames.length * 0.4);
    const cutTo = Math.floor(frames.length * 0.5);
    await play(frames.slice(0, cutFrom), 0);
    server.server.cut();
    // What happens meanwhile is heard by nobody; some of it was heard already and comes again.
    for (const { atMs } of frames.slice(cutFrom, cutTo)) if (atMs !== null) clock.nowMs = atMs;
    await eventually("a line again", () =>
      runner?.status.reconnects === 1 && runner.status.state === "live" ? true : null,
    );
    await play(frames.slice(cutTo - 200), 200);
    // The market goes on, so that every minute of the recording is over.
    clock.nowMs += 10 * MINUTE_MS;
    await eventually("a repaired gap", () => {
      const { gapsOpen, gapsRepaired } = runner?.status ?? {};
      return gapsOpen === 0 && (gapsRepaired ?? 0) > 0 ? true : null;
    });
    await eventually("all that waited", () => (runner?.status.waiting === 0 ? true : null));

    const pool = node().context.pool;
    const stored = await readTrades(pool, { symbol: SYMBOL, limit: 100_000, order: "asc" });
    const ids = (list: readonly TradeTick[]) =>
      list.map(({ tradeId }) => Number(tradeId)).toSorted((a, b) => a - b);
    expect(ids(stored)).toEqual(ids(trades));
    const bars = await readBars(pool, {
      symbol: SYMBOL,
      timeframe: "1m",
      limit: 100,
      order: "asc",
    });
    const expected = barsOf(trades);
    expect(bars.map(({ vwap: _vwap, ...bar }) => bar)).toEqual(expected);
    expect(expected.length).toBeGreaterThanOrEqual(6);
    expect(server.pastFailures).toBe(0);
    expect(server.pastAsked).toBeGreaterThan(3);
    const { refused, reconnects, gaps, lagMs } = runner.status;
    expect({ refused, reconnects, gaps }).toEqual({ refused: 0, reconnects: 1, gaps: 1 });
    expect(lagMs).not.toBeNull();
  }, 600_000);

  test("an instant of the exchange ahead of ours is no reason to refuse: the lag is negative", () => {
    expect(runner?.status.lagMs).toBeLessThan(0);
  });

  /** Frame after frame at the pace of the consumer, our clock 1.27 s behind the exchange's. */
  async function play(frames: readonly Frame[], repeated: number): Promise<void> {
    for (const [index, { text, atMs }] of frames.entries()) {
      if (atMs !== null && index >= repeated) clock.nowMs = Math.max(clock.nowMs, atMs - 1_270);
      server.server.sendText(text);
      if (index % 500 === 499) await drained();
    }
    await drained();
  }

  async function drained(): Promise<void> {
    await server.server.flushed();
    await eventually("all to be stored", () => (runner?.status.waiting === 0 ? true : null));
  }
});
