import { Readable } from "node:stream";
import type { Bar } from "../../../domain/market/bar.ts";
import type { ExportFormat } from "../../../mixins/rest/routes/market-store.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import { readBars } from "../../../models/timescale/bars.ts";
import type { BarQuery } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { arrowBytes } from "./arrow-bars.ts";

/** Bars in memory at a time. */
const PAGE = 5_000;

/** The bars of a range as bytes, read a page at a time as they are taken; it ends when whoever takes them does. */
export function exportStream(
  node: NodeContext,
  query: Omit<BarQuery, "limit" | "order">,
  format: ExportFormat,
): Readable {
  const pages = pagesOf(node, query);
  switch (format) {
    case "csv":
      return bytesOf(csv(pages));
    case "ndjson":
      return bytesOf(ndjson(pages));
    case "arrow":
      return bytesOf(arrowBytes(pages));
  }
}

function bytesOf(chunks: AsyncIterable<string | Uint8Array>): Readable {
  return Readable.from(chunks, { objectMode: false });
}

async function* pagesOf(
  { pool }: NodeContext,
  query: Omit<BarQuery, "limit" | "order">,
): AsyncGenerator<readonly Bar[], void, void> {
  let startMs = query.startMs;
  for (;;) {
    const page = await readBars(pool, {
      ...query,
      ...(startMs !== undefined && { startMs }),
      limit: PAGE,
      order: "asc",
    });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    startMs = last.startMs + 1;
  }
}

const HEADER = "timestamp,open,high,low,close,volume,vwap,tradeCount,source\n";

async function* csv(pages: AsyncIterable<readonly Bar[]>): AsyncGenerator<string, void, void> {
  yield HEADER;
  for await (const page of pages) yield page.map(csvRow).join("");
}

function csvRow(bar: Bar): string {
  const { open, high, low, close, volume, vwap = "", tradeCount = "", source } = bar;
  const cells = [open, high, low, close, volume, vwap, tradeCount, csvText(source)];
  return `${isoTime(bar.startMs)},${cells.join(",")}\n`;
}

function csvText(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

async function* ndjson(pages: AsyncIterable<readonly Bar[]>): AsyncGenerator<string, void, void> {
  for await (const page of pages) yield page.map(jsonRow).join("");
}

function jsonRow(bar: Bar): string {
  const { startMs, open, high, low, close, volume, vwap, tradeCount, source } = bar;
  const timestamp = isoTime(startMs);
  const row = { timestamp, open, high, low, close, volume, vwap, tradeCount, source };
  return `${JSON.stringify(row)}\n`;
}
