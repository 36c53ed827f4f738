import type { ServiceSchema } from "moleculer";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { conflict, notFound, RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/strategies.ts";
import type {
  StrategyPage,
  StrategyView,
  StrategyWithState,
} from "../../mixins/rest/routes/strategies.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import {
  changeStopped,
  deleteStopped,
  findStrategy,
  insertStrategy,
  listStrategies,
  setStrategyStatus,
  type StoredStrategy,
  type StrategyRow,
} from "../../models/strategies.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { checkedSignal } from "./signals/checked.ts";
import {
  checkExecution,
  executionOf,
  riskOf,
  signalOf,
  sizingOf,
  strategyView,
} from "./signals/strategy-terms.ts";
import { stateOf } from "./signals/strategy-state.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;
type OfStrategy = RequestContext<{ readonly strategyId: string }>;

const NAMESPACE = "a96b1c3e-5d24-4f0b-8e7a-31c0d9f4b862";

interface Parts {
  readonly node: NodeContext;
  readonly access: PortfolioAccess;
}

/** Strategies over REST: what gives signals, and how large the positions are that a portfolio takes by them. */
export function tradingStrategiesService(node: NodeContext): ServiceSchema {
  const parts: Parts = { node, access: new PortfolioAccess(node.pool) };
  return {
    name: "trading-strategies",
    actions: {
      list: {
        params: routes.listTradingStrategies.input.validator,
        handler: (ctx: Ctx<"trading-strategies.list">) => list(parts, ctx),
      },
      get: {
        params: routes.getTradingStrategy.input.validator,
        handler: async (ctx: Ctx<"trading-strategies.get">): Promise<StrategyWithState> => {
          const strategy = await readable(parts, ctx);
          return { ...strategyView(strategy), state: await stateOf(node, strategy) };
        },
      },
      create: {
        params: routes.createTradingStrategy.input.validator,
        handler: (ctx: Ctx<"trading-strategies.create">) => create(parts, ctx),
      },
      update: {
        params: routes.updateTradingStrategy.input.validator,
        handler: (ctx: Ctx<"trading-strategies.update">) => update(parts, ctx),
      },
      remove: {
        params: routes.deleteTradingStrategy.input.validator,
        handler: async (ctx: Ctx<"trading-strategies.remove">): Promise<null> => {
          const { strategyId } = await manageable(parts, ctx);
          if (!(await deleteStopped(node.pool, strategyId))) throw running(strategyId);
          return null;
        },
      },
      start: {
        params: routes.startTradingStrategy.input.validator,
        handler: (ctx: Ctx<"trading-strategies.start">) => start(parts, ctx),
      },
      stop: {
        params: routes.stopTradingStrategy.input.validator,
        handler: async (ctx: Ctx<"trading-strategies.stop">): Promise<StrategyView> => {
          const { strategyId } = await manageable(parts, ctx);
          await setStrategyStatus(node.pool, strategyId, "stopped");
          return strategyView(await readable(parts, ctx));
        },
      },
    },
  };
}

async function list(parts: Parts, ctx: Ctx<"trading-strategies.list">): Promise<StrategyPage> {
  const { portfolioId, status, limit, cursor } = ctx.params;
  const after = decodeCursor(cursor, { createdAtMs: "time", strategyId: "string" });
  const viewer = viewerOf(userOf(ctx));
  const query = { viewer, portfolioId, status, after, limit };
  const found = await listStrategies(parts.node.pool, query);
  const data = found.slice(0, limit);
  const last = found.length > limit ? data.at(-1) : undefined;
  return {
    data: data.map(strategyView),
    nextCursor:
      last === undefined
        ? null
        : encodeCursor({ createdAtMs: last.createdAtMs, strategyId: last.strategyId }),
  };
}

/** The strategy's id follows from the idempotency key, so that a repeat finds the same strategy. */
async function create(parts: Parts, ctx: Ctx<"trading-strategies.create">): Promise<StrategyView> {
  const { node, access } = parts;
  const user = userOf(ctx);
  const { portfolioId, name, symbols, timeframe, signal, allowShort } = ctx.params;
  await access.requireTrade(user, portfolioId);
  const { idempotencyKey } = ctx.meta;
  const key = `key:${user.userId}:${idempotencyKey ?? ""}`;
  if (idempotencyKey !== undefined) await claimKey(parts, ctx, idempotencyKey);
  const row: StrategyRow = {
    strategyId: idempotencyKey === undefined ? node.newId() : uuidv5(NAMESPACE, key),
    tenantId: user.tenantId,
    portfolioId,
    name,
    symbols,
    timeframe,
    ...signalOf(signal),
    sizing: sizingOf(ctx.params.sizing),
    allowShort,
    ...riskOf(ctx.params.risk),
    execution: executionOf(ctx.params.execution),
    status: "stopped",
  };
  await check(parts, ctx, row);
  if (!(await insertStrategy(node.pool, row))) ctx.meta.isReplay = true;
  return strategyView(await stored(parts, row.strategyId));
}

/** @throws RestError 422 when the key came with another body before */
async function claimKey(
  { node }: Parts,
  ctx: Ctx<"trading-strategies.create">,
  key: string,
): Promise<void> {
  const scope = `strategies:${userOf(ctx).userId}`;
  if (await claimRequestKey(node.pool, scope, key, bodyHash(ctx.params))) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body");
}

async function update(parts: Parts, ctx: Ctx<"trading-strategies.update">): Promise<StrategyView> {
  const before = await manageable(parts, ctx);
  const { name, symbols, timeframe, signal, sizing, allowShort, risk, execution } = ctx.params;
  const row: StrategyRow = {
    ...before,
    name: name ?? before.name,
    symbols: symbols ?? before.symbols,
    timeframe: timeframe ?? before.timeframe,
    ...(signal !== undefined && signalOf(signal)),
    sizing: sizing === undefined ? before.sizing : sizingOf(sizing),
    allowShort: allowShort ?? before.allowShort,
    ...(risk !== undefined && riskOf(risk)),
    execution: execution === undefined ? before.execution : executionOf(execution),
  };
  await check(parts, ctx, row);
  if (!(await changeStopped(parts.node.pool, row))) throw running(row.strategyId);
  return strategyView(await stored(parts, row.strategyId));
}

/** What it rests on may have changed since it was defined. */
async function start(parts: Parts, ctx: Ctx<"trading-strategies.start">): Promise<StrategyView> {
  const strategy = await manageable(parts, ctx);
  await check(parts, ctx, strategy);
  await setStrategyStatus(parts.node.pool, strategy.strategyId, "running");
  return strategyView(await stored(parts, strategy.strategyId));
}

async function check({ node }: Parts, ctx: RequestContext, row: StrategyRow): Promise<void> {
  const { kind, parameters, symbols, timeframe } = row;
  checkExecution(row, node.clock.now());
  await checkedSignal(node, ctx, { kind, parameters }, { symbols, timeframe, path: "signal" });
}

/** @throws RestError 404 */
async function readable({ node, access }: Parts, ctx: OfStrategy): Promise<StoredStrategy> {
  const { strategyId } = ctx.params;
  const strategy = await findStrategy(node.pool, strategyId);
  if (strategy === null || !(await access.canRead(userOf(ctx), strategy.portfolioId)))
    throw notFound("strategy", strategyId);
  return strategy;
}

/** @throws RestError 404, 403 */
async function manageable(parts: Parts, ctx: OfStrategy): Promise<StoredStrategy> {
  const strategy = await readable(parts, ctx);
  await parts.access.requireTrade(userOf(ctx), strategy.portfolioId);
  return strategy;
}

async function stored({ node }: Parts, strategyId: string): Promise<StoredStrategy> {
  const strategy = await findStrategy(node.pool, strategyId);
  if (strategy === null) throw notFound("strategy", strategyId);
  return strategy;
}

function running(strategyId: string) {
  return conflict(`strategy ${strategyId} runs: stop it first`);
}
