import type { Timeframe } from "../../../domain/market/bar.ts";
import type { CorporateAction } from "../../../domain/market/adjust/corporate-action.ts";
import { dayStartMs } from "../../../domain/market/adjust/day-start.ts";
import { type Adjustment, type Factors, factorsOf } from "../../../domain/market/adjust/factors.ts";
import { tickerOn } from "../../../domain/market/listing.ts";
import { instantOf } from "../../../domain/market/calendars/time-zone.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import { closesBefore } from "../../../models/bar-history.ts";
import {
  type ActionKey,
  listCorporateActions,
  type RecordedAction,
} from "../../../models/corporate-actions.ts";
import { lastKnown, type Series } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { isoDate } from "../iso-date.ts";
import type { HeldSeries } from "./holder.ts";

export interface AdjustmentAsked {
  readonly adjust: Adjustment;
  readonly timeframe: Timeframe;
  /** prices are brought into the units of this instant, epoch ms */
  readonly basisMs: number;
  /** the actions that were believed then; absent: those that are believed now */
  readonly asOfMs?: number;
}

export interface SeriesAdjustment {
  readonly factors: Factors;
  /** those that count: had happened at the basis, and after the first stored bar */
  readonly actions: readonly CorporateAction[];
}

const NONE: SeriesAdjustment = { factors: [], actions: [] };

/**
 * The factors of a series.
 * @throws RestError 422 when the holder is not known, or a dividend cannot be related to the close before it
 */
export async function adjustmentOf(
  node: NodeContext,
  series: HeldSeries,
  asked: AdjustmentAsked,
): Promise<SeriesAdjustment> {
  if (asked.adjust === "none") return NONE;
  const { instrument, zone } = series;
  if (instrument === null) {
    throw insufficientData(
      "nothing is known of the splits and dividends of who held the ticker then",
    );
  }
  const stored = await storedSeries(node, series);
  const actions = await actionsThatCount(node, series, stored, asked);
  const closes = await closesFor(node, series, stored, actions, asked);
  const result = factorsOf(actions, {
    adjust: asked.adjust,
    currency: instrument.currency,
    exMs: (exDay) => dayStartMs(zone, asked.timeframe, exDay),
    closeBefore: (exDay) => closes.get(exDay) ?? null,
  });
  if ("factors" in result) return { factors: result.factors, actions };
  const { dividend, reason } = result.refused;
  throw insufficientData(
    `the dividend of ${instrument.symbol} on ${isoDate(dividend.exDay)} has no factor: ${reason}`,
  );
}

type Stored = ReadonlyMap<string, readonly Series[]>;

/** By ticker. */
async function storedSeries({ pool }: NodeContext, { holder }: HeldSeries): Promise<Stored> {
  const tickers = [...new Set(holder.spans.map(({ ticker }) => ticker))];
  const entries = tickers.map(async (ticker) => [ticker, await lastKnown(pool, ticker)] as const);
  return new Map(await Promise.all(entries));
}

async function actionsThatCount(
  node: NodeContext,
  { instrument, zone }: HeldSeries,
  stored: Stored,
  { adjust, basisMs, asOfMs }: AdjustmentAsked,
): Promise<readonly CorporateAction[]> {
  const all = [...stored.values()].flat();
  const hasEarlier = (exDay: number) =>
    all.some(({ timeframe, firstMs }) => firstMs < dayStartMs(zone, timeframe, exDay));
  const recorded = await allActions(node, instrument?.symbol ?? "", asOfMs);
  return recorded
    .map(({ action }) => action)
    .filter(({ kind, exDay }) => {
      const isAsked = adjust === "all" || kind === "split";
      return isAsked && instantOf(zone, exDay, 0) <= basisMs && hasEarlier(exDay);
    });
}

async function allActions(
  { pool }: NodeContext,
  symbol: string,
  asOfMs: number | undefined,
): Promise<readonly RecordedAction[]> {
  const found: RecordedAction[] = [];
  let after: ActionKey | null = null;
  do {
    const page: Awaited<ReturnType<typeof listCorporateActions>> = await listCorporateActions(
      pool,
      {
        symbol,
        limit: 1_000,
        ...(asOfMs !== undefined && { asOfMs }),
        ...(after !== null && { after }),
      },
    );
    found.push(...page.data);
    after = page.next;
  } while (after !== null);
  return found;
}

/** The stored closes before the dividends that do not bring one with them, by ex-day. */
async function closesFor(
  { pool }: NodeContext,
  { holder, zone }: HeldSeries,
  stored: Stored,
  actions: readonly CorporateAction[],
  { adjust, asOfMs }: AdjustmentAsked,
): Promise<ReadonlyMap<number, DecimalString>> {
  if (adjust !== "all") return new Map();
  const asked = actions.flatMap((action) => {
    if (action.kind !== "dividend" || action.referencePrice !== null) return [];
    const { exDay } = action;
    const ticker = tickerOn(holder, exDay - 1);
    const timeframe = closesIn(ticker === null ? [] : (stored.get(ticker) ?? []));
    if (ticker === null || timeframe === null) return [];
    return [{ exDay, ticker, timeframe, beforeMs: dayStartMs(zone, timeframe, exDay) }];
  });
  const closes = await closesBefore(pool, asked, asOfMs);
  return new Map(
    asked.flatMap(({ exDay }, index) => {
      const close = closes[index] ?? null;
      return close === null ? [] : [[exDay, close] as const];
    }),
  );
}

/** Days where they are stored: their close is the official one. */
function closesIn(stored: readonly Series[]): Timeframe | null {
  const timeframes = stored.map(({ timeframe }) => timeframe);
  if (timeframes.includes("1d")) return "1d";
  return timeframes.find((timeframe) => timeframe !== "1w" && timeframe !== "1mo") ?? null;
}
