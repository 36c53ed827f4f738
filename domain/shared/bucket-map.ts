/**
 * An immutable map for the state of an actor: plain JSON, and cheap to change although the map before the change stays whole.
 * To copy an object of n keys costs n at every event; here a change copies one bucket and the list of buckets, about 4·√n
 * references.
 *
 * Entries are pairs in arrays, not keys of objects: engines build a shape for each new set of keys, and ids are always new.
 * What has been stored depends on `hash`: changing it changes the shape of the state.
 */
export interface BucketMap<T> {
  readonly size: number;
  /** a power of two of them; each key in the bucket of its hash */
  readonly buckets: readonly Bucket<T>[];
}

type Bucket<T> = readonly (readonly [key: string, value: T])[];

/**
 * Entries of a bucket for each bucket that there is. Equally many of both would copy the fewest references, but a look at an
 * entry, which lies anywhere in memory, costs many times what copying a reference does.
 */
const FILL = 1 / 8;

export const EMPTY_MAP: BucketMap<never> = { size: 0, buckets: [[]] };

export function get<T>({ buckets }: BucketMap<T>, key: string): T | undefined {
  for (const entry of bucketOf(buckets, key)) if (entry[0] === key) return entry[1];
  return undefined;
}

/** The map with the value under this key, in place of the one that was there. */
export function put<T>(map: BucketMap<T>, key: string, value: T): BucketMap<T> {
  const bucket = bucketOf(map.buckets, key);
  const index = bucket.findIndex((entry) => entry[0] === key);
  if (index !== -1) return replace(map, key, bucket.with(index, [key, value]), map.size);
  const roomy = map.size < FILL * map.buckets.length ** 2 ? map : doubled(map);
  const longer = [...bucketOf(roomy.buckets, key), [key, value] as const];
  return replace(roomy, key, longer, map.size + 1);
}

/** The map without this key; the same map when it is not there. */
export function remove<T>(map: BucketMap<T>, key: string): BucketMap<T> {
  const bucket = bucketOf(map.buckets, key);
  const shorter = bucket.filter((entry) => entry[0] !== key);
  return shorter.length === bucket.length ? map : replace(map, key, shorter, map.size - 1);
}

/** In no order that means anything. */
export function keys({ buckets }: BucketMap<unknown>): readonly string[] {
  return buckets.flatMap((bucket) => bucket.map(([key]) => key));
}

/** In no order that means anything. */
export function values<T>({ buckets }: BucketMap<T>): readonly T[] {
  return buckets.flatMap((bucket) => bucket.map(([, value]) => value));
}

function replace<T>(
  { buckets }: BucketMap<T>,
  key: string,
  bucket: Bucket<T>,
  size: number,
): BucketMap<T> {
  return { size, buckets: buckets.with(indexOf(buckets, key), bucket) };
}

/** Twice as many buckets. Never fewer again: empty ones cost little. */
function doubled<T>({ size, buckets }: BucketMap<T>): BucketMap<T> {
  const spread = Array.from({ length: buckets.length * 2 }, (): (readonly [string, T])[] => []);
  for (const entry of buckets.flat()) spread[indexOf(spread, entry[0])]?.push(entry);
  return { size, buckets: spread };
}

function bucketOf<T>(buckets: readonly Bucket<T>[], key: string): Bucket<T> {
  return buckets[indexOf(buckets, key)] ?? [];
}

function indexOf(buckets: readonly unknown[], key: string): number {
  return hash(key) & (buckets.length - 1);
}

/** FNV-1a, 32 bits, over UTF-16 code units (Fowler, Noll, Vo; draft-eastlake-fnv). */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1)
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  return value;
}
