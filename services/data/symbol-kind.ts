import { symbolDecider } from "../../domain/market/symbol.ts";
import type { SymbolEvent, SymbolState } from "../../domain/market/symbol.ts";
import type { Bar } from "../../domain/market/bar.ts";
import type { Quote } from "../../domain/market/quote.ts";
import { barEndMs } from "../../domain/market/timeframe.ts";
import type { Json } from "../../domain/shared/json.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";
import { storeCall } from "../../models/journal/failures.ts";
import { lastKnown, latestBar, storeBars } from "../../models/timescale/bars.ts";
import type { NodeContext } from "../context.ts";

/** What others may know of a symbol's actor. */
export interface SymbolSummary {
  readonly quote: Quote | null;
  /** the time that this market has reached: the end of its newest bar, or its newest quote; null before the first */
  readonly marketTimeMs: number | null;
}

/** Symbols keep soft state: it is rebuilt from stored bars, and a closed bar is stored before anybody hears of it. */
export function symbolKind(node: NodeContext): ActorKind {
  return defineActor({
    type: "symbol",
    schemaVersion: 1,
    decider: symbolDecider,
    summarize: (_id, state) => {
      const summary: SymbolSummary = { quote: state.quote, marketTimeMs: marketTimeMs(state) };
      // sound: quotes are plain JSON
      return summary as unknown as Json;
    },
    soft: {
      // A lost store is no answer: whoever asked asks again.
      load: (symbol) => storeCall(() => load(node, symbol)),
      save: (_symbol, events) => storeCall(() => save(node, events)),
    },
  });
}

function marketTimeMs({ lastBars, quote }: SymbolState): number | null {
  const ends = Object.values(lastBars).map((bar) => barEndMs(bar.timeframe, bar.startMs));
  const times = [...ends, ...(quote === null ? [] : [quote.tsEventMs])];
  return times.length === 0 ? null : Math.max(...times);
}

async function load(node: NodeContext, symbol: string): Promise<SymbolState> {
  const bars: Bar[] = [];
  for (const { timeframe } of await lastKnown(node.pool, symbol)) {
    const bar = await latestBar(node.pool, symbol, timeframe);
    if (bar !== null) bars.push(bar);
  }
  const initial = symbolDecider.initial(symbol);
  const restored = symbolDecider.decide(
    initial,
    { type: "Restore", bars, quote: null },
    {
      actor: { type: "symbol", id: symbol },
      nowMs: node.clock.now(),
      commandId: node.newId(),
      id: (name) => name,
      random: () => 0,
    },
  );
  return restored.events.reduce(
    (state, event) =>
      symbolDecider.evolve(state, { event, version: 0, atMs: node.clock.now(), commandId: "" }),
    initial,
  );
}

async function save(node: NodeContext, events: readonly SymbolEvent[]): Promise<void> {
  for (const event of events) {
    if (event.type === "BarClosed" || event.type === "BarRevised") {
      await storeBars(node.pool, [event.bar], event.tsInitMs);
    }
  }
}
