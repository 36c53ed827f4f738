/* Just so much of WebAssembly's binary format (core specification 2.0 with 128-bit SIMD, §5) as one function needs. */

/** Instructions, as bytes. */
export type Code = readonly number[];

const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;
const SIMD = 0xfd;

/** A whole number in as many groups of seven bits as it takes. */
function leb(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const group = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? group : group | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed, of what is not below 0: the last group must not look negative. */
function signedLeb(value: number): Code {
  const bytes = [...leb(value)];
  const last = bytes.at(-1) ?? 0;
  if ((last & 0x40) === 0) return bytes;
  bytes[bytes.length - 1] = last | 0x80;
  return [...bytes, 0];
}

export const get = (local: number): Code => [0x20, ...leb(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)];
export const constant = (value: number): Code => [0x41, ...signedLeb(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const isBelow = (a: Code, b: Code): Code => [...a, ...b, 0x49];

/** Two doubles at an address. */
export const load = (address: Code, offset: number): Code => [
  ...address,
  SIMD,
  ...leb(0x00),
  3,
  ...leb(offset),
];
/** One double at an address, twice. */
export const loadSplat = (address: Code, offset: number): Code => [
  ...address,
  SIMD,
  ...leb(0x0a),
  3,
  ...leb(offset),
];
export const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  SIMD,
  ...leb(0x0b),
  3,
  ...leb(offset),
];
export const ZERO: Code = [SIMD, ...leb(0x0c), ...Array.from({ length: 16 }, () => 0)];
export const addPairs = (a: Code, b: Code): Code => [...a, ...b, SIMD, ...leb(0xf0)];
export const timesPairs = (a: Code, b: Code): Code => [...a, ...b, SIMD, ...leb(0xf2)];

/** Does `body` at least once, and again while `condition` holds. */
export const repeatWhile = (body: Code, condition: Code): Code => [
  0x03,
  VOID,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];

export interface FunctionText {
  readonly name: string;
  /** whole numbers that it takes: its first locals */
  readonly parameters: number;
  /** further locals: whole numbers, then pairs of doubles */
  readonly wholes: number;
  readonly pairs: number;
  readonly body: Code;
}

/** `\0asm`, version 1. */
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module of one function, on the memory `env.memory` that it is given. */
export function moduleOf({ name, parameters, wholes, pairs, body }: FunctionText): Uint8Array {
  const types = [[0x60, ...vector(Array.from({ length: parameters }, () => [I32])), 0]];
  const memory = [...text("env"), ...text("memory"), 0x02, 0x00, 1];
  const locals = vector([
    [...leb(wholes), I32],
    [...leb(pairs), V128],
  ]);
  const code = [...locals, ...body, 0x0b];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text(name), 0x00, 0]])),
    ...section(10, vector([[...leb(code.length), ...code]])),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...leb(content.length), ...content];
}

function vector(entries: readonly Code[]): Code {
  return [...leb(entries.length), ...entries.flat()];
}

function text(value: string): Code {
  return vector(Array.from(value, (letter) => [letter.charCodeAt(0)]));
}
