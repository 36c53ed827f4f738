import { symbolDecider } from "../../domain/market/symbol.ts";
import type { SymbolState } from "../../domain/market/symbol.ts";
import type { Quote } from "../../domain/market/quote.ts";
import { barEndMs } from "../../domain/market/timeframe.ts";
import type { Json } from "../../domain/shared/json.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";
import { storeCall } from "../../models/journal/failures.ts";
import type { NodeContext } from "../context.ts";
import { loadSymbol, saveSymbol } from "./symbol-store.ts";

/** What others may know of a symbol's actor. */
export interface SymbolSummary {
  readonly quote: Quote | null;
  /** the time that this market has reached: the end of its newest bar, or its newest quote; null before the first */
  readonly marketTimeMs: number | null;
}

/**
 * Symbols keep soft state: it is rebuilt from stored bars and the trades since, and whatever a turn counts or closes is stored
 * before anybody hears of it.
 */
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
      save: (symbol, events) => storeCall(() => saveSymbol(node.pool, symbol, events)),
    },
  });
}

function marketTimeMs({ lastBars, quote }: SymbolState): number | null {
  const ends = Object.values(lastBars).map((bar) => barEndMs(bar.timeframe, bar.startMs));
  const times = [...ends, ...(quote === null ? [] : [quote.tsEventMs])];
  return times.length === 0 ? null : Math.max(...times);
}

async function load(node: NodeContext, symbol: string): Promise<SymbolState> {
  const nowMs = node.clock.now();
  const { bars, building } = await loadSymbol(node.pool, symbol, nowMs);
  const initial = symbolDecider.initial(symbol);
  const { events } = symbolDecider.decide(
    initial,
    { type: "Restore", bars, quote: null, building },
    {
      actor: { type: "symbol", id: symbol },
      nowMs,
      commandId: node.newId(),
      id: (name) => name,
      random: () => 0,
    },
  );
  return events.reduce(
    (state, event) =>
      symbolDecider.evolve(state, { event, version: 0, atMs: nowMs, commandId: "" }),
    initial,
  );
}
