import { EPOCH_2000_MS } from "./column-decoder.ts";

const CHUNK_BYTES = 128 * 1024;
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const MINUS = 45;
const ZERO = 48;
/** a base of numeric, and its decimal places */
const DIGITS = 4;
const NEGATIVE = 0x4000;
const TRAILER = -1;
/** room for a row's count and thirty fields of eight bytes */
const FIXED_BYTES = 512;
/** more digits than any price has; numeric takes 16,383 after the point */
const NUMERIC_LENGTH_MAX = 1_000;

/**
 * Writes rows of COPY … (FORMAT binary). Numbers stay decimal: the text of a numeric goes into PostgreSQL's base-10,000
 * digits without a float in between. Give the fields of a row in order, after `row`.
 * Source: PostgreSQL 15 documentation, COPY, "Binary Format"; src/backend/utils/adt/numeric.c, `numeric_recv`.
 */
export class BinaryRows {
  #bytes = Buffer.allocUnsafe(CHUNK_BYTES);
  #at = 0;
  readonly #texts = new Map<string, Buffer>();

  constructor() {
    this.#at = SIGNATURE.copy(this.#bytes);
  }

  /** Begins a row. */
  row(fields: number): void {
    // Of its fields, those whose length does not vary.
    this.#room(FIXED_BYTES);
    this.#int16(fields);
  }

  /** The bytes so far once there are many, else null. */
  chunk(): Buffer<ArrayBuffer> | null {
    return this.#at < CHUNK_BYTES / 2 ? null : this.#take();
  }

  /** The trailer, and what was not taken yet. */
  end(): Buffer<ArrayBuffer> {
    this.row(TRAILER);
    return this.#take();
  }

  null(): void {
    this.#int32(-1);
  }

  /** @throws RangeError when it does not fit */
  int4(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`expected a 4-byte integer, found ${value}`);
    this.#int32(4);
    this.#int32(value);
  }

  /** @param micros within the millisecond */
  timestamptz(ms: number, micros = 0): void {
    this.#int32(8);
    this.#int64((ms - EPOCH_2000_MS) * 1_000 + micros);
  }

  text(value: string): void {
    const known = this.#texts.get(value);
    const bytes = known ?? Buffer.from(value);
    if (known === undefined && this.#texts.size < 1_000) this.#texts.set(value, bytes);
    this.#room(bytes.length + FIXED_BYTES);
    this.#int32(bytes.length);
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  /** @throws RangeError unless the value is plain digits with an optional sign and fraction */
  numeric(value: string): void {
    const from = value.charCodeAt(0) === MINUS ? 1 : 0;
    const point = value.indexOf(".");
    const whole = (point === -1 ? value.length : point) - from;
    const fraction = point === -1 ? 0 : value.length - point - 1;
    if (whole === 0 || (point !== -1 && fraction === 0) || value.length > NUMERIC_LENGTH_MAX) {
      throw notNumeric(value);
    }
    const wholeGroups = Math.ceil(whole / DIGITS);
    const groups = wholeGroups + Math.ceil(fraction / DIGITS);
    this.#room(2 * groups + FIXED_BYTES);
    this.#int32(8 + 2 * groups);
    this.#int16(groups);
    this.#int16(wholeGroups - 1);
    this.#int16(from === 1 ? NEGATIVE : 0);
    this.#int16(fraction);
    this.#groups(value, from, point, wholeGroups * DIGITS - whole);
  }

  /** @param padding zeros before the first digit, so that a group ends at the point */
  #groups(value: string, from: number, point: number, padding: number): void {
    let group = 0;
    let length = padding;
    for (let i = from; i < value.length; i += 1) {
      if (i === point) continue;
      const digit = value.charCodeAt(i) - ZERO;
      if (digit < 0 || digit > 9) throw notNumeric(value);
      if (length === DIGITS) {
        this.#int16(group);
        [group, length] = [0, 0];
      }
      group = group * 10 + digit;
      length += 1;
    }
    for (; length < DIGITS; length += 1) group *= 10;
    this.#int16(group);
  }

  #int16(value: number): void {
    this.#bytes[this.#at] = value >> 8;
    this.#bytes[this.#at + 1] = value;
    this.#at += 2;
  }

  #int32(value: number): void {
    this.#bytes[this.#at] = value >> 24;
    this.#bytes[this.#at + 1] = value >> 16;
    this.#bytes[this.#at + 2] = value >> 8;
    this.#bytes[this.#at + 3] = value;
    this.#at += 4;
  }

  #int64(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.#at = this.#bytes.writeBigInt64BE(BigInt(value), this.#at);
      return;
    }
    const high = Math.floor(value / 4_294_967_296);
    this.#int32(high);
    this.#int32((value - high * 4_294_967_296) | 0);
  }

  #room(bytes: number): void {
    if (this.#bytes.length - this.#at < bytes) this.#grow(bytes);
  }

  #grow(roomBytes: number): void {
    const grown = Buffer.allocUnsafe(2 * (this.#at + roomBytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }

  #take(): Buffer<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#bytes = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#at = 0;
    return taken;
  }
}

function notNumeric(value: string): RangeError {
  return new RangeError(`invalid input for numeric: ${JSON.stringify(value.slice(0, 60))}`);
}
