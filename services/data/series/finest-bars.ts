import type { Bar } from "../../../domain/market/bar.ts";
import { lastKnown, readBars } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { type HeldSeries, type Span, spansOf, within } from "./holder.ts";

const PAGE = 20_000;

/**
 * The bars of a series as they were traded, oldest first, in pages, none of them empty: those of each of its tickers in the
 * finest timeframe that is stored of it.
 * @param range bars that open in [startMs, endMs), epoch ms
 */
export async function* finestBars(
  node: NodeContext,
  series: HeldSeries,
  range: { readonly startMs?: number; readonly endMs?: number },
): AsyncGenerator<readonly Bar[], void, void> {
  for (const [index, { ticker }] of series.holder.spans.entries()) {
    const [finest] = await lastKnown(node.pool, ticker);
    if (finest === undefined) continue;
    const { timeframe } = finest;
    const span = spansOf(series, timeframe)[index];
    for (const part of span === undefined ? [] : within([span], range)) {
      yield* pagesOf(node, timeframe, part);
    }
  }
}

async function* pagesOf(
  { pool }: NodeContext,
  timeframe: Bar["timeframe"],
  { ticker, startMs, endMs }: Span,
): AsyncGenerator<readonly Bar[], void, void> {
  let fromMs = startMs;
  for (;;) {
    const page = await readBars(pool, {
      symbol: ticker,
      timeframe,
      ...(fromMs !== undefined && { startMs: fromMs }),
      ...(endMs !== undefined && { endMs }),
      limit: PAGE,
      order: "asc",
    });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    fromMs = last.startMs + 1;
  }
}
