/* What an agent acts by, as one artefact: how many seeds, 4 bytes; of each the seed and the length of its bytes, 4 bytes each; then the bytes. */

export interface ActingSeed {
  readonly seed: number;
  readonly bytes: Uint8Array;
}

export function packActing(seeds: readonly ActingSeed[]): Uint8Array {
  const head = 4 + 8 * seeds.length;
  const packed = new Uint8Array(seeds.reduce((sum, { bytes }) => sum + bytes.length, head));
  const view = new DataView(packed.buffer);
  view.setUint32(0, seeds.length, true);
  let at = head;
  for (const [i, { seed, bytes }] of seeds.entries()) {
    view.setUint32(4 + 8 * i, seed, true);
    view.setUint32(8 + 8 * i, bytes.length, true);
    packed.set(bytes, at);
    at += bytes.length;
  }
  return packed;
}

/** @param packed by `packActing`; its sha256 was checked where it is stored */
export function unpackActing(packed: Uint8Array): readonly ActingSeed[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const count = view.getUint32(0, true);
  let at = 4 + 8 * count;
  return Array.from({ length: count }, (_, i) => {
    const length = view.getUint32(8 + 8 * i, true);
    at += length;
    return { seed: view.getUint32(4 + 8 * i, true), bytes: packed.subarray(at - length, at) };
  });
}
