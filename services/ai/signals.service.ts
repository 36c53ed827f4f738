import type { Context, ServiceSchema } from "moleculer";
import type { Bar } from "../../domain/market/bar.ts";
import { crossoverSignal } from "../../domain/ai/signal.ts";
import { oneNumber } from "../../domain/features/pipeline.ts";
import type { FeatureValues } from "../../domain/features/pipeline.ts";
import type { Signal } from "../../domain/portfolio/messages.ts";
import { Refusal } from "../../domain/shared/errors.ts";
import type { Json } from "../../domain/shared/json.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/signals.ts";
import type { SignalPage, SignalView } from "../../mixins/rest/routes/signals.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { insertSignal, listSignals } from "../../models/signals.ts";
import { listRunningStrategies } from "../../models/strategies.ts";
import type { StrategyRow } from "../../models/strategies.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";

const NAMESPACE = "7e5b1c90-43d8-4f2a-b6c7-0d9a8e21f35b";

interface OnBar {
  readonly bar: Bar;
}

interface FeaturePair {
  readonly present: FeatureValues;
  readonly previous: FeatureValues;
}

/** Turns closed bars into signals for the strategies that run, and tells their portfolios. */
export function signalsService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "signals",
    actions: {
      list: {
        params: routes.listSignals.input.validator,
        handler: (ctx: RequestContext<ActionMap["signals.list"]["params"]>) =>
          list(node, ctx.params),
      },
      /** Acknowledged: it answers once every signal of the bar is recorded and acted upon. A repeat changes nothing. */
      onBar: {
        visibility: "public",
        handler: async (ctx: Context<OnBar>): Promise<null> => {
          const { symbol, timeframe } = ctx.params.bar;
          for (const strategy of await listRunningStrategies(node.pool, { symbol, timeframe })) {
            await runOrReport(node, access, ctx, strategy);
          }
          return null;
        },
      },
    },
  };
}

/** A strategy that asks for what is refused would be refused for ever: the market and the other strategies go on without it. */
async function runOrReport(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: Context<OnBar>,
  strategy: StrategyRow,
): Promise<void> {
  try {
    await runCrossover(node, access, ctx, strategy);
  } catch (err) {
    if (!(err instanceof Refusal)) throw err;
    node.log.error({ err, strategyId: strategy.strategyId }, "a strategy cannot run on this bar");
  }
}

async function runCrossover(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: Context<OnBar>,
  strategy: StrategyRow,
): Promise<void> {
  const { bar } = ctx.params;
  const { fast, slow, fraction } = parametersOf(strategy);
  const tenantId = await access.tenantOf(strategy.portfolioId);
  const { present, previous } = await ctx.call<FeaturePair, unknown>("features.vector", {
    bar,
    timeframe: bar.timeframe,
    features: [fast, slow],
    // Whose formulas `custom:` means.
    ...(tenantId !== null && { tenantId }),
  });
  const lines = (values: FeatureValues) => ({
    fast: oneNumber(values[fast]),
    slow: oneNumber(values[slow]),
  });
  const signal = crossoverSignal(
    {
      strategyId: strategy.strategyId,
      bar,
      fastName: fast,
      slowName: slow,
      previous: lines(previous),
      present: lines(present),
    },
    (key) => uuidv5(NAMESPACE, key),
  );
  // Most bars say nothing new: only a crossing is a signal on record.
  if (signal.side === "hold") return;
  if (await insertSignal(node.pool, signal)) tell(node, signal);
  await ctx.call("portfolios.actOnSignal", {
    portfolioId: strategy.portfolioId,
    signal,
    fraction,
  });
}

interface CrossoverParameters {
  readonly fast: string;
  readonly slow: string;
  readonly fraction: string;
}

/** @throws Error when the strategy on record is not a whole crossover */
function parametersOf({ strategyId, kind, parameters }: StrategyRow): CrossoverParameters {
  const { fast, slow, fraction } = parameters;
  if (
    kind === "crossover" &&
    typeof fast === "string" &&
    typeof slow === "string" &&
    typeof fraction === "string"
  ) {
    return { fast, slow, fraction };
  }
  throw new Error(
    `strategy ${strategyId}: expected a crossover with fast, slow and fraction, found ${JSON.stringify({ kind, parameters })}`,
  );
}

function tell(node: NodeContext, signal: Signal): void {
  // sound: plain JSON
  const data = toView(signal) as unknown as Json;
  node.live.tell({ channel: "signals", tenantId: null, portfolioId: null, ownerId: null, data });
}

function toView(signal: Signal): SignalView {
  const { signalId, strategyId, symbol, side, strength, confidence, reason, source } = signal;
  return {
    signalId,
    strategyId,
    symbol,
    side,
    strength,
    confidence,
    horizon: null,
    reason,
    source,
    asOf: isoTime(signal.asOfMs),
  };
}

async function list(
  node: NodeContext,
  params: ActionMap["signals.list"]["params"],
): Promise<SignalPage> {
  const { symbol, since, limit, cursor, order } = params;
  const after = decodeCursor(cursor, { asOfMs: "time", signalId: "uuid" });
  const { data, next } = await listSignals(node.pool, {
    limit,
    order,
    ...(symbol !== undefined && { symbol }),
    ...(since !== undefined && { sinceMs: since }),
    ...(after !== null && { after }),
  });
  return {
    data: data.map(toView),
    nextCursor:
      next === null ? null : encodeCursor({ asOfMs: next.asOfMs, signalId: next.signalId }),
  };
}
