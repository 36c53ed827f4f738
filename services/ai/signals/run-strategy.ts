import type { Given } from "../../../domain/ai/signals/parameters.ts";
import { readDefinition } from "../../../domain/ai/signals/read-definition.ts";
import type { SignalDefinition } from "../../../domain/ai/signals/definition.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import type { StoredSignal } from "../../../models/signals.ts";
import type { StoredStrategy } from "../../../models/strategies.ts";
import type { NodeContext } from "../../context.ts";
import { act } from "./act.ts";
import { actOnPair } from "./act-pair.ts";
import { expire } from "./expiry.ts";
import { find } from "./find.ts";
import { saysHold } from "./glance.ts";
import { type Giver, keepSignal, recordedAt } from "./keep.ts";

/**
 * What a strategy does at the close of a bar: its signals are recorded, then acted upon. A repeat finds what was recorded and acts upon
 * that: no signal and no order is made a second time.
 * @throws RestError, Refusal when it cannot be computed
 */
export async function runStrategy(
  node: NodeContext,
  strategy: StoredStrategy,
  bar: Bar,
): Promise<void> {
  const giver = giverOf(strategy);
  if (giver === null) return;
  const isPair = giver.definition.kind === "pairs";
  const symbols = isPair ? strategy.symbols : [bar.symbol];
  const recorded = await recordedAt(node, giver, symbols, bar.startMs);
  const signals =
    recorded.length === symbols.length ? recorded : await give(node, giver, symbols, bar);
  if (isPair) {
    if (signals.length === symbols.length) await actOnPair(node, strategy, signals, bar);
    return;
  }
  const [signal = await expire(node, strategy, giver, bar)] = signals;
  if (signal !== null) await act(node, strategy, signal, bar);
}

/** Null: nobody's. @throws Refusal when what is on record is no definition */
function giverOf(strategy: StoredStrategy): Giver | null {
  const { tenantId, strategyId, timeframe, kind, parameters } = strategy;
  if (tenantId === null) return null;
  const definition = definitionOf(kind, parameters);
  return { tenantId, origin: "strategy", strategyId, definition, timeframe };
}

function definitionOf(kind: StoredStrategy["kind"], parameters: Given): SignalDefinition {
  const read = readDefinition(kind, parameters);
  if ("definition" in read) return read.definition;
  const faults = read.faults.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new Refusal("invalid", "STRATEGY_UNREADABLE", faults);
}

/** Most bars say nothing new: only what is to be done is put on record. */
async function give(
  node: NodeContext,
  giver: Giver,
  symbols: readonly string[],
  bar: Bar,
): Promise<readonly StoredSignal[]> {
  const { tenantId, definition, timeframe } = giver;
  const { startMs } = bar;
  if (await saysHold(node, definition, bar)) return [];
  const found = await find(node, { tenantId, definition, symbols, timeframe, startMs });
  const signals: StoredSignal[] = [];
  for (const finding of found) {
    // One that rests on an earlier bar was given then.
    if (finding.startMs !== startMs || finding.verdict.side === "hold") continue;
    signals.push(await keepSignal(node, giver, finding));
  }
  return signals;
}
