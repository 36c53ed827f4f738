import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { type CacheStore, CacheUnavailable } from "../../../../models/cache/ports.ts";
import { openRedisStore } from "../../../../models/cache/redis.ts";
import { expectAllUnavailable, itKeepsTheContract } from "./contract.ts";
import { type TcpProxy, proxyTo } from "../../../support/tcp-proxy.ts";

const REDIS_URL = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";
const ignore = (): void => {};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Pings until the store has reconnected; the test's own time-out is the limit. */
async function untilItAnswers(store: CacheStore): Promise<void> {
  const answered = (): Promise<boolean> =>
    store.ping().then(
      () => true,
      () => false,
    );
  while (!(await answered())) await sleep(20);
}

/** Tests are declared before anything can be awaited, so that a child has to knock. */
function answers(url: string): boolean {
  const { hostname, port } = new URL(url);
  const knock = `require("node:net").connect(${Number(port || 6379)}, ${JSON.stringify(hostname)})
    .on("connect", () => process.exit(0)).on("error", () => process.exit(1))`;
  return spawnSync(process.execPath, ["-e", knock], { timeout: 3_000 }).status === 0;
}

const isThere = answers(REDIS_URL);
// In CI an absent Redis is a failure, not a reason to test less.
const describeOnRedis = isThere || process.env["CI"] ? describe : describe.skip;
if (!isThere) console.warn(`the Redis store: no Redis answers at ${REDIS_URL}; skipped outside CI`);

describeOnRedis("the Redis store", () => {
  const prefix = `qa-test:${randomUUID()}:`;

  beforeAll(() => {
    if (!isThere) throw new Error(`no Redis answers at ${REDIS_URL}`);
  });

  afterAll(async () => {
    if (!isThere) return;
    const redis = new Redis(REDIS_URL);
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(keys);
    }
    await redis.quit();
  });

  itKeepsTheContract({
    open: (onError) => openRedisStore({ url: REDIS_URL, prefix, onError }),
    pass: sleep,
  });

  it("two nodes share values, buckets, locks and channels; another prefix shares nothing", async () => {
    const options = { url: REDIS_URL, onError: ignore };
    const [one, two, stranger] = await Promise.all([
      openRedisStore({ ...options, prefix }),
      openRedisStore({ ...options, prefix }),
      openRedisStore({ ...options, prefix: `${prefix}stranger:` }),
    ]);
    const heard = new Promise((resolve) => void two.pubsub.subscribePrefix("shared", resolve));
    await one.cache.set("shared", 1, 10_000);
    expect(await two.cache.get("shared")).toBe(1);
    expect(await stranger.cache.get("shared")).toBeUndefined();
    await one.limiter.take("shared", { capacity: 1, refillPerSecond: 0.01 });
    const second = await two.limiter.take("shared", { capacity: 1, refillPerSecond: 0.01 });
    expect(second.allowed).toBe(false);
    await one.lock.acquire("shared", 10_000);
    expect(await two.lock.acquire("shared", 10_000)).toBeNull();
    expect(await stranger.lock.acquire("shared", 10_000)).not.toBeNull();
    await stranger.pubsub.publish("shared", "wrong");
    await one.pubsub.publish("shared", "right");
    expect(await heard).toBe("right");
    await Promise.all([one, two, stranger].map((store) => store.close()));
  });

  it("leaves nothing in Redis without an end to its life", async () => {
    const store = await openRedisStore({
      url: REDIS_URL,
      prefix: `${prefix}ttl:`,
      onError: ignore,
    });
    await store.cache.set("a", 1, 60_000);
    await store.limiter.take("a", { capacity: 5, refillPerSecond: 1e-12 });
    await store.lock.acquire("a", 60_000);
    const redis = new Redis(REDIS_URL);
    const keys = await redis.keys(`${prefix}ttl:*`);
    const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
    await Promise.all([redis.quit(), store.close()]);
    expect(keys).toHaveLength(3);
    expect(Math.min(...lives)).toBeGreaterThan(0);
  });

  describe("when the wire breaks", () => {
    let proxy: TcpProxy;
    let store: CacheStore;
    let errors: Error[];

    beforeEach(async () => {
      errors = [];
      proxy = await proxyTo(REDIS_URL);
      store = await openRedisStore({
        url: proxy.url,
        prefix,
        onError: (error) => errors.push(error),
        timeoutMs: 300,
      });
    });
    afterEach(async () => {
      await store.close();
      await proxy.cut().catch(ignore);
    });

    it("every command fails at once while Redis is down, and works when it is back", async () => {
      await proxy.cut();
      await expectAllUnavailable(store);
      await expectAllUnavailable(store);
      await proxy.mend();
      await untilItAnswers(store);
      await store.cache.set("back", 1, 1_000);
      expect(await store.cache.get("back")).toBe(1);
      expect(errors.length).toBeGreaterThan(0);
    });

    it("a Redis that hangs costs a caller no more than the time-out", async () => {
      proxy.freeze();
      await expectAllUnavailable(store, 1_500);
      proxy.thaw();
      await untilItAnswers(store);
      expect(await store.cache.get("never set")).toBeUndefined();
    });

    it("a command in flight when the wire breaks fails, and is not sent again", async () => {
      proxy.freeze();
      const inFlight = store.cache.get("k");
      proxy.thaw();
      await expect(inFlight).rejects.toThrow(CacheUnavailable);
    });

    it("subscriptions stand again after a reconnect; ended ones do not", async () => {
      const heard: unknown[] = [];
      const ended = await store.pubsub.subscribe("news", () => heard.push("ended"));
      await store.pubsub.subscribe("news", (message) => heard.push(message));
      await store.pubsub.subscribePrefix("ne", (message) => heard.push(message));
      await proxy.cut();
      await ended.unsubscribe();
      await proxy.mend();
      await untilItAnswers(store);
      while (heard.length < 2) {
        await store.pubsub.publish("news", "back");
        await sleep(20);
      }
      expect(new Set(heard)).toEqual(new Set(["back"]));
    });
  });

  it("a store opened while Redis is down serves once Redis is up", async () => {
    const proxy = await proxyTo(REDIS_URL);
    await proxy.cut();
    const store = await openRedisStore({ url: proxy.url, prefix, onError: ignore });
    await expectAllUnavailable(store);
    await proxy.mend();
    await untilItAnswers(store);
    expect(await store.cache.get("never set")).toBeUndefined();
    await store.close();
    await proxy.cut();
  });
});
