import type { Context, ServiceSchema } from "moleculer";
import type { Clock } from "../../../../mixins/clock.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { deadlineOf, remainingMs } from "../../../../mixins/resilience/deadline.ts";
import { toFailure } from "../../../../mixins/rest/problem.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { startBrokers, stopBrokers } from "../../../support/resilient-brokers.ts";
import type { ResilientBroker } from "../../../support/resilient-brokers.ts";

const TIMEOUT_MS = 600;

type Seen = Record<string, number>;

/** Three actions that call each other, and tell how much time each was left. */
function chain(seen: Seen, calledInVain: () => void): readonly ServiceSchema[] {
  const look = (name: string, ctx: Context) => void (seen[name] = remainingMs(ctx));
  return [
    {
      name: "front",
      actions: {
        ask: async (ctx: Context) => {
          look("front", ctx);
          await systemClock.sleep(20);
          return ctx.call("middle.ask", {});
        },
        askLate: async (ctx: Context) => {
          await systemClock.sleep(remainingMs(ctx) + 100);
          await ctx.call("back.ask", {}).catch(calledInVain);
        },
      },
    },
    {
      name: "middle",
      actions: {
        ask: async (ctx: Context) => {
          look("middle", ctx);
          await systemClock.sleep(20);
          return ctx.call("back.ask", {});
        },
      },
    },
    { name: "back", actions: { ask: (ctx: Context) => look("back", ctx) } },
  ];
}

describe.each(["in one process", "between nodes"])("a deadline, %s,", (where) => {
  const seen: Seen = {};
  const calledInVain = jest.fn();
  let brokers: readonly ResilientBroker[] = [];

  beforeAll(async () => {
    const services = chain(seen, calledInVain);
    const [front = [], ...others] = services.map((service) => [service]);
    brokers = await (where === "in one process"
      ? startBrokers(services)
      : startBrokers(front, ...others));
  });
  afterAll(() => stopBrokers(brokers));

  const call = (action: string) =>
    brokers[0]?.broker.call(action, {}, { timeout: TIMEOUT_MS }) ?? Promise.reject(new Error());

  it("reaches nested calls as what is left of it", async () => {
    await call("front.ask");
    const { front = 0, middle = 0, back = 0 } = seen;
    expect(front).toBeLessThanOrEqual(TIMEOUT_MS);
    expect(middle).toBeLessThanOrEqual(front - 19);
    expect(back).toBeLessThanOrEqual(middle - 19);
    expect(back).toBeGreaterThan(TIMEOUT_MS / 4);
  });

  it("that has passed begins nothing any more", async () => {
    delete seen["back"];
    await expect(call("front.askLate")).rejects.toMatchObject({ type: "REQUEST_TIMEOUT" });
    await eventually("the nested call", () => (calledInVain.mock.calls.length > 0 ? true : null));
    const [[error]] = calledInVain.mock.calls as [[unknown]];
    expect(toFailure(error)).toMatchObject({ status: 503, code: "TIMED_OUT", retryAfterS: 1 });
    expect(seen["back"]).toBeUndefined();
  });
});

describe("a deadline between nodes whose clocks differ", () => {
  it("is the same stretch of time on both", async () => {
    const HOUR_MS = 3_600_000;
    const fast: Clock = { ...systemClock, now: () => systemClock.now() + HOUR_MS };
    const here: ServiceSchema = { name: "here" };
    const there: ServiceSchema = {
      name: "there",
      actions: { until: (ctx: Context) => deadlineOf(ctx, fast) },
    };
    const brokers = await startBrokers([here], [there]);
    const before = fast.now();
    const told = await brokers[0]?.broker.call<{ deadlineMs: number }, object>(
      "there.until",
      {},
      { timeout: 1_000 },
    );
    expect(told?.deadlineMs).toBeGreaterThan(before);
    expect(told?.deadlineMs).toBeLessThanOrEqual(fast.now() + 1_000);
    await stopBrokers(brokers);
  });
});

it("a node whose call was never answered forgets it, and stops at once", async () => {
  const mute: ServiceSchema = { name: "mute", actions: { ask: () => null } };
  const [caller, ...others] = await startBrokers([], [mute]);
  const { transit } = others[0]?.broker ?? {};
  if (!transit) throw new Error("expected brokers that are connected");
  jest.spyOn(transit, "sendResponse").mockResolvedValue();
  await expect(caller?.broker.call("mute.ask", {}, { timeout: 30 })).rejects.toMatchObject({
    type: "REQUEST_TIMEOUT",
  });
  const line = 'deadline_exceeded_total{action="mute.ask",outcome="timedOut"} 1\n';
  expect(caller?.rendered()).toContain(line);
  const beforeMs = performance.now();
  await caller?.broker.stop();
  // Moleculer waits 3 s for a call that it has not forgotten.
  expect(performance.now() - beforeMs).toBeLessThan(2_500);
  await stopBrokers(others);
});
