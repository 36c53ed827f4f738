/** Room beyond what is needed, a part of it. */
const SPARE = 8;

/** How much of a buffer has been given out. */
const used = new WeakMap<ArrayBufferLike, number>();

/**
 * A column with room at its end for more: the values that there are, then `length − column.length` that the caller puts there. The values
 * are not copied where there was room behind them, so that to add one to a million costs as much as to add one to ten.
 * @param column never changed; whoever holds it sees neither more nor others
 * @param length no less than the column has
 */
export function grown(column: Float64Array, length: number): Float64Array {
  if (length < column.length)
    throw new RangeError(`expected at least ${column.length} values, found ${length}`);
  const { buffer, byteOffset } = column;
  // Another may have grown the same column already: the room behind it is taken.
  const isFree = byteOffset === 0 && used.get(buffer) === column.length;
  if (isFree && length * Float64Array.BYTES_PER_ELEMENT <= buffer.byteLength) {
    used.set(buffer, length);
    return new Float64Array(buffer, 0, length);
  }
  const room = new Float64Array(length + Math.ceil(length / SPARE));
  room.set(column);
  used.set(room.buffer, length);
  return room.subarray(0, length);
}

/** A column with others behind it. */
export function appended(column: Float64Array, more: Float64Array): Float64Array {
  const all = grown(column, column.length + more.length);
  all.set(more, column.length);
  return all;
}
