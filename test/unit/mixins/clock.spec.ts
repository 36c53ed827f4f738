import { systemClock } from "../../../mixins/clock.ts";

const DAY_MS = 86_400_000;

describe("the system's clock", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it("tells whole milliseconds of wall time, and a monotonic time apart from it", () => {
    jest.setSystemTime(1_772_461_800_000);
    expect(systemClock.now()).toBe(1_772_461_800_000);
    const before = systemClock.monotonicMs();
    jest.setSystemTime(0);
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  it("a timer fires once, unless canceled; canceling late is harmless", () => {
    const fired: string[] = [];
    const kept = systemClock.setTimer(100, () => fired.push("kept"));
    systemClock.setTimer(100, () => fired.push("canceled")).cancel();
    jest.advanceTimersByTime(1_000);
    kept.cancel();
    expect(fired).toEqual(["kept"]);
  });

  it("a timer beyond 2³¹ ms waits its whole time, and can be canceled in the middle", () => {
    const fired: string[] = [];
    systemClock.setTimer(60 * DAY_MS, () => fired.push("kept"));
    const canceled = systemClock.setTimer(60 * DAY_MS, () => fired.push("canceled"));
    jest.advanceTimersByTime(59 * DAY_MS);
    canceled.cancel();
    expect(fired).toEqual([]);
    jest.advanceTimersByTime(2 * DAY_MS);
    expect(fired).toEqual(["kept"]);
  });

  it("sleeping ends at its time", async () => {
    const slept = systemClock.sleep(500);
    jest.advanceTimersByTime(500);
    await expect(slept).resolves.toBeUndefined();
  });

  it("an abort ends a sleep with its reason and leaves no timer", async () => {
    const controller = new AbortController();
    const slept = systemClock.sleep(500, controller.signal);
    controller.abort(new Error("stopping"));
    await expect(slept).rejects.toThrow("stopping");
    expect(jest.getTimerCount()).toBe(0);
  });

  it("a sleep on an aborted signal never starts", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(systemClock.sleep(500, signal)).rejects.toThrow("stopped");
    expect(jest.getTimerCount()).toBe(0);
  });
});
