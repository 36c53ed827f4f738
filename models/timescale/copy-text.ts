import type { Bar } from "../../domain/market/bar.ts";

/** The columns of a row of `copyText`, in order. */
export const COPY_COLUMNS =
  "symbol_id, timeframe, ts, open, high, low, close, volume, vwap, trade_count, source";

const CHUNK_ROWS = 500;

/** Bars as rows of COPY's text format, some hundred a chunk: big enough for the socket, small enough for the heap. */
export function* copyText(
  bars: readonly Bar[],
  symbolId: (symbol: string) => number,
): Generator<string> {
  for (let at = 0; at < bars.length; at += CHUNK_ROWS) {
    yield bars
      .slice(at, at + CHUNK_ROWS)
      .map((bar) => row(bar, symbolId(bar.symbol)))
      .join("");
  }
}

function row(bar: Bar, symbolId: number): string {
  const start = new Date(bar.startMs).toISOString();
  const prices = `${field(bar.open)}\t${field(bar.high)}\t${field(bar.low)}\t${field(bar.close)}`;
  const rest = `${field(bar.volume)}\t${field(bar.vwap)}\t${bar.tradeCount ?? "\\N"}\t${field(bar.source)}`;
  return `${symbolId}\t${bar.timeframe}\t${start}\t${prices}\t${rest}\n`;
}

const SPECIAL = /[\\\t\n\r]/gu;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);

/** No text can end a row or a field, or pass for NULL: its backslashes are doubled. */
function field(value: string | undefined): string {
  if (value === undefined) return "\\N";
  return value.replace(SPECIAL, (character) => ESCAPES.get(character) ?? character);
}
