import { Refusal, StoreUnavailable, UnknownOutcome } from "../../../../domain/shared/errors.ts";
import type { AppendResult, Turn } from "../../../../domain/shared/journal.ts";
import type { ActorOptions } from "../../../../mixins/actor/ports.ts";
import { counterKind } from "../../../support/counter.ts";
import type { CounterCommand, CounterOptions } from "../../../support/counter.ts";
import { fate, held } from "./held.ts";
import { settle } from "./manual-clock.ts";
import { startMemoryNode } from "./memory-node.ts";
import { MemoryStores } from "./memory-stores.ts";

const ADD = { type: "Add", amount: 1 } as const;
const C1 = "11111111-1111-4111-8111-111111111111";
const C2 = "22222222-2222-4222-8222-222222222222";
const refused = (code: string): { readonly error: unknown } => ({
  error: expect.objectContaining({ code }),
});

/** A node whose appends go through `append`; unless that answers, the memory does. */
async function nodeWith(
  append: (turns: readonly Turn[], n: number) => Promise<readonly AppendResult[] | undefined>,
  setup: { readonly options?: Partial<ActorOptions>; readonly kind?: CounterOptions } = {},
) {
  const stores = new MemoryStores();
  let n = 0;
  const journal = {
    ...stores.journal,
    append: async (turns: readonly Turn[]) =>
      (await append(turns, ++n)) ?? stores.journal.append(turns),
  };
  const { options = {}, kind = {} } = setup;
  const node = await startMemoryNode([counterKind(kind)], { stores, ports: { journal }, options });
  return { ...node, stores };
}

/** A node whose next appends wait until they are let go. */
async function heldNode(options: Partial<ActorOptions> = {}) {
  const gate = held();
  const node = await nodeWith(
    async () => {
      await gate.promise;
      return undefined;
    },
    { options },
  );
  return { ...node, gate };
}

describe("the output gate", () => {
  it("lets no reply, effect or publication out before the commit", async () => {
    const done: string[] = [];
    const gate = held();
    const node = await nodeWith(
      async () => {
        await gate.promise;
        return undefined;
      },
      { kind: { work: async (_, { effectId }) => void done.push(effectId) } },
    );
    const reply = node.call("a", { type: "AddAndWork", amount: 1 });
    expect(await fate(reply)).toBe("pending");
    await node.clock.advance(2_500);
    expect([done, node.published]).toEqual([[], []]);
    gate.open();
    expect(await fate(reply)).toMatchObject({ value: { reply: { sum: 1 } } });
    expect(done).toHaveLength(1);
    expect(node.published).toEqual(["a@1"]);
  });

  it("answers reads during a commit with what was committed before, once the turn is over", async () => {
    const node = await heldNode();
    const write = node.call("a", ADD);
    await settle();
    const read = node.system.client.read({ type: "counter", id: "a" });
    expect(await fate(read)).toBe("pending");
    node.gate.open();
    await write;
    expect(await fate(read)).toMatchObject({ value: { summary: { sum: 1 }, version: 1 } });
  });
});

describe("a sender", () => {
  it("is answered when its actor is abandoned while a conflicting append is under way", async () => {
    const gate = held<readonly AppendResult[]>();
    const node = await nodeWith((_, n) => (n === 1 ? gate.promise : Promise.resolve(undefined)));
    const call = node.system.client.call({ type: "counter", id: "a" }, ADD, { commandId: C1 });
    await settle();
    node.system.host.abandonShards([node.system.shardOf({ type: "counter", id: "a" })]);
    gate.open([{ status: "conflict" }]);
    await node.clock.advance(1_000);
    // NOT_OWNER is tried again by the client, and the shard is still ours.
    expect(await fate(call)).toMatchObject({ value: { reply: { sum: 1 } } });
  });

  it.each(["conflict", "duplicate"] as const)(
    "is told NOT_OWNER when the shard is lost before a %s can be looked into",
    async (status) => {
      const gate = held<readonly AppendResult[]>();
      const node = await nodeWith(() => gate.promise);
      const answer = node.system.host.deliver({
        kind: "command",
        ref: { type: "counter", id: "a" },
        command: ADD,
        commandId: C1,
        bodyHash: "h",
        isDeduplicated: true,
        deadlineMs: node.clock.now() + 5_000,
        isBirth: false,
        firing: null,
        isAnswered: true,
        requestKey: null,
      });
      await settle();
      node.system.host.abandonShards([node.system.shardOf({ type: "counter", id: "a" })]);
      gate.open([{ status }]);
      expect(await fate(answer)).toMatchObject(refused("NOT_OWNER"));
    },
  );

  it("is answered although the projection of its command fails, and others of its turn succeed", async () => {
    const kind: CounterOptions = {
      project: (_ref, _state, recorded) => {
        if (recorded.some(({ event }) => event.type === "Added" && event.amount === 3))
          throw new Error("cannot be shown");
        return { view: null, ledger: [], trades: [] };
      },
    };
    const gate = held();
    const node = await nodeWith(
      async (_, n) => {
        if (n === 1) await gate.promise;
        return undefined;
      },
      { kind },
    );
    const first = node.call("a", { type: "Add", amount: 10 });
    await settle();
    const [bad, good] = [
      node.call("a", { type: "Add", amount: 3 }),
      node.call("a", { type: "Add", amount: 4 }),
    ];
    gate.open();
    await first;
    expect(await fate(bad)).toMatchObject(refused("COMMAND_FAILED"));
    expect(await fate(good)).toMatchObject({ value: { reply: { sum: 14 } } });
  });

  it("is answered although the actor cannot be summarized", async () => {
    const kind = { ...counterKind(), summarize: () => JSON.parse("{") as null };
    const node = await startMemoryNode([kind]);
    await node.call("a", ADD);
    const read = node.system.client.read({ type: "counter", id: "a" });
    expect(await fate(read)).toMatchObject(refused("COMMAND_FAILED"));
    expect(await fate(node.call("a", ADD))).toMatchObject({ value: { reply: { sum: 2 } } });
  });

  it("is answered by a newcomer although all residents are busy and there is no room", async () => {
    const node = await heldNode({ residentMax: 1 });
    const calls = [node.call("a", ADD), node.call("b", ADD), node.call("c", ADD)];
    await settle();
    node.gate.open();
    await expect(Promise.all(calls)).resolves.toHaveLength(3);
  });

  it("learns that the outcome is unknown, and not sooner than its deadline, from a store that hangs", async () => {
    const node = await heldNode();
    const call = node.call("a", ADD, { deadlineMs: node.clock.now() + 500 });
    await node.clock.advance(500);
    expect(await fate(call)).toBe("pending");
    await node.clock.advance(300);
    expect(await fate(call)).toMatchObject(refused("OUTCOME_UNKNOWN"));
  });

  it("of a name that the store cannot hold is refused before it troubles the store", async () => {
    const node = await startMemoryNode([counterKind()]);
    for (const id of ["a\0b", "a\nb", "\ud800"])
      expect(await fate(node.call(id, ADD))).toMatchObject(refused("COMMAND_FAILED"));
    expect(node.stores.streams.size).toBe(0);
  });
});

describe("a turn that the store refuses", () => {
  const unbalanced: AppendResult = { status: "refused", error: new Error("does not balance") };

  it("fails only the command that is to blame", async () => {
    const gate = held();
    const node = await nodeWith(async (turns, n) => {
      if (n === 1) await gate.promise;
      const amounts = turns.flatMap(({ events }) => events.map(({ event }) => event));
      return amounts.some((event) => "amount" in event && event.amount === 13)
        ? [unbalanced]
        : undefined;
    });
    const first = node.call("a", ADD);
    await settle();
    const calls = [1, 13, 2].map((amount) => node.call("a", { type: "Add", amount }));
    gate.open();
    await first;
    const fates = await Promise.all(calls.map(fate));
    expect(fates).toMatchObject([
      { value: { reply: { sum: 2 } } },
      refused("COMMAND_FAILED"),
      { value: { reply: { sum: 4 } } },
    ]);
  });

  it("sends nobody else's work into the void when the actor is lost in between", async () => {
    const gate = held();
    const node = await nodeWith(async (turns, n) => {
      if (n === 1) await gate.promise;
      if (turns.some(({ commands }) => commands.length > 1)) return [unbalanced];
      if (n > 1) throw new UnknownOutcome("cut off");
      return undefined;
    }, {});
    const first = node.call("a", ADD);
    await settle();
    const calls = [1, 2, 3].map((amount) =>
      node.call("a", { type: "Add", amount }, { deadlineMs: node.clock.now() + 10 }),
    );
    gate.open();
    await first;
    const codes = await Promise.all(calls.map(fate));
    expect(codes).toMatchObject([
      refused("OUTCOME_UNKNOWN"),
      refused("NOT_OWNER"),
      refused("NOT_OWNER"),
    ]);
  });
});

describe("a store that is down", () => {
  it("costs the actor nothing: what it knows is still true when the store is back", async () => {
    let isDown = false;
    const node = await nodeWith(async () => {
      if (isDown) throw new StoreUnavailable("no listener");
      return undefined;
    });
    await node.call("a", ADD);
    isDown = true;
    const call = node.call("a", ADD, { deadlineMs: node.clock.now() + 100 });
    await node.clock.advance(400);
    expect(await fate(call)).toMatchObject(refused("STORE_UNAVAILABLE"));
    isDown = false;
    expect(await fate(node.call("a", ADD))).toMatchObject({ value: { version: 2 } });
  });
});

describe("a command on record", () => {
  it("is answered as it was then, although it would be refused now", async () => {
    const node = await startMemoryNode([counterKind()], { options: { recentMax: 1, turnMax: 1 } });
    const command = { type: "AddUpTo", amount: 6, limit: 10 } as const;
    await node.call("a", command, { commandId: C1 });
    // The only place among the recent commands goes to another one.
    await node.call("a", ADD, { commandId: C2 });
    const again = await node.call("a", command, { commandId: C1 });
    expect(again).toEqual({ reply: { sum: 6 }, version: 1, isReplay: true });
  });

  it("with a refused twin in the same turn gives both the stored answer", async () => {
    const gate = held();
    const stores = new MemoryStores();
    let n = 0;
    const append = async (turns: readonly Turn[]) => {
      if (++n === 3) await gate.promise;
      return stores.journal.append(turns);
    };
    const node = await startMemoryNode([counterKind()], {
      stores,
      ports: { journal: { ...stores.journal, append } },
      options: { recentMax: 1, turnMax: 2 },
    });
    const command = { type: "AddUpTo", amount: 6, limit: 10 } as const;
    await node.call("a", command, { commandId: C1 });
    await node.call("a", ADD);
    const third = node.call("a", ADD);
    await settle();
    const twins = [1, 2].map(() => node.call("a", command, { commandId: C1 }));
    gate.open();
    await third;
    for (const twin of twins)
      expect(await fate(twin)).toMatchObject({ value: { reply: { sum: 6 }, isReplay: true } });
  });

  it("of another body is refused, in the same turn as well as later", async () => {
    const node = await heldNode();
    const calls = [
      node.call("a", ADD),
      node.call("a", { type: "Add", amount: 1 }, { commandId: C1 }),
      node.call("a", { type: "Add", amount: 2 }, { commandId: C1 }),
    ];
    node.gate.open();
    expect(await Promise.all(calls.map(fate))).toMatchObject([
      { value: { version: 1 } },
      { value: { version: 2 } },
      refused("IDEMPOTENCY_KEY_REUSED"),
    ]);
    const late = node.call("a", { type: "Add", amount: 3 }, { commandId: C1 });
    expect(await fate(late)).toMatchObject(refused("IDEMPOTENCY_KEY_REUSED"));
  });
});

describe("a birth", () => {
  const born = { commandId: C1, isBirth: true } as const;

  it("asks nothing of the store before its append", async () => {
    const node = await startMemoryNode([counterKind()]);
    const activate = jest.spyOn(node.stores.journal, "activate");
    await expect(node.call("a", ADD, born)).resolves.toMatchObject({ version: 1 });
    expect(activate).not.toHaveBeenCalled();
  });

  it("that is repeated gets the stored answer, also when it would be refused now", async () => {
    const stores = new MemoryStores();
    // What came with the command has changed between the two; the part that counts as its body has not.
    const bear = async (limit: number) => {
      const node = await startMemoryNode([counterKind()], { stores });
      const command: CounterCommand = { type: "AddUpTo", amount: 5, limit };
      const options = { ...born, bodyHash: "the part that counts" };
      return node.system.client.call({ type: "counter", id: "a" }, command, options);
    };
    await expect(bear(5)).resolves.toMatchObject({ reply: { sum: 5 }, isReplay: false });
    await expect(bear(4)).resolves.toMatchObject({ reply: { sum: 5 }, isReplay: true });
  });

  it("that changed nothing does not make the actor believe that it is new", async () => {
    const stores = new MemoryStores();
    const first = await startMemoryNode([counterKind()], { stores });
    await first.call("a", { type: "Add", amount: 5 });
    const second = await startMemoryNode([counterKind()], { stores });
    const wrong = second.call("a", { type: "AddUpTo", amount: 1, limit: 0 }, born);
    await expect(wrong).rejects.toThrow(Refusal);
    const read = await second.system.client.read({ type: "counter", id: "a" });
    expect(read).toMatchObject({ version: 1, summary: { sum: 5 } });
  });

  it("of one that exists is decided again on what it is", async () => {
    const stores = new MemoryStores();
    const first = await startMemoryNode([counterKind()], { stores });
    await first.call("a", { type: "Add", amount: 5 });
    const second = await startMemoryNode([counterKind()], { stores });
    await expect(second.call("a", ADD, born)).resolves.toMatchObject({ reply: { sum: 6 } });
  });
});

describe("a stream that cannot be replayed", () => {
  it("is quarantined when an event is missing, and others live on", async () => {
    const stores = new MemoryStores();
    const first = await startMemoryNode([counterKind()], { stores });
    for (let i = 0; i < 3; i++) await first.call("a", ADD);
    stores.streams.get("counter:a")?.events.splice(1, 1);
    const second = await startMemoryNode([counterKind()], { stores });
    expect(await fate(second.call("a", ADD))).toMatchObject(refused("STREAM_QUARANTINED"));
    expect(await fate(second.call("b", ADD))).toMatchObject({ value: { version: 1 } });
    expect(second.system.status.quarantined).toEqual(["counter:a"]);
  });
});

describe("back-pressure", () => {
  it("refuses what an actor cannot keep waiting, and takes commands again once it has caught up", async () => {
    const node = await heldNode({ mailboxMax: 2 });
    const deadlineMs = node.clock.now() + 10;
    const calls = Array.from({ length: 4 }, () => node.call("a", ADD, { deadlineMs }));
    // One is in its turn and two are waiting.
    expect(await fate(calls[3] ?? fail())).toMatchObject(refused("ACTOR_OVERLOADED"));
    node.gate.open();
    await Promise.all(calls.slice(0, 3));
    await expect(node.call("a", ADD)).resolves.toMatchObject({ version: 4 });
  });

  it("sheds ordinary commands when the node is full, and still takes urgent ones", async () => {
    const node = await heldNode({ nodeMax: 2 });
    const deadlineMs = node.clock.now() + 10;
    const calls = ["a", "b"].map((id) => node.call(id, ADD, { deadlineMs }));
    await settle();
    const shed = node.call("c", ADD, { deadlineMs });
    expect(await fate(shed)).toMatchObject(refused("NODE_OVERLOADED"));
    const urgent = node.call("c", { type: "Urgent", amount: 1 }, { deadlineMs });
    node.gate.open();
    await expect(Promise.all([...calls, urgent])).resolves.toHaveLength(3);
  });

  it("takes urgent commands before those that came earlier", async () => {
    const node = await heldNode();
    const calls = [
      node.call("a", ADD),
      node.call("a", { type: "Add", amount: 10 }),
      node.call("a", { type: "Urgent", amount: 100 }),
    ];
    node.gate.open();
    const sums = (await Promise.all(calls)).map(({ reply }) => reply);
    expect(sums).toEqual([{ sum: 1 }, { sum: 111 }, { sum: 101 }]);
  });

  it("drops what expires before its turn and says that nothing was done", async () => {
    const node = await heldNode();
    const first = node.call("a", ADD);
    await settle();
    const late = node.call("a", { type: "Add", amount: 10 }, { deadlineMs: node.clock.now() + 5 });
    await node.clock.advance(50);
    node.gate.open();
    await first;
    expect(await fate(late)).toMatchObject(refused("DEADLINE_EXCEEDED"));
    await expect(node.call("a", ADD)).resolves.toMatchObject({ reply: { sum: 2 } });
  });

  it("finishes what began in time although its deadline passes during the commit", async () => {
    const node = await heldNode();
    const call = node.call("a", ADD, { deadlineMs: node.clock.now() + 5 });
    await node.clock.advance(50);
    node.gate.open();
    expect(await fate(call)).toMatchObject({ value: { version: 1 } });
  });
});

describe("memory", () => {
  it("lets idle actors go and wakes them as they were", async () => {
    const node = await startMemoryNode([counterKind()]);
    await node.call("a", ADD);
    await node.clock.advance(115_000);
    expect(node.system.residents()).toHaveLength(1);
    await node.clock.advance(20_000);
    expect(node.system.residents()).toHaveLength(0);
    await expect(node.call("a", ADD)).resolves.toMatchObject({ reply: { sum: 2 } });
  });

  it("lets the least recently used go when there are too many", async () => {
    const node = await startMemoryNode([counterKind()], { options: { residentMax: 2 } });
    for (const id of ["a", "b", "a", "c"]) await node.call(id, ADD);
    expect(node.system.residents().map(({ id }) => id)).toEqual(["a", "c"]);
  });

  it("keeps a snapshot of what leaves after twenty events, and not of less", async () => {
    const node = await startMemoryNode([counterKind()], { options: { residentMax: 1 } });
    for (let i = 0; i < 19; i++) await node.call("a", ADD);
    for (let i = 0; i < 20; i++) await node.call("b", ADD);
    await node.call("c", ADD);
    await settle();
    expect([...node.stores.snapshots.keys()]).toEqual(["counter:b"]);
  });
});

function fail(): never {
  throw new Error("expected another call");
}
