import { invariant } from "../../domain/shared/errors.ts";

/** Bars column by column, ascending, all of one length. */
export interface BarColumns {
  /** opening times, epoch ms */
  readonly startMs: Float64Array<ArrayBuffer>;
  readonly open: Float64Array<ArrayBuffer>;
  readonly high: Float64Array<ArrayBuffer>;
  readonly low: Float64Array<ArrayBuffer>;
  readonly close: Float64Array<ArrayBuffer>;
  readonly volume: Float64Array<ArrayBuffer>;
}

const FIELDS = 6;
/** int16 number of fields, then for each an int32 length and 8 bytes */
const ROW_BYTES = 2 + FIELDS * 12;
/** signature, flags, and the length of a header extension that no version has written yet */
const HEADER_BYTES = 19;
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const TRAILER = -1;
const NOTHING = Buffer.alloc(0);
/** timestamptz counts microseconds from here */
export const EPOCH_2000_MS = 946_684_800_000;

/**
 * Decodes COPY … (FORMAT binary) of rows (timestamptz, five float8), none of them null, from chunks cut anywhere.
 * Source: PostgreSQL 15 documentation, COPY, "Binary Format".
 */
export class ColumnDecoder {
  #columns = Array.from({ length: FIELDS }, () => new Float64Array(1024));
  #length = 0;
  #rest: Buffer = NOTHING;
  #viewed = this.#rest;
  #view = new DataView(this.#rest.buffer, 0, 0);
  #state: "header" | "rows" | "ended" = "header";

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const used = this.#decode(bytes);
    // A copy: the bytes are another's, who uses them again.
    this.#rest = used === bytes.length ? NOTHING : Buffer.from(bytes.subarray(used));
  }

  /** @throws Error when the data ended before its trailer */
  finish(): BarColumns {
    invariant(this.#state === "ended", "COPY data is whole, found no trailer");
    const column = (index: number) => {
      const values = this.#columns[index];
      invariant(values !== undefined, `a bar has column ${index}`);
      // Not a copy: of a million bars it would take longer than others may wait.
      return values.subarray(0, this.#length);
    };
    return {
      startMs: column(0),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    };
  }

  /** How many bytes it could use. */
  #decode(bytes: Buffer): number {
    let at = 0;
    if (this.#state === "header") {
      if (bytes.length < HEADER_BYTES) return 0;
      invariant(bytes.subarray(0, 11).equals(SIGNATURE), "COPY data begins with its signature");
      at = HEADER_BYTES + bytes.readInt32BE(15);
      this.#state = "rows";
    }
    while (this.#state === "rows" && bytes.length - at >= 2) {
      if (bytes.readInt16BE(at) === TRAILER) {
        this.#state = "ended";
        return bytes.length;
      }
      if (bytes.length - at < ROW_BYTES) return at;
      this.#row(bytes, at);
      at += ROW_BYTES;
    }
    return at;
  }

  #row(bytes: Buffer, at: number): void {
    invariant(bytes.readInt16BE(at) === FIELDS, "a bar has six columns");
    const row = this.#length++;
    // A view reads a number in a nanosecond; the methods of a buffer take ten times as long.
    const view = this.#viewOf(bytes);
    for (let index = 0; index < FIELDS; index += 1) {
      const field = at + 2 + index * 12;
      if (view.getInt32(field) !== 8) throw new Error("expected eight bytes a value of a bar");
      const column = this.#columnFor(index, row);
      column[row] = index === 0 ? epochMs(view, field + 4) : view.getFloat64(field + 4);
    }
  }

  #viewOf(bytes: Buffer): DataView {
    if (this.#viewed === bytes) return this.#view;
    this.#viewed = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#view;
  }

  /** With room for the row. */
  #columnFor(index: number, row: number): Float64Array<ArrayBuffer> {
    const column = this.#columns[index];
    if (column === undefined) throw new Error(`expected ${FIELDS} columns, found ${index}`);
    if (row < column.length) return column;
    const grown = new Float64Array(column.length + (column.length >> 1));
    grown.set(column);
    this.#columns[index] = grown;
    return grown;
  }
}

/** Exact: microseconds of any year before 2255 fit in 53 bits. */
function epochMs(view: DataView, at: number): number {
  const microseconds = view.getInt32(at) * 4_294_967_296 + view.getUint32(at + 4);
  return EPOCH_2000_MS + microseconds / 1000;
}
