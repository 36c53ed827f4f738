import { instantOf, NEW_YORK } from "../../../domain/market/calendars/time-zone.ts";
import type { VendorHttp } from "../sources/vendor-http.ts";
import type { RawDocument } from "./source.ts";
import { titleOf } from "./vendor-text.ts";

/** EDGAR takes filings until 22:00 by the clock of New York. */
const CLOSES_MS = 22 * 3_600_000;
const HEADER = /^CIK\|Company Name\|Form Type\|Date Filed\|File Name$/m;

/**
 * The filings of a day: `CIK|name|form|date|file`, behind a head that a rule of hyphens ends. An index has no times: a filing counts
 * as published when the day was over at the SEC.
 */
export function readMasterIndex(
  http: VendorHttp,
  text: string,
  day: number,
  tickers: ReadonlyMap<string, readonly string[]>,
): readonly RawDocument[] {
  if (!HEADER.test(text)) throw http.malformed("a master index", text.slice(0, 200));
  const [, body = ""] = text.split(/^-{20,}\r?$/m);
  const publishedAt = instantOf(NEW_YORK, day, CLOSES_MS);
  return body
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => toFiling(line, publishedAt, tickers));
}

function toFiling(
  line: string,
  publishedAt: number,
  tickers: ReadonlyMap<string, readonly string[]>,
): RawDocument {
  const [cik = "", name = "", form = "", , file = ""] = line.split("|");
  const [, number] = /^edgar\/data\/\d+\/(\d{10}-\d{2}-\d{6})\.txt$/.exec(file.trim()) ?? [];
  // Without its time of publication it is no filing that we know.
  if (number === undefined) return { title: titleOf(line) };
  return {
    // Not the number alone: what the submissions say of the same filing has its time.
    externalId: `index:${number}:${cik}`,
    title: titleOf(`${form}: ${name}`),
    url: `https://www.sec.gov/Archives/${file.trim()}`,
    publishedAt,
    symbol: tickers.get(cik) ?? [],
    language: "en",
  };
}
