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
/** timestamptz counts microseconds from here */
export const EPOCH_2000_MS = 946_684_800_000;

/**
 * Decodes COPY … (FORMAT binary) of rows (timestamptz, five float8), none of them null, from chunks cut anywhere.
 * Source: PostgreSQL 15 documentation, COPY, "Binary Format".
 */
export class ColumnDecoder {
  #columns = Array.from({ length: FIELDS }, () => new Float64Array(1024));
  #length = 0;
  #rest: Buffer = Buffer.alloc(0);
  #state: "header" | "rows" | "ended" = "header";

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = bytes.subarray(this.#decode(bytes));
  }

  /** @throws Error when the data ended before its trailer */
  finish(): BarColumns {
    invariant(this.#state === "ended", "COPY data is whole, found no trailer");
    const column = (index: number) => {
      const values = this.#columns[index];
      invariant(values !== undefined, `a bar has column ${index}`);
      return values.slice(0, this.#length);
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
    for (const [index, column] of this.#columns.entries()) {
      const field = at + 2 + index * 12;
      invariant(bytes.readInt32BE(field) === 8, "each value of a bar has eight bytes");
      const values = row < column.length ? column : this.#grow(index, column);
      values[row] = index === 0 ? epochMs(bytes, field + 4) : bytes.readDoubleBE(field + 4);
    }
  }

  #grow(index: number, column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const grown = new Float64Array(column.length * 2);
    grown.set(column);
    this.#columns[index] = grown;
    return grown;
  }
}

/** Exact: microseconds of any year before 2255 fit in 53 bits. */
function epochMs(bytes: Buffer, at: number): number {
  const microseconds = bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4);
  return EPOCH_2000_MS + microseconds / 1000;
}
