/** Messages of FIX as bytes: tag=value, each field ended by SOH (volume 1, "FIX message delimiter"). */
import { DATA_LENGTHS, TAG } from "./tags.ts";

/** A value is a string of bytes: each of its characters is one, as in Latin-1. Decimals stay as they are written. */
export type FixField = readonly [tag: number, value: string];

export const BEGIN_STRING = "FIX.4.4";

const SOH = "\x01";
const TRAILER_BYTES = 7;
/** A longer body than this is taken for a broken length. */
const BODY_BYTES_MAX = 262_144;
const HEADER_BYTES_MAX = 64;
const START = Buffer.from("8=FIX");

/**
 * @param fields from MsgType on, without BodyLength and CheckSum
 * @throws RangeError for a value that cannot be written: empty, with a SOH that is not data, or beyond one byte a character
 */
export function encode(fields: readonly FixField[], beginString = BEGIN_STRING): Buffer {
  const body = fields.map(writeField).join("");
  const head = `${TAG.BeginString}=${beginString}${SOH}${TAG.BodyLength}=${body.length}${SOH}`;
  const bytes = Buffer.from(head + body, "latin1");
  return Buffer.concat([bytes, Buffer.from(trailer(bytes), "latin1")]);
}

const DATA_TAGS: ReadonlySet<number> = new Set(DATA_LENGTHS.values());

function writeField([tag, value]: FixField): string {
  if (value === "") throw new RangeError(`field ${tag}: expected a value`);
  if (!DATA_TAGS.has(tag) && value.includes(SOH))
    throw new RangeError(`field ${tag}: found a delimiter in its value`);
  if (/[^\0-\u00ff]/u.test(value))
    throw new RangeError(`field ${tag}: found a character beyond Latin-1`);
  return `${tag}=${value}${SOH}`;
}

function trailer(bytes: Uint8Array): string {
  return `${TAG.CheckSum}=${String(checkSum(bytes)).padStart(3, "0")}${SOH}`;
}

function checkSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum % 256;
}

/** A message as it came, or how many bytes could not be read as one. */
export type Frame =
  | { readonly fields: readonly FixField[] }
  | { readonly garbledBytes: number; readonly why: string };

/**
 * Cuts a stream of bytes into messages. What is garbled is passed over, as volume 2 has it ("Valid FIX message"): the number
 * that is then missing brings it again.
 */
export class Splitter {
  #rest: Buffer = Buffer.alloc(0);

  take(segment: Uint8Array): readonly Frame[] {
    this.#rest =
      this.#rest.length === 0 ? Buffer.from(segment) : Buffer.concat([this.#rest, segment]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | null {
    const start = findStart(this.#rest);
    if (start > 0) return this.#skip(start, "no message begins here");
    const extent = extentOf(this.#rest);
    if (extent === "unfinished") return null;
    if (extent === "garbled") return this.#skip(1, "its length cannot be read");
    if (this.#rest.length < extent.end) return null;
    const fields = readFrame(this.#rest.subarray(0, extent.end), extent.bodyStart);
    if (typeof fields === "string") return this.#skip(1, fields);
    this.#rest = this.#rest.subarray(extent.end);
    return { fields };
  }

  /** To the next byte at which a message may begin. */
  #skip(atLeast: number, why: string): Frame {
    const garbledBytes = atLeast + findStart(this.#rest.subarray(atLeast));
    this.#rest = this.#rest.subarray(garbledBytes);
    return { garbledBytes, why };
  }
}

/** Where the next message may begin; a part of its first bytes at the end counts. */
function findStart(bytes: Buffer): number {
  const found = bytes.indexOf(START);
  if (found >= 0) return found;
  for (let length = Math.min(START.length - 1, bytes.length); length > 0; length--)
    if (bytes.subarray(-length).equals(START.subarray(0, length))) return bytes.length - length;
  return bytes.length;
}

interface Extent {
  readonly bodyStart: number;
  readonly end: number;
}

function extentOf(bytes: Buffer): Extent | "unfinished" | "garbled" {
  const head = bytes.toString("latin1", 0, HEADER_BYTES_MAX);
  const [begin, length, ...more] = head.split(SOH);
  const isWhole = more.length > 0;
  if (length === undefined || !isWhole)
    return head.length < HEADER_BYTES_MAX && mayBegin(begin, length) ? "unfinished" : "garbled";
  if (!LENGTH.test(length) || begin === "8=") return "garbled";
  const bodyLength = Number(length.slice(2));
  if (bodyLength > BODY_BYTES_MAX) return "garbled";
  const bodyStart = `${begin}${SOH}${length}${SOH}`.length;
  return { bodyStart, end: bodyStart + bodyLength + TRAILER_BYTES };
}

const LENGTH = /^9=\d{1,7}$/;

/** Whether more bytes can make a head of it: its first field is there or begins, and its second begins. */
function mayBegin(begin: string | undefined, length: string | undefined): boolean {
  return length === undefined || (begin !== "8=" && /^(9(=\d{0,7})?)?$/.test(length));
}

/** @returns why it is garbled, where it is */
function readFrame(frame: Buffer, bodyStart: number): readonly FixField[] | string {
  const bodyEnd = frame.length - TRAILER_BYTES;
  const told = frame.toString("latin1", bodyEnd);
  if (!/^10=\d{3}$/.test(told.slice(0, -1)) || !told.endsWith(SOH))
    return "its length is not that of its body";
  if (told !== trailer(frame.subarray(0, bodyEnd))) return "its check sum is wrong";
  const text = frame.toString("latin1", 0, bodyEnd);
  const body = readFields(text, bodyStart);
  if (body === null) return "a field of it cannot be read";
  if (body[0]?.[0] !== TAG.MsgType) return "its type is not its third field";
  // Two messages in the length of one, whose sum fits by chance.
  if (
    body.some(([tag]) => tag === TAG.BeginString || tag === TAG.BodyLength || tag === TAG.CheckSum)
  )
    return "a message begins within it";
  return [[TAG.BeginString, text.slice(2, text.indexOf(SOH))], ...body];
}

function readFields(text: string, from: number): readonly FixField[] | null {
  const fields: FixField[] = [];
  let at = from;
  let before: FixField | undefined;
  while (at < text.length) {
    const equals = text.indexOf("=", at);
    const name = text.slice(at, Math.max(at, equals));
    if (!/^[1-9]\d{0,8}$/.test(name)) return null;
    const tag = Number(name);
    const bytes = dataBytes(tag, before);
    const end = bytes === null ? text.indexOf(SOH, equals) : equals + 1 + bytes;
    if (end < 0 || text[end] !== SOH) return null;
    before = [tag, text.slice(equals + 1, end)];
    fields.push(before);
    at = end + 1;
  }
  return fields;
}

/** How many bytes a field of data has by the field before it; null for one that ends with a SOH as others do. */
function dataBytes(tag: number, before: FixField | undefined): number | null {
  if (before === undefined || DATA_LENGTHS.get(before[0]) !== tag) return null;
  return /^\d{1,6}$/.test(before[1]) ? Number(before[1]) : null;
}
