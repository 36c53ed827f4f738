/** What a file may call the time, when nobody says. */
export const TIME_NAMES: readonly string[] = ["timestamp", "time", "date", "datetime"];

/** One cell, in quotes or without any, and what ends it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/** The cells of a line of CSV (RFC 4180 without line breaks in cells); null when a quote is where none may be. */
export function cellsOf(line: string): readonly string[] | null {
  if (!line.includes('"')) return line.split(",");
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const match = CELL.exec(line);
    if (match === null) return null;
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "") return cells;
  }
}
