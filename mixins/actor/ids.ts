import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { chainText } from "../../domain/shared/chain.ts";
import type { ChainLink } from "../../domain/shared/chain.ts";
import type { ActorRef } from "../../domain/shared/decider.ts";
import { writeUuid } from "../../domain/shared/uuid.ts";

/** Each pool of actor types has shards of its own, so that a node owns actors of the types that it hosts only. */
export const SHARDS_PER_POOL = 1024;

/** The pool of each actor type; those that are not named are in pool 0. */
export type Pools = Readonly<Record<string, number>>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;

/**
 * Where an actor lives: the shards of its pool begin at `pool * 1024`. Actors that talk a lot share a tag: the part of the
 * id in braces, or the first group of an id that is a UUID. So an order whose id begins like its portfolio's (see
 * `besideId`) has the same place among the shards of its pool, and lives on the same node where one node hosts both pools.
 */
export function shardOf(ref: ActorRef, pools: Pools): number {
  return poolOf(ref.type, pools) * SHARDS_PER_POOL + bucketOf(ref);
}

export function poolOf(type: string, pools: Pools): number {
  // Types come from outside too; `constructor` is none.
  return Object.hasOwn(pools, type) ? (pools[type] ?? 0) : 0;
}

/** In [0, 1024), the same for the life of the store. */
function bucketOf(ref: ActorRef): number {
  const opening = ref.id.indexOf("{");
  const closing = ref.id.indexOf("}", opening);
  if (opening >= 0 && closing > opening + 1) return bucket(ref.id.slice(opening + 1, closing));
  if (UUID.test(ref.id)) return bucket(ref.id.slice(0, 8));
  return bucket(`${ref.type}:${ref.id}`);
}

function bucket(key: string): number {
  return hash32(key) % SHARDS_PER_POOL;
}

/** FNV-1a with the finalizer of MurmurHash3, which spreads the last characters over all bits. */
export function hash32(key: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/** The finalizer of MurmurHash3: every bit depends on every bit. */
export function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A UUID of version 5 (RFC 9562): the same for the same namespace and name. */
export function uuidv5(namespace: string, name: string): string {
  const lengthMax = namespace.length + Buffer.byteLength(name);
  const bytes = lengthMax <= scratch.length ? scratch : Buffer.alloc(lengthMax);
  const start = writeUuid(bytes, 0, namespace)
    ? 16
    : bytes.write(namespace.replaceAll("-", ""), "hex");
  const end = start + bytes.write(name, start);
  return shaped(hash("sha1", bytes === scratch ? beginning(end) : bytes.subarray(0, end), "hex"));
}

function beginning(length: number): Buffer {
  return (beginnings[length] ??= scratch.subarray(0, length));
}

/** An order derives nine ids: each in the same place, as nothing of one is needed for the next. */
const scratch = Buffer.alloc(512);
/** of the place, by their length: a view is dearer to make than what is written there */
const beginnings: Buffer[] = [];

function shaped(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A derived id that begins like `anchorId`, so that both lie on one shard. */
export function besideId(anchorId: string, namespace: string, name: string): string {
  const derived = uuidv5(namespace, name);
  return UUID.test(anchorId) ? anchorId.slice(0, 8) + derived.slice(8) : derived;
}

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: string): () => number {
  let a = Number.parseInt(hash("sha1", seed, "hex").slice(0, 8), 16);
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** sha256 of the canonical JSON of a body: what "same id, same body" is judged by. */
export function bodyHash(body: unknown): string {
  return hash("sha256", canonicalJson(body), "hex");
}

/** JSON with sorted keys; undefined members are left out as JSON.stringify does. */
function canonicalJson(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  let members = "";
  for (const key of Object.keys(value).toSorted()) {
    const member: unknown = Reflect.get(value, key);
    if (member === undefined) continue;
    if (members !== "") members += ",";
    members += `${quoted(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** ASCII that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Nearly all ids, names and amounts are plain, and to see that costs half of what JSON.stringify does. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The hash of an event: SHA-256 of its link in the chain, hex. */
export function chainHash(previousHash: string, link: ChainLink): string {
  return hash("sha256", chainText(previousHash, link), "hex");
}
