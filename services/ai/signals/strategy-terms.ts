import {
  executionFaults,
  PLAIN_EXECUTION,
  type SignalExecution,
} from "../../../domain/ai/signals/execution.ts";
import type { SignalSizing } from "../../../domain/ai/signals/sizing.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { StrategyView } from "../../../mixins/rest/routes/strategies.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredStrategy, StrategyRow } from "../../../models/strategies.ts";
import { type AskedSignal, invalid } from "./checked.ts";

type Create = ActionMap["trading-strategies.create"]["params"];
type Risk = Pick<StrategyRow, "maxPosition" | "maxOpenPositions" | "cooldownBars" | "maxDailyLoss">;

export function signalOf({
  kind,
  parameters = {},
}: AskedSignal): Pick<StrategyRow, "kind" | "parameters"> {
  return { kind, parameters };
}

/** @throws RestError 422 */
export function sizingOf(sizing: SignalSizing): SignalSizing {
  if (dec(sizing.fraction).greaterThan(1)) throw invalid("sizing.fraction", "must be 1 at most");
  const isByVolatility = sizing.method === "volatilityScaled";
  if (isByVolatility && sizing.targetVolatility === undefined)
    throw invalid("sizing.targetVolatility", "is required for volatilityScaled");
  if (!isByVolatility && (sizing.targetVolatility ?? sizing.volatilityPeriod) !== undefined)
    throw invalid("sizing.targetVolatility", "and volatilityPeriod go with volatilityScaled");
  return sizing;
}

export function riskOf(risk: Create["risk"]): Risk {
  return {
    maxPosition: risk?.maxPosition ?? null,
    maxOpenPositions: risk?.maxOpenPositions ?? null,
    cooldownBars: risk?.cooldownBars ?? null,
    maxDailyLoss: risk?.maxDailyLoss ?? null,
  };
}

export function executionOf(asked: Create["execution"]): SignalExecution {
  if (asked === undefined) return PLAIN_EXECUTION;
  const { orderType, offsetBps, timeInForce, algorithm, closeAtExpiry } = asked;
  const { stopLossBps, takeProfitBps, trailingStopBps } = asked;
  return {
    orderType: orderType ?? PLAIN_EXECUTION.orderType,
    offsetBps: offsetBps === undefined ? PLAIN_EXECUTION.offsetBps : text(dec(offsetBps)),
    timeInForce: timeInForce ?? PLAIN_EXECUTION.timeInForce,
    ...(stopLossBps !== undefined && { stopLossBps }),
    ...(takeProfitBps !== undefined && { takeProfitBps }),
    ...(trailingStopBps !== undefined && { trailingStopBps }),
    ...(algorithm !== undefined && {
      algorithm: { name: algorithm.name, parameters: algorithm.parameters ?? {} },
    }),
    closeAtExpiry: closeAtExpiry ?? false,
  };
}

/** @throws RestError 422 naming every field that does not go with the others */
export function checkExecution(
  { execution, kind }: Pick<StrategyRow, "execution" | "kind">,
  nowMs: number,
): void {
  const faults = executionFaults(execution, kind, nowMs);
  if (faults.length === 0) return;
  throw unprocessable(
    faults.map(({ path, message }) => ({
      path: `execution.${path}`,
      code: "INVALID_VALUE" as const,
      message,
    })),
  );
}

export function strategyView(strategy: StoredStrategy): StrategyView {
  const { kind, parameters, createdAtMs, updatedAtMs, execution } = strategy;
  const { strategyId, portfolioId, name, symbols, timeframe, sizing, allowShort, status } =
    strategy;
  const { maxPosition, maxOpenPositions, cooldownBars, maxDailyLoss } = strategy;
  return {
    strategyId,
    portfolioId,
    name,
    symbols,
    timeframe,
    signal: { kind, parameters },
    sizing,
    allowShort,
    risk: { maxPosition, maxOpenPositions, cooldownBars, maxDailyLoss },
    execution: {
      orderType: execution.orderType,
      offsetBps: execution.offsetBps,
      timeInForce: execution.timeInForce,
      stopLossBps: execution.stopLossBps ?? null,
      takeProfitBps: execution.takeProfitBps ?? null,
      trailingStopBps: execution.trailingStopBps ?? null,
      algorithm: execution.algorithm ?? null,
      closeAtExpiry: execution.closeAtExpiry,
    },
    status,
    createdAt: isoTime(createdAtMs),
    updatedAt: isoTime(updatedAtMs),
  };
}
