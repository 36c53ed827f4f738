import { openMemoryStore } from "../../../../models/cache/memory.ts";
import { CacheUnavailable } from "../../../../models/cache/ports.ts";
import { itKeepsTheContract } from "./contract.ts";

function manualClock(): { monotonicMs(): number; pass(ms: number): void } {
  let nowMs = 0;
  return {
    monotonicMs: () => nowMs,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

const ignore = (): void => {};

describe("the memory store", () => {
  const clock = manualClock();
  itKeepsTheContract({
    open: async (onError) => openMemoryStore({ clock, onError }),
    pass: async (ms) => clock.pass(ms),
  });

  it("forgets what was longest unused when it is full", async () => {
    const { cache } = openMemoryStore({ clock, onError: ignore, maxEntries: 2 });
    await cache.set("a", 1, 1_000);
    await cache.set("b", 2, 1_000);
    await cache.get("a");
    await cache.set("c", 3, 1_000);
    const found = await Promise.all(["a", "b", "c"].map((key) => cache.get(key)));
    expect(found).toEqual([1, undefined, 3]);
  });

  it("gives no lock beyond its limit rather than take one from its holder", async () => {
    const { lock } = openMemoryStore({ clock, onError: ignore, maxEntries: 2 });
    const first = await lock.acquire("a", 1_000);
    await lock.acquire("b", 500);
    await expect(lock.acquire("c", 1_000)).rejects.toThrow(CacheUnavailable);
    expect(await first?.extend(1_000)).toBe(true);
    clock.pass(600);
    expect(await lock.acquire("c", 1_000)).not.toBeNull();
    expect(await lock.acquire("a", 1_000)).toBeNull();
  });

  it("never grows a bucket when its clock stands still", async () => {
    const { limiter } = openMemoryStore({ clock, onError: ignore });
    const policy = { capacity: 2, refillPerSecond: 1_000 };
    const verdicts = [];
    for (let call = 0; call < 5; call += 1) verdicts.push(await limiter.take("k", policy));
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, false, false, false]);
  });

  it("ten refills of a tenth make one whole token", async () => {
    const { limiter } = openMemoryStore({ clock, onError: ignore });
    const policy = { capacity: 1, refillPerSecond: 1 };
    await limiter.take("tenths", policy);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      clock.pass(100);
      await limiter.take("tenths", policy, 0);
    }
    expect((await limiter.take("tenths", policy)).allowed).toBe(true);
  });
});
