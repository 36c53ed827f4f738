import { createHash, createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { generatedOnce, parseKeyFile } from "../key-files.ts";
import type { KeyTerms, NamedKey } from "../key-files.ts";

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

export interface KeyOptions {
  /** generated keys are kept under `keys/` of it */
  readonly dataDir: string;
  /** a JSON Web Key Set of `oct` keys */
  readonly keysFile?: string;
  readonly secret?: string;
}

/** RFC 7518 §3.2: as long as the hash. */
const MIN_BYTES = 32;
const TERMS: KeyTerms = {
  alg: "HS256",
  accepts: (bytes) => bytes >= MIN_BYTES,
  expected: `${MIN_BYTES} bytes or more`,
};

/** @throws Error naming the variable when its key cannot be used */
export async function loadKeys({ dataDir, keysFile, secret }: KeyOptions): Promise<KeySet> {
  if (keysFile !== undefined) {
    const where = `JWT_KEYS_FILE ${keysFile}`;
    return keySet(parseKeyFile(await readFile(keysFile, "utf8"), where, TERMS));
  }
  if (secret !== undefined) return keySet([keyOfSecret(secret)]);
  const folder = join(dataDir, "keys");
  return keySet(parseKeyFile(await generatedOnce(folder, FILE, TERMS), join(folder, FILE), TERMS));
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

const FILE = "access-tokens.json";
