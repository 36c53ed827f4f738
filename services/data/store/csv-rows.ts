import type { Readable } from "node:stream";
import { RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import { cellsOf, TIME_NAMES } from "../files/csv-cells.ts";

export const ROWS_MAX = 100_000;
const BYTES_MAX = 16 * 2 ** 20;
/** No row of a bar is near as long. */
const LINE_LENGTH_MAX = 4_096;
const BYTE_ORDER_MARK = /^\uFEFF/;

/** The cells of one line by the names of the header; null where it has another number of cells. */
export type CsvRow = Readonly<Record<string, string>> | null;

/**
 * Reads CSV (RFC 4180 without line breaks in cells) as it comes; an empty cell is left out, an empty line passed over.
 * @param columns the names that the header may have, in any order and case, and whether it must have them
 * @throws RestError 413 past the limits, 422 for a header that is not understood
 */
export async function readCsv(
  bytes: Readable,
  columns: Readonly<Record<string, "required" | "optional">>,
): Promise<readonly CsvRow[]> {
  let header: readonly string[] | null = null;
  const rows: CsvRow[] = [];
  for await (const line of linesOf(bytes)) {
    if (line === "") continue;
    if (header === null) header = headerOf(line, columns);
    else if (rows.length === ROWS_MAX) throw tooLarge(`${ROWS_MAX} rows`);
    else rows.push(rowOf(header, line));
  }
  if (header === null) throw badHeader("the body has no header row");
  return rows;
}

async function* linesOf(bytes: Readable): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let size = 0;
  for await (const chunk of bytes) {
    // sound: a body is bytes
    const part = chunk as Buffer;
    size += part.length;
    if (size > BYTES_MAX) throw tooLarge(`${BYTES_MAX} bytes`);
    const lines = (rest + decode(decoder, part)).split(/\r?\n/);
    rest = lines.pop() ?? "";
    if (rest.length > LINE_LENGTH_MAX) throw tooLarge(`${LINE_LENGTH_MAX} characters a line`);
    yield* lines;
  }
  yield rest + decode(decoder);
}

function decode(decoder: InstanceType<typeof TextDecoder>, part?: Buffer): string {
  try {
    return decoder.decode(part, { stream: part !== undefined });
  } catch {
    throw badHeader("the body is not UTF-8");
  }
}

function headerOf(
  line: string,
  columns: Readonly<Record<string, "required" | "optional">>,
): readonly string[] {
  const known = Object.keys(columns);
  const names = cellsOf(line.replace(BYTE_ORDER_MARK, ""))?.map((name) => name.trim()) ?? [];
  const header = names.map((name) => columnOf(name, known));
  const unknown = header.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw badHeader(`there is no column ${JSON.stringify(unknown.slice(0, 60))}`);
  if (new Set(header).size < header.length) throw badHeader("a column is named twice");
  const missing = known.find((name) => columns[name] === "required" && !header.includes(name));
  if (missing !== undefined) throw badHeader(`the column ${missing} is missing`);
  return header;
}

/** Our name for a column: files write theirs in any case, and have several for the time. */
function columnOf(name: string, known: readonly string[]): string {
  const plain = name.toLowerCase();
  const meant = TIME_NAMES.includes(plain) ? "timestamp" : plain;
  return known.find((column) => column.toLowerCase() === meant) ?? name;
}

function rowOf(header: readonly string[], line: string): CsvRow {
  const cells = cellsOf(line);
  if (cells?.length !== header.length) return null;
  const entries = header.map((name, i) => [name, cells[i]?.trim() ?? ""] as const);
  return Object.fromEntries(entries.filter(([, cell]) => cell !== ""));
}

function tooLarge(limit: string): RestError {
  return new RestError("PAYLOAD_TOO_LARGE", `the body may have ${limit} at most`);
}

function badHeader(message: string): RestError {
  return unprocessable([{ path: "", code: "INVALID_VALUE", message }]);
}
