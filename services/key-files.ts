import { createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../mixins/rest/schema.ts";
import { errorCode } from "../models/postgres/error-code.ts";

/** A symmetric key with the name by which what it made is told apart. */
export interface NamedKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** What a key must be like. */
export interface KeyTerms {
  /** RFC 7518 */
  readonly alg: "HS256" | "A256GCM";
  readonly accepts: (bytes: number) => boolean;
  /** `32 bytes or more` */
  readonly expected: string;
}

/** The keys of a JSON Web Key Set of `oct` keys (RFC 7517). @throws Error naming `where` when one cannot be used */
export function parseKeyFile(text: string, where: string, terms: KeyTerms): readonly NamedKey[] {
  const keys = keysIn(text);
  if (keys === null) throw new Error(`${where}: expected { "keys": [...] }`);
  return keys.map((jwk: unknown) => parseKey(jwk, where, terms));
}

function keysIn(text: string): readonly unknown[] | null {
  try {
    const file: unknown = JSON.parse(text);
    const keys = isRecord(file) ? file["keys"] : null;
    return Array.isArray(keys) ? keys : null;
  } catch {
    // The error of the parser would quote the file.
    return null;
  }
}

function parseKey(jwk: unknown, where: string, { accepts, expected }: KeyTerms): NamedKey {
  const { kty, kid, k } = isRecord(jwk) ? jwk : {};
  if (kty !== "oct" || typeof kid !== "string" || typeof k !== "string") {
    throw new Error(`${where}: expected keys { "kty": "oct", "kid": "…", "k": base64url }`);
  }
  const bytes = Buffer.from(k, "base64url");
  if (!accepts(bytes.length))
    throw new Error(`${where}: key ${kid}: expected ${expected}, found ${bytes.length}`);
  return { keyId: kid, key: createSecretKey(bytes) };
}

/**
 * The text of a key file under `folder`, with one new key when there is none. Made by whoever comes first: a hard link
 * appears whole or not at all, and only once.
 */
export async function generatedOnce(
  folder: string,
  file: string,
  { alg }: KeyTerms,
): Promise<string> {
  const path = join(folder, file);
  const found = await readIfThere(path);
  if (found !== null) return found;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const kid = randomBytes(8).toString("hex");
  const key = { kty: "oct", alg, kid, k: randomBytes(32).toString("base64url") };
  await writeFile(draft, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  await link(draft, path).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error;
  });
  await rm(draft);
  return readFile(path, "utf8");
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
