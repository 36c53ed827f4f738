import type { Readable } from "node:stream";
import type { ServiceSchema } from "moleculer";
import { dayOfIso } from "../../domain/market/calendars/day-rules.ts";
import { heavy, heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/market-store.ts";
import type {
  AppliedView,
  BarUploadView,
  RetentionView,
  StorageUsePage,
} from "../../mixins/rest/routes/market-store.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import {
  applyRetention,
  retentionRules,
  setRetention,
  storageUse,
} from "../../models/timescale/storage.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";
import { adjustmentOf } from "./series/adjustment.ts";
import { findSeries, spansOf } from "./series/holder.ts";
import { exportStream } from "./store/export.ts";
import { ingest } from "./store/ingest.ts";
import { RETENTION, RetentionDuty } from "./store/retention-duty.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Bars in and out in bulk, what they take, and for how long they are kept. */
export function marketStoreService(node: NodeContext, market: Market): ServiceSchema {
  let endDuty: (() => Promise<void>) | null = null;
  return {
    name: "market-store",
    actions: {
      ingest: {
        ...heavy(2, 16),
        params: routes.ingestBars.input.validator,
        handler: (ctx: RequestContext<Params<"market-store.ingest">>): Promise<BarUploadView> =>
          ingest(node, market, ctx),
      },
      export: {
        ...heavyRead(8, 32),
        params: routes.exportBars.input.validator,
        handler: (ctx: RequestContext<Params<"market-store.export">>): Promise<Readable> =>
          exportBars(node, market, ctx.params),
      },
      usage: {
        params: routes.getStorageUse.input.validator,
        handler: (ctx: RequestContext<Params<"market-store.usage">>): Promise<StorageUsePage> =>
          usage(node, ctx.params),
      },
      retention: {
        params: routes.getRetention.input.validator,
        handler: (): Promise<RetentionView> => retention(node),
      },
      putRetention: {
        params: routes.putRetention.input.validator,
        handler: async ({
          params,
        }: RequestContext<Params<"market-store.putRetention">>): Promise<RetentionView> => {
          await setRetention(node.pool, params.data);
          return retention(node);
        },
      },
      applyRetention: {
        ...heavy(1, 4),
        params: routes.applyRetention.input.validator,
        handler: async (): Promise<AppliedView> => ({
          data: await applyRetention(node.pool, node.clock.now()),
        }),
      },
    },
    async started() {
      endDuty = node.actorSystem.onDuty(RETENTION, new RetentionDuty(node));
    },
    async stopped() {
      await endDuty?.();
    },
  };
}

async function exportBars(
  node: NodeContext,
  market: Market,
  params: Params<"market-store.export">,
): Promise<Readable> {
  const { symbol, timeframe, start, end, format, adjust, on } = params;
  const series = await findSeries({ node, market }, symbol, on === undefined ? null : dayOfIso(on));
  const basisMs = node.clock.now();
  const { factors } = await adjustmentOf(node, series, { adjust, timeframe, basisMs });
  const range = {
    ...(start !== undefined && { startMs: start }),
    ...(end !== undefined && { endMs: end }),
  };
  const spans = spansOf(series, timeframe);
  return exportStream(node, { spans, factors, timeframe, ...range }, format);
}

async function retention({ pool }: NodeContext): Promise<RetentionView> {
  return { data: await retentionRules(pool) };
}

async function usage(
  node: NodeContext,
  { limit, cursor }: Params<"market-store.usage">,
): Promise<StorageUsePage> {
  const after = decodeCursor(cursor, { symbol: "string", kind: "string", timeframe: "string" });
  const found = await storageUse(node.pool, { limit: limit + 1, ...(after && { after }) });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ kind, symbol, timeframe, rows, bytes, firstMs, lastMs }) => ({
      kind,
      symbol,
      timeframe,
      rows,
      bytes,
      first: isoTime(firstMs),
      last: isoTime(lastMs),
    })),
    nextCursor: last
      ? encodeCursor({ symbol: last.symbol, kind: last.kind, timeframe: last.timeframe ?? "" })
      : null,
  };
}
