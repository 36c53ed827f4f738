import type { Context, ServiceSchema } from "moleculer";
import { invariant } from "../../domain/shared/errors.ts";
import type { FieldError } from "../../mixins/rest/readers.ts";
import { conflict, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/data-sources.ts";
import type { DataSourcePage, DataSourceView } from "../../mixins/rest/routes/data-sources.ts";
import type { JobAccepted } from "../../mixins/rest/routes/jobs.ts";
import { page } from "../../mixins/rest/views.ts";
import { putSourceSettings, sourceHealth } from "../../models/data-sources.ts";
import type { EventMap, RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { readLayout } from "./files/layout.ts";
import type { LiveFeeds } from "./live/live-feeds.ts";
import type { Market } from "./market.ts";
import { backfill } from "./sources/backfill.ts";
import type { BackfillParams } from "./sources/backfill.ts";
import { checkCollectable } from "./sources/check-collectable.ts";
import { COLLECT, collectKind } from "./sources/collect.ts";
import type { CollectParams } from "./sources/collect.ts";
import type { KnownSource, SourceRegistry } from "./sources/registry.ts";
import type { StreamKind } from "./sources/source.ts";
import { toSourceView } from "./sources/source-views.ts";

type Params<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

interface Parts {
  readonly node: NodeContext;
  readonly market: Market;
  readonly registry: SourceRegistry;
  readonly live: LiveFeeds;
}

/** Vendors and files of market data: what there is, how it is used, and back-filling from it. */
export function dataSourcesServices(it: Parts): readonly ServiceSchema[] {
  const { node } = it;
  node.jobs.add(collectKind(it));
  return [
    {
      name: "data-sources",
      actions: {
        list: {
          params: routes.listDataSources.input.validator,
          handler: () => list(it),
        },
        put: {
          params: routes.putDataSource.input.validator,
          handler: (ctx: Params<"data-sources.put">) => put(it, ctx),
        },
        collect: {
          params: routes.collect.input.validator,
          handler: (ctx: Params<"data-sources.collect">) => collect(it, ctx),
        },
      },
      events: {
        "data-sources.changed": async ({
          params,
        }: Context<EventMap["data-sources.changed"]>): Promise<void> => {
          await it.registry.refresh();
          await it.live.look(params.sourceId);
        },
      },
    },
    {
      name: "sources",
      actions: {
        backfill: {
          visibility: "public",
          handler: ({ params }: Context<BackfillParams>) =>
            backfill(it, params, new AbortController().signal),
        },
      },
    },
  ];
}

async function list(it: Parts): Promise<DataSourcePage> {
  await it.registry.refresh();
  return page(await viewsOf(it, it.registry.all()), null);
}

async function viewsOf(
  { node, live }: Parts,
  sources: readonly KnownSource[],
): Promise<DataSourceView[]> {
  const health = await sourceHealth(node.pool);
  const streams = await live.statuses();
  return sources.map((source) => {
    const { sourceId } = source.definition;
    const stream = streams.find((status) => status.sourceId === sourceId);
    return toSourceView(source, health.get(sourceId), stream);
  });
}

async function put(it: Parts, ctx: Params<"data-sources.put">): Promise<DataSourceView> {
  const { node, registry } = it;
  const { sourceId, isEnabled, priority, symbols, rateLimit = null, layouts = null } = ctx.params;
  const { liveSymbols = null, liveKinds = null } = ctx.params;
  const known = registry.find(sourceId);
  if (known === null) throw notFound("data source", sourceId);
  checkSymbols(symbols);
  checkLayouts(known, layouts);
  await checkLive(it, known, liveSymbols, liveKinds);
  await putSourceSettings(node.pool, {
    sourceId,
    isEnabled,
    priority,
    symbols,
    rateLimit,
    layouts,
    liveSymbols: liveSymbols && [...new Set(liveSymbols)],
    liveKinds: liveKinds && [...new Set(liveKinds)],
  });
  await registry.refresh();
  await ctx.broadcast("data-sources.changed", {
    sourceId,
  } satisfies EventMap["data-sources.changed"]);
  const [view] = await viewsOf(it, [registry.find(sourceId) ?? known]);
  invariant(view !== undefined, "one source has one view, found none");
  return view;
}

/** Only instruments can be repaired from history and traded by: others are not streamed. */
async function checkLive(
  { market }: Parts,
  { definition }: KnownSource,
  symbols: readonly string[] | null,
  kinds: readonly StreamKind[] | null,
): Promise<void> {
  const { sourceId, streams, isConfigured, variables } = definition;
  if ((symbols?.length ?? 0) > 0 && streams.length > 0 && !isConfigured)
    throw conflict(`${sourceId} is not configured: it needs ${variables.join(", ")}`);
  const of = await Promise.all(
    (symbols ?? []).map((symbol, index) => liveError(market, definition, symbol, index)),
  );
  const errors: FieldError[] = of.filter((error) => error !== null);
  for (const [index, kind] of (kinds ?? []).entries()) {
    if (streams.includes(kind)) continue;
    const message = `is not streamed by ${sourceId}`;
    errors.push({ path: `liveKinds[${index}]`, code: "UNSUPPORTED_VALUE", message });
  }
  if (errors.length > 0) throw unprocessable(errors);
}

async function liveError(
  market: Market,
  { sourceId, streams, assetClasses }: KnownSource["definition"],
  symbol: string,
  index: number,
): Promise<FieldError | null> {
  const error = (message: string): FieldError => ({
    path: `liveSymbols[${index}]`,
    code: "UNSUPPORTED_VALUE",
    message,
  });
  if (streams.length === 0) return error(`cannot be streamed: ${sourceId} has no stream`);
  const instrument = await market.instrument(symbol);
  if (instrument === null) return error("is no symbol of /api/symbols");
  const isCovered = assetClasses.includes(instrument.assetClass);
  return isCovered ? null : error(`is ${instrument.assetClass}, which ${sourceId} does not have`);
}

const SYMBOLS_MAX = 10_000;

function checkSymbols(symbols: { readonly [symbol: string]: string }): void {
  const names = Object.keys(symbols);
  const bad = names.filter((name) => !/^[A-Za-z0-9^][A-Za-z0-9.^=:_-]{0,31}$/.test(name));
  const errors: FieldError[] = bad.slice(0, 10).map((name) => ({
    path: `symbols.${name}`,
    code: "INVALID_VALUE",
    message: "is not a symbol",
  }));
  if (names.length > SYMBOLS_MAX)
    errors.push({ path: "symbols", code: "OUT_OF_RANGE", message: `has more than ${SYMBOLS_MAX}` });
  if (errors.length > 0) throw unprocessable(errors);
}

function checkLayouts({ definition }: KnownSource, layouts: readonly unknown[] | null): void {
  if (layouts === null) return;
  if (definition.kind !== "files")
    throw unprocessable([
      { path: "layouts", code: "UNSUPPORTED_VALUE", message: "are those of files" },
    ]);
  const errors = layouts.flatMap((layout, index) => {
    const found = readLayout(layout, `layouts[${index}]`);
    return "format" in found ? [] : found;
  });
  if (errors.length > 0) throw unprocessable(errors);
}

/** What could never be collected is refused here; what a source refuses later, the job says. */
async function collect(it: Parts, ctx: Params<"data-sources.collect">): Promise<JobAccepted> {
  const { source, symbols, timeframe, start, end } = ctx.params;
  const params: CollectParams = {
    source,
    symbols: [...new Set(symbols)],
    timeframe,
    startMs: start ?? null,
    endMs: end ?? null,
  };
  await checkCollectable(it, { ...params, symbols });
  return it.node.jobs.submit(ctx, COLLECT, { ...params });
}
