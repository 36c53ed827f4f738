import { Mailbox } from "../../../../mixins/actor/mailbox.ts";
import type { Work } from "../../../../mixins/actor/mailbox.ts";
import { RecentCommands } from "../../../../mixins/actor/recent.ts";

const work = (id: string): Work => ({
  envelope: { kind: "read", ref: { type: "counter", id }, deadlineMs: 0 },
  resolve: () => undefined,
  reject: () => undefined,
});
const ids = (batch: readonly Work[]) => batch.map(({ envelope }) => envelope.ref.id);

describe("a mailbox", () => {
  const filled = () => {
    const mailbox = new Mailbox();
    mailbox.push(work("a"), false);
    mailbox.push(work("b"), false);
    mailbox.push(work("U"), true);
    mailbox.push(work("c"), false);
    mailbox.push(work("V"), true);
    return mailbox;
  };

  it("hands out the urgent first, and each lane in order of arrival", () => {
    expect(ids(filled().take(10))).toEqual(["U", "V", "a", "b", "c"]);
  });

  it("hands out no more than it is asked for and keeps the rest", () => {
    const mailbox = filled();
    expect(ids(mailbox.take(1))).toEqual(["U"]);
    expect(ids(mailbox.take(2))).toEqual(["V", "a"]);
    expect(mailbox.size).toBe(2);
  });

  it("hands out first what was put back, in its order", () => {
    const mailbox = filled();
    mailbox.putBack(mailbox.take(3));
    expect(ids(mailbox.take(10))).toEqual(["U", "V", "a", "b", "c"]);
  });

  it("is empty once drained", () => {
    const mailbox = filled();
    expect(mailbox.drain()).toHaveLength(5);
    expect(mailbox.size).toBe(0);
  });
});

describe("recent commands", () => {
  const command = (commandId: string, version = 1) => ({
    commandId,
    bodyHash: "h",
    version,
    reply: null,
  });

  it("remember the newest and forget the oldest", () => {
    const recent = new RecentCommands(2);
    for (const id of ["a", "b", "c"]) recent.add(command(id));
    expect(["a", "b", "c"].map((id) => recent.find(id)?.commandId)).toEqual([undefined, "b", "c"]);
  });

  it("count one that is added again as new", () => {
    const recent = new RecentCommands(2);
    for (const id of ["a", "b", "a", "c"]) recent.add(command(id));
    expect(["a", "b", "c"].map((id) => recent.find(id)?.commandId)).toEqual(["a", undefined, "c"]);
  });
});
