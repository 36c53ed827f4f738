import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { DAY_MS, instantOf, NEW_YORK } from "../../../domain/market/calendars/time-zone.ts";
import { SourceError } from "../sources/source.ts";
import type { Ask, SourceFault } from "../sources/source.ts";
import type { VendorHttp } from "../sources/vendor-http.ts";
import { isoDate } from "../iso-date.ts";
import { readMasterIndex } from "./edgar-index.ts";
import { at, listAt, textAt } from "./records.ts";
import type { AlternativeQuery, AlternativeSource, RawDocument } from "./source.ts";
import { titleOf } from "./vendor-text.ts";

interface EdgarParts {
  readonly circuit: AlternativeSource["circuit"];
  /** www.sec.gov */
  readonly archive: VendorHttp;
  /** data.sec.gov */
  readonly data: VendorHttp;
}

interface Company {
  readonly cik: string;
  readonly tickers: readonly string[];
}

/** The list of companies changes little. */
const COMPANIES_MS = 86_400_000;

/**
 * Filings at the SEC (https://www.sec.gov/search-filings/edgar-application-programming-interfaces): of the symbols of a query by
 * their submissions, without symbols all of each day by its index, which has dates only.
 */
export function edgarSource(parts: EdgarParts): AlternativeSource {
  const companies = new Companies(parts.archive);
  return {
    circuit: parts.circuit,
    collect: (query, ask) =>
      query.symbols.length > 0
        ? submissions(parts, companies, query, ask)
        : dailyIndices(parts, companies, query, ask),
  };
}

/** Ticker to CIK and back, of company_tickers.json. */
class Companies {
  readonly #http: VendorHttp;
  #held: { readonly rows: readonly Company[]; readonly atMs: number } | null = null;

  constructor(http: VendorHttp) {
    this.#http = http;
  }

  async all(ask: Ask): Promise<readonly Company[]> {
    const held = this.#held;
    if (held !== null && ask.now() - held.atMs < COMPANIES_MS) return held.rows;
    const answer = await this.#http.json("/files/company_tickers.json", {}, ask);
    if (typeof answer !== "object" || answer === null)
      throw this.#http.malformed("companies", answer);
    const tickers = new Map<string, string[]>();
    for (const row of Object.values(answer)) {
      const [cik, ticker] = [textAt(row, "cik_str"), textAt(row, "ticker")];
      if (cik === null || ticker === null) continue;
      tickers.set(cik, [...(tickers.get(cik) ?? []), ticker]);
    }
    const rows = [...tickers].map(([cik, names]) => ({ cik, tickers: names }));
    this.#held = { rows, atMs: ask.now() };
    return rows;
  }
}

async function* submissions(
  { data }: EdgarParts,
  companies: Companies,
  query: AlternativeQuery,
  ask: Ask,
): AsyncGenerator<readonly RawDocument[]> {
  const all = await companies.all(ask);
  for (const symbol of query.symbols) {
    const company = all.find(({ tickers }) => tickers.includes(symbol.replaceAll(".", "-")));
    if (company === undefined)
      throw new SourceError("SOURCE_SYMBOL_UNKNOWN", `edgar: no company has the ticker ${symbol}`);
    yield* filingsOf(data, company, query, ask);
  }
}

async function* filingsOf(
  http: VendorHttp,
  company: Company,
  query: AlternativeQuery,
  ask: Ask,
): AsyncGenerator<readonly RawDocument[]> {
  const name = `CIK${company.cik.padStart(10, "0")}`;
  const answer = await http.json(`/submissions/${name}.json`, {}, ask);
  const filings = at(answer, "filings");
  yield rowsOf(http, at(filings, "recent"), company, query);
  for (const file of listAt(filings, "files") ?? []) {
    const [path, last] = [textAt(file, "name"), textAt(file, "filingTo")];
    // The name becomes part of an address.
    if (path === null || !/^CIK\d{10}-submissions-\d{3}\.json$/.test(path)) continue;
    if (last !== null && Date.parse(last) + 2 * DAY_MS < query.startMs) continue;
    yield rowsOf(http, await http.json(`/submissions/${path}`, {}, ask), company, query);
  }
}

const COLUMNS = [
  "accessionNumber",
  "filingDate",
  "acceptanceDateTime",
  "form",
  "primaryDocument",
  "primaryDocDescription",
] as const;

/** It is a table by columns. */
function rowsOf(
  http: VendorHttp,
  table: unknown,
  company: Company,
  { startMs, endMs }: AlternativeQuery,
): readonly RawDocument[] {
  const columns = COLUMNS.map((name) => listAt(table, name));
  const [numbers] = columns;
  if (
    numbers === null ||
    numbers === undefined ||
    columns.some((one) => one?.length !== numbers.length)
  )
    throw http.malformed("columns of one length", table);
  const cell = (column: number, row: number): string => {
    const found = columns[column]?.[row];
    return typeof found === "string" ? found : "";
  };
  return numbers.flatMap((_, row) => {
    const cells = COLUMNS.map((_name, column) => cell(column, row));
    const filing = toFiling(cells, company);
    const ms = Number(filing["publishedAt"]);
    return Number.isNaN(ms) || (ms >= startMs && ms < endMs) ? [filing] : [];
  });
}

function toFiling(cells: readonly string[], { cik, tickers }: Company): RawDocument {
  const [number = "", date = "", acceptedAt = "", form = "", file = "", description = ""] = cells;
  const folder = `https://www.sec.gov/Archives/edgar/data/${cik}/${number.replaceAll("-", "")}`;
  return {
    externalId: number === "" ? undefined : number,
    title: titleOf(description === "" || description === form ? form : `${form}: ${description}`),
    url: /^[\w./-]+$/.test(file) ? `${folder}/${file}` : folder,
    publishedAt: acceptedMs(acceptedAt) ?? `no time of acceptance: ${date.slice(0, 20)}`,
    symbol: tickers,
    language: "en",
  };
}

const ACCEPTED = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?Z$/;

/**
 * When the SEC accepted a filing. For some companies the field is UTC as it says, for others the clock of New York with a Z
 * behind it, and nothing tells which. It is taken for New York's: then it is hours late for some, and too early for none.
 */
function acceptedMs(text: string): number | null {
  const [, date = "", ...clock] = ACCEPTED.exec(text) ?? [];
  if (date === "") return null;
  const [hours = 0, minutes = 0, seconds = 0] = clock.map(Number);
  return instantOf(NEW_YORK, dayOfIso(date), ((hours * 60 + minutes) * 60 + seconds) * 1_000);
}

async function* dailyIndices(
  { archive }: EdgarParts,
  companies: Companies,
  { startMs, endMs }: AlternativeQuery,
  ask: Ask,
): AsyncGenerator<readonly RawDocument[]> {
  const tickers = new Map((await companies.all(ask)).map((one) => [one.cik, one.tickers]));
  for (
    let day = Math.floor(startMs / DAY_MS);
    day * DAY_MS < Math.min(endMs, ask.now());
    day += 1
  ) {
    const text = await indexOf(archive, isoDate(day), ask);
    if (text !== null) yield readMasterIndex(archive, text, day, tickers);
  }
}

/** Null of days without filings. */
async function indexOf(http: VendorHttp, date: string, ask: Ask): Promise<string | null> {
  const quarter = Math.ceil(Number(date.slice(5, 7)) / 3);
  const path = `/Archives/edgar/daily-index/${date.slice(0, 4)}/QTR${quarter}/master.${date.replaceAll("-", "")}.idx`;
  try {
    return await http.text(path, {}, ask);
  } catch (error) {
    if (error instanceof SourceError && error.fault === "SOURCE_SYMBOL_UNKNOWN") return null;
    throw error;
  }
}

/** What is not there is a 403 of the store behind the archive; too many requests are a page that says so. */
export function explainEdgar(status: number, text: string): SourceFault | null {
  if (status !== 403) return null;
  if (/AccessDenied|NoSuchKey/.test(text)) return "SOURCE_SYMBOL_UNKNOWN";
  return /Request Rate Threshold/i.test(text) ? "SOURCE_RATE_LIMITED" : null;
}
