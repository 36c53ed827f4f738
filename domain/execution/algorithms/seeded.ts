const GOLDEN_GAMMA = 0x9e3779b9;

/**
 * The draw number `index` of the stream `seed`: the same two numbers always give the same draw, so that a slice can be
 * computed again without the draws before it. A counter through the 32-bit finaliser of MurmurHash3 (Appleby 2011), twice.
 * @param seed  any integer; its lower 32 bits count
 * @param index 0, 1, 2, …
 * @returns in [0, 1), a multiple of 2⁻³²
 */
export function draw(seed: number, index: number): number {
  const stream = mix(seed | 0);
  return mix(stream + Math.imul(index + 1, GOLDEN_GAMMA)) / 2 ** 32;
}

/** A seed made from a name, such as an order's id: FNV-1a, 32 bits, over UTF-16 code units. */
export function seedOf(name: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    value = Math.imul(value ^ name.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
