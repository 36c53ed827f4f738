import { createSecretKey, randomBytes } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import {
  CredentialsUnreadable,
  Sealer,
  openSealer,
} from "../../../../../services/execution/brokers/sealing.ts";

const WHOSE = { accountId: "a-1", tenantId: "t-1" };
const named = (keyId: string) => ({ keyId, key: createSecretKey(randomBytes(32)) });
const [first, second] = [named("2026-11"), named("2026-05")];

const why = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof CredentialsUnreadable) return error.message;
    throw error;
  }
  return "";
};

describe("a sealed secret", () => {
  it("is what it was, for whoever has the key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (secret) => {
        const { sealed } = new Sealer([first]).seal(secret, WHOSE);
        expect(new Sealer([second, first]).open(sealed, WHOSE)).toBe(secret);
      }),
    );
  });

  it("looks different each time, and never like the secret", () => {
    const sealer = new Sealer([first]);
    const seals = Array.from({ length: 100 }, () => sealer.seal("sesame", WHOSE).sealed);
    expect(new Set(seals).size).toBe(100);
    expect(new Set(seals.map((sealed) => sealed.split(".")[2])).size).toBe(100);
    expect(seals.join()).not.toContain(Buffer.from("sesame").toString("base64url"));
  });

  it("does not open when any character of its envelope was changed", () => {
    const sealer = new Sealer([first]);
    const { sealed } = sealer.seal("sesame", WHOSE);
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed.charAt(at) === "A" ? "B" : "A";
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      // The last character of a part may carry bits that mean nothing.
      if (bytesOf(changed) === bytesOf(sealed)) continue;
      expect(why(() => sealer.open(changed, WHOSE))).toContain("broker account a-1 cannot be read");
    }
  });

  it("does not open cut off, empty, or with a part too many", () => {
    const sealer = new Sealer([first]);
    const { sealed } = sealer.seal("sesame", WHOSE);
    for (const bad of ["", ".", sealed.slice(0, -9), `${sealed}.x`, `v2${sealed.slice(2)}`])
      expect(why(() => sealer.open(bad, WHOSE))).not.toBe("");
  });

  it("does not open in the row of another account, or of another tenant", () => {
    const sealer = new Sealer([first]);
    const { sealed } = sealer.seal("sesame", WHOSE);
    for (const other of [{ accountId: "a-2" }, { tenantId: "t-2" }])
      expect(why(() => sealer.open(sealed, { ...WHOSE, ...other }))).toContain("cannot be read");
  });

  it("does not open with another key of the same name, and says which name", () => {
    const { sealed } = new Sealer([first]).seal("sesame", WHOSE);
    const impostor = new Sealer([named("2026-11")]);
    expect(why(() => impostor.open(sealed, WHOSE))).toContain("key 2026-11 of this node");
  });

  it("of a key that is not here says which keys are, and what to do", () => {
    const { sealed } = new Sealer([first]).seal("sesame", WHOSE);
    const message = why(() => new Sealer([second]).open(sealed, WHOSE));
    expect(message).toContain("sealed with key 2026-11, and this node has 2026-05 only");
    expect(message).toContain("CREDENTIALS_KEY");
  });
});

/** As it is understood: base64url of some lengths has spare bits. */
function bytesOf(sealed: string): string {
  const [format, keyId, ...parts] = sealed.split(".");
  return [
    format,
    keyId,
    ...parts.map((part) => Buffer.from(part, "base64url").toString("hex")),
  ].join();
}

describe("the keys of credentials", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "qa-credentials-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are made once, whoever comes first, and are for the owner's eyes only", async () => {
    const open = () => openSealer({ kind: "generated" }, folder);
    const [one, ...others] = await Promise.all(Array.from({ length: 8 }, open));
    const { sealed } = (one ?? (await open())).seal("sesame", WHOSE);
    for (const other of others) expect(other.open(sealed, WHOSE)).toBe("sesame");
    expect((await stat(join(folder, "keys/credentials.json"))).mode & 0o777).toBe(0o600);
  });

  it("given as one key have a name that follows from it", async () => {
    const config = { kind: "key", key: randomBytes(32) } as const;
    const [one, two] = [await openSealer(config, folder), await openSealer(config, folder)];
    expect(two.open(one.seal("sesame", WHOSE).sealed, WHOSE)).toBe("sesame");
    const other = await openSealer({ kind: "key", key: randomBytes(32) }, folder);
    expect(other.keyId).not.toBe(one.keyId);
  });

  const write = async (...keys: readonly object[]) => {
    const path = join(folder, "file.json");
    await writeFile(path, JSON.stringify({ keys }));
    return { kind: "file", path } as const;
  };
  const jwk = (kid: string, bytes = 32) => ({
    kty: "oct",
    kid,
    k: Buffer.alloc(bytes, kid.length).toString("base64url"),
  });

  it("of a file seal with the first, and open with all", async () => {
    const before = await openSealer(await write(jwk("old")), folder);
    const { sealed } = before.seal("sesame", WHOSE);
    const after = await openSealer(await write(jwk("newer"), jwk("old")), folder);
    expect([after.keyId, after.open(sealed, WHOSE)]).toEqual(["newer", "sesame"]);
    expect(after.seal("sesame", WHOSE).keyId).toBe("newer");
  });

  it.each<[string, readonly object[], RegExp]>([
    ["no key", [], /at least one key/],
    ["a key that is too short", [jwk("old", 31)], /key old: expected 32 bytes, found 31/],
    ["a key that is too long", [jwk("old", 33)], /key old: expected 32 bytes, found 33/],
    ["a name with a dot", [jwk("a.b")], /expected "kid" of letters/],
    ["two keys of one name", [jwk("old"), jwk("old")], /share a name/],
    ["something else", [{ kty: "RSA" }], /expected keys \{ "kty": "oct"/],
  ])("with %s stop the start", async (_, keys, message) => {
    const config = await write(...keys);
    await expect(openSealer(config, folder)).rejects.toThrow(message);
  });

  it("in a file that is not JSON stop the start, and nothing of the file is repeated", async () => {
    const path = join(folder, "broken.json");
    await writeFile(path, "sesame-secret");
    const error = await openSealer({ kind: "file", path }, folder).catch(
      (caught: unknown) => caught,
    );
    expect(String(error)).toContain("CREDENTIALS_KEY_FILE");
    expect(String(error)).not.toContain("sesame");
  });
});
