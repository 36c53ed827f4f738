import type { Clock } from "../../../../mixins/clock.ts";
import { TokenBucket } from "../../../../services/data/sources/token-bucket.ts";
import { retryAfterMs } from "../../../../services/data/sources/vendor-http.ts";

/** Time that goes on while somebody sleeps, and only then. */
function sleepyClock(): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer: () => ({ cancel: () => undefined }),
    sleep: (ms, signal) => {
      signal?.throwIfAborted();
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

const NEVER = new AbortController().signal;

describe("a limit of calls", () => {
  it("lets the first ones through at once and then so many in so long", async () => {
    const clock = sleepyClock();
    const bucket = new TokenBucket(clock, { requests: 5, perSeconds: 60 });
    for (let call = 0; call < 5; call += 1) await bucket.take(NEVER);
    expect(clock.now()).toBe(0);
    for (let call = 0; call < 5; call += 1) await bucket.take(NEVER);
    expect(clock.now()).toBe(60_000);
  });

  it("is left alone for as long as the vendor wishes", async () => {
    const clock = sleepyClock();
    const bucket = new TokenBucket(clock, { requests: 5, perSeconds: 60 });
    bucket.pause(7_000);
    expect(bucket.waitMs).toBe(7_000);
    await bucket.take(NEVER);
    expect(clock.now()).toBe(7_000);
  });

  it("that is lowered gives nothing back", async () => {
    const clock = sleepyClock();
    const bucket = new TokenBucket(clock, { requests: 10, perSeconds: 10 });
    bucket.change({ requests: 1, perSeconds: 10 });
    await bucket.take(NEVER);
    expect(bucket.waitMs).toBe(10_000);
  });

  it("gives the turn of whoever gave up to the next", async () => {
    const bucket = new TokenBucket(sleepyClock(), { requests: 1, perSeconds: 1 });
    const gone = bucket.take(AbortSignal.abort("gone"));
    const next = bucket.take(NEVER);
    await expect(gone).rejects.toBe("gone");
    await next;
    expect(bucket.waitMs).toBe(1_000);
  });
});

it.each([
  ["7", 7_000],
  ["Tue, 02 Jan 2024 00:00:10 GMT", 10_000],
  ["Mon, 01 Jan 2024 00:00:00 GMT", 0],
  ["soon", null],
  [null, null],
])("Retry-After: %s is %s ms", (header, expected) => {
  expect(retryAfterMs(header, Date.parse("2024-01-02T00:00:00Z"))).toBe(expected);
});
