import type { Message } from "../../../../domain/shared/decider.ts";
import { Refusal } from "../../../../domain/shared/errors.ts";
import { Draft } from "../../../../mixins/actor/draft.ts";
import type { CommandEnvelope } from "../../../../mixins/actor/envelope.ts";
import { chainHash, uuidv5 } from "../../../../mixins/actor/ids.ts";
import { counterKind } from "../../../support/counter.ts";
import type { CounterCommand } from "../../../support/counter.ts";

const REF = { type: "counter", id: "a" };
const ID = (n: number) => uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", String(n));

const envelope = (
  n: number,
  command: CounterCommand | Message,
  extra: Partial<CommandEnvelope> = {},
): CommandEnvelope => ({
  kind: "command",
  ref: REF,
  command,
  commandId: ID(n),
  bodyHash: `body ${n}`,
  isDeduplicated: true,
  deadlineMs: 0,
  isBirth: false,
  firing: null,
  isAnswered: true,
  requestKey: null,
  ...extra,
});

const start = (version = 0, atMs = 0) => ({
  state: { sum: 0, count: 0, ticks: [] },
  version,
  hash: "before",
  atMs,
});
const draftAt = (nowMs: number, kind = counterKind(), position = start()) =>
  new Draft(kind, REF, position, nowMs);

describe("a draft", () => {
  it("decides each command on what the ones before it made", () => {
    const draft = draftAt(5);
    draft.decide(envelope(1, { type: "Add", amount: 2 }));
    expect(draft.decide(envelope(2, { type: "Add", amount: 3 })).reply).toEqual({ sum: 5 });
    expect(draft.position).toMatchObject({ version: 2, state: { sum: 5, count: 2 } });
  });

  it("chains the hashes of its events to the hash that it starts from", () => {
    const draft = draftAt(5, counterKind(), start(7));
    draft.decide(envelope(1, { type: "Add", amount: 2 }));
    draft.decide(envelope(2, { type: "Add", amount: 3 }));
    const turn = draft.turn(1, 1);
    const link = (n: number, amount: number) => ({
      stream: REF,
      version: 7 + n,
      type: "Added",
      atMs: 5,
      commandId: ID(n),
      data: JSON.stringify({ type: "Added", amount }),
    });
    const first = chainHash("before", link(1, 2));
    expect(turn.events.map(({ hash }) => hash)).toEqual([first, chainHash(first, link(2, 3))]);
    expect(turn).toMatchObject({ expectedVersion: 7, hash: turn.events[1]?.hash });
  });

  it("is as it was when a command is refused or fails", () => {
    const draft = draftAt(5);
    draft.decide(envelope(1, { type: "Add", amount: 2 }));
    const before = draft.turn(1, 1);
    expect(() => draft.decide(envelope(2, { type: "AddUpTo", amount: 9, limit: 3 }))).toThrow(
      Refusal,
    );
    expect(() => draft.decide(envelope(3, { type: "Crash" }))).toThrow(TypeError);
    expect(draft.turn(1, 1)).toEqual(before);
  });

  it("is as it was when an event of a decision cannot be applied", () => {
    const draft = draftAt(5, counterKind({ isBroken: true }));
    expect(() => draft.decide(envelope(1, { type: "Corrupt" }))).toThrow("cannot be applied");
    expect(draft.isEmpty).toBe(true);
  });

  it("records a command with its reply and the version that it led to", () => {
    const draft = draftAt(5);
    draft.decide(envelope(1, { type: "Add", amount: 2 }));
    draft.decide(envelope(2, { type: "Look" }));
    expect(draft.turn(1, 1).commands).toEqual([
      { commandId: ID(1), bodyHash: "body 1", version: 1, reply: { sum: 2 } },
    ]);
  });

  it("says of a command that leaves nothing to write that it is not recorded", () => {
    const draft = draftAt(5);
    expect(draft.decide(envelope(1, { type: "Look" })).isRecorded).toBe(false);
    expect(draft.isEmpty).toBe(true);
  });

  it("writes events but no id for a command that need not be deduplicated", () => {
    const draft = draftAt(5);
    draft.decide(envelope(1, { type: "Add", amount: 1 }, { isDeduplicated: false }));
    expect(draft.turn(1, 1)).toMatchObject({ events: [{ version: 1 }], commands: [] });
  });

  it("never lets a stream's times run backwards", () => {
    const draft = draftAt(1_000, counterKind(), start(3, 5_000));
    draft.decide(envelope(1, { type: "Add", amount: 1 }));
    expect(draft.turn(1, 1).events[0]?.atMs).toBe(5_000);
  });

  it("gives effects ids that are the same in every retry and differ between actors", () => {
    const effectIds = (id: string) => {
      const draft = new Draft(counterKind(), { type: "counter", id }, start(), 5);
      draft.decide(envelope(1, { type: "AddAndWork", amount: 1 }));
      return draft.turn(1, 1).effects.map(({ effectId }) => effectId);
    };
    expect(effectIds("a")).toEqual(effectIds("a"));
    expect(effectIds("a")).not.toEqual(effectIds("b"));
  });

  it("takes the firing of a reminder with the command, even when nothing else comes of it", () => {
    const draft = draftAt(5);
    const firing = {
      name: "slice",
      dueMs: 3,
      lateMs: 2,
      missed: 0,
      isSkipped: false,
      nextDueMs: 13,
    };
    const { isRecorded } = draft.decide(envelope(1, { type: "Look" }, { firing }));
    expect(isRecorded).toBe(true);
    expect(draft.turn(1, 1)).toMatchObject({
      fired: [{ name: "slice", dueMs: 3, nextDueMs: 13 }],
      commands: [{ commandId: ID(1) }],
    });
  });

  it("knows which reminders its commands have touched", () => {
    const draft = draftAt(5);
    draft.decide(envelope(1, { type: "Remind", change: { cancel: "slice" } }));
    expect(["slice", "other"].map((name) => draft.hasChangedReminder(name))).toEqual([true, false]);
  });

  it("decides a command with what its kind puts beside it, on the state of the turn, and keeps the sender's own", () => {
    const attended: unknown[] = [];
    const kind = {
      ...counterKind(),
      attend: (state: unknown, command: Message, nowMs: number) => {
        attended.push([state, command, nowMs]);
        return { ...command, amount: 10 };
      },
    };
    const draft = draftAt(5, kind);
    draft.decide(envelope(1, { type: "Add", amount: 2 }));
    expect(draft.decide(envelope(2, { type: "Add", amount: 3 })).reply).toEqual({ sum: 20 });
    expect(attended).toEqual([
      [{ sum: 0, count: 0, ticks: [] }, { type: "Add", amount: 2 }, 5],
      [{ sum: 10, count: 1, ticks: [] }, { type: "Add", amount: 3 }, 5],
    ]);
    const { commands } = draft.turn(1, 1);
    expect(commands.map(({ bodyHash }) => bodyHash)).toEqual(["body 1", "body 2"]);
  });
});
