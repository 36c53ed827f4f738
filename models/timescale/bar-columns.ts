import type { Timeframe } from "../../domain/market/bar.ts";
import { priceColumnsIn } from "./bar-queries.ts";
import { type BarColumns, ColumnDecoder } from "./column-decoder.ts";
import { chooseSource, type Range, seriesOf } from "./series.ts";
import { bodyOf, type Session } from "./session.ts";

export interface ColumnsQuery extends Range {
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** What `readBarColumns` does, on one session. */
export async function selectColumns(session: Session, query: ColumnsQuery): Promise<BarColumns> {
  const source = chooseSource(await seriesOf(session, query.symbol), query.timeframe, query);
  if (!source) return noColumns();
  const select = priceColumnsIn(await bodyOf(session), source, source);
  const decoder = new ColumnDecoder();
  for await (const chunk of session.copyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`)) {
    decoder.push(chunk);
  }
  return decoder.finish();
}

function noColumns(): BarColumns {
  const none = new Float64Array(0);
  return { startMs: none, open: none, high: none, low: none, close: none, volume: none };
}
