import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** OWASP's scrypt setting for 32 MiB: N = 2^15, r = 8, p = 3 (Password Storage Cheat Sheet). */
const COST = { log2N: 15, r: 8, p: 3 };
const KEY_BYTES = 32;

interface Cost {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

/** Hashes and checks passwords; a smaller cost is for tests. */
export class Passwords {
  readonly #cost: Cost;
  /** what a password is compared with when there is no such user, so that both take equally long */
  readonly #nobody: Promise<string>;

  constructor(cost: Cost = COST) {
    this.#cost = cost;
    this.#nobody = this.hash(randomBytes(32).toString("hex"));
  }

  /** @returns in the PHC string format: `$scrypt$ln=15,r=8,p=3$salt$key` */
  async hash(password: string): Promise<string> {
    const { log2N, r, p } = this.#cost;
    const salt = randomBytes(16);
    const key = await derive(password, salt, this.#cost);
    return `$scrypt$ln=${log2N},r=${r},p=${p}$${base64(salt)}$${base64(key)}`;
  }

  /**
   * The work is done whether or not there is a user.
   * @param stored the hash on record, or null when there is no such user
   */
  async matches(password: string, stored: string | null): Promise<boolean> {
    const { cost, salt, key } = parse(stored ?? (await this.#nobody));
    const found = await derive(password, salt, cost);
    return timingSafeEqual(found, key) && stored !== null;
  }
}

/** 24 characters of 6 random bits. */
export function generatePassword(): string {
  return randomBytes(18).toString("base64url");
}

function derive(password: string, salt: Buffer, { log2N, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** log2N;
  const maxmem = 256 * N * r;
  return new Promise((resolve, reject) => {
    // Composed, so that a password typed on another keyboard is the same bytes (RFC 8265).
    scrypt(password.normalize("NFC"), salt, KEY_BYTES, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

const FORMAT = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function parse(stored: string): { cost: Cost; salt: Buffer; key: Buffer } {
  const [, log2N, r, p, salt, key] = FORMAT.exec(stored) ?? [];
  if (salt === undefined || key === undefined) throw new Error("expected a scrypt PHC string");
  return {
    cost: { log2N: Number(log2N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, "base64"),
    key: Buffer.from(key, "base64"),
  };
}

/** PHC strings use base64 without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
