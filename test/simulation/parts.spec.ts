import { Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { Transactions } from "./store/transactions.ts";
import { Trace } from "./trace.ts";

const CLEAR = { delayMs: 1, drop: 0, duplicate: 0, late: 0, lateMs: 0 };

function networkOf(scheduler: Scheduler): Network {
  const trace = new Trace(() => scheduler.nowMs, null);
  return new Network(scheduler, new Random("network"), trace, CLEAR);
}

describe("time", () => {
  it("goes on only when all that the last thing woke has come to rest", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    scheduler.after(1, () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve();
        seen.push(`woken at ${scheduler.nowMs}`);
      })();
    });
    scheduler.after(2, () => seen.push(`next at ${scheduler.nowMs}`));
    await scheduler.run(10);
    expect(seen).toEqual(["woken at 1", "next at 2"]);
  });

  it("keeps the order of what is put at one moment, and forgets what is canceled", async () => {
    const scheduler = new Scheduler();
    const seen: number[] = [];
    const tasks = [1, 2, 3].map((n) => scheduler.after(5, () => seen.push(n)));
    tasks[1]?.cancel();
    await scheduler.run(10);
    expect(seen).toEqual([1, 3]);
  });
});

describe("a process", () => {
  it("hears nothing any more once it is dead", async () => {
    const scheduler = new Scheduler();
    const process = new Machine("n", scheduler, 1).boot();
    const seen: string[] = [];
    process.clock.setTimer(5, () => seen.push("timer"));
    const answer = process.promise<string>(({ resolve }) => scheduler.after(5, () => resolve("x")));
    void answer.then((text) => seen.push(text));
    scheduler.after(1, () => process.kill());
    await scheduler.run(10);
    expect(seen).toEqual([]);
  });

  it("hears in order what came while it was frozen, and its clock has gone on", async () => {
    const scheduler = new Scheduler();
    const process = new Machine("n", scheduler, 1).boot();
    const { clock } = process;
    process.freeze();
    scheduler.after(8, () => process.resume());
    const seen: string[] = [];
    clock.setTimer(2, () => seen.push(`first at ${clock.monotonicMs()}`));
    clock.setTimer(4, () => seen.push(`second at ${clock.monotonicMs()}`));
    await scheduler.run(20);
    expect(seen).toEqual(["first at 8", "second at 8"]);
  });

  it("sees its wall clock jump and its monotonic clock go on", () => {
    const scheduler = new Scheduler();
    const machine = new Machine("n", scheduler, 1);
    const { clock } = machine.boot();
    const [wallMs, monotonicMs] = [clock.now(), clock.monotonicMs()];
    machine.skewMs = -60_000;
    expect(clock.now()).toBe(wallMs - 60_000);
    expect(clock.monotonicMs()).toBe(monotonicMs);
  });
});

describe("a cut", () => {
  it("loses messages and keeps back what a connection carries", async () => {
    const scheduler = new Scheduler();
    const network = networkOf(scheduler);
    const seen: string[] = [];
    network.cut("a", "b");
    network.send("a", "b", () => seen.push("message"));
    network.stream("a", "b", () => seen.push("bytes"));
    network.stream("b", "a", () => seen.push("back"));
    await scheduler.run(50);
    expect(seen).toEqual(["back"]);
    network.heal("a", "b");
    await scheduler.run(100);
    expect(seen).toEqual(["back", "bytes"]);
  });
});

describe("a transaction", () => {
  it("holds back what is above it until it ends", () => {
    const transactions = new Transactions(new Scheduler());
    const older = transactions.begin();
    const newer = transactions.begin();
    const olderXid = transactions.xidOf(older);
    const newerXid = transactions.xidOf(newer);
    transactions.end(newer);
    expect(transactions.xmin).toBe(olderXid);
    transactions.end(older);
    expect(transactions.xmin).toBe(newerXid + 1);
  });

  it("waits for a row that another one holds, and gives up when the server goes down", async () => {
    const scheduler = new Scheduler();
    const transactions = new Transactions(scheduler);
    const seen: string[] = [];
    const take = async (name: string): Promise<void> => {
      const tx = transactions.begin();
      try {
        await transactions.lock(tx, "row");
        seen.push(`${name} has it`);
      } catch (error) {
        seen.push(`${name}: ${String(error)}`);
      }
    };
    scheduler.after(1, () => void take("first"));
    scheduler.after(2, () => void take("second"));
    scheduler.after(3, () => transactions.abortAll());
    await scheduler.run(10);
    expect(seen).toEqual(["first has it", "second: Aborted"]);
  });
});
