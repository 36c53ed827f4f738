import type { Turn } from "../../../../domain/shared/journal.ts";
import { counterKind } from "../../../support/counter.ts";
import { held } from "./held.ts";
import { settle } from "./manual-clock.ts";
import { startMemoryNode } from "./memory-node.ts";
import { MemoryStores } from "./memory-stores.ts";

const ADD = { type: "Add", amount: 1 } as const;

describe("the relay", () => {
  it("publishes a commit at once and then rests", async () => {
    const stores = new MemoryStores();
    const read = jest.spyOn(stores.outbox, "read");
    const node = await startMemoryNode([counterKind()], { stores });
    await node.call("a", ADD);
    await settle();
    expect(node.published).toEqual(["a@1"]);
    read.mockClear();
    await node.clock.advance(1_500);
    expect(read).not.toHaveBeenCalled();
  });

  it("rests as well when an event was published before its commit was heard of", async () => {
    const stores = new MemoryStores();
    const answered = held();
    const append = async (turns: readonly Turn[]) => {
      const results = await stores.journal.append(turns);
      await answered.promise;
      return results;
    };
    const node = await startMemoryNode([counterKind()], {
      stores,
      ports: { journal: { ...stores.journal, append } },
    });
    const call = node.call("a", ADD);
    // The sweep finds the event while the append has not been answered.
    await node.clock.advance(2_000);
    expect(node.published).toEqual(["a@1"]);
    answered.open();
    await call;
    await node.clock.advance(100);
    const read = jest.spyOn(stores.outbox, "read");
    await node.clock.advance(1_500);
    expect(node.system.status.outboxLag).toBe(0);
    expect(read).not.toHaveBeenCalled();
  });

  it("waits for an event that an older transaction hides, less often the longer it takes", async () => {
    const stores = new MemoryStores();
    stores.visible = 0;
    const node = await startMemoryNode([counterKind()], { stores });
    await node.call("a", ADD);
    const read = jest.spyOn(stores.outbox, "read");
    await node.clock.advance(10_000);
    expect(node.published).toEqual([]);
    expect(read.mock.calls.length).toBeLessThan(120);
    stores.visible = 1;
    await node.clock.advance(100);
    expect(node.published).toEqual(["a@1"]);
  });

  it("publishes again what the bus did not take, in order", async () => {
    let isUp = false;
    const taken: string[] = [];
    const node = await startMemoryNode([counterKind()], {
      ports: {
        bus: {
          publish: async (events) => {
            if (!isUp) throw new Error("no bus");
            taken.push(...events.map(({ ref, version }) => `${ref.id}@${version}`));
          },
        },
      },
    });
    for (let i = 0; i < 3; i++) await node.call("a", ADD);
    await node.clock.advance(600);
    expect(taken).toEqual([]);
    isUp = true;
    await node.clock.advance(300);
    expect(taken).toEqual(["a@1", "a@2", "a@3"]);
  });

  it("finds at its start what another process left behind", async () => {
    const stores = new MemoryStores();
    const first = await startMemoryNode([counterKind()], {
      stores,
      ports: { bus: { publish: () => Promise.reject(new Error("no bus")) } },
    });
    await first.call("a", ADD);
    const second = await startMemoryNode([counterKind()], { stores });
    await settle();
    expect(second.published).toEqual(["a@1"]);
  });
});
