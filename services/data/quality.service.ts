import type { ServiceSchema } from "moleculer";
import { CALENDAR_NAMES, findCalendar } from "../../domain/market/calendars/calendars.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/quality.ts";
import type {
  BarRevisionPage,
  QualityView,
  SessionPage,
} from "../../mixins/rest/routes/quality.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { type BarRevision, listRevisions } from "../../models/bar-history.ts";
import { listingsAround } from "../../models/listings.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";
import { qualityReport } from "./quality/report.ts";
import { sessionPage } from "./quality/session-page.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** What is known of the data itself: what is missing, odd or corrected, and by which calendar. */
export function qualityService(node: NodeContext, market: Market): ServiceSchema {
  return {
    name: "market-quality",
    actions: {
      report: {
        ...heavyRead(2, 32),
        params: routes.getQuality.input.validator,
        handler: ({
          params,
        }: RequestContext<Params<"market-quality.report">>): Promise<QualityView> =>
          qualityReport(node, market, params),
      },
      revisions: {
        params: routes.listRevisions.input.validator,
        handler: ({ params }: RequestContext<Params<"market-quality.revisions">>) =>
          revisions(node, market, params),
      },
      calendar: {
        params: routes.getCalendar.input.validator,
        handler: ({ params }: RequestContext<Params<"market-quality.calendar">>): SessionPage => {
          const calendar = findCalendar(params.calendar);
          if (calendar !== null) return sessionPage(calendar, params, node.clock.now());
          const names = CALENDAR_NAMES.join(", ");
          throw notFound("calendar", `${params.calendar}: those known are ${names}`);
        },
      },
    },
  };
}

async function revisions(
  node: NodeContext,
  market: Market,
  params: Params<"market-quality.revisions">,
): Promise<BarRevisionPage> {
  const { symbol, timeframe, start, end, limit, cursor } = params;
  const isKnown =
    (await market.instrument(symbol)) !== null ||
    (await listingsAround(node.pool, symbol)).length > 0;
  if (!isKnown) throw notFound("symbol", symbol);
  const after = decodeCursor(cursor, { startMs: "time", revision: "number" });
  const { data, next } = await listRevisions(node.pool, {
    ticker: symbol,
    timeframe,
    limit,
    ...(start !== undefined && { startMs: start }),
    ...(end !== undefined && { endMs: end }),
    ...(after !== null && { after: { ...after, revision: asInt4(after.revision) } }),
  });
  const nextCursor =
    next === null ? null : encodeCursor({ startMs: next.startMs, revision: next.revision });
  return { data: data.map(toRevisionView), nextCursor };
}

/** A forged cursor may hold any integer. */
function asInt4(value: number): number {
  return Math.max(-1, Math.min(value, 2 ** 31 - 1));
}

function toRevisionView({ bar, revision, knownAtMs, replacedAtMs }: BarRevision) {
  return {
    timestamp: isoTime(bar.startMs),
    revision,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    ...(bar.vwap !== undefined && { vwap: bar.vwap }),
    ...(bar.tradeCount !== undefined && { tradeCount: bar.tradeCount }),
    source: bar.source,
    knownAt: isoTime(knownAtMs),
    replacedAt: isoTime(replacedAtMs),
  };
}
