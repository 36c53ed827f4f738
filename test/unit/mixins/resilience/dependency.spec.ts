import { Metrics } from "../../../../mixins/metrics.ts";
import {
  Dependencies,
  DependencyRefused,
  DependencyTimedOut,
} from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import { toFailure } from "../../../../mixins/rest/problem.ts";
import { ManualClock } from "../actor/manual-clock.ts";

interface Answer {
  readonly status: number;
}

function setUp() {
  const clock = new ManualClock();
  const metrics = new Metrics();
  const dependencies = new Dependencies(clock, resilienceMetrics(metrics));
  const vendor = dependencies.add<Answer>({
    name: "vendor",
    timeoutMs: 1_000,
    breaker: { minCalls: 3, failureRatio: 1, openMs: 2_000, probes: 1 },
    isFailedAnswer: ({ status }) => status >= 500,
  });
  return { clock, metrics, dependencies, vendor };
}

type Vendor = ReturnType<typeof setUp>["vendor"];

const well = () => Promise.resolve({ status: 200 });
const refusing = () =>
  Promise.reject(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
const hanging = () => new Promise<Answer>(() => undefined);

async function open(vendor: Vendor): Promise<void> {
  for (let i = 0; i < 3; i++) await expect(vendor.call(refusing)).rejects.toThrow("connect");
}

function expectShown(metrics: Metrics, line: string): void {
  expect(metrics.render()).toContain(`${line}\n`);
}

it("opens on refused connections, and closes when a probe is answered; /metrics shows each step", async () => {
  const { clock, metrics, vendor } = setUp();
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 0');
  await open(vendor);
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 2');
  await clock.advance(2_000);
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 1');
  expect(await vendor.call(well)).toEqual({ status: 200 });
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 0');
  for (const to of ["open", "halfOpen", "closed"])
    expectShown(metrics, `circuit_breaker_transitions_total{dependency="vendor",to="${to}"} 1`);
});

it("is not asked while it is open, and says when to come again", async () => {
  const { vendor } = setUp();
  await open(vendor);
  const work = jest.fn(well);
  const refused = vendor.call(work).catch((error: unknown) => error);
  expect(await refused).toBeInstanceOf(DependencyRefused);
  expect(toFailure(await refused)).toMatchObject({
    status: 503,
    code: "UNAVAILABLE",
    retryAfterS: 2,
  });
  expect(work).not.toHaveBeenCalled();
});

it("opens on calls that hang, whose signal is aborted", async () => {
  const { clock, metrics, vendor } = setUp();
  const signals: AbortSignal[] = [];
  for (let i = 0; i < 3; i++) {
    const call = vendor.call((signal) => {
      signals.push(signal);
      return hanging();
    });
    const ended = call.catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await ended).toBeInstanceOf(DependencyTimedOut);
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 2');
  expect(clock.pending).toBe(0);
});

it("opens on answers that say that it is ill", async () => {
  const { metrics, vendor } = setUp();
  for (let i = 0; i < 3; i++) await vendor.call(() => Promise.resolve({ status: 503 }));
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 2');
});

it("stays closed when it refuses what is asked: that is an answer", async () => {
  const { metrics, vendor } = setUp();
  const unprocessable = () => Promise.reject(Object.assign(new Error("no"), { status: 422 }));
  for (let i = 0; i < 9; i++) await expect(vendor.call(unprocessable)).rejects.toThrow("no");
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 0');
});

it("is not to blame when its caller gave it less than its time", async () => {
  const { clock, metrics, vendor } = setUp();
  for (let i = 0; i < 5; i++) {
    const call = vendor.call(hanging, { deadlineMs: clock.now() + 300 });
    const ended = call.catch((error: unknown) => error);
    await clock.advance(300);
    expect(await ended).toHaveProperty("message", "vendor did not answer in 300 ms");
  }
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 0');
});

it("is not to blame when whoever asked gives up", async () => {
  const { metrics, vendor } = setUp();
  for (let i = 0; i < 5; i++) {
    const caller = new AbortController();
    const call = vendor.call(hanging, { until: caller.signal });
    caller.abort(new Error("never mind"));
    await expect(call).rejects.toThrow("never mind");
  }
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 0');
});

it("is not asked for somebody whose deadline has passed", async () => {
  const { clock, vendor } = setUp();
  const work = jest.fn(well);
  const call = vendor.call(work, { deadlineMs: clock.now() });
  await expect(call).rejects.toMatchObject({ type: "TIMED_OUT", wasSent: false });
  expect(work).not.toHaveBeenCalled();
});

it("has a state of its own, under a name of its own", async () => {
  const { dependencies, metrics, vendor } = setUp();
  dependencies.add({ name: "other", timeoutMs: 1_000 });
  await open(vendor);
  expectShown(metrics, 'circuit_breaker_state{dependency="vendor"} 2');
  expectShown(metrics, 'circuit_breaker_state{dependency="other"} 0');
  expect(() => dependencies.add({ name: "other", timeoutMs: 1 })).toThrow("added twice");
});

it("comes and goes with a part: its name is free again, /metrics shows it well, and what is under way ends", async () => {
  const { metrics, dependencies } = setUp();
  const part = dependencies.part();
  const account = part.add<Answer>({ name: "account", timeoutMs: 1_000, breaker: { minCalls: 1 } });
  await expect(account.call(refusing)).rejects.toThrow("connect");
  expectShown(metrics, 'circuit_breaker_state{dependency="account"} 2');
  expect(() => dependencies.part().add({ name: "account", timeoutMs: 1 })).toThrow("added twice");
  const answer = Promise.withResolvers<Answer>();
  const other = part.add<Answer>({ name: "other", timeoutMs: 1_000 });
  const underWay = other.call(() => answer.promise);
  part.end();
  expectShown(metrics, 'circuit_breaker_state{dependency="account"} 0');
  expect(() => dependencies.part().add({ name: "account", timeoutMs: 1 })).not.toThrow();
  answer.resolve({ status: 200 });
  expect(await underWay).toEqual({ status: 200 });
});
