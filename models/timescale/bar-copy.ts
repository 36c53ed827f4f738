import type { Bar } from "../../domain/market/bar.ts";
import { BinaryRows } from "./copy-binary.ts";

/**
 * Bars as rows of COPY's binary format, in chunks: the columns of `BAR_COLUMNS`, and known_at after them where it is given.
 * @throws RangeError when a value is no plain decimal
 */
export function* copyBars(
  bars: readonly Bar[],
  symbolId: (symbol: string) => number,
  knownAtMs?: number,
): Generator<Buffer<ArrayBuffer>> {
  const rows = new BinaryRows();
  const fields = knownAtMs === undefined ? 11 : 12;
  for (const bar of bars) {
    rows.row(fields);
    rows.int4(symbolId(bar.symbol));
    rows.text(bar.timeframe);
    rows.timestamptz(bar.startMs);
    writeValues(rows, bar);
    rows.text(bar.source);
    if (knownAtMs !== undefined) rows.timestamptz(knownAtMs);
    const chunk = rows.chunk();
    if (chunk) yield chunk;
  }
  yield rows.end();
}

function writeValues(rows: BinaryRows, bar: Bar): void {
  rows.numeric(bar.open);
  rows.numeric(bar.high);
  rows.numeric(bar.low);
  rows.numeric(bar.close);
  rows.numeric(bar.volume);
  if (bar.vwap === undefined) rows.null();
  else rows.numeric(bar.vwap);
  if (bar.tradeCount === undefined) rows.null();
  else rows.int4(bar.tradeCount);
}
