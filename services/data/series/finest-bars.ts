import type { Bar } from "../../../domain/market/bar.ts";
import { lastKnown, readBars } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { type HeldSeries, type Span, spansOf, within } from "./holder.ts";

const PAGE = 20_000;

/**
 * The bars of a series as they were traded, oldest first, in pages, none of them empty: those of each of its tickers in the
 * finest timeframe of which any are stored in the range.
 * @param range bars that open in [startMs, endMs), epoch ms
 */
export async function* finestBars(
  node: NodeContext,
  series: HeldSeries,
  range: { readonly startMs?: number; readonly endMs?: number },
): AsyncGenerator<readonly Bar[], void, void> {
  for (const [index, { ticker }] of series.holder.spans.entries()) {
    for (const { timeframe, firstMs, lastMs } of await lastKnown(node.pool, ticker)) {
      const span = spansOf(series, timeframe)[index];
      const stored = { startMs: firstMs, endMs: lastMs + 1 };
      const parts = span === undefined ? [] : within(within([span], range), stored);
      for (const part of parts) yield* pagesOf(node, timeframe, part);
      if (parts.length > 0) break;
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
