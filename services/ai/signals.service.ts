import type { Context, ServiceSchema } from "moleculer";
import type { Bar } from "../../domain/market/bar.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/signals.ts";
import type { SignalList, SignalPage, SignalView } from "../../mixins/rest/routes/signals.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { listSignals } from "../../models/signals.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { type AskedSignal, canonicalDefinition, checkedSignal } from "./signals/checked.ts";
import { find } from "./signals/find.ts";
import { type Giver, keepSignal, requestId } from "./signals/keep.ts";
import { SignalsOnBar } from "./signals/on-bar.ts";
import { signalView } from "./signals/views.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** Signals: asked for over REST, and given as bars close by the strategies that run, which tell their portfolios. */
export function signalsService(node: NodeContext): ServiceSchema {
  const onBar = new SignalsOnBar(node);
  return {
    name: "signals",
    actions: {
      list: {
        params: routes.listSignals.input.validator,
        handler: (ctx: Ctx<"signals.list">) => list(node, ctx),
      },
      compute: {
        params: routes.createSignals.input.validator,
        handler: (ctx: Ctx<"signals.compute">) => compute(node, ctx),
      },
      /** Acknowledged: it answers once every signal of the bar is recorded and acted upon. A repeat changes nothing. */
      onBar: {
        visibility: "public",
        handler: async ({ params }: Context<{ readonly bar: Bar }>): Promise<null> => {
          await onBar.take(params.bar);
          return null;
        },
      },
    },
  };
}

async function compute(node: NodeContext, ctx: Ctx<"signals.compute">): Promise<SignalList> {
  const { symbols, timeframe, modelId, strategy } = ctx.params;
  const { tenantId } = userOf(ctx);
  const asked: AskedSignal =
    modelId === undefined
      ? (strategy ?? { kind: "model" })
      : { kind: "model", parameters: { modelId } };
  const terms = { symbols, timeframe, path: "strategy" };
  const definition = await checkedSignal(node, ctx, asked, terms);
  const canonical = canonicalDefinition(definition);
  // The second leg of a pair is of that pair alone.
  const isPair = definition.kind === "pairs";
  const key = isPair ? JSON.stringify([canonical, symbols]) : canonical;
  const strategyId = requestId(tenantId, timeframe, key);
  const giver: Giver = { tenantId, origin: "request", strategyId, definition, timeframe };
  const data: SignalView[] = [];
  for (const group of isPair ? [symbols] : symbols.map((symbol) => [symbol])) {
    const found = await find(node, { tenantId, definition, symbols: group, timeframe });
    for (const finding of found) data.push(signalView(await keepSignal(node, giver, finding)));
  }
  return { data };
}

async function list(node: NodeContext, ctx: Ctx<"signals.list">): Promise<SignalPage> {
  const { since, until, cursor, ...asked } = ctx.params;
  const { tenantId } = userOf(ctx);
  const after = decodeCursor(cursor, { asOfMs: "time", signalId: "uuid" });
  const query = { ...asked, tenantId, sinceMs: since, untilMs: until, after };
  const { data, next } = await listSignals(node.pool, query);
  return {
    data: data.map(signalView),
    nextCursor:
      next === null ? null : encodeCursor({ asOfMs: next.asOfMs, signalId: next.signalId }),
  };
}
