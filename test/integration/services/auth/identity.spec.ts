import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { systemClock } from "../../../../mixins/clock.ts";
import { toFailure } from "../../../../mixins/rest/problem.ts";
import { createIdentityStore } from "../../../../models/identity/store.ts";
import { seedAdministrator } from "../../../../services/auth/administrator.ts";
import { loadKeys } from "../../../../services/auth/keys.ts";
import { Passwords } from "../../../../services/auth/passwords.ts";
import { AccessTokens } from "../../../../services/auth/tokens.ts";
import { createTestDatabase } from "../../../support/database.ts";
import type { TestDatabase } from "../../../support/database.ts";

const CHEAP = { log2N: 4, r: 8, p: 1 };
const BEARER = { userId: "u", tenantId: "t", email: "e@x.test", sessionId: "s" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "qa-keys-"));
});
afterAll(() => rm(folder, { recursive: true }));

const EMAIL = "admin@quantumalpha.local";

describe("passwords", () => {
  it("are hashed with salt and the parameters that made the hash", async () => {
    const passwords = new Passwords(CHEAP);
    const [first, second] = await Promise.all([passwords.hash("pw"), passwords.hash("pw")]);
    expect(first).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(first).not.toBe(second);
    const dearer = new Passwords({ ...CHEAP, log2N: 5 });
    expect(await dearer.matches("pw", first)).toBe(true);
    expect(await dearer.matches("pW", first)).toBe(false);
  });

  // RFC 7914 §12, second vector: scrypt("password", "NaCl", N = 1024, r = 8, p = 16), its first 32 bytes.
  it("are scrypt as RFC 7914 has it", async () => {
    const key = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162";
    const phc = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");
    const stored = `$scrypt$ln=10,r=8,p=16$${phc(Buffer.from("NaCl"))}$${phc(Buffer.from(key, "hex"))}`;
    expect(await new Passwords(CHEAP).matches("password", stored)).toBe(true);
  });

  it("cost as much to check when there is no user", async () => {
    const passwords = new Passwords({ log2N: 14, r: 8, p: 1 });
    const stored = await passwords.hash("pw");
    await passwords.matches("x", null);
    const tookMs = async (hash: string | null): Promise<number> => {
      const start = performance.now();
      await passwords.matches("wrong", hash);
      return performance.now() - start;
    };
    let [knownMs, unknownMs] = [0, 0];
    for (let round = 0; round < 8; round += 1) {
      knownMs += await tookMs(stored);
      unknownMs += await tookMs(null);
    }
    // Without the work it would be a thousandth.
    expect(unknownMs / knownMs).toBeGreaterThan(0.3);
    expect(unknownMs / knownMs).toBeLessThan(3);
    expect(await passwords.matches("anything", null)).toBe(false);
  });
});

describe("keys of access tokens", () => {
  it("are made once, whoever comes first, and are for the owner's eyes only", async () => {
    const sets = await Promise.all(Array.from({ length: 8 }, () => loadKeys({ dataDir: folder })));
    expect(new Set(sets.map(({ signing }) => signing.keyId)).size).toBe(1);
    expect((await stat(join(folder, "keys/access-tokens.json"))).mode & 0o777).toBe(0o600);
  });

  it("come from a file in which the first signs and all verify", async () => {
    const file = join(folder, "keys.json");
    const old = await loadKeys({ dataDir: folder });
    const made = JSON.parse(await readFile(join(folder, "keys/access-tokens.json"), "utf8")) as {
      keys: object[];
    };
    const fresh = { kty: "oct", kid: "new", k: Buffer.alloc(32, 7).toString("base64url") };
    await writeFile(file, JSON.stringify({ keys: [fresh, ...made.keys] }));
    const keys = await loadKeys({ dataDir: folder, keysFile: file });
    const token = new AccessTokens(old, systemClock).issue(BEARER);
    const rotated = new AccessTokens(keys, systemClock);
    expect(rotated.verify(token)).toMatchObject(BEARER);
    expect(jwt.decode(rotated.issue(BEARER), { complete: true })?.header).toEqual({
      alg: "HS256",
      typ: "JWT",
      kid: "new",
    });
  });

  it("that are too short, or no keys, stop the start and are named", async () => {
    await expect(loadKeys({ dataDir: folder, secret: "short" })).rejects.toThrow(
      "JWT_SECRET_KEY: expected 32 bytes or more, found 5",
    );
    const file = join(folder, "bad.json");
    await writeFile(file, '{"keys":[{"kty":"RSA","kid":"a"}]}');
    await expect(loadKeys({ dataDir: folder, keysFile: file })).rejects.toThrow("JWT_KEYS_FILE");
  });
});

describe("access tokens", () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const tokensAt = async (nowMs: number): Promise<AccessTokens> =>
    new AccessTokens(await loadKeys({ dataDir: folder, secret }), {
      ...systemClock,
      now: () => nowMs,
    });
  const NOW = Date.UTC(2026, 2, 2);

  it("say who they speak for until they expire", async () => {
    const token = (await tokensAt(NOW)).issue(BEARER);
    const claims = { ...BEARER, expiresAtMs: NOW + 900_000 };
    expect((await tokensAt(NOW + 899_000)).verify(token)).toEqual(claims);
    const late = await tokensAt(NOW + 900_000);
    expect(() => late.verify(token)).toThrow("expired");
  });

  it("are refused when anything about them is not ours", async () => {
    const tokens = await tokensAt(NOW);
    const { signing } = await loadKeys({ dataDir: folder, secret });
    const claims = { sub: "u", tid: "t", email: "e", sid: "s", exp: NOW / 1000 + 60 };
    const good = { keyid: signing.keyId, issuer: "quantumalpha", audience: "quantumalpha-api" };
    const sign = (payload: object, options: jwt.SignOptions): string =>
      jwt.sign(payload, signing.key, options);
    const whole = tokens.issue(BEARER);
    const [header = "", payload = "", signature = ""] = whole.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "admin" })).toString("base64url");
    const bad = [
      "",
      "a.b.c",
      `${header}.${forged}.${signature}`,
      `${header}.${payload}.`,
      sign(claims, { ...good, keyid: "other" }),
      sign(claims, { ...good, algorithm: "HS512" }),
      sign(claims, { ...good, issuer: "other" }),
      sign(claims, { ...good, audience: "other" }),
      sign({ sub: "u", exp: claims.exp }, good),
      sign({ sub: "u", tid: "t", email: "e", sid: "s" }, good),
    ];
    expect(tokens.verify(sign(claims, good))).toMatchObject({ userId: "u" });
    for (const token of bad) expect(codeOf(() => tokens.verify(token))).toBe("UNAUTHENTICATED");
  });
});

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return toFailure(error).code;
  }
}

describe("the first administrator", () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());
  const passwords = new Passwords(CHEAP);

  it("is made once although several nodes start at once, and one of them tells the password", async () => {
    const store = createIdentityStore(database.pool);
    const seeded = await Promise.all(
      Array.from({ length: 6 }, () => seedAdministrator(store, passwords, { email: EMAIL })),
    );
    const [told, ...others] = seeded.filter((result) => result !== null);
    expect(others).toEqual([]);
    expect(told?.generatedPassword?.length).toBeGreaterThanOrEqual(20);
    const user = await store.findUserByEmail(EMAIL.toUpperCase());
    expect(user).toMatchObject({ role: "admin", tenantId: "default", status: "active" });
    expect(await passwords.matches(told?.generatedPassword ?? "", user?.passwordHash ?? null)).toBe(
      true,
    );
    expect(await seedAdministrator(store, passwords, { email: EMAIL })).toBeNull();
  });

  it("is as configured, and its password is not told", async () => {
    const store = createIdentityStore(database.pool);
    const options = { email: "chief@desk.example", password: "correct horse battery" };
    expect(await seedAdministrator(store, passwords, options)).toEqual({
      email: "chief@desk.example",
      generatedPassword: null,
    });
    await expect(
      seedAdministrator(store, passwords, { email: EMAIL, password: "short" }),
    ).rejects.toThrow("ADMIN_PASSWORD: expected 12 characters or more");
  });
});
