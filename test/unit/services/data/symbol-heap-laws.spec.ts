import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FeatureValue } from "../../../../domain/features/kernel.ts";
import { parseFeature } from "../../../../domain/features/parse.ts";
import { toFloats } from "../../../../domain/features/pipeline.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import { symbolDecider, type SymbolCommand } from "../../../../domain/market/symbol.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import { defineActor } from "../../../../mixins/actor/kind.ts";
import type { Clock } from "../../../../mixins/clock.ts";
import type { StreamMessage } from "../../../../mixins/rest/stream-channels.ts";
import type { Wire } from "../../../../mixins/rest/stream-wire.ts";
import { StreamHub } from "../../../../mixins/rest/stream.ts";
import { startMemoryNode } from "../../mixins/actor/memory-node.ts";

const MINUTE = 60_000;
const T0 = Date.parse("2013-10-08T13:30:00Z");
const FEATURES = "sma_20 ema_20 rsi_14 macd_12_26_9 atr_14 bbands_20_2 stoch_14_3_3 obv".split(" ");
/** What a stream keeps for those who come back is full by then. */
const SETTLED = 25_000;
const TOTAL = 4 * SETTLED;
const CHANNEL = "bars:X:1m";
const USER = {
  userId: "u",
  tenantId: "t",
  role: "trader",
  email: "",
  sessionId: "s",
} as const;

setFlagsFromString("--expose-gc");
// sound: the flag makes it a function of the new context
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function barAt(n: number): Bar {
  const close = 100 + (n % 7) / 8;
  return {
    symbol: "X",
    timeframe: "1m",
    startMs: T0 + n * MINUTE,
    open: "100",
    high: "101",
    low: "99",
    close: String(close),
    volume: "10",
    source: "vendor",
  };
}

/** A symbol's actor as the product has it, but for its store, which forgets. */
const symbolKind = (stored: { bars: number }) =>
  defineActor({
    type: "symbol",
    schemaVersion: 1,
    decider: symbolDecider,
    summarize: (_id, { quote }) => ({ last: quote?.last ?? null }),
    soft: {
      load: async (symbol) => symbolDecider.initial(symbol),
      save: async (_symbol, events) => {
        stored.bars += events.filter(({ type }) => type === "BarClosed").length;
      },
    },
  });

/** A client who takes everything at once. */
function reader(heard: { events: number }): Wire {
  let closed: () => void = () => undefined;
  return {
    protocol: "sse",
    open: () => undefined,
    send(frames, taken) {
      heard.events += frames.length;
      taken();
    },
    beat: () => undefined,
    end: () => closed(),
    destroy: () => closed(),
    onClosed: (then) => {
      closed = then;
    },
  };
}

/** A hub with one client, and what tells it something. */
function listen(clock: Clock, heard: { events: number }) {
  let tell: (message: StreamMessage) => void = () => undefined;
  const source = {
    subscribe(listener: typeof tell) {
      tell = listener;
      return () => undefined;
    },
  };
  const hub = new StreamHub({ source, clock });
  hub.open();
  const expiresAtMs = clock.now() + 3_600_000;
  hub.add(reader(heard), {
    user: USER,
    channels: new Set([CHANNEL]),
    expiresAtMs,
    lastEventId: null,
  });
  const publish = (data: Json): void =>
    tell({ channel: CHANNEL, tenantId: null, portfolioId: null, ownerId: null, data });
  return { hub, publish };
}

/** What each indicator says of the next bar. */
function features(): (bar: Bar) => readonly FeatureValue[] {
  const lines = FEATURES.map((name) => {
    const { kernel, params } = parseFeature(name);
    return { kernel, state: kernel.init(params) };
  });
  return (bar) => {
    const floats = toFloats(bar);
    return lines.map((line) => {
      const { state, value } = line.kernel.update(line.state, floats);
      line.state = state;
      return value;
    });
  };
}

it("a symbol's actor through which bars run, with features and a listener, holds no more after four times as many", async () => {
  const stored = { bars: 0 };
  const heard = { events: 0 };
  const { system, clock } = await startMemoryNode([symbolKind(stored)]);
  const { hub, publish } = listen(clock, heard);
  const next = features();
  const heaps: number[] = [];
  for (let n = 1; n <= TOTAL; n += 1) {
    const bar = barAt(n);
    const command: SymbolCommand = { type: "RecordBar", bar, tsInitMs: bar.startMs };
    await system.client.call({ type: "symbol", id: "X" }, command, {
      commandId: String(n),
      bodyHash: "",
      isDeduplicated: false,
    });
    publish({ close: bar.close, values: next(bar) });
    if (n % SETTLED === 0) heaps.push(heapBytes());
  }
  await hub.close();
  await system.stop();
  expect(stored.bars).toBe(TOTAL);
  // One event each, and the one that says that the stream is open.
  expect(heard.events).toBe(TOTAL + 1);
  const [settled = 0, ...later] = heaps;
  expect(later).toHaveLength(3);
  for (const heap of later) expect((heap - settled) / settled).toBeLessThan(0.03);
});
