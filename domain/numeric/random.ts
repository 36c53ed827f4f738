import { normalCdf } from "./distributions.ts";

/* Everything here is made of whole numbers, of +, −, ×, ÷ and √, and of the exp and log that V8 carries with it (fdlibm's),
   so that a seed gives the same numbers on every machine. */

const GOLDEN = 0x9e3779b97f4a7c15n;
const mask = (x: bigint): bigint => BigInt.asUintN(64, x);

/** The finaliser of SplitMix64 (Steele, Lea & Flood 2014). */
function mix(value: bigint): bigint {
  let x = value;
  x = mask((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = mask((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
}

/** SplitMix64: the numbers that follow a seed, as 64 bits each. */
export function splitMix64(seed: bigint, count: number): readonly bigint[] {
  return Array.from({ length: count }, (_, i) => mix(mask(seed + BigInt(i + 1) * GOLDEN)));
}

/**
 * The ziggurat of Marsaglia & Tsang (2000) with 256 layers of one area; the layer and the place in it are drawn apart
 * (Doornik 2005). R is where the tail begins.
 */
const R = 3.654_152_885_361_008_8;
const LAYERS = 256;
const HALF = 2 ** 31;

const density = (x: number): number => Math.exp(-0.5 * x * x);

function ziggurat() {
  const area = R * density(R) + Math.sqrt(2 * Math.PI) * normalCdf(-R);
  const edge = [area / density(R), R];
  for (let i = 2; i < LAYERS; i += 1) {
    const last = edge[i - 1] ?? 0;
    edge.push(Math.sqrt(-2 * Math.log(area / last + density(last))));
  }
  edge.push(0);
  const ratio = (i: number): number => (edge[i + 1] ?? 0) / (edge[i] ?? 1);
  return {
    edges: Float64Array.from(edge),
    heights: Float64Array.from(edge, density),
    scale: Float64Array.from({ length: LAYERS }, (_, i) => (edge[i] ?? 0) / HALF),
    inner: Int32Array.from({ length: LAYERS }, (_, i) => Math.floor(ratio(i) * HALF)),
  };
}

const { edges, heights, scale, inner } = ziggurat();

/**
 * One of any number of streams of random numbers that a seed gives: xoshiro128** (Blackman & Vigna 2021), its state drawn
 * by SplitMix64 from seed and stream. Of 2¹²⁸ states, streams of a few billion numbers do not meet.
 */
export class RandomStream {
  readonly #state: Int32Array;

  /** @param state 128 bits, not all 0 */
  constructor(state: ArrayLike<number>) {
    this.#state = Int32Array.from(state);
  }

  /**
   * @param seed   a whole number from 0 to 2⁵³ − 1
   * @param stream the same
   */
  static of(seed: number, stream: number): RandomStream {
    const [start = 0n] = splitMix64(BigInt(seed), 1);
    const words = splitMix64(mask(start ^ mix(BigInt(stream) * GOLDEN + 1n)), 2);
    return new RandomStream(
      words.flatMap((word) => [Number(word & 0xffff_ffffn), Number(word >> 32n)]),
    );
  }

  /** 32 bits, signed. */
  bits(): number {
    const state = this.#state;
    const s1 = state[1] ?? 0;
    const s2 = (state[2] ?? 0) ^ (state[0] ?? 0);
    const s3 = (state[3] ?? 0) ^ s1;
    const five = Math.imul(s1, 5);
    state[1] = s1 ^ s2;
    state[0] = (state[0] ?? 0) ^ s3;
    state[2] = s2 ^ (s1 << 9);
    state[3] = (s3 << 11) | (s3 >>> 21);
    return Math.imul((five << 7) | (five >>> 25), 9);
  }

  /** Within (0, 1), neither 0 nor 1, of 52 bits. */
  uniform(): number {
    const high = this.bits() >>> 6;
    const low = this.bits() >>> 6;
    return (high * 2 ** 26 + low + 0.5) / 2 ** 52;
  }

  /** A whole number from 0 to `count` − 1, without bias. @param count from 1 to 2³² */
  below(count: number): number {
    const whole = Math.floor(2 ** 32 / count) * count;
    for (;;) {
      const value = this.bits() >>> 0;
      if (value < whole) return value % count;
    }
  }

  normal(): number {
    const [value = 0] = this.fillNormals(new Float64Array(1));
    return value;
  }

  /** Standard normals. */
  fillNormals(values: Float64Array, from = 0, to = values.length): Float64Array {
    // The state in locals: the same numbers as `bits` gives, in half the time.
    const state = this.#state;
    let s0 = (state[0] ?? 0) | 0;
    let s1 = (state[1] ?? 0) | 0;
    let s2 = (state[2] ?? 0) | 0;
    let s3 = (state[3] ?? 0) | 0;
    for (let n = from; n < to;) {
      let five = Math.imul(s1, 5);
      const layer = Math.imul((five << 7) | (five >>> 25), 9) & (LAYERS - 1);
      let shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = (s3 << 11) | (s3 >>> 21);
      five = Math.imul(s1, 5);
      const place = Math.imul((five << 7) | (five >>> 25), 9);
      shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = (s3 << 11) | (s3 >>> 21);
      let value = place * (scale[layer] ?? 0);
      if ((place ^ (place >> 31)) >= (inner[layer] ?? 0)) {
        keep(state, s0, s1, s2, s3);
        value = this.#outside(layer, value);
        s0 = (state[0] ?? 0) | 0;
        s1 = (state[1] ?? 0) | 0;
        s2 = (state[2] ?? 0) | 0;
        s3 = (state[3] ?? 0) | 0;
        if (Number.isNaN(value)) continue;
      }
      values[n] = value;
      n += 1;
    }
    keep(state, s0, s1, s2, s3);
    return values;
  }

  /** Γ(shape, 1): Marsaglia & Tsang (2000b); below 1 by Stuart's theorem. @param shape positive */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * this.uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (Math.log(this.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
    }
  }

  chiSquare(degrees: number): number {
    return 2 * this.gamma(degrees / 2);
  }

  /** What lies beyond the inner part of its layer; NaN: to be drawn again. */
  #outside(layer: number, value: number): number {
    if (layer === 0) return Math.sign(value) * this.#tail();
    const low = heights[layer] ?? 0;
    const height = low + this.uniform() * ((heights[layer + 1] ?? 1) - low);
    return height < Math.exp(-0.5 * value * value) ? value : Number.NaN;
  }

  /** Beyond R (Marsaglia 1964). */
  #tail(): number {
    for (;;) {
      const x = -Math.log(this.uniform()) / R;
      const y = -Math.log(this.uniform());
      if (y + y > x * x) return (edges[1] ?? R) + x;
    }
  }
}

function keep(state: Int32Array, s0: number, s1: number, s2: number, s3: number): void {
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
}
