import type { ServiceSchema } from "moleculer";
import type { Instrument } from "../../domain/market/instrument.ts";
import { heavy, heavyRead } from "../../mixins/resilience/heavy.ts";
import { notFound, RestError } from "../../mixins/rest/rest-error.ts";
import * as routes from "../../mixins/rest/routes/alternative-data.ts";
import type {
  AliasesView,
  AlternativeDocumentPage,
  AlternativeSourcePage,
  AlternativeUploadView,
  JoinedView,
} from "../../mixins/rest/routes/alternative-data.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { JobAccepted } from "../../mixins/rest/routes/jobs.ts";
import { type AlternativeStore, PUBLIC } from "../../models/alternative-data.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { checkQuery } from "./alternative/check-query.ts";
import { COLLECT_ALTERNATIVE, collectAlternativeKind } from "./alternative/collect.ts";
import type { CollectAlternativeParams } from "./alternative/collect.ts";
import { ingest, toUploadView } from "./alternative/ingest.ts";
import { joinWithBars } from "./alternative/joined.ts";
import { keepRows } from "./alternative/keep.ts";
import { Linker } from "./alternative/linker.ts";
import { listDocuments, listSources } from "./alternative/list.ts";
import type { AlternativeRegistry } from "./alternative/registry.ts";
import { verdictOn } from "./alternative/signature.ts";
import type { Market } from "./market.ts";

type Params<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

interface Parts {
  readonly node: NodeContext;
  readonly market: Market;
  readonly store: AlternativeStore;
  readonly registry: AlternativeRegistry;
  readonly linker: Linker;
}

/** News, filings, macro series, posts, and what users bring: stored with since when each was known, and joined so with prices. */
export function alternativeDataService(
  node: NodeContext,
  market: Market,
  store: AlternativeStore,
  registry: AlternativeRegistry,
): ServiceSchema {
  const it: Parts = { node, market, store, registry, linker: new Linker(node, store) };
  const keeping = { store, linker: it.linker, clock: node.clock, pool: node.pool, registry };
  node.jobs.add(collectAlternativeKind(keeping));
  return {
    name: "alternative-data",
    actions: {
      list: {
        params: routes.listAlternativeData.input.validator,
        handler: (ctx: Params<"alternative-data.list">): Promise<AlternativeDocumentPage> =>
          listDocuments(it, userOf(ctx), ctx.params),
      },
      sources: {
        params: routes.listAlternativeSources.input.validator,
        handler: (ctx: Params<"alternative-data.sources">): Promise<AlternativeSourcePage> =>
          listSources(it, userOf(ctx)),
      },
      joined: {
        ...heavyRead(4, 32),
        params: routes.joinAlternativeData.input.validator,
        handler: (ctx: Params<"alternative-data.joined">): Promise<JoinedView> =>
          joinWithBars(node, market, it, userOf(ctx), ctx.params),
      },
      ingest: {
        ...heavy(2, 16),
        params: routes.ingestAlternativeData.input.validator,
        handler: (ctx: Params<"alternative-data.ingest">): Promise<AlternativeUploadView> =>
          ingest(keeping, ctx),
      },
      push: {
        ...heavy(2, 16),
        params: routes.pushAlternativeData.input.validator,
        handler: (ctx: Params<"alternative-data.push">): Promise<AlternativeUploadView> =>
          push(it, ctx),
      },
      collect: {
        params: routes.collectAlternativeData.input.validator,
        handler: (ctx: Params<"alternative-data.collect">): Promise<JobAccepted> =>
          collect(it, ctx),
      },
      aliases: {
        params: routes.getAliases.input.validator,
        handler: async ({ params }: Params<"alternative-data.aliases">): Promise<AliasesView> =>
          aliasesOf(it, await instrumentOf(it, params.symbol)),
      },
      putAliases: {
        params: routes.putAliases.input.validator,
        handler: async ({
          params,
        }: Params<"alternative-data.putAliases">): Promise<AliasesView> => {
          const instrument = await instrumentOf(it, params.symbol);
          await store.putAliases(instrument.symbol, [...new Set(params.aliases)]);
          it.linker.forget();
          return aliasesOf(it, instrument);
        },
      },
    },
    started: () => store.ready(),
  };
}

async function push(
  it: Parts,
  ctx: Params<"alternative-data.push">,
): Promise<AlternativeUploadView> {
  const { node, registry } = it;
  const { source, data } = ctx.params;
  const signed = ctx.meta.signed ?? { body: "", signature: null };
  const verdict = verdictOn(signed, registry.secretOf(source), node.clock.now());
  // A source that does not push looks like one whose signature is wrong.
  if (verdict !== "signed")
    throw new RestError(
      "UNAUTHENTICATED",
      `X-Signature is ${verdict === "stale" ? "too old" : "not right"}`,
    );
  const origin = { tenantId: PUBLIC, source, kind: "news", seriesId: null, symbols: [] } as const;
  return toUploadView(await keepRows({ ...it, clock: node.clock }, origin, data));
}

/** What could never be collected is refused here; what a source refuses later, the job says. */
async function collect(it: Parts, ctx: Params<"alternative-data.collect">): Promise<JobAccepted> {
  const { source, symbols = [], series = [], query = null, start, end, knownAt } = ctx.params;
  const opened = it.registry.find(source);
  if (opened === null) throw notFound("source that is collected", source);
  checkQuery(opened.definition, { symbols, series, query });
  const params: CollectAlternativeParams = {
    source,
    symbols: [...new Set(symbols)],
    series: [...new Set(series)],
    query,
    startMs: start ?? null,
    endMs: end ?? null,
    knownAt,
  };
  return it.node.jobs.submit(ctx, COLLECT_ALTERNATIVE, { ...params });
}

async function instrumentOf({ market }: Parts, symbol: string): Promise<Instrument> {
  const instrument = await market.instrument(symbol);
  if (instrument === null) throw notFound("symbol", symbol);
  return instrument;
}

async function aliasesOf({ store }: Parts, { symbol, name }: Instrument): Promise<AliasesView> {
  return { symbol, name, aliases: [...(await store.aliasesOf(symbol))] };
}
