import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { FeedError, type MarketSource, type RowResult, type SourceRow } from "./feed.ts";

/** Reads the cells of one row; there are as many as the header has. */
export type RowParser = (cells: readonly string[], nowMs: number) => RowResult;

export interface CsvOptions {
  readonly name: string;
  /** a CSV file with a header row and no quoted cells, gzipped when it ends in `.gz` */
  readonly path: string;
  /** the parser for the columns named in the header, or null when they are not understood */
  readonly parserOf: (header: readonly string[]) => RowParser | null;
}

/** No row of market data is near as long; a file without line ends must not fill the memory. */
const LINE_LENGTH_MAX = 65_536;

/** A file as a source: streamed, one row in memory at a time but for the chunk that it came in. */
export function csvSource({ name, path, parserOf }: CsvOptions): MarketSource {
  return {
    name,
    async *rows(after, now) {
      let parser: ((line: string, row: number) => SourceRow) | null = null;
      let row = 0;
      for await (const lines of readLines(path)) {
        for (const line of lines) {
          if (parser === null) {
            parser = lineParser(name, line, parserOf, now);
            continue;
          }
          row += 1;
          if (row > after) yield parser(line, row);
        }
      }
    },
  };
}

function lineParser(
  name: string,
  headerLine: string,
  parserOf: CsvOptions["parserOf"],
  now: () => number,
): (line: string, row: number) => SourceRow {
  const header = headerLine.split(",");
  const parse = parserOf(header);
  if (parse === null) throw new FeedError(`${name}: columns ${headerLine} are not understood`);
  return (line, row) => {
    const cells = line.split(",");
    if (cells.length === header.length && !line.includes('"')) {
      return { row, ...parse(cells, now()) };
    }
    const detail = `expected ${String(header.length)} unquoted cells, found ${line.slice(0, 80)}`;
    return { row, refused: { reason: "ROW_MALFORMED", detail } };
  };
}

async function* readLines(path: string): AsyncGenerator<readonly string[], void, void> {
  let rest = "";
  for await (const chunk of readText(path)) {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? "";
    if (rest.length > LINE_LENGTH_MAX) throw new FeedError(`${path}: a line without an end`);
    yield lines;
  }
  if (rest !== "") yield [rest];
}

function readText(path: string): AsyncIterable<string> {
  const file = createReadStream(path);
  // The callback is for those who do not read: here errors reach the reader of the last stream.
  const bytes = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  return bytes.setEncoding("utf8");
}
