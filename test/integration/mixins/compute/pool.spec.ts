import type { ComputeTask } from "../../../../mixins/compute/compute.ts";
import { ComputePool, type PoolOptions } from "../../../../mixins/compute/pool.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import type * as tasks from "../../../fixtures/compute/tasks.worker.ts";

const MODULE = new URL("../../../fixtures/compute/tasks.worker.ts", import.meta.url);

function task<N extends keyof typeof tasks>(
  name: N,
): ComputeTask<Parameters<(typeof tasks)[N]>[0], ReturnType<(typeof tasks)[N]>> {
  return { module: MODULE, name };
}

const pools: ComputePool[] = [];
const metrics = new Metrics();

function poolOf(options: Partial<PoolOptions> = {}, measures = new Metrics()): ComputePool {
  const pool = new ComputePool(systemClock, measures, { threads: 1, graceMs: 200, ...options });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

/** Runs a task that does not end by itself, and waits until it has begun. */
function begun(pool: ComputePool, name: "untilCancelled" | "forEver", signal?: AbortSignal) {
  let running: Promise<unknown> = Promise.resolve();
  const started = new Promise<void>((resolve) => {
    running = pool.run(task(name), null, {
      ...(signal && { signal }),
      onProgress: () => resolve(),
    });
    running.catch(() => resolve());
  });
  return started.then(() => ({ running }));
}

describe("threads for computations", () => {
  test("a task runs in a thread that is not the caller's, and the thread is used again", async () => {
    const pool = poolOf();
    const first = await pool.run(task("square"), { value: 7 });
    const second = await pool.run(task("square"), { value: 8 });
    expect([first.square, second.square]).toEqual([49, 64]);
    expect(first.threadId).toBeGreaterThan(0);
    expect(second.threadId).toBe(first.threadId);
  });

  test("as many tasks as there are threads run at a time, the rest after them in order", async () => {
    const pool = poolOf({ threads: 2 });
    const done: number[] = [];
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const { square } = await pool.run(task("square"), { value: i });
        done.push(square);
      }),
    );
    expect(done.toSorted((a, b) => a - b)).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
  });

  test.each([1, 2, 3])(
    "what somebody waits for does not stand behind long tasks, of %d threads",
    async (threads) => {
      const pool = poolOf({ threads });
      const ends = new AbortController();
      const long = { signal: ends.signal, isLong: true };
      const running = [];
      const started = Promise.withResolvers<void>();
      for (let i = 0; i < 5; i += 1)
        running.push(
          pool.run(task("untilCancelled"), null, { ...long, onProgress: () => started.resolve() }),
        );
      await started.promise;
      // They have all threads but one: the others of them wait, and nobody else does.
      expect(await pool.run(task("square"), { value: 3 })).toMatchObject({ square: 9 });
      expect(await pool.run(task("square"), { value: 4 })).toMatchObject({ square: 16 });
      ends.abort(new Error("enough"));
      for (const one of running) await expect(one).rejects.toThrow("enough");
      expect(await pool.run(task("square"), { value: 5 }, { isLong: true })).toMatchObject({
        square: 25,
      });
    },
  );

  test("what a function throws is thrown here, by class, name and message", async () => {
    const pool = poolOf();
    await expect(pool.run(task("refuse"), undefined)).rejects.toThrow(RangeError);
    await expect(pool.run(task("refuseByName"), undefined)).rejects.toMatchObject({
      name: "NoSuchThing",
      code: "NO_SUCH_THING",
      message: "no such thing",
    });
    await expect(pool.run({ module: MODULE, name: "nothing" }, null)).rejects.toThrow(
      "to export nothing",
    );
    await expect(pool.run({ module: MODULE, name: "square" }, () => 1)).rejects.toThrow("clone");
    await expect(pool.run(task("square"), { value: 2 })).resolves.toMatchObject({ square: 4 });
  });

  test("an aborted task is told, and its thread lives on", async () => {
    const pool = poolOf();
    const before = await pool.run(task("square"), { value: 1 });
    const controller = new AbortController();
    const { running } = await begun(pool, "untilCancelled", controller.signal);
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    const after = await pool.run(task("square"), { value: 1 });
    expect(after.threadId).toBe(before.threadId);
  });

  test("a task that does not heed is ended with its thread after the grace period", async () => {
    const pool = poolOf();
    const controller = new AbortController();
    const { running } = await begun(pool, "forEver", controller.signal);
    const waiting = pool.run(task("square"), { value: 3 });
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect(waiting).resolves.toMatchObject({ square: 9 });
  });

  test("a task that takes longer than its deadline is ended", async () => {
    const pool = poolOf();
    const running = pool.run(task("untilCancelled"), null, { deadlineMs: 50 });
    await expect(running).rejects.toMatchObject({ type: "TIMED_OUT" });
  });

  test("a task that is aborted while it waits never begins", async () => {
    const pool = poolOf();
    const controller = new AbortController();
    const { running } = await begun(pool, "untilCancelled");
    const waiting = pool.run(task("square"), { value: 1 }, { signal: controller.signal });
    const other = pool.run(task("square"), { value: 2 });
    controller.abort(new Error("not any more"));
    await expect(waiting).rejects.toThrow("not any more");
    await expect(pool.run(task("square"), { value: 1 }, controller)).rejects.toThrow("not any");
    const [first, second] = await Promise.allSettled([running, other, pool.stop()]);
    for (const ended of [first, second])
      expect(ended).toMatchObject({ status: "rejected", reason: { type: "UNAVAILABLE" } });
    await expect(pool.run(task("square"), { value: 1 })).rejects.toMatchObject({ code: 503 });
  });

  test("who comes when too many wait is told to come again", async () => {
    const pool = poolOf({ waitingMax: 1 });
    await begun(pool, "untilCancelled");
    const waiting = pool.run(task("square"), { value: 1 });
    await expect(pool.run(task("square"), { value: 2 })).rejects.toMatchObject({
      code: 429,
      data: { retryAfterS: 5 },
    });
    const [ended] = await Promise.allSettled([waiting, pool.stop()]);
    expect(ended).toMatchObject({ status: "rejected", reason: { code: 503 } });
  });

  test("a thread that runs out of memory, or ends, takes its own task with it and no other", async () => {
    const pool = poolOf({ threads: 2 });
    const hungry = pool.run(task("devour"), undefined, { memoryMb: 32 });
    const others = [1, 2, 3].map((value) => pool.run(task("square"), { value }));
    await expect(hungry).rejects.toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" });
    await expect(pool.run(task("leave"), undefined)).rejects.toThrow("ended by itself, with 3");
    expect((await Promise.all(others)).map(({ square }) => square)).toEqual([1, 4, 9]);
  });

  test("buffers are handed over in both directions", async () => {
    const pool = poolOf();
    const input = Float64Array.of(1, 2, 3);
    const output = await pool.run(task("doubled"), input, { transfer: [input.buffer] });
    expect(Array.from(output)).toEqual([2, 4, 6]);
    expect(input.length).toBe(0);
  });

  test("what runs and what waits is measured", async () => {
    const pool = poolOf({}, metrics);
    await begun(pool, "untilCancelled");
    const waiting = pool.run(task("square"), { value: 1 });
    expect(metrics.render()).toContain("compute_running 1\n");
    expect(metrics.render()).toContain("compute_waiting 1\n");
    const [ended] = await Promise.allSettled([waiting, pool.stop()]);
    expect(ended).toMatchObject({ status: "rejected", reason: { code: 503 } });
    expect(metrics.render()).toContain("compute_running 0\n");
    expect(metrics.render()).toContain("compute_seconds_count 1\n");
  });
});
