import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { instantOf, NEW_YORK } from "../../../domain/market/calendars/time-zone.ts";
import type { VendorHttp } from "../sources/vendor-http.ts";
import type { AlternativeQuery, AlternativeSource, RawDocument } from "./source.ts";

/** The rates of a day are published by 18:00 in Washington. */
const PUBLISHED_MS = 18 * 3_600_000;
const TENOR = /^(\d+(?:\.\d+)?) (Mo|Month|Yr)s?$/;

/**
 * Daily par yields of the US Treasury, as the CSV that its page of interest rates offers, a year to a request. Series are
 * `UST-1MO` to `UST-30YR`; a query without series is for all.
 */
export function treasurySource(http: VendorHttp): AlternativeSource {
  return {
    circuit: () => http.circuit,
    async *collect(query, ask) {
      const last = new Date(query.endMs - 1).getUTCFullYear();
      // The table begins with 1990.
      const first = Math.max(1990, new Date(query.startMs).getUTCFullYear());
      for (let year = first; year <= last; year += 1) {
        const path = `/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/${year}/all`;
        const wish = {
          type: "daily_treasury_yield_curve",
          field_tdr_date_value: year,
          _format: "csv",
        };
        yield readYields(http, await http.text(path, wish, ask), query);
      }
    },
  };
}

function readYields(
  http: VendorHttp,
  text: string,
  query: AlternativeQuery,
): readonly RawDocument[] {
  const [header = "", ...lines] = text
    .replace(/^\uFEFF/, "")
    .trim()
    .split(/\r?\n/);
  const names = cellsOf(header);
  // A year that has not begun is an empty answer.
  if (header === "") return [];
  if (names[0] !== "Date" || names.slice(1).some((name) => !TENOR.test(name)))
    throw http.malformed("Date and tenors", header);
  const series = names.slice(1).map((name) => name.replace(TENOR, seriesName));
  return lines.flatMap((line) => yieldsOf(cellsOf(line), series, query));
}

function seriesName(_whole: string, count: string, unit: string): string {
  return `UST-${count}${unit === "Yr" ? "YR" : "MO"}`;
}

function cellsOf(line: string): readonly string[] {
  return line.split(",").map((cell) => cell.trim().replaceAll('"', ""));
}

function yieldsOf(
  [date = "", ...cells]: readonly string[],
  series: readonly string[],
  query: AlternativeQuery,
): readonly RawDocument[] {
  const [, month, day, year] = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(date) ?? [];
  const period = year === undefined ? date : `${year}-${month}-${day}`;
  const dayMs = Date.parse(period);
  // Refused by name where rows are read.
  if (Number.isNaN(dayMs)) return [{ publishedAt: period, value: cells[0] }];
  if (dayMs < query.startMs || dayMs >= query.endMs) return [];
  const publishedAt = instantOf(NEW_YORK, dayOfIso(period), PUBLISHED_MS);
  return series.flatMap((seriesId, index) => {
    const value = cells[index] ?? "";
    const isWanted = query.series.length === 0 || query.series.includes(seriesId);
    // A tenor that did not exist yet has no figure.
    if (!isWanted || value === "" || value === "N/A") return [];
    return [{ externalId: `${seriesId}:${period}`, seriesId, period, value, publishedAt }];
  });
}
