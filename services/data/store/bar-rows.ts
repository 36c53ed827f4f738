import { setImmediate } from "node:timers/promises";
import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { checkBar } from "../../../domain/market/check-bar.ts";
import { isRecord } from "../../../domain/market/field-reader.ts";
import { Invalid, readTime } from "../../../mixins/rest/readers.ts";
import type { RowRefusal } from "../../../mixins/rest/routes/market-store.ts";

/** The fields of a row; a CSV's header names them. */
export const BAR_FIELDS = {
  timestamp: "required",
  open: "required",
  high: "required",
  low: "required",
  close: "required",
  volume: "required",
  vwap: "optional",
  tradeCount: "optional",
} as const;

export interface RejectedRow {
  /** from 1 */
  readonly row: number;
  readonly reason: RowRefusal;
  readonly detail: string;
}

export interface BarRows {
  readonly bars: readonly Bar[];
  readonly rejected: readonly RejectedRow[];
}

/** Whose bars these are. */
export interface Upload {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly source: string;
}

/** So many rows are checked at once, a few milliseconds; then whoever else waits for the node has a turn. */
const ROWS_PER_TURN = 1_000;

/** Rows as bars, in their order; a row that is none, or that opens before one already taken, is refused by itself. */
export async function readBarRows(
  rows: readonly unknown[],
  upload: Upload,
  nowMs: number,
): Promise<BarRows> {
  const bars: Bar[] = [];
  const rejected: RejectedRow[] = [];
  let lastMs = -Infinity;
  for (const [i, row] of rows.entries()) {
    if (i > 0 && i % ROWS_PER_TURN === 0) await setImmediate();
    const read = readRow(row, upload, nowMs, lastMs);
    if ("reason" in read) rejected.push({ row: i + 1, ...read });
    else {
      bars.push(read);
      lastMs = read.startMs;
    }
  }
  return { bars, rejected };
}

type Refusal = Omit<RejectedRow, "row">;

function readRow(row: unknown, upload: Upload, nowMs: number, lastMs: number): Bar | Refusal {
  if (row === null) {
    return { reason: "CELLS_MISSING", detail: "expected as many cells as the header has" };
  }
  if (!isRecord(row)) return { reason: "NOT_AN_OBJECT", detail: "expected an object" };
  const unknown = Object.keys(row).find((name) => !Object.hasOwn(BAR_FIELDS, name));
  if (unknown !== undefined) {
    return { reason: "FIELD_UNKNOWN", detail: `${unknown.slice(0, 60)}: is no field of a bar` };
  }
  const startMs = readTime(timeOf(row["timestamp"]));
  if (startMs instanceof Invalid) {
    return { reason: "TIME_INVALID", detail: `timestamp: ${startMs.message}` };
  }
  const { open, high, low, close, volume, vwap } = row;
  const tradeCount = countOf(row["tradeCount"]);
  const bar = { ...upload, startMs, open, high, low, close, volume, vwap, tradeCount };
  const checked = checkBar(bar, { nowMs });
  if ("refused" in checked) return checked.refused;
  if (startMs >= lastMs) return checked.accepted;
  return { reason: "OUT_OF_ORDER", detail: "timestamp: opens before the row that was taken last" };
}

/** CSV has texts only. */
function timeOf(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{5,16}$/.test(value) ? Number(value) : value;
}

function countOf(value: unknown): unknown {
  return typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : value;
}
