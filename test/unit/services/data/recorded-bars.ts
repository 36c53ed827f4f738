import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Bar } from "../../../../domain/market/bar.ts";
import { checkBar } from "../../../../domain/market/check-bar.ts";
import type { Refused } from "../../../../domain/market/refusal.ts";
import { readZoned } from "../../../../services/data/feeds/read-time.ts";
import { sharedFile } from "./shared-data.ts";

const NOW_MS = Date.UTC(2026, 0);

/** Cells of a CSV file without its header. */
function cellsOf(file: string): readonly (readonly string[])[] {
  const bytes = readFileSync(sharedFile(file));
  const csv = file.endsWith(".gz") ? gunzipSync(bytes).toString() : bytes.toString();
  return csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));
}

export interface RecordedBars {
  readonly bars: readonly Bar[];
  /** with the date of the row */
  readonly refused: readonly (Refused & { readonly date: string })[];
}

/** Daily rows `date,open,high,low,close,volume,…`, each checked by itself. */
export function dailyBars(file: string, symbol: string): RecordedBars {
  const bars: Bar[] = [];
  const refused: (Refused & { readonly date: string })[] = [];
  for (const [date = "", open, high, low, close, volume] of cellsOf(file)) {
    const startMs = Date.parse(`${date}T00:00:00Z`);
    const raw = { symbol, timeframe: "1d", startMs, open, high, low, close, volume };
    const checked = checkBar({ ...raw, source: "recorded" }, { nowMs: NOW_MS });
    if ("accepted" in checked) bars.push(checked.accepted);
    else refused.push({ ...checked.refused, date });
  }
  return { bars, refused };
}

/** Minute rows `time_ny,open,high,low,close,volume`. */
export function minuteBars(file: string, symbol: string): readonly Bar[] {
  const readTime = readZoned("America/New_York");
  return cellsOf(file).map(([time = "", open, high, low, close, volume]) => {
    const start = readTime(time);
    if ("refused" in start) throw new Error(start.refused.detail);
    const raw = { symbol, timeframe: "1m", startMs: start.ms, open, high, low, close, volume };
    const checked = checkBar({ ...raw, source: "recorded" }, { nowMs: NOW_MS });
    if ("refused" in checked) throw new Error(checked.refused.detail);
    return checked.accepted;
  });
}
