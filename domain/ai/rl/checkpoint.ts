import type { Checkpoint } from "./agents/learner.ts";

/* As bytes: the length of a header, 4 bytes; the header, JSON in UTF-8; then the numbers of all arrays, 8 bytes each, little-endian. */

interface Header {
  readonly algorithm: string;
  readonly numbers: Checkpoint["numbers"];
  /** names and lengths, in order */
  readonly arrays: readonly (readonly [string, number])[];
}

/** The same for the same checkpoint, whatever the order it was put together in. */
export function toBytes({ algorithm, numbers, arrays }: Checkpoint): Uint8Array<ArrayBuffer> {
  const names = Object.keys(arrays).toSorted();
  const values = names.map((name) => arrays[name] ?? new Float64Array());
  const header: Header = {
    algorithm,
    numbers: Object.fromEntries(Object.entries(numbers).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    arrays: names.map((name, i) => [name, values[i]?.length ?? 0]),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const count = values.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(4 + text.length + 8 * count);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = 4 + text.length;
  for (const array of values)
    for (const value of array) {
      view.setFloat64(at, value, true);
      at += 8;
    }
  return bytes;
}

/** @throws RangeError when the bytes are not of `toBytes` */
export function fromBytes(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { algorithm, numbers, arrays, end } = headerOf(bytes, view);
  const count = arrays.reduce((sum, [, length]) => sum + length, 0);
  if (bytes.length !== end + 8 * count)
    throw new RangeError(
      `expected ${end + 8 * count} bytes of a checkpoint, found ${bytes.length}`,
    );
  let at = end;
  const read = (length: number): Float64Array =>
    Float64Array.from({ length }, () => {
      const value = view.getFloat64(at, true);
      at += 8;
      return value;
    });
  return {
    algorithm,
    numbers,
    arrays: Object.fromEntries(arrays.map(([name, length]) => [name, read(length)])),
  };
}

function headerOf(bytes: Uint8Array, view: DataView): Header & { readonly end: number } {
  try {
    const end = 4 + view.getUint32(0, true);
    // sound: our own bytes, whose sha256 is checked where they are stored
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, end))) as Header;
    return { ...header, end };
  } catch (cause) {
    throw new RangeError("expected the bytes of a checkpoint", { cause });
  }
}
