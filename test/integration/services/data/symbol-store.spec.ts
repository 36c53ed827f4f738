import type { Bar } from "../../../../domain/market/bar.ts";
import type { TradeTick } from "../../../../domain/market/quote.ts";
import {
  symbolDecider,
  type SymbolCommand,
  type SymbolState,
} from "../../../../domain/market/symbol.ts";
import type { Pool } from "../../../../models/postgres/pool.ts";
import { saveBarWatch } from "../../../../models/timescale/bar-watch.ts";
import { readBars } from "../../../../models/timescale/bars.ts";
import { readSpecialBars } from "../../../../models/timescale/special-bars.ts";
import { readTrades } from "../../../../models/timescale/trades.ts";
import { loadSymbol, saveSymbol } from "../../../../services/data/symbol-store.ts";
import { withDatabase } from "../../../support/database.ts";

const T0 = Date.parse("2024-08-08T12:00:00Z");
const SPECIAL = [
  { kind: "volume", size: "7" },
  { kind: "renko", size: "0.5" },
  { kind: "tickImbalance", size: "3" },
] as const;

/** What the actor layer does with a symbol, one command a turn. */
class SoftActor {
  readonly symbol: string;
  state: SymbolState;

  constructor(symbol: string, state: SymbolState) {
    this.symbol = symbol;
    this.state = state;
  }

  static async wake(pool: Pool, symbol: string): Promise<SoftActor> {
    const { bars, building } = await loadSymbol(pool, symbol, T0);
    const actor = new SoftActor(symbol, symbolDecider.initial(symbol));
    actor.state = actor.decided({ type: "Restore", bars, quote: null, building }).state;
    return actor;
  }

  async tell(pool: Pool, command: SymbolCommand): Promise<string> {
    const { state, events, reply } = this.decided(command);
    await saveSymbol(pool, this.symbol, events);
    this.state = state;
    return "reason" in reply ? reply.reason : reply.outcome;
  }

  decided(command: SymbolCommand) {
    const env = {
      actor: { type: "symbol", id: this.symbol },
      nowMs: T0,
      commandId: "c",
      id: (name: string) => name,
      random: () => 0,
    };
    const { events, reply } = symbolDecider.decide(this.state, command, env);
    const state = events.reduce(
      (before, event) =>
        symbolDecider.evolve(before, { event, version: 0, atMs: T0, commandId: "c" }),
      this.state,
    );
    return { state, events, reply };
  }
}

/** A pool that is cut off after so many uses. */
function cutAfter(pool: Pool, uses: number): Pool {
  let left = uses;
  const use = (): void => {
    if (left-- <= 0) throw new Error("cut off");
  };
  const cut = {
    connect: async () => (use(), pool.connect()),
    query: async (...args: Parameters<Pool["query"]>) => (use(), pool.query(...args)),
  };
  // sound: the stores use a pool for nothing else
  return cut as unknown as Pool;
}

function tradesOf(symbol: string): readonly TradeTick[] {
  return Array.from({ length: 60 }, (_, n) => ({
    symbol,
    price: String(100 + ((n * 7) % 11) / 4),
    size: String((n % 5) + 1),
    tsEventMs: T0 + n * 3_700,
    tsEventMicros: n % 3,
    source: "tape",
    tradeId: `t${n}`,
  }));
}

/** Ten turns of six trades. */
function turnsOf(symbol: string): readonly SymbolCommand[] {
  const trades = tradesOf(symbol);
  return Array.from({ length: 10 }, (_, turn) => ({
    type: "RecordTrades",
    trades: trades.slice(turn * 6, turn * 6 + 6),
    tsInitMs: T0 + turn,
  }));
}

describe("a symbol's actor", () => {
  const database = withDatabase();

  const watched = async (symbol: string): Promise<SoftActor> => {
    const { pool } = database;
    await saveBarWatch(pool, symbol, { timeframes: ["1m", "5m"], special: SPECIAL, quotes: null });
    return SoftActor.wake(pool, symbol);
  };
  /** Everything but the names of the symbol and the ids that are remembered. */
  const known = async ({ symbol, state }: SoftActor) => {
    const { pool } = database;
    const range = { symbol, limit: 1_000, order: "asc" } as const;
    const series = SPECIAL.map((spec) => readSpecialBars(pool, { ...range, ...spec }));
    const found = {
      building: [state.openBars, state.lateBars, state.builders],
      lastBars: state.lastBars,
      bars: await readBars(pool, { ...range, timeframe: "1m" }),
      special: await Promise.all(series),
      trades: (await readTrades(pool, range)).length,
    };
    return JSON.parse(JSON.stringify(found).replaceAll(symbol, "X")) as unknown;
  };

  it("that wakes in mid-bar goes on as if it had never slept, after each turn", async () => {
    const { pool } = database;
    let sleeper = await watched("SLEEPY");
    const waking = await watched("AWAKE");
    const turns = turnsOf("AWAKE");
    for (const [n, turn] of turnsOf("SLEEPY").entries()) {
      sleeper = await SoftActor.wake(pool, "SLEEPY");
      await sleeper.tell(pool, turn);
      const other = turns[n];
      if (other !== undefined) await waking.tell(pool, other);
    }
    expect(await known(sleeper)).toEqual(await known(waking));
    expect(await known(await SoftActor.wake(pool, "SLEEPY"))).toEqual(await known(waking));
  });

  it("that is cut off at any step of a turn loses nothing and counts nothing twice when the turn is repeated", async () => {
    const { pool } = database;
    const calm = await watched("CALM");
    for (const turn of turnsOf("CALM")) await calm.tell(pool, turn);
    const expected = await known(calm);
    for (let uses = 0; uses < 5; uses++) {
      const symbol = `CUT${uses}`;
      let actor = await watched(symbol);
      for (const turn of turnsOf(symbol)) {
        const isWhole = await actor.tell(cutAfter(pool, uses), turn).then(
          () => true,
          () => false,
        );
        if (isWhole) continue;
        actor = await SoftActor.wake(pool, symbol);
        await actor.tell(pool, turn);
      }
      expect(await known(actor)).toEqual(expected);
    }
  });

  it("revises a stored bar for a late trade, and the bar keeps its former values with when each was known", async () => {
    const { pool } = database;
    const actor = await SoftActor.wake(pool, "LATE");
    const trade = (ms: number, price: string, tsInitMs: number): SymbolCommand => ({
      type: "RecordTrade",
      trade: {
        symbol: "LATE",
        price,
        size: "1",
        tsEventMs: T0 + ms,
        source: "tape",
        tradeId: price,
      },
      tsInitMs,
    });
    await actor.tell(pool, trade(1, "10", T0));
    await actor.tell(pool, trade(60_001, "11", T0 + 60_000));
    const again = await SoftActor.wake(pool, "LATE");
    expect(await again.tell(pool, trade(500, "9", T0 + 61_000))).toBe("TRADE_IN_CLOSED_BAR");
    expect(await again.tell(pool, trade(500, "9", T0 + 62_000))).toBe("TRADE_REPEATED");
    const [bar] = await readBars(pool, { symbol: "LATE", timeframe: "1m", limit: 1, order: "asc" });
    expect(bar).toMatchObject({ low: "9", close: "9", tradeCount: 2 });
    const { rows } = await pool.query<{ low: string; at: string }>(
      `SELECT r.low::text, extract(epoch FROM r.known_at)::float8 * 1000 AS at FROM md.bar_revision r
       JOIN md.symbol s USING (symbol_id) WHERE s.symbol = 'LATE'`,
    );
    expect(rows).toEqual([{ low: "10", at: T0 + 60_000 }]);
  });

  it("does not let trades touch a bar that a vendor told", async () => {
    const { pool } = database;
    const actor = await SoftActor.wake(pool, "TOLD");
    const trade = (ms: number): SymbolCommand => ({
      type: "RecordTrade",
      trade: { symbol: "TOLD", price: "10", size: "1", tsEventMs: T0 + ms, source: "tape" },
      tsInitMs: T0,
    });
    const bar: Bar = {
      symbol: "TOLD",
      timeframe: "1m",
      startMs: T0,
      open: "1",
      high: "20",
      low: "1",
      close: "2",
      volume: "5",
      source: "vendor",
    };
    await actor.tell(pool, trade(1));
    await actor.tell(pool, { type: "RecordBar", bar, tsInitMs: T0 });
    const again = await SoftActor.wake(pool, "TOLD");
    expect(again.state.openBars).toEqual({});
    expect(await again.tell(pool, trade(2))).toBe("TRADE_AFTER_CLOSE");
    expect(
      await readBars(pool, { symbol: "TOLD", timeframe: "1m", limit: 9, order: "asc" }),
    ).toEqual([bar]);
  });

  it("numbers a series that is watched again after the bars that it has", async () => {
    const { pool } = database;
    const actor = await watched("AGAIN");
    for (const turn of turnsOf("AGAIN")) await actor.tell(pool, turn);
    const volume = { symbol: "AGAIN", kind: "volume", size: "7", limit: 1, order: "desc" } as const;
    const [last] = await readSpecialBars(pool, volume);
    await pool.query("UPDATE md.bar_watch SET building = NULL WHERE symbol = 'AGAIN'");
    const { state } = await SoftActor.wake(pool, "AGAIN");
    expect(state.builders[0]?.sequence).toBe((last?.sequence ?? 0) + 1);
  });
});
