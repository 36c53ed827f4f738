import type { FieldError } from "../../../mixins/rest/readers.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { isDateFormat, isTimeZone } from "./date-format.ts";

export const COLUMNS = [
  "timestamp",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "vwap",
  "tradeCount",
  "price",
  "size",
] as const;
export type Column = (typeof COLUMNS)[number];

/** CSV with a header row: where it lies, what it calls its columns, and how it writes times. */
export interface CsvLayout {
  readonly format: "csv";
  /** below the directory; `{symbol}` and `{timeframe}` are filled in, `trades` being a timeframe too */
  readonly path: string;
  /** what the header calls them; those that are left out are called as here, in any case */
  readonly columns: { readonly [C in Column]?: string };
  readonly timeZone: string;
  readonly dateFormat: string;
}

/** A data folder of LEAN, e.g. `equity/usa` below `path`. */
export interface LeanLayout {
  readonly format: "lean";
  readonly path: string;
  readonly assetClass: "equity" | "crypto";
  readonly market: string;
}

export type Layout = CsvLayout | LeanLayout;

/** Where files are looked for when nobody has set anything. */
export const DEFAULT_LAYOUTS: readonly Layout[] = [
  ...["{symbol}-{timeframe}.csv", "{symbol}/{timeframe}.csv"].map(csvAt),
  { format: "lean", path: "", assetClass: "equity", market: "usa" },
];

function csvAt(path: string): CsvLayout {
  return { format: "csv", path, columns: {}, timeZone: "UTC", dateFormat: "iso" };
}

/** @returns what is wrong with it, by the path of the field */
export function readLayout(value: unknown, at: string): Layout | readonly FieldError[] {
  const faults: FieldError[] = [];
  const fault = (field: string, message: string): void =>
    void faults.push({ path: `${at}.${field}`, code: "INVALID_VALUE", message });
  const fields = isRecord(value) ? value : {};
  const { format, path = "" } = fields;
  if (format !== "csv" && format !== "lean") fault("format", "must be csv or lean");
  if (typeof path !== "string" || /(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|\0/.test(path))
    fault("path", "must be a path below the directory of files");
  const known = format === "lean" ? LEAN_FIELDS : CSV_FIELDS;
  for (const name of Object.keys(fields)) if (!known.includes(name)) fault(name, "is not known");
  const layout = format === "lean" ? leanOf(fields, fault) : csvOf(fields, fault);
  return faults.length > 0 ? faults : { ...layout, path: String(path) };
}

const CSV_FIELDS = ["format", "path", "columns", "timeZone", "dateFormat"];
const LEAN_FIELDS = ["format", "path", "assetClass", "market"];

type Fields = Readonly<Record<string, unknown>>;
type Fault = (field: string, message: string) => void;

function csvOf(fields: Fields, fault: Fault): CsvLayout {
  const { path, columns = {}, timeZone = "UTC", dateFormat = "iso" } = fields;
  if (typeof path !== "string" || path === "") fault("path", "is required");
  if (typeof timeZone !== "string" || !isTimeZone(timeZone))
    fault("timeZone", "must be a time zone such as America/New_York");
  if (typeof dateFormat !== "string" || !isDateFormat(dateFormat))
    fault("dateFormat", "must be iso, epochMs, epochS or a pattern such as MM/dd/yyyy HH:mm");
  const named: { [C in Column]?: string } = {};
  if (!isRecord(columns)) fault("columns", "must be an object");
  for (const [name, header] of Object.entries(isRecord(columns) ? columns : {})) {
    const column = COLUMNS.find((one) => one === name);
    if (column === undefined || typeof header !== "string")
      fault(`columns.${name}`, `must be one of ${COLUMNS.join(", ")}, with the header's name`);
    else named[column] = header;
  }
  return {
    format: "csv",
    path: "",
    columns: named,
    timeZone: String(timeZone),
    dateFormat: String(dateFormat),
  };
}

function leanOf(fields: Fields, fault: Fault): LeanLayout {
  const { assetClass = "equity", market = "usa" } = fields;
  if (assetClass !== "equity" && assetClass !== "crypto")
    fault("assetClass", "must be equity or crypto");
  if (typeof market !== "string" || !/^[a-z0-9_-]{1,32}$/.test(market))
    fault("market", "must be a market such as usa");
  return {
    format: "lean",
    path: "",
    assetClass: assetClass === "crypto" ? "crypto" : "equity",
    market: String(market),
  };
}
