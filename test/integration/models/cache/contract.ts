import { randomUUID } from "node:crypto";
import { CacheUnavailable, type CacheStore } from "../../../../models/cache/ports.ts";

/** One adapter under the contract. Time is the adapter's own: a manual clock in memory, the real one with Redis. */
export interface Subject {
  open(onError: (error: Error) => void): Promise<CacheStore>;
  /** Lets `ms` of the adapter's time pass. */
  pass(ms: number): Promise<void>;
}

const key = (name: string): string => `${name}:${randomUUID()}`;

/** What `models/cache/ports.ts` promises, as claims. Both adapters keep every one of them. */
export function itKeepsTheContract(subject: Subject): void {
  let store: CacheStore;
  let errors: Error[];

  beforeEach(async () => {
    errors = [];
    store = await subject.open((error) => errors.push(error));
  });
  afterEach(() => store.close());

  describe("cache", () => {
    it("an unknown key is undefined, a stored null is null", async () => {
      const name = key("null");
      expect(await store.cache.get(name)).toBeUndefined();
      await store.cache.set(name, null, 10_000);
      expect(await store.cache.get(name)).toBeNull();
    });

    it("a reader that changes a value changes its own copy", async () => {
      const name = key("copy");
      await store.cache.set(name, { symbols: ["AAPL"] }, 10_000);
      const mine = await store.cache.get(name);
      expect(mine).toEqual({ symbols: ["AAPL"] });
      Object.assign(Object(mine), { symbols: [] });
      expect(await store.cache.get(name)).toEqual({ symbols: ["AAPL"] });
    });

    it("a value is gone after its time, and not before", async () => {
      const name = key("ttl");
      await store.cache.set(name, "here", 400);
      expect(await store.cache.get(name)).toBe("here");
      await subject.pass(450);
      expect(await store.cache.get(name)).toBeUndefined();
      expect(await store.cache.delete(name)).toBe(false);
    });

    it("setting again replaces value and time", async () => {
      const name = key("again");
      await store.cache.set(name, 1, 100);
      await store.cache.set(name, 2, 60_000);
      await subject.pass(150);
      expect(await store.cache.get(name)).toBe(2);
    });

    it("deleting says whether there was something", async () => {
      const name = key("delete");
      await store.cache.set(name, true, 10_000);
      expect(await store.cache.delete(name)).toBe(true);
      expect(await store.cache.delete(name)).toBe(false);
    });

    it("a prefix is taken literally: no character in it is a wildcard", async () => {
      const family = key("bars*[a]?\\");
      const names = [`${family}1`, `${family}2`, family];
      const stranger = family.replace("bars*", "barsX");
      await Promise.all([...names, stranger].map((name) => store.cache.set(name, name, 60_000)));
      expect(await store.cache.deleteByPrefix(family)).toBe(3);
      expect(await store.cache.deleteByPrefix(family)).toBe(0);
      expect(await store.cache.get(stranger)).toBe(stranger);
    });

    it("a prefix of thousands of keys is deleted whole", async () => {
      const family = key("many");
      const names = Array.from({ length: 2_500 }, (_, index) => `${family}:${index}`);
      await Promise.all(names.map((name) => store.cache.set(name, 0, 60_000)));
      expect(await store.cache.deleteByPrefix(family)).toBe(2_500);
    });

    it.each([0, -1, 1.5, Number.NaN])("a life of %p ms is refused", async (ttlMs) => {
      await expect(store.cache.set(key("bad"), 1, ttlMs)).rejects.toThrow(RangeError);
    });
  });

  describe("rate limiter", () => {
    const policy = { capacity: 3, refillPerSecond: 5 };

    it("a new bucket is full, and refuses what goes beyond it", async () => {
      const name = key("burst");
      const verdicts = [];
      for (let call = 0; call < 4; call += 1) verdicts.push(await store.limiter.take(name, policy));
      expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, false]);
      expect(verdicts.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
    });

    it("a refused caller who waits as told is allowed, and not earlier by much", async () => {
      const name = key("wait");
      await store.limiter.take(name, policy, 3);
      const refused = await store.limiter.take(name, policy);
      expect(refused.retryAfterMs).toBeGreaterThan(100);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(200);
      await subject.pass(refused.retryAfterMs);
      expect(await store.limiter.take(name, policy)).toMatchObject({
        allowed: true,
        retryAfterMs: 0,
      });
    });

    it("a refusal takes nothing", async () => {
      const name = key("nothing");
      const slow = { capacity: 10, refillPerSecond: 0.001 };
      await store.limiter.take(name, slow, 8);
      expect(await store.limiter.take(name, slow, 5)).toMatchObject({
        allowed: false,
        remaining: 2,
      });
      expect(await store.limiter.take(name, slow, 2)).toMatchObject({
        allowed: true,
        remaining: 0,
      });
    });

    it("resetMs is the time until the bucket is full, and it never overflows", async () => {
      const name = key("reset");
      const { resetMs } = await store.limiter.take(name, policy, 2);
      expect(resetMs).toBeGreaterThan(300);
      expect(resetMs).toBeLessThanOrEqual(400);
      await subject.pass(resetMs + 500);
      expect(await store.limiter.take(name, policy, 0)).toEqual({
        allowed: true,
        remaining: 3,
        resetMs: 0,
        retryAfterMs: 0,
      });
    });

    it("of 200 takers at the same moment exactly the capacity pass", async () => {
      const name = key("rush");
      const rush = { capacity: 50, refillPerSecond: 0.001 };
      const verdicts = await Promise.all(
        Array.from({ length: 200 }, () => store.limiter.take(name, rush)),
      );
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(50);
    });

    it("buckets do not know each other", async () => {
      const slow = { capacity: 1, refillPerSecond: 0.001 };
      expect((await store.limiter.take(key("a"), slow)).allowed).toBe(true);
      expect((await store.limiter.take(key("b"), slow)).allowed).toBe(true);
    });

    it.each([
      [{ capacity: 0, refillPerSecond: 1 }, 1],
      [{ capacity: 1, refillPerSecond: 0 }, 1],
      [{ capacity: 1, refillPerSecond: Number.POSITIVE_INFINITY }, 1],
      [{ capacity: 1, refillPerSecond: 1 }, 2],
      [{ capacity: 1, refillPerSecond: 1 }, -1],
      [{ capacity: 1, refillPerSecond: 1 }, Number.NaN],
    ])("policy %j with cost %p can never work and is refused", async (bad, cost) => {
      await expect(store.limiter.take(key("bad"), bad, cost)).rejects.toThrow(RangeError);
    });
  });

  describe("lock", () => {
    it("one of many at the same moment gets it", async () => {
      const name = key("race");
      const held = await Promise.all(
        Array.from({ length: 50 }, () => store.lock.acquire(name, 10_000)),
      );
      expect(held.filter((lock) => lock !== null)).toHaveLength(1);
    });

    it("released, it is free; released again, it says so", async () => {
      const name = key("release");
      const first = await store.lock.acquire(name, 10_000);
      expect(await first?.release()).toBe(true);
      expect(await first?.release()).toBe(false);
      const second = await store.lock.acquire(name, 10_000);
      expect(second?.token).toEqual(expect.any(String));
      expect(second?.token).not.toBe(first?.token);
    });

    it("a lapsed holder can neither extend nor release what another holds now", async () => {
      const name = key("lapse");
      const late = await store.lock.acquire(name, 100);
      await subject.pass(150);
      const successor = await store.lock.acquire(name, 60_000);
      expect(successor).not.toBeNull();
      expect(await late?.extend(60_000)).toBe(false);
      expect(await late?.release()).toBe(false);
      expect(await store.lock.acquire(name, 100)).toBeNull();
    });

    it("extended, it outlives its first term", async () => {
      const name = key("extend");
      const lock = await store.lock.acquire(name, 300);
      expect(await lock?.extend(60_000)).toBe(true);
      await subject.pass(350);
      expect(await store.lock.acquire(name, 100)).toBeNull();
    });

    it("a term of half a millisecond is refused", async () => {
      await expect(store.lock.acquire(key("bad"), 0.5)).rejects.toThrow(RangeError);
    });
  });

  describe("pub/sub", () => {
    it("who subscribes to a channel hears it, in order, and nothing else", async () => {
      const channel = key("quotes");
      const heard: unknown[] = [];
      const { promise: done, resolve } = Promise.withResolvers<void>();
      await store.pubsub.subscribe(channel, (message, from) => {
        heard.push([message, from]);
        if (message === "last") resolve();
      });
      await store.pubsub.subscribe(key("other"), () => heard.push("wrong"));
      await store.pubsub.publish(`${channel}x`, "wrong");
      for (const message of [{ bid: "1.5" }, null, "last"]) {
        await store.pubsub.publish(channel, message);
      }
      await done;
      expect(heard).toEqual([
        [{ bid: "1.5" }, channel],
        [null, channel],
        ["last", channel],
      ]);
    });

    it("a prefix hears its channels under their names, literally", async () => {
      const prefix = key("port*[f]?");
      const heard: unknown[] = [];
      const end = `${prefix}:end`;
      const { promise: done, resolve } = Promise.withResolvers<void>();
      await store.pubsub.subscribePrefix(prefix, (_message, from) => {
        heard.push(from);
        if (from === end) resolve();
      });
      await store.pubsub.publish(prefix, 1);
      await store.pubsub.publish(prefix.replace("port*", "portX"), 1);
      await store.pubsub.publish(end, 1);
      await done;
      expect(heard).toEqual([prefix, end]);
    });

    it("one function subscribed twice is called twice, and once after one unsubscribes", async () => {
      const channel = key("twice");
      const heard: unknown[] = [];
      const listener = (message: unknown): void => void heard.push(message);
      const first = await store.pubsub.subscribe(channel, listener);
      await store.pubsub.subscribe(channel, listener);
      await published(store, channel, "a");
      await first.unsubscribe();
      await first.unsubscribe();
      await published(store, channel, "b");
      expect(heard).toEqual(["a", "a", "b"]);
    });

    it("nothing arrives after unsubscribing", async () => {
      const channel = key("over");
      const heard: unknown[] = [];
      const one = await store.pubsub.subscribe(channel, (message) => heard.push(message));
      const all = await store.pubsub.subscribePrefix(channel, (message) => heard.push(message));
      await Promise.all([one.unsubscribe(), all.unsubscribe()]);
      await published(store, channel, "late");
      expect(heard).toEqual([]);
    });

    it("a listener that throws is reported, and disturbs no other", async () => {
      const channel = key("throws");
      const heard: unknown[] = [];
      await store.pubsub.subscribe(channel, () => {
        throw new Error("a defect");
      });
      await store.pubsub.subscribe(channel, (message) => heard.push(message));
      await published(store, channel, "still here");
      expect(heard).toEqual(["still here"]);
      expect(errors.map(({ message }) => message)).toEqual([`a listener of ${channel} failed`]);
    });
  });

  it("a store that answers pings; a closed one rejects everything as unavailable", async () => {
    await store.ping();
    const held = await store.lock.acquire(key("held"), 10_000);
    await store.close();
    await expectAllUnavailable(store);
    await expect(held?.release()).rejects.toThrow(CacheUnavailable);
    await expect(held?.extend(1)).rejects.toThrow(CacheUnavailable);
  });
}

/** Publishes and waits until every listener of `channel` in this process has been told. */
async function published(store: CacheStore, channel: string, message: string): Promise<void> {
  const echo = `${channel}:echo:${randomUUID()}`;
  const { promise: echoed, resolve } = Promise.withResolvers<void>();
  await store.pubsub.subscribe(echo, () => resolve());
  await store.pubsub.publish(channel, message);
  await store.pubsub.publish(echo, null);
  await echoed;
}

/** Every method rejects with the typed error, and none takes longer than `withinMs`. */
export async function expectAllUnavailable(store: CacheStore, withinMs = 500): Promise<void> {
  const startMs = performance.now();
  const attempts = [
    store.ping(),
    store.cache.get("k"),
    store.cache.set("k", 1, 1),
    store.cache.delete("k"),
    store.cache.deleteByPrefix("k"),
    store.limiter.take("k", { capacity: 1, refillPerSecond: 1 }),
    store.lock.acquire("k", 1),
    store.pubsub.publish("k", 1),
    store.pubsub.subscribe("k", () => {}),
    store.pubsub.subscribePrefix("k", () => {}),
  ];
  for (const outcome of await Promise.allSettled(attempts)) {
    expect(outcome.status).toBe("rejected");
    expect(outcome).toHaveProperty("reason.name", "CacheUnavailable");
  }
  expect(performance.now() - startMs).toBeLessThan(withinMs);
}
