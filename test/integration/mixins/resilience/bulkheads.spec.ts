import type { Context, ServiceSchema } from "moleculer";
import { remainingMs } from "../../../../mixins/resilience/deadline.ts";
import { heavy } from "../../../../mixins/resilience/heavy.ts";
import { toFailure } from "../../../../mixins/rest/problem.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { startBrokers, stopBrokers } from "../../../support/resilient-brokers.ts";
import type { ResilientBroker } from "../../../support/resilient-brokers.ts";

/** Work that goes on until it is told to end: one at a time, and two may wait. */
function laborious() {
  const begun: { readonly id: number; readonly end: () => void }[] = [];
  const service: ServiceSchema = {
    name: "labour",
    actions: {
      toil: {
        ...heavy(1, 2),
        handler: ({ params }: Context<{ readonly id: number }>) =>
          new Promise<number>((resolve) => {
            begun.push({ id: params.id, end: () => resolve(params.id) });
          }),
      },
    },
  };
  return { begun, service };
}

describe.each(["in one process", "between nodes"])("a bulkhead, %s,", (where) => {
  const isRemote = where === "between nodes";
  let brokers: readonly ResilientBroker[] = [];
  let { begun, service } = laborious();

  beforeEach(async () => {
    ({ begun, service } = laborious());
    brokers = await (isRemote ? startBrokers([], [service]) : startBrokers([service]));
  });
  afterEach(() => stopBrokers(brokers));

  const toil = (id: number, timeout = 5_000): Promise<number> =>
    brokers[0]?.broker.call<number, { id: number }>("labour.toil", { id }, { timeout }) ??
    Promise.reject(new Error("there is no broker"));
  /** of the node that does the work */
  const rendered = () => brokers.at(-1)?.rendered() ?? "";
  const shows = (name: string, value: number): boolean =>
    rendered().includes(`${name}{action="labour.toil"} ${value}\n`);
  const deadlineExceeded = (outcome: string, value: number): boolean =>
    rendered().includes(
      `deadline_exceeded_total{action="labour.toil",outcome="${outcome}"} ${value}\n`,
    );
  const until = (name: string, value: number) =>
    eventually(`${name} ${value}`, () => (shows(name, value) ? true : null));
  const endNext = async (id: number): Promise<void> => {
    const work = await eventually(`work ${id}`, () => begun.find((one) => one.id === id) ?? null);
    work.end();
  };

  it("lets so many work and so many wait, refuses who comes then, and takes others when it is free", async () => {
    const first = toil(1);
    await until("bulkhead_in_flight", 1);
    const waiting = [toil(2), toil(3)];
    await until("bulkhead_queued", 2);

    const refusal = await toil(4).catch((error: unknown) => toFailure(error));
    expect(refusal).toMatchObject({ status: 503, code: "OVERLOADED", retryAfterS: 1 });
    await until("bulkhead_rejected_total", 1);

    for (const id of [1, 2, 3]) await endNext(id);
    expect(await Promise.all([first, ...waiting])).toEqual([1, 2, 3]);
    await until("bulkhead_in_flight", 0);
    await until("bulkhead_queued", 0);
    const later = toil(5);
    await endNext(5);
    expect(await later).toBe(5);
    expect(begun.map(({ id }) => id)).toEqual([1, 2, 3, 5]);
  });

  it("does not begin what nobody waits for any more", async () => {
    const first = toil(1);
    await until("bulkhead_in_flight", 1);
    await expect(toil(2, 30)).rejects.toMatchObject({ type: "REQUEST_TIMEOUT" });
    // The node that works hears of it a moment later.
    await eventually("the deadline there", () => (deadlineExceeded("timedOut", 1) ? true : null));
    await endNext(1);
    await first;
    const later = toil(3);
    await endNext(3);
    await later;
    expect(begun.map(({ id }) => id)).toEqual([1, 3]);
    expect(deadlineExceeded("notBegun", 1)).toBe(true);
  });

  it("is not left by work whose caller has gone, because that goes on", async () => {
    await expect(toil(1, 30)).rejects.toMatchObject({ type: "REQUEST_TIMEOUT" });
    expect(shows("bulkhead_in_flight", 1)).toBe(true);
    const next = toil(2);
    await until("bulkhead_queued", 1);
    await endNext(1);
    await endNext(2);
    expect(await next).toBe(2);
  });
});

it("a client that has hung up is not worked for", async () => {
  const { begun, service } = laborious();
  const answer = { destroyed: false, writableFinished: false };
  const door: ServiceSchema = {
    name: "door",
    actions: {
      open: (ctx: Context<{ readonly id: number }>) => {
        ctx.locals["answer"] = answer;
        return ctx.call("labour.toil", ctx.params);
      },
    },
  };
  const brokers = await startBrokers([service, door]);
  const broker = brokers[0]?.broker;
  const first = broker?.call("labour.toil", { id: 1 });
  await eventually("the first", () => begun[0] ?? null);
  const second = broker?.call("door.open", { id: 2 });
  answer.destroyed = true;
  begun[0]?.end();
  await first;
  await expect(second).rejects.toMatchObject({ type: "REQUEST_SKIPPED" });
  expect(begun).toHaveLength(1);
  expect(brokers[0]?.rendered()).toContain('abandoned_calls_total{action="labour.toil"} 1\n');
  await stopBrokers(brokers);
});

it("remainingMs is endless for who waits without end", async () => {
  const service: ServiceSchema = {
    name: "endless",
    actions: { left: (ctx: Context) => String(remainingMs(ctx)) },
  };
  const brokers = await startBrokers([service]);
  expect(await brokers[0]?.broker.call("endless.left", {}, { timeout: 0 })).toBe("Infinity");
  await stopBrokers(brokers);
});
