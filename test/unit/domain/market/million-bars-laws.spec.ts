import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SPECIAL_BAR_KINDS } from "../../../../domain/market/bars/special-bar.ts";
import { symbolDecider, type SymbolCommand } from "../../../../domain/market/symbol.ts";

const MINUTE = 60_000;
const T0 = Date.parse("2013-10-08T13:30:00Z");
const MB = 1_048_576;

setFlagsFromString("--expose-gc");
// sound: the flag makes it a function of the new context
const collectGarbage = runInNewContext("gc") as () => void;

function heapMb(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / MB;
}

const env = {
  actor: { type: "symbol", id: "X" },
  nowMs: T0,
  commandId: "c",
  id: (name: string) => name,
  random: () => 0,
};

/** Streams commands through one symbol, and reads the heap after a fifth of the bars and after all. */
function stream(
  total: number,
  watch: readonly SymbolCommand[],
  commandAt: (n: number) => SymbolCommand,
) {
  let state = symbolDecider.initial("X");
  let [bars, early] = [0, 0];
  const tell = (command: SymbolCommand): number => {
    const { events } = symbolDecider.decide(state, command, env);
    for (const event of events) {
      state = symbolDecider.evolve(state, { event, version: 0, atMs: T0, commandId: "c" });
      if (event.type === "BarClosed" || event.type === "SpecialBarClosed") bars += 1;
    }
    return bars;
  };
  for (const command of watch) tell(command);
  for (let n = 0; tell(commandAt(n)) < total; n++) {
    if (early === 0 && bars >= total / 5) early = heapMb();
  }
  return { growthMb: heapMb() - early, stateBytes: JSON.stringify(state).length };
}

describe("a symbol", () => {
  it("through which a vendor streamed a million bars holds no more than after 200,000", () => {
    const { growthMb, stateBytes } = stream(1_000_000, [], (n) => ({
      type: "RecordBar",
      bar: {
        symbol: "X",
        timeframe: "1m",
        startMs: T0 + n * MINUTE,
        open: "100",
        high: "101",
        low: "99",
        close: String(100 + (n % 7) / 8),
        volume: "10",
        source: "vendor",
      },
      tsInitMs: T0 + n * MINUTE,
    }));
    expect(growthMb).toBeLessThan(3);
    expect(stateBytes).toBeLessThan(2_000);
  });

  it("in which trades with ids built 200,000 bars of every kind holds no more than after 40,000", () => {
    const special = SPECIAL_BAR_KINDS.map((kind) => ({ kind, size: "2" }));
    const watch: SymbolCommand = {
      type: "WatchBars",
      watch: { timeframes: ["1m", "5m", "1h"], special, quotes: null },
      sequences: [],
    };
    const { growthMb, stateBytes } = stream(200_000, [watch], (batch) => ({
      type: "RecordTrades",
      trades: Array.from({ length: 100 }, (_, i) => {
        const n = batch * 100 + i;
        return {
          symbol: "X",
          price: String(100 + ((n * 7) % 23) / 4),
          size: String((n % 9) + 1),
          tsEventMs: T0 + n * 20_000,
          source: "tape",
          tradeId: `t${n}`,
        };
      }),
      tsInitMs: T0,
    }));
    expect(growthMb).toBeLessThan(3);
    expect(stateBytes).toBeLessThan(60_000);
  });
});
