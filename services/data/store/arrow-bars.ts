import { pipeline, Readable } from "node:stream";
import {
  Decimal,
  Field,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import type { Bar } from "../../../domain/market/bar.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import { invariant } from "../../../domain/shared/errors.ts";

/** What a bar's decimals may have after the point, and in all: `checkBar` takes 20 before it and 18 after. */
const SCALE = 18;
const PRECISION = 38;
const LIMIT = 10n ** BigInt(PRECISION);
const WORD_BITS = 32n;
const WORDS = 4;

const TIMESTAMP = new TimestampMillisecond("UTC");
const AMOUNT = new Decimal(SCALE, PRECISION);
const COUNT = new Int64();
const TEXT = new Utf8();

const AMOUNTS = ["open", "high", "low", "close", "volume", "vwap"] as const;

const SCHEMA = new Schema([
  new Field("timestamp", TIMESTAMP, false),
  ...AMOUNTS.map((name) => new Field(name, AMOUNT, name === "vwap")),
  new Field("tradeCount", COUNT, true),
  new Field("source", TEXT, false),
]);

/**
 * Bars as an Arrow IPC stream, a record batch a page. Prices are decimal128, not text: readers compute with them at once,
 * and nothing is lost.
 */
export function arrowBytes(pages: AsyncIterable<readonly Bar[]>): Readable {
  const writer = RecordBatchStreamWriter.throughNode();
  // A callback must be there; whoever reads the writer hears of errors.
  return pipeline(Readable.from(batches(pages)), writer, () => undefined);
}

async function* batches(
  pages: AsyncIterable<readonly Bar[]>,
): AsyncGenerator<RecordBatch, void, void> {
  let isEmpty = true;
  for await (const page of pages) {
    isEmpty = false;
    yield batchOf(page);
  }
  // The schema comes with the first batch.
  if (isEmpty) yield batchOf([]);
}

function batchOf(bars: readonly Bar[]): RecordBatch {
  const { length } = bars;
  const starts = BigInt64Array.from(bars, ({ startMs }) => BigInt(startMs));
  const sources = vectorFromArray(
    bars.map(({ source }) => source),
    TEXT,
  ).data[0];
  const children = [
    makeData({ type: TIMESTAMP, length, nullCount: 0, data: starts }),
    ...AMOUNTS.map((name) => amounts(bars.map((bar) => bar[name]))),
    counts(bars),
    sources ?? makeData({ type: TEXT }),
  ];
  const data = makeData({ type: new Struct(SCHEMA.fields), length, nullCount: 0, children });
  return new RecordBatch(SCHEMA, data);
}

function amounts(values: readonly (DecimalString | undefined)[]) {
  const data = new Uint32Array(WORDS * values.length);
  for (const [row, value] of values.entries()) {
    if (value !== undefined) writeAmount(data, row * WORDS, value);
  }
  return makeData({ type: AMOUNT, length: values.length, data, ...nulls(values) });
}

/** Two's complement, least word first. */
function writeAmount(words: Uint32Array, at: number, value: DecimalString): void {
  const [whole = "", fraction = ""] = value.split(".");
  const units = BigInt(whole + fraction.padEnd(SCALE, "0"));
  invariant(
    fraction.length <= SCALE && units < LIMIT && units > -LIMIT,
    `a decimal of at most 20.18 digits, found ${value}`,
  );
  let rest = BigInt.asUintN(128, units);
  for (let word = 0; word < WORDS; word += 1) {
    words[at + word] = Number(BigInt.asUintN(32, rest));
    rest >>= WORD_BITS;
  }
}

function counts(bars: readonly Bar[]) {
  const values = bars.map(({ tradeCount }) => tradeCount);
  const data = BigInt64Array.from(values, (count) => BigInt(count ?? 0));
  return makeData({ type: COUNT, length: bars.length, data, ...nulls(values) });
}

/** A bit a row, set where there is a value. */
function nulls(values: readonly unknown[]): {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array;
} {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  let nullCount = 0;
  for (const [row, value] of values.entries()) {
    if (value === undefined) nullCount += 1;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return { nullCount, nullBitmap };
}
