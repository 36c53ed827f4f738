import { createHash, createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../mixins/rest/schema.ts";

/**
 * Keys of access tokens. The first signs; all verify, so that a key is rotated by putting a new one in front.
 *
 * They are HMAC keys (HS256), held as KeyObjects: checking a token costs 12–14 µs so, against 143 µs with EdDSA and
 * 430–560 µs with a secret given as a string. Every node that checks tokens is ours and may hold the secret; and
 * `jsonwebtoken` knows no EdDSA.
 */
export interface KeySet {
  readonly signing: NamedKey;
  readonly byId: ReadonlyMap<string, KeyObject>;
}

export interface NamedKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

export interface KeyOptions {
  /** generated keys are kept under `keys/` of it */
  readonly dataDir: string;
  /** a JSON Web Key Set of `oct` keys */
  readonly keysFile?: string;
  readonly secret?: string;
}

/** RFC 7518 §3.2: as long as the hash. */
const MIN_BYTES = 32;

/** @throws Error naming the variable when its key cannot be used */
export async function loadKeys({ dataDir, keysFile, secret }: KeyOptions): Promise<KeySet> {
  if (keysFile !== undefined) {
    return keySet(parseKeyFile(await readFile(keysFile, "utf8"), `JWT_KEYS_FILE ${keysFile}`));
  }
  if (secret !== undefined) return keySet([keyOfSecret(secret)]);
  const folder = join(dataDir, "keys");
  return keySet(parseKeyFile(await generatedOnce(folder), join(folder, FILE)));
}

function keySet(keys: readonly NamedKey[]): KeySet {
  const [signing] = keys;
  if (signing === undefined) throw new Error("expected at least one signing key");
  return { signing, byId: new Map(keys.map(({ keyId, key }) => [keyId, key])) };
}

function keyOfSecret(secret: string): NamedKey {
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_BYTES) {
    throw new Error(`JWT_SECRET_KEY: expected ${MIN_BYTES} bytes or more, found ${bytes.length}`);
  }
  const keyId = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return { keyId, key: createSecretKey(bytes) };
}

function parseKeyFile(text: string, where: string): readonly NamedKey[] {
  const file: unknown = JSON.parse(text);
  const keys = isRecord(file) ? file["keys"] : null;
  if (!Array.isArray(keys)) throw new Error(`${where}: expected { "keys": [...] }`);
  return keys.map((jwk: unknown) => parseKey(jwk, where));
}

function parseKey(jwk: unknown, where: string): NamedKey {
  const { kty, kid, k } = isRecord(jwk) ? jwk : {};
  if (kty !== "oct" || typeof kid !== "string" || typeof k !== "string") {
    throw new Error(`${where}: expected keys { "kty": "oct", "kid": "…", "k": base64url }`);
  }
  const bytes = Buffer.from(k, "base64url");
  if (bytes.length < MIN_BYTES) {
    throw new Error(
      `${where}: key ${kid}: expected ${MIN_BYTES} bytes or more, found ${bytes.length}`,
    );
  }
  return { keyId: kid, key: createSecretKey(bytes) };
}

const FILE = "access-tokens.json";

/** The text of the key file, made by whoever comes first: a hard link appears whole or not at all, and only once. */
async function generatedOnce(folder: string): Promise<string> {
  const path = join(folder, FILE);
  const found = await readIfThere(path);
  if (found !== null) return found;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const kid = randomBytes(8).toString("hex");
  const key = { kty: "oct", alg: "HS256", kid, k: randomBytes(32).toString("base64url") };
  await writeFile(draft, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  await link(draft, path).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  await rm(draft);
  return readFile(path, "utf8");
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return isRecord(error) ? error["code"] : undefined;
}
