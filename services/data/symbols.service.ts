import type { Context, ServiceSchema } from "moleculer";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { MarketView } from "../../domain/portfolio/messages.ts";
import type { Marks } from "../../domain/portfolio/valuation.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/symbols.ts";
import type { InstrumentPage, InstrumentView } from "../../mixins/rest/routes/symbols.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { listInstruments, upsertInstrument } from "../../models/instruments.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { rateActions } from "./fx-rates.ts";
import type { Market } from "./market.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];
type OfSymbol = Context<{ readonly symbol: string }>;

/** Instruments over REST, and what other services ask of a symbol's actor. */
export function symbolsService(node: NodeContext, market: Market): ServiceSchema {
  return {
    name: "symbols",
    actions: {
      ...rateActions(node, market),
      list: {
        params: routes.listSymbols.input.validator,
        handler: (ctx: RequestContext<Params<"symbols.list">>) => list(node, ctx.params),
      },
      get: {
        params: routes.getSymbol.input.validator,
        handler: async (ctx: RequestContext<Params<"symbols.get">>): Promise<InstrumentView> => {
          const instrument = await market.instrument(ctx.params.symbol);
          if (instrument === null) throw notFound("symbol", ctx.params.symbol);
          return instrument;
        },
      },
      put: {
        params: routes.putSymbol.input.validator,
        handler: async (ctx: RequestContext<Params<"symbols.put">>): Promise<InstrumentView> => {
          const instrument = instrumentOf(ctx.params);
          const { symbol } = instrument;
          await upsertInstrument(node.pool, instrument);
          market.forget(symbol);
          return instrument;
        },
      },
      /** What a pre-trade check has to know. */
      marketView: {
        visibility: "public",
        handler: async (ctx: OfSymbol): Promise<Omit<MarketView, "feeBps">> => {
          const { symbol } = ctx.params;
          const instrument = await market.instrument(symbol);
          if (instrument === null) return { instrument, quote: null, isStale: true };
          const { quote } = await market.summary(symbol, deadlineOf(ctx, node.clock));
          return { instrument, quote, isStale: quote === null || market.isStale(quote) };
        },
      },
      marketTime: {
        visibility: "public",
        handler: async (ctx: OfSymbol): Promise<number | null> =>
          (await market.summary(ctx.params.symbol, deadlineOf(ctx, node.clock))).marketTimeMs,
      },
      /** What each is, and its last price where one was heard of, in the order of the symbols. */
      describe: {
        visibility: "public",
        handler: (ctx: Context<{ readonly symbols: readonly string[] }>) => {
          const deadline = deadlineOf(ctx, node.clock);
          return Promise.all(
            ctx.params.symbols.map(async (symbol) => {
              const instrument = await market.instrument(symbol);
              if (instrument === null) return { symbol, instrument, price: null };
              const { quote } = await market.summary(symbol, deadline);
              return { symbol, instrument, price: quote?.last ?? null };
            }),
          );
        },
      },
      /** The last price of each. */
      marks: {
        visibility: "public",
        handler: async (ctx: Context<{ readonly symbols: readonly string[] }>): Promise<Marks> => {
          const deadline = deadlineOf(ctx, node.clock);
          const entries = ctx.params.symbols.map(async (symbol) => {
            const { quote } = await market.summary(symbol, deadline);
            return [symbol, quote?.last ?? null] as const;
          });
          return Object.fromEntries(await Promise.all(entries));
        },
      },
    },
  };
}

function instrumentOf(params: Params<"symbols.put">): Instrument {
  const { minQuantity, maxQuantity, minNotional, maxNotional } = params;
  return {
    symbol: params.symbol,
    name: params.name,
    assetClass: params.assetClass,
    venue: params.venue,
    currency: params.currency,
    tickSize: params.tickSize,
    lotSize: params.lotSize,
    multiplier: params.multiplier,
    shortable: params.shortable,
    calendar: params.calendar,
    ...(minQuantity !== undefined && { minQuantity }),
    ...(maxQuantity !== undefined && { maxQuantity }),
    ...(minNotional !== undefined && { minNotional }),
    ...(maxNotional !== undefined && { maxNotional }),
    ...(params.isHalted === true && { isHalted: true }),
    ...(params.isRegularHoursOnly === true && { isRegularHoursOnly: true }),
    ...termsOfRisk(params),
  };
}

function termsOfRisk(
  params: Params<"symbols.put">,
): Pick<Instrument, "sector" | "initialMargin" | "maintenanceMargin" | "borrowRate"> {
  const { sector, initialMargin, maintenanceMargin, borrowRate } = params;
  return {
    ...(sector !== undefined && { sector }),
    ...(initialMargin !== undefined && { initialMargin }),
    ...(maintenanceMargin !== undefined && { maintenanceMargin }),
    ...(borrowRate !== undefined && { borrowRate }),
  };
}

async function list(node: NodeContext, params: Params<"symbols.list">): Promise<InstrumentPage> {
  const { search, assetClass, limit, cursor } = params;
  const after = decodeCursor(cursor, { symbol: "string" })?.symbol;
  const { data, next } = await listInstruments(node.pool, {
    limit,
    ...(search !== undefined && { search }),
    ...(assetClass !== undefined && { assetClass }),
    ...(after !== undefined && { after }),
  });
  return { data: [...data], nextCursor: next === null ? null : encodeCursor({ symbol: next }) };
}
