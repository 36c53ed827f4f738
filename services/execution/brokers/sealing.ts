import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomBytes,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CredentialsConfig } from "../../config.ts";
import { generatedOnce, parseKeyFile } from "../../key-files.ts";
import type { KeyTerms, NamedKey } from "../../key-files.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = "v1";

/** Whose secret it is. It is sealed in, so that an envelope that was put into another row does not open. */
export interface SealedFor {
  readonly accountId: string;
  readonly tenantId: string;
}

export interface Envelope {
  /** `v1.{key id}.{nonce}.{ciphertext}.{tag}`, each in base64url */
  readonly sealed: string;
  readonly keyId: string;
}

/** An envelope cannot be opened here; the message says what to do, and nothing of what is inside. */
export class CredentialsUnreadable extends Error {
  constructor(accountId: string, why: string) {
    super(`the credentials of broker account ${accountId} cannot be read: ${why}`);
    this.name = "CredentialsUnreadable";
  }
}

/**
 * Seals secrets with AES-256-GCM (NIST SP 800-38D): a random nonce of 96 bits each, the account, its tenant and the key's
 * name as additional data. The first key seals, all open.
 */
export class Sealer {
  readonly #first: NamedKey;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  /** @throws Error without a key, or with two of one name */
  constructor(keys: readonly NamedKey[]) {
    const [first] = keys;
    if (first === undefined) throw new Error("expected at least one key of credentials");
    this.#first = first;
    this.#keys = new Map(keys.map(({ keyId, key }) => [keyId, key]));
    if (this.#keys.size !== keys.length) throw new Error("two keys of credentials share a name");
  }

  /** of the key that seals */
  get keyId(): string {
    return this.#first.keyId;
  }

  seal(text: string, whose: SealedFor): Envelope {
    const { keyId, key } = this.#first;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(additional(keyId, whose));
    const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    const parts = [nonce, ciphertext, cipher.getAuthTag()].map((part) =>
      part.toString("base64url"),
    );
    return { sealed: [FORMAT, keyId, ...parts].join("."), keyId };
  }

  /** @throws CredentialsUnreadable when it was sealed with another key, for another account, or changed since */
  open(sealed: string, whose: SealedFor): string {
    const [format, keyId = "", ...rest] = sealed.split(".");
    const [nonce, ciphertext, tag] = rest.map((part) => Buffer.from(part, "base64url"));
    const isWhole = format === FORMAT && rest.length === 3;
    if (!isWhole || nonce?.length !== NONCE_BYTES || tag?.length !== TAG_BYTES || !ciphertext)
      throw new CredentialsUnreadable(whose.accountId, "the envelope is damaged; enter them again");
    const key = this.#keys.get(keyId);
    if (key === undefined) throw this.#unknownKey(keyId, whose);
    try {
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(additional(keyId, whose));
      decipher.setAuthTag(tag);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("utf8");
    } catch {
      const why = `the envelope, or key ${keyId} of this node, is not the one it was sealed with`;
      throw new CredentialsUnreadable(whose.accountId, `${why}; enter them again`);
    }
  }

  #unknownKey(keyId: string, { accountId }: SealedFor): CredentialsUnreadable {
    const here = [...this.#keys.keys()].join(", ");
    const why = `they are sealed with key ${keyId}, and this node has ${here} only`;
    const remedy = "give every node the same keys (CREDENTIALS_KEY or CREDENTIALS_KEY_FILE)";
    return new CredentialsUnreadable(accountId, `${why}: ${remedy}, or enter them again`);
  }
}

function additional(keyId: string, { accountId, tenantId }: SealedFor): Buffer {
  return Buffer.from(JSON.stringify(["broker-account", FORMAT, keyId, tenantId, accountId]));
}

const FILE = "credentials.json";
const TERMS: KeyTerms = {
  alg: "A256GCM",
  accepts: (bytes) => bytes === 32,
  expected: "32 bytes",
};
/** Part of the envelope, whose parts are separated by dots. */
const KEY_ID = /^[\w-]{1,64}$/;

/** @throws Error naming the variable when its keys cannot be used */
export async function openSealer(config: CredentialsConfig, dataDir: string): Promise<Sealer> {
  switch (config.kind) {
    case "key": {
      // Half of a hash of 256 random bits says nothing of them.
      const keyId = createHash("sha256").update(config.key).digest("hex").slice(0, 16);
      return new Sealer([{ keyId, key: createSecretKey(config.key) }]);
    }
    case "file": {
      const where = `CREDENTIALS_KEY_FILE ${config.path}`;
      return sealerOf(await readFile(config.path, "utf8"), where);
    }
    case "generated": {
      const folder = join(dataDir, "keys");
      return sealerOf(await generatedOnce(folder, FILE, TERMS), join(folder, FILE));
    }
  }
}

function sealerOf(text: string, where: string): Sealer {
  const keys = parseKeyFile(text, where, TERMS);
  const bad = keys.find(({ keyId }) => !KEY_ID.test(keyId));
  if (bad !== undefined)
    throw new Error(`${where}: expected "kid" of letters, digits, - and _, found ${bad.keyId}`);
  return new Sealer(keys);
}
