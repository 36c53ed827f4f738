import type { ServiceSchema } from "moleculer";
import type { CorporateAction } from "../../domain/market/adjust/corporate-action.ts";
import { dayOfIso } from "../../domain/market/calendars/day-rules.ts";
import { DAY_MS } from "../../domain/market/calendars/time-zone.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import { invariant } from "../../domain/shared/errors.ts";
import { firstDifference } from "../../domain/shared/same-content.ts";
import { bodyHash } from "../../mixins/actor/ids.ts";
import { conflict, notFound, RestError } from "../../mixins/rest/rest-error.ts";
import * as routes from "../../mixins/rest/routes/corporate-actions.ts";
import type {
  CorporateActionImportView,
  CorporateActionPage,
  CorporateActionView,
  ListingsView,
} from "../../mixins/rest/routes/corporate-actions.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import {
  addCorporateAction,
  listCorporateActions,
  retractCorporateAction,
} from "../../models/corporate-actions.ts";
import { listingsOf } from "../../models/listings.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { importLeanFiles } from "./corporate-actions/import-lean.ts";
import { putListings } from "./corporate-actions/put-listings.ts";
import { toActionView, toListingsView } from "./corporate-actions/views.ts";
import type { Market } from "./market.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Splits, dividends and former tickers of instruments, from which prices are adjusted when they are read. */
export function corporateActionsService(node: NodeContext, market: Market): ServiceSchema {
  const instrumentOf = async (symbol: string): Promise<Instrument> => {
    const instrument = await market.instrument(symbol);
    if (instrument === null) throw notFound("symbol", symbol);
    return instrument;
  };
  return {
    name: "corporate-actions",
    actions: {
      list: {
        params: routes.listCorporateActions.input.validator,
        handler: async ({ params }: RequestContext<Params<"corporate-actions.list">>) => {
          await instrumentOf(params.symbol);
          return list(node, params);
        },
      },
      add: {
        params: routes.addCorporateAction.input.validator,
        handler: async (ctx: RequestContext<Params<"corporate-actions.add">>) => {
          await instrumentOf(ctx.params.symbol);
          return add(node, ctx);
        },
      },
      remove: {
        params: routes.deleteCorporateAction.input.validator,
        handler: async ({ params }: RequestContext<Params<"corporate-actions.remove">>) => {
          const { symbol, actionId } = params;
          if (await retractCorporateAction(node.pool, symbol, actionId, node.clock.now()))
            return null;
          throw notFound("corporate action", actionId);
        },
      },
      import: {
        params: routes.importCorporateActions.input.validator,
        handler: async (
          ctx: RequestContext<Params<"corporate-actions.import">>,
        ): Promise<CorporateActionImportView> => {
          const instrument = await instrumentOf(ctx.params.symbol);
          await claimKey(node, ctx);
          return importLeanFiles(node, instrument, ctx.params);
        },
      },
      listings: {
        params: routes.getListings.input.validator,
        handler: async ({
          params: { symbol },
        }: RequestContext<Params<"corporate-actions.listings">>): Promise<ListingsView> => {
          await instrumentOf(symbol);
          return toListingsView(symbol, await listingsOf(node.pool, symbol));
        },
      },
      putListings: {
        params: routes.putListings.input.validator,
        handler: async ({
          params: { symbol, listings },
        }: RequestContext<Params<"corporate-actions.putListings">>): Promise<ListingsView> => {
          await instrumentOf(symbol);
          const given = listings.map(({ ticker, from, until }) => ({
            ticker,
            symbol,
            fromDay: dayOfIso(from),
            untilDay: typeof until === "string" ? dayOfIso(until) : null,
          }));
          return putListings(node, symbol, given, "listings");
        },
      },
    },
  };
}

async function list(
  { pool }: NodeContext,
  params: Params<"corporate-actions.list">,
): Promise<CorporateActionPage> {
  const { symbol, kind, start, end, asOf, limit, cursor } = params;
  const after = decodeCursor(cursor, { exMs: "time", actionId: "uuid" });
  const { data, next } = await listCorporateActions(pool, {
    symbol,
    limit,
    ...(kind !== undefined && { kind }),
    ...(start !== undefined && { fromDay: dayOfIso(start) }),
    ...(end !== undefined && { beforeDay: dayOfIso(end) }),
    ...(asOf !== undefined && { asOfMs: asOf }),
    ...(after !== null && {
      after: { exDay: Math.floor(after.exMs / DAY_MS), actionId: after.actionId },
    }),
  });
  const nextCursor =
    next === null ? null : encodeCursor({ exMs: next.exDay * DAY_MS, actionId: next.actionId });
  return { data: data.map(toActionView), nextCursor };
}

async function add(
  node: NodeContext,
  ctx: RequestContext<Params<"corporate-actions.add">>,
): Promise<CorporateActionView> {
  const { symbol, source, knownAt = node.clock.now() } = ctx.params;
  const action = actionOf(ctx.params);
  await claimKey(node, ctx);
  const asked = { actionId: node.newId(), symbol, action, source, knownAtMs: knownAt };
  const { recorded, isNew } = await addCorporateAction(node.pool, asked);
  const difference = firstDifference(recorded.action, action);
  if (difference !== null) {
    const { actionId } = recorded;
    throw conflict(
      `${actionId} is on record for this date with another ${difference}: delete it before`,
    );
  }
  if (!isNew) ctx.meta.isReplay = true;
  return toActionView(recorded);
}

function actionOf(params: Params<"corporate-actions.add">): CorporateAction {
  const { newUnits, oldUnits, amount, currency, referencePrice = null } = params;
  const exDay = dayOfIso(params.exDate);
  switch (params.kind) {
    case "split":
      invariant(newUnits !== undefined && oldUnits !== undefined, "checked by the route");
      return { kind: "split", exDay, newUnits, oldUnits };
    case "dividend":
      invariant(amount !== undefined && currency !== undefined, "checked by the route");
      return { kind: "dividend", exDay, amount, currency, referencePrice };
  }
}

/** @throws RestError 422 when the key came with another body before */
async function claimKey(
  { pool }: NodeContext,
  ctx: RequestContext<{ readonly symbol: string }>,
): Promise<void> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return;
  const scope = `corporate-actions:${userOf(ctx).userId}`;
  if (await claimRequestKey(pool, scope, key, bodyHash(ctx.params))) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key came with another body");
}
