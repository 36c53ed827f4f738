import { JOE_KUO } from "./joe-kuo.ts";
import type { RandomStream } from "./random.ts";

const BITS = 32;

const DIMENSIONS = JOE_KUO.trim().split(/\s+/);

/** Of a point, at most. */
export const SOBOL_DIMENSIONS_MAX = DIMENSIONS.length + 1;

/**
 * The points of Sobol's sequence (1967) with the direction numbers of Joe & Kuo (2008), in the order of Antonov & Saleev
 * (1979). Scrambled by random linear matrices and a digital shift (Matoušek 1998): every point is then uniform by itself, the
 * net is as even as it was, and what repeated scrambles give says how far off their mean is.
 */
export class SobolSequence {
  readonly dimensions: number;
  /** direction numbers: of dimension d and bit b at d·32 + b */
  readonly #directions: Int32Array;
  readonly #shift: Int32Array;
  readonly #point: Int32Array;
  #index = 0;

  /**
   * @param scramble draws the scramble; absent: the plain sequence, its origin moved by half of the last bit
   * @throws RangeError for fewer than 1 or more dimensions than there are numbers for
   */
  constructor(dimensions: number, scramble?: RandomStream) {
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > SOBOL_DIMENSIONS_MAX)
      throw new RangeError(
        `expected 1 to ${SOBOL_DIMENSIONS_MAX} dimensions of Sobol's sequence, found ${dimensions}`,
      );
    this.dimensions = dimensions;
    this.#directions = new Int32Array(dimensions * BITS);
    this.#shift = new Int32Array(dimensions);
    for (let d = 0; d < dimensions; d += 1) {
      const numbers = directionsOf(d);
      this.#directions.set(scramble ? scrambled(numbers, scramble) : numbers, d * BITS);
      if (scramble) this.#shift[d] = scramble.bits();
    }
    this.#point = Int32Array.from(this.#shift);
  }

  /** Writes the next point, each coordinate within (0, 1). */
  next(into: Float64Array): void {
    for (let d = 0; d < this.dimensions; d += 1)
      into[d] = (((this.#point[d] ?? 0) >>> 0) + 0.5) / 2 ** BITS;
    const bit = Math.min(BITS - 1, trailingOnes(this.#index));
    for (let d = 0; d < this.dimensions; d += 1)
      this.#point[d] = (this.#point[d] ?? 0) ^ (this.#directions[d * BITS + bit] ?? 0);
    this.#index += 1;
  }
}

function trailingOnes(index: number): number {
  return 31 - Math.clz32(~index & (index + 1));
}

/** The first bit's is the highest bit. */
function directionsOf(dimension: number): Int32Array {
  const numbers = new Int32Array(BITS);
  const word = dimension === 0 ? undefined : DIMENSIONS[dimension - 1];
  if (word === undefined) return numbers.map((_, i) => 1 << (BITS - 1 - i));
  const [coefficients = 0, ...start] = word.split(",").map(Number);
  const degree = start.length;
  for (let i = 0; i < BITS; i += 1) {
    if (i < degree) {
      numbers[i] = (start[i] ?? 0) << (BITS - 1 - i);
      continue;
    }
    const before = numbers[i - degree] ?? 0;
    let value = before ^ (before >>> degree);
    for (let k = 1; k < degree; k += 1)
      if (((coefficients >> (degree - 1 - k)) & 1) === 1) value ^= numbers[i - k] ?? 0;
    numbers[i] = value;
  }
  return numbers;
}

/** Times a random lower triangular matrix of bits with ones on its diagonal. */
function scrambled(numbers: Int32Array, random: RandomStream): Int32Array {
  const rows = Array.from({ length: BITS }, (_, row) => {
    const diagonal = 1 << (BITS - 1 - row);
    // The bits above the diagonal's are the columns before it.
    return row === 0 ? diagonal : diagonal | (random.bits() & (-1 << (BITS - row)));
  });
  return numbers.map((number) =>
    rows.reduce((value, row, i) => value | (parity(row & number) << (BITS - 1 - i)), 0),
  );
}

function parity(value: number): number {
  let bits = value ^ (value >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  return (0x6996 >>> (bits & 15)) & 1;
}
