import { hash } from "node:crypto";
import * as fc from "fast-check";
import {
  SHARDS_PER_POOL,
  besideId,
  bodyHash,
  chainHash,
  seededRandom,
  shardOf,
  uuidv5,
} from "../../../../mixins/actor/ids.ts";

const DNS = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
const URL_NAMESPACE = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";

describe("the shard of an actor", () => {
  // FNV-1a, MurmurHash3's finalizer and the remainder by 1024, computed apart in Python, whose FNV-1a was checked against
  // the vectors of draft-eastlake-fnv (0xe40c292c for "a", 0xbf9cf968 for "foobar").
  it.each([
    [{ type: "symbol", id: "AAPL" }, 956],
    [{ type: "symbol", id: "BTC-USD" }, 32],
    [{ type: "counter", id: "a" }, 237],
    [{ type: "order", id: "{pf-17}:01J" }, 507],
    [{ type: "portfolio", id: "2ed6657d-e927-568b-95e1-2665a8aea6a2" }, 497],
  ])("never changes: %j lies on %i", (ref, shard) => {
    expect(shardOf(ref, {})).toBe(shard);
  });

  it("lies among those of its type's pool", () => {
    const ref = { type: "order", id: "2ed6657d-e927-568b-95e1-2665a8aea6a2" };
    expect(shardOf(ref, { order: 3 })).toBe(shardOf(ref, {}) + 3 * SHARDS_PER_POOL);
  });

  it("is the same for all types that share a tag or the first group of a UUID", () => {
    const id = "2ed6657d-e927-568b-95e1-2665a8aea6a2";
    expect(shardOf({ type: "order", id }, {})).toBe(shardOf({ type: "portfolio", id }, {}));
    const tagged = shardOf({ type: "order", id: "{pf-17}:1" }, {});
    expect(shardOf({ type: "child", id: "x{pf-17}y" }, {})).toBe(tagged);
  });

  it("depends on the type where there is neither, also with braces that hold nothing", () => {
    const differ = ["AAPL", "{}", "}{", "{", "x{}y"].filter(
      (id) => shardOf({ type: "symbol", id }, {}) !== shardOf({ type: "venue", id }, {}),
    );
    expect(differ).toHaveLength(5);
  });

  it.each([
    ["names", (i: number) => ({ type: "symbol", id: `SYM${i}` })],
    ["UUIDs", (i: number) => ({ type: "order", id: uuidv5(DNS, String(i)) })],
  ])("spreads 102,400 %s evenly: chi-squared over 1024 shards within six sigma", (_, refOf) => {
    const counts = Array.from({ length: SHARDS_PER_POOL }, () => 0);
    for (let i = 0; i < 102_400; i++) {
      const shard = shardOf(refOf(i), {});
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0);
    // 1023 degrees of freedom: mean 1023, standard deviation √2046 ≈ 45.
    expect(Math.abs(chiSquared - 1023)).toBeLessThan(6 * 45.2);
  });

  it("is an integer in [0, 1024) for any id", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        const shard = shardOf({ type: "t", id }, {});
        expect(Number.isInteger(shard) && shard >= 0 && shard < SHARDS_PER_POOL).toBe(true);
      }),
    );
  });
});

describe("derived ids", () => {
  it("are version 5 UUIDs as RFC 9562, appendix A.4, has them", () => {
    expect(uuidv5(DNS, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  });

  it("take names as UTF-8 (uuid.uuid5 of Python's standard library)", () => {
    expect(uuidv5(URL_NAMESPACE, "https://example.com/ü")).toBe(
      "a17f7a1d-6bb5-51a9-9d32-f9d2fdeec8b6",
    );
  });

  it("beside a UUID lie on its shard, and differ by name", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.string(), fc.string(), (anchor, namespace, a, b) => {
        const id = besideId(anchor, namespace, a);
        expect(shardOf({ type: "order", id }, {})).toBe(
          shardOf({ type: "portfolio", id: anchor }, {}),
        );
        expect(besideId(anchor, namespace, b) === id).toBe(a === b);
      }),
    );
  });

  it("beside a name are plain UUIDs", () => {
    expect(besideId("AAPL", DNS, "x")).toBe(uuidv5(DNS, "x"));
  });
});

describe("randomness from a seed", () => {
  const take = (seed: string, n: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: n }, () => random());
  };

  it("is the same sequence for the same seed and another for another", () => {
    expect(take("a", 5)).toEqual(take("a", 5));
    expect(take("a", 5)).not.toEqual(take("b", 5));
  });

  it("is uniform in [0, 1): mean and extremes of 100,000", () => {
    const values = take("seed", 100_000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    // The standard error of the mean is 1/√12/√n ≈ 0.0009.
    expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0.5, 2);
  });
});

describe("the hash of a body", () => {
  it("is the SHA-256 of its JSON with sorted keys (sha256 of the same bytes by Python)", () => {
    expect(bodyHash({ z: "ü", a: [1, { b: null }] })).toBe(
      "b593b219f542d59432e7ca4edba8c277671d74e4e34f5338a93de6f2d4db9bc3",
    );
  });

  it("is taken over the text that JSON.stringify makes of any string, as a value and as a key", () => {
    const any = fc.string({ unit: "binary", maxLength: 40 });
    const special = fc.constantFrom(
      '"',
      "\\",
      "\n",
      "\u0000",
      "\u007f",
      "\u2028",
      "\ud800",
      "é",
      " ~",
    );
    fc.assert(
      fc.property(fc.oneof(any, special), (text) => {
        expect(bodyHash(text)).toBe(hash("sha256", JSON.stringify(text), "hex"));
        const keyed = JSON.parse(`{${JSON.stringify(text)}:1}`) as object;
        expect(bodyHash(keyed)).toBe(hash("sha256", JSON.stringify(keyed), "hex"));
      }),
    );
  });

  it("does not depend on the order of keys nor on members that are undefined", () => {
    expect(bodyHash({ b: 2, a: 1, c: undefined })).toBe(bodyHash({ a: 1, b: 2 }));
  });

  it("differs with any value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(bodyHash(a) === bodyHash(b)).toBe(same);
      }),
    );
  });
});

describe("the hash chain", () => {
  it("hashes the fields a line each (sha256 of the same bytes by Python)", () => {
    const first = {
      stream: { type: "counter", id: "a" },
      version: 1,
      type: "Added",
      atMs: 1_700_000_000_000,
      commandId: "2ed6657d-e927-568b-95e1-2665a8aea6a2",
      data: '{"type":"Added","amount":1}',
    };
    expect(chainHash("", first)).toBe(
      "1eb40274cf347aea5520949c0d00c96b1dd89d50ba60f8d257807c04d57b4ac9",
    );
  });

  it("changes with every field of the event and with the hash before it", () => {
    const link = {
      stream: { type: "t", id: "i" },
      version: 2,
      type: "E",
      atMs: 5,
      commandId: "c",
      data: "{}",
    };
    const hashes = [
      chainHash("h", link),
      chainHash("g", link),
      chainHash("h", { ...link, stream: { type: "t", id: "j" } }),
      chainHash("h", { ...link, stream: { type: "u", id: "i" } }),
      chainHash("h", { ...link, version: 3 }),
      chainHash("h", { ...link, type: "F" }),
      chainHash("h", { ...link, atMs: 6 }),
      chainHash("h", { ...link, commandId: "d" }),
      chainHash("h", { ...link, data: "{ }" }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

/** The same value with the keys of its objects in order, at every depth. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { object: members.map(([key, member]) => [key, sorted(member)]) };
}
