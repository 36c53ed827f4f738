import type { Timeframe } from "../../../domain/market/bar.ts";
import { instantOf, NEW_YORK, UTC } from "../../../domain/market/calendars/time-zone.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import type { RawBar } from "../sources/bar-pages.ts";
import type { TimeRange } from "../sources/source.ts";
import type { RawTrade } from "../sources/trade-pages.ts";
import type { LeanLayout } from "./layout.ts";
import { linesOf } from "./open-file.ts";

/**
 * Files as LEAN keeps them (https://www.quantconnect.com/docs/v2/lean-cli/datasets/format-and-storage): days and hours in one
 * archive a symbol, minutes and ticks in one a day. Times are those of the market's clock, prices of equities in 1/10000.
 */
const LEAN_FOLDERS: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "minute",
  "1h": "hour",
  "1d": "daily",
};
const DAY_MS = 86_400_000;

/** A file, and the day whose midnight its times count from; null when each row has its date. */
export interface LeanFile {
  readonly path: string;
  readonly day: number | null;
}

export function leanBarFiles(
  layout: LeanLayout,
  ticker: string,
  timeframe: Timeframe,
  range: TimeRange,
): readonly LeanFile[] {
  const folder = LEAN_FOLDERS[timeframe];
  if (folder === undefined) return [];
  if (folder === "minute") return dailyFiles(layout, "minute", ticker, range);
  const suffix = layout.assetClass === "crypto" ? "_trade" : "";
  return [{ path: `${folderOf(layout, folder)}/${ticker}${suffix}.zip`, day: null }];
}

export function leanTradeFiles(
  layout: LeanLayout,
  ticker: string,
  range: TimeRange,
): readonly LeanFile[] {
  return dailyFiles(layout, "tick", ticker, range);
}

function dailyFiles(
  layout: LeanLayout,
  folder: string,
  ticker: string,
  { startMs, endMs }: TimeRange,
): readonly LeanFile[] {
  const files: LeanFile[] = [];
  // A day of New York begins after that of UTC: the day before may have a part in the range.
  for (let day = Math.floor(startMs / DAY_MS) - 1; day * DAY_MS < endMs; day += 1) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
    files.push({ path: `${folderOf(layout, folder)}/${ticker}/${date}_trade.zip`, day });
  }
  return files;
}

function folderOf({ path, assetClass, market }: LeanLayout, folder: string): string {
  return [...(path === "" ? [] : [path]), assetClass, market, folder].join("/");
}

export async function* leanBars(
  path: string,
  { day }: LeanFile,
  layout: LeanLayout,
  timeframe: Timeframe,
): AsyncGenerator<readonly RawBar[]> {
  for await (const lines of linesOf(path)) {
    yield lines
      .filter((line) => line !== "")
      .map((line) => {
        const [time = "", open, high, low, close, volume] = line.split(",");
        const price = (cell: string | undefined): unknown => priceOf(layout, cell);
        return {
          startMs: barTime(layout, day, time, timeframe),
          open: price(open),
          high: price(high),
          low: price(low),
          close: price(close),
          volume,
        };
      });
  }
}

/** Ticks that the vendor marks suspicious have no time here, and are refused for it. */
export async function* leanTrades(
  path: string,
  { day }: LeanFile,
  layout: LeanLayout,
): AsyncGenerator<readonly RawTrade[]> {
  for await (const lines of linesOf(path)) {
    yield lines
      .filter((line) => line !== "")
      .map((line) => {
        const [time = "", price, size, , , suspicious = "0"] = line.split(",");
        const isSound = suspicious === "0" || layout.assetClass === "crypto";
        return {
          tsEventMs: isSound ? timeOfDay(layout, day, time) : null,
          price: priceOf(layout, price),
          size,
        };
      });
  }
}

function priceOf({ assetClass }: LeanLayout, cell: string | undefined): unknown {
  if (assetClass === "crypto") return cell;
  return cell !== undefined && /^-?\d{1,20}$/.test(cell) ? text(dec(cell).dividedBy(10_000)) : cell;
}

function barTime(
  layout: LeanLayout,
  day: number | null,
  time: string,
  timeframe: Timeframe,
): number | null {
  if (day !== null) return timeOfDay(layout, day, time);
  const [, year, month, date, hour, minute] =
    /^(\d{4})(\d\d)(\d\d) (\d\d):(\d\d)$/.exec(time) ?? [];
  const midnightMs = Date.parse(`${year}-${month}-${date}T00:00:00Z`);
  if (Number.isNaN(midnightMs)) return null;
  if (timeframe === "1d") return midnightMs;
  const local = (Number(hour) * 60 + Number(minute)) * 60_000;
  return instantOf(zoneOf(layout), midnightMs / DAY_MS, local);
}

/** Milliseconds since midnight by the market's clock; ticks may have a fraction. */
function timeOfDay(layout: LeanLayout, day: number | null, time: string): number | null {
  const ms = /^\d{1,8}(?:\.\d+)?$/.test(time) ? Math.floor(Number(time)) : Number.NaN;
  if (day === null || !(ms < DAY_MS)) return null;
  return instantOf(zoneOf(layout), day, ms);
}

function zoneOf({ assetClass }: LeanLayout) {
  return assetClass === "crypto" ? UTC : NEW_YORK;
}
