import type { ReminderChange } from "../../../../domain/shared/decider.ts";
import { UnknownOutcome } from "../../../../domain/shared/errors.ts";
import type { StoredReminder, Turn } from "../../../../domain/shared/journal.ts";
import { counterKind } from "../../../support/counter.ts";
import { held } from "./held.ts";
import { settle } from "./manual-clock.ts";
import { startMemoryNode } from "./memory-node.ts";
import type { MemoryNode } from "./memory-node.ts";
import { MemoryStores } from "./memory-stores.ts";

const C1 = "11111111-1111-4111-8111-111111111111";
const set = (node: MemoryNode, inMs: number, type = "Tick"): ReminderChange => ({
  set: "slice",
  dueMs: node.clock.now() + inMs,
  command: { type },
  misfire: "fireAll",
});
const remind = (node: MemoryNode, change: ReminderChange, commandId?: string) =>
  node.call("a", { type: "Remind", change }, commandId === undefined ? {} : { commandId });
const ticks = (node: MemoryNode) => node.stores.feed.filter(({ type }) => type === "Ticked").length;

describe("a reminder", () => {
  it("fires when it is due, once", async () => {
    const node = await startMemoryNode([counterKind()]);
    await remind(node, set(node, 1_000));
    await node.clock.advance(999);
    expect(ticks(node)).toBe(0);
    await node.clock.advance(1);
    expect(ticks(node)).toBe(1);
    await node.clock.advance(60_000);
    expect([ticks(node), node.stores.stored.size]).toEqual([1, 0]);
  });

  it("beyond the next minute is remembered all the same", async () => {
    const node = await startMemoryNode([counterKind()]);
    await remind(node, set(node, 300_000));
    await node.clock.advance(299_999);
    expect(ticks(node)).toBe(0);
    await node.clock.advance(2);
    expect(ticks(node)).toBe(1);
  });

  it("that is canceled does not fire, nor one whose cancel came just before it in the same turn", async () => {
    const stores = new MemoryStores();
    let gate: Promise<void> = Promise.resolve();
    const append = async (turns: readonly Turn[]) => {
      await gate;
      return stores.journal.append(turns);
    };
    const node = await startMemoryNode([counterKind()], {
      stores,
      ports: { journal: { ...stores.journal, append } },
    });
    await remind(node, set(node, 1_000));
    const busy = held();
    gate = busy.promise;
    const first = node.call("a", { type: "Add", amount: 1 });
    await settle();
    const cancel = remind(node, { cancel: "slice" });
    await node.clock.advance(1_000);
    busy.open();
    await Promise.all([first, cancel]);
    await node.clock.advance(30_000);
    expect(ticks(node)).toBe(0);
  });

  it("canceled while the store is being read does not come back", async () => {
    const stores = new MemoryStores();
    let slow: Promise<void> = Promise.resolve();
    const due = async (...args: Parameters<typeof stores.reminders.due>) => {
      const list: readonly StoredReminder[] = await stores.reminders.due(...args);
      await slow;
      return list;
    };
    const node = await startMemoryNode([counterKind()], { stores, ports: { reminders: { due } } });
    await remind(node, set(node, 25_000));
    const reading = held();
    slow = reading.promise;
    await node.clock.advance(20_000);
    await remind(node, { cancel: "slice" });
    reading.open();
    await node.clock.advance(10_000);
    expect(ticks(node)).toBe(0);
  });

  it("moved while the store is being read fires at its new time only", async () => {
    const stores = new MemoryStores();
    let slow: Promise<void> = Promise.resolve();
    const due = async (...args: Parameters<typeof stores.reminders.due>) => {
      const list: readonly StoredReminder[] = await stores.reminders.due(...args);
      await slow;
      return list;
    };
    const node = await startMemoryNode([counterKind()], { stores, ports: { reminders: { due } } });
    await remind(node, set(node, 25_000));
    const reading = held();
    slow = reading.promise;
    await node.clock.advance(20_000);
    await remind(node, set(node, 10_000));
    reading.open();
    await node.clock.advance(9_999);
    expect(ticks(node)).toBe(0);
    await node.clock.advance(1);
    expect(ticks(node)).toBe(1);
  });

  it("whose cancel was committed without an answer does not fire", async () => {
    const stores = new MemoryStores();
    let isCut = false;
    const append = async (turns: readonly Turn[]) => {
      const results = await stores.journal.append(turns);
      if (isCut) throw new UnknownOutcome("cut off");
      return results;
    };
    const node = await startMemoryNode([counterKind()], {
      stores,
      ports: { journal: { ...stores.journal, append } },
    });
    await remind(node, set(node, 1_000));
    isCut = true;
    const cancel = remind(node, { cancel: "slice" }, C1);
    await settle();
    isCut = false;
    await node.clock.advance(500);
    await expect(cancel).resolves.toMatchObject({ isReplay: true });
    await node.clock.advance(15_000);
    expect(ticks(node)).toBe(0);
  });

  it("set by a commit without an answer fires on time", async () => {
    const stores = new MemoryStores();
    let isCut = true;
    const append = async (turns: readonly Turn[]) => {
      const results = await stores.journal.append(turns);
      if (isCut) throw new UnknownOutcome("cut off");
      return results;
    };
    const node = await startMemoryNode([counterKind()], {
      stores,
      ports: { journal: { ...stores.journal, append } },
    });
    const call = remind(node, set(node, 1_000));
    await settle();
    isCut = false;
    await node.clock.advance(999);
    await call;
    expect(ticks(node)).toBe(0);
    await node.clock.advance(1);
    expect(ticks(node)).toBe(1);
  });

  it("that the owner before has fired does nothing here, though it was read before that", async () => {
    const stores = new MemoryStores();
    const zombie = await startMemoryNode([counterKind()], { stores });
    await remind(zombie, set(zombie, 1_000));
    const heir = await startMemoryNode([counterKind()], { stores });
    await zombie.clock.advance(1_000);
    await heir.clock.advance(2_000);
    expect(ticks(heir)).toBe(1);
  });

  it("of a shard that was lost is forgotten: its next owner may cancel it", async () => {
    const stores = new MemoryStores();
    const node = await startMemoryNode([counterKind()], { stores });
    await remind(node, set(node, 10_000));
    stores.isOwner = false;
    await node.clock.advance(2_000);
    // The other owner cancels, and the shard comes back.
    stores.stored.clear();
    stores.isOwner = true;
    stores.epoch += 1;
    await node.clock.advance(15_000);
    expect(ticks(node)).toBe(0);
  });

  it("whose command fails is tried again with growing pauses, until the node stops", async () => {
    const node = await startMemoryNode([counterKind()]);
    await remind(node, set(node, 1_000, "Crash"));
    await node.clock.advance(1_000 + 500 + 1_000 + 2_000 + 4_000);
    const failures = () =>
      node.logged.filter((line) => line.startsWith("a reminder could not be")).length;
    expect(failures()).toBe(5);
    const stopped = node.system.stop();
    await node.clock.advance(1_000);
    await stopped;
    const before = failures();
    await node.clock.advance(100_000);
    expect([failures(), node.clock.pending]).toEqual([before, 0]);
  });

  it("that recurs fires on its grid", async () => {
    const node = await startMemoryNode([counterKind()]);
    const change = { ...set(node, 1_000), everyMs: 1_000 };
    await remind(node, change);
    await node.clock.advance(5_500);
    expect(ticks(node)).toBe(5);
    await remind(node, { cancel: "slice" });
    await node.clock.advance(5_000);
    expect(ticks(node)).toBe(5);
  });
});
