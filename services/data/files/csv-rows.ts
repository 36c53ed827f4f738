import type { RefusedRow } from "../feeds/feed.ts";
import { cellsOf, TIME_NAMES } from "./csv-cells.ts";
import { timeReader } from "./date-format.ts";
import type { Column, CsvLayout } from "./layout.ts";
import { FileError, linesOf } from "./open-file.ts";

/** A row's cells by our names for them, and its time, epoch ms. */
export interface FileRow {
  readonly ms: number;
  readonly cell: (column: Column) => string | undefined;
}
export type FileRowResult = FileRow | { readonly refused: RefusedRow };

/** The rows of a CSV file in batches. @throws FileError when its header has not the columns that are needed */
export async function* csvRows(
  path: string,
  layout: CsvLayout,
  needed: readonly Column[],
): AsyncGenerator<readonly FileRowResult[]> {
  let read: ((line: string) => FileRowResult) | null = null;
  for await (const lines of linesOf(path)) {
    const rows: FileRowResult[] = [];
    for (const line of lines) {
      if (line.trim() === "") continue;
      if (read === null) read = rowReader(line, layout, needed);
      else rows.push(read(line));
    }
    yield rows;
  }
}

function rowReader(
  header: string,
  layout: CsvLayout,
  needed: readonly Column[],
): (line: string) => FileRowResult {
  const names = cellsOf(header.replace(/^\uFEFF/, ""))?.map((name) => name.trim()) ?? [];
  const indexOf = (column: Column): number => columnIndex(names, layout, column);
  const missing = needed.filter((column) => indexOf(column) === -1);
  if (missing.length > 0)
    throw new FileError(
      `expected columns for ${missing.join(", ")}, found ${header.slice(0, 200)}`,
    );
  const places = new Map(needed.map((column) => [column, indexOf(column)]));
  for (const column of ["vwap", "tradeCount"] as const) places.set(column, indexOf(column));
  const readTime = timeReader(layout.dateFormat, layout.timeZone);
  return (line) => {
    const cells = cellsOf(line);
    if (cells?.length !== names.length) return malformed(names.length, line);
    const cell = (column: Column): string | undefined => cells[places.get(column) ?? -1]?.trim();
    const time = readTime(cell("timestamp") ?? "");
    return "ms" in time ? { ms: time.ms, cell } : time;
  };
}

function columnIndex(names: readonly string[], { columns }: CsvLayout, column: Column): number {
  const said = columns[column];
  if (said !== undefined) return names.indexOf(said);
  const candidates = column === "timestamp" ? TIME_NAMES : [column.toLowerCase()];
  return names.findIndex((name) => candidates.includes(name.toLowerCase()));
}

function malformed(expected: number, line: string): { readonly refused: RefusedRow } {
  const detail = `expected ${expected} cells, found ${line.slice(0, 80)}`;
  return { refused: { reason: "ROW_MALFORMED", detail } };
}
