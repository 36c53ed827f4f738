import { sourceOf, type SignalDefinition } from "../../../domain/ai/signals/definition.ts";
import { barCloseMs } from "../../../domain/alternative/bar-close.ts";
import { findCalendar } from "../../../domain/market/calendars/calendars.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { barEndMs, durationMs } from "../../../domain/market/timeframe.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import { getInstrument } from "../../../models/instruments.ts";
import {
  findSignal,
  type RecordedSignal,
  recordSignal,
  type StoredSignal,
} from "../../../models/signals.ts";
import type { NodeContext } from "../../context.ts";
import { barsAhead } from "../predictions/bars-ahead.ts";
import type { Finding } from "./finding.ts";
import { signalView } from "./views.ts";

const NAMESPACE = "7e5b1c90-43d8-4f2a-b6c7-0d9a8e21f35b";
const MONTH_MS = 31 * 86_400_000;

/** Whose signal it is, and of what. */
export interface Giver {
  readonly tenantId: string;
  readonly origin: RecordedSignal["origin"];
  /** the strategy, or what stands for a request */
  readonly strategyId: string;
  readonly definition: SignalDefinition;
  readonly timeframe: Timeframe;
}

/** What stands for what was asked for: the same for the same, another for each tenant. */
export function requestId(tenantId: string, timeframe: Timeframe, canonical: string): string {
  return uuidv5(NAMESPACE, JSON.stringify(["request", tenantId, timeframe, canonical]));
}

/** A signal's id follows from who gives it, its symbol and its bar's end, so that a repeat is the same signal. */
function signalIdOf(strategyId: string, symbol: string, barEnd: number): string {
  return uuidv5(NAMESPACE, JSON.stringify(["signal", strategyId, symbol, barEnd]));
}

/** What was recorded of a bar before, by symbol. */
export async function recordedAt(
  node: NodeContext,
  { strategyId, timeframe }: Pick<Giver, "strategyId" | "timeframe">,
  symbols: readonly string[],
  startMs: number,
): Promise<readonly StoredSignal[]> {
  const endMs = barEndMs(timeframe, startMs);
  const found: StoredSignal[] = [];
  for (const symbol of symbols) {
    const signal = await findSignal(node.pool, signalIdOf(strategyId, symbol, endMs));
    if (signal !== null) found.push(signal);
  }
  return found;
}

/** Puts a finding on record as a signal, and tells the tenant of it once. */
export async function keepSignal(
  node: NodeContext,
  giver: Giver,
  finding: Finding,
): Promise<StoredSignal> {
  const { stored, isNew } = await recordSignal(node.pool, await toSignal(node, giver, finding));
  if (isNew) tell(node, stored);
  return stored;
}

async function toSignal(
  node: NodeContext,
  { tenantId, origin, strategyId, definition, timeframe }: Giver,
  { symbol, startMs, verdict, weight, horizon, confidence, model }: Finding,
): Promise<RecordedSignal> {
  const endMs = barEndMs(timeframe, startMs);
  const calendarName = (await getInstrument(node.pool, symbol))?.calendar ?? null;
  const calendar = calendarName === null ? null : findCalendar(calendarName);
  // As of predictions: what was known when the market closed, which may be hours before the bar's own end.
  const asOfMs = calendar === null ? endMs : barCloseMs(calendar, { timeframe, startMs });
  const { side, goal, strength, reason } = verdict;
  return {
    signalId: signalIdOf(strategyId, symbol, endMs),
    strategyId,
    symbol,
    side,
    strength,
    ...confidence,
    reason,
    source: sourceOf(definition),
    asOfMs,
    tenantId,
    origin,
    timeframe,
    goal,
    weight,
    horizon,
    expiresAtMs: expiryOf(calendarName, timeframe, endMs, horizon),
    modelId: model?.modelId ?? null,
    modelVersion: model?.version ?? null,
  };
}

/** The close of the last bar of the horizon by the market's calendar; where that is not known, as if the market never closed. */
function expiryOf(
  calendarName: string | null,
  timeframe: Timeframe,
  endMs: number,
  horizon: number,
): number {
  const ahead = barsAhead(calendarName, timeframe, endMs, horizon);
  return ahead?.bars.endMs ?? endMs + horizon * (durationMs(timeframe) ?? MONTH_MS);
}

function tell(node: NodeContext, signal: StoredSignal): void {
  const { tenantId } = signal;
  // Nobody's: null would be everybody.
  if (tenantId === null) return;
  // sound: plain JSON
  const data = signalView(signal) as unknown as Json;
  node.live.tell({ channel: "signals", tenantId, portfolioId: null, ownerId: null, data });
}
