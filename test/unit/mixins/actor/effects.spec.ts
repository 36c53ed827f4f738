import { Refusal } from "../../../../domain/shared/errors.ts";
import { counterKind } from "../../../support/counter.ts";
import { held } from "./held.ts";
import { settle } from "./manual-clock.ts";
import { startMemoryNode } from "./memory-node.ts";
import { MemoryStores } from "./memory-stores.ts";

const WORK = { type: "AddAndWork", amount: 1 } as const;

describe("an effect", () => {
  it("listed by a poll that answers after it was done is left alone", async () => {
    const stores = new MemoryStores();
    let answer = held();
    let isSlow = false;
    const due = async (...args: Parameters<typeof stores.effects.due>) => {
      const list = await stores.effects.due(...args);
      if (isSlow) await answer.promise;
      return list;
    };
    const work = held();
    let runs = 0;
    const kind = counterKind({
      work: async () => {
        runs += 1;
        await work.promise;
      },
    });
    const node = await startMemoryNode([kind], {
      stores,
      ports: { effects: { ...stores.effects, due } },
    });
    await node.call("a", WORK);
    isSlow = true;
    answer = held();
    await node.clock.advance(500);
    work.open();
    await settle();
    answer.open();
    await settle();
    expect(runs).toBe(1);
  });

  it("waits its turn when very many run, and each still runs once", async () => {
    const runs: string[] = [];
    const gate = held();
    const kind = counterKind({
      work: async (_, { effectId }) => {
        runs.push(effectId);
        await gate.promise;
      },
    });
    const node = await startMemoryNode([kind]);
    await Promise.all(Array.from({ length: 700 }, (_, i) => node.call(`a${i % 20}`, WORK)));
    await node.clock.advance(1_200);
    expect(runs).toHaveLength(512);
    gate.open();
    await node.clock.advance(600);
    expect(runs).toHaveLength(700);
    expect(new Set(runs).size).toBe(700);
    expect(node.stores.pendingEffects.size).toBe(0);
  });

  it("that is refused is parked and not tried again", async () => {
    let runs = 0;
    const postponed: (number | null)[] = [];
    const stores = new MemoryStores();
    const postpone: typeof stores.effects.postpone = async (id, error, retryInMs) => {
      postponed.push(retryInMs);
      await stores.effects.postpone(id, error, retryInMs);
    };
    const kind = counterKind({
      work: () => {
        runs += 1;
        throw new Refusal("invalid", "NO", "no");
      },
    });
    const node = await startMemoryNode([kind], {
      stores,
      ports: { effects: { ...stores.effects, postpone } },
    });
    await node.call("a", WORK);
    await node.clock.advance(5_000);
    expect([runs, postponed]).toEqual([1, [null]]);
  });

  it("that fails is tried again, later each time", async () => {
    const delays: (number | null)[] = [];
    const stores = new MemoryStores();
    const postpone: typeof stores.effects.postpone = async (id, _error, retryInMs) => {
      delays.push(retryInMs);
      const effect = stores.pendingEffects.get(id);
      if (effect) stores.pendingEffects.set(id, { ...effect, attempts: effect.attempts + 1 });
    };
    const kind = counterKind({ work: () => Promise.reject(new Error("busy")) });
    const node = await startMemoryNode([kind], {
      stores,
      ports: { effects: { ...stores.effects, postpone } },
    });
    await node.call("a", WORK);
    await node.clock.advance(4_600);
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("may still tell an actor how it ended while the node shuts down", async () => {
    const broker = held();
    const kind = counterKind({
      work: async (_, { effectId }) => {
        await broker.promise;
        await node.call("b", { type: "Add", amount: 5 }, { commandId: effectId });
      },
    });
    const node = await startMemoryNode([kind]);
    await node.call("a", WORK);
    const stopped = node.system.stop();
    await node.clock.advance(100);
    broker.open();
    await node.clock.advance(100);
    await stopped;
    expect(node.stores.pendingEffects.size).toBe(0);
    expect(node.stores.streams.get("counter:b")?.version).toBe(1);
  });
});

describe("commands with one id for two actors", () => {
  it("tell a third one twice", async () => {
    const node = await startMemoryNode([counterKind()]);
    const commandId = "11111111-1111-4111-8111-111111111111";
    const to = { type: "counter", id: "c" };
    for (const id of ["a", "b"])
      await node.call(id, { type: "AddAndTell", amount: 1, to }, { commandId });
    await settle();
    const { summary } = await node.system.client.read(to);
    expect(summary).toMatchObject({ sum: 2, count: 2 });
  });
});
