/**
 * After the session-level test cases of FIX 4.4 volume 2, "FIX session-level test cases and expected behaviors", those for
 * the side that begins a session; their numbers stand in the names.
 */
import type { FixField } from "../../../../../services/execution/brokers/fix/codec.ts";
import { FixMessage } from "../../../../../services/execution/brokers/fix/message.ts";
import { Session } from "../../../../../services/execution/brokers/fix/session.ts";
import type { SessionOptions } from "../../../../../services/execution/brokers/fix/session-header.ts";
import type { SessionAction } from "../../../../../services/execution/brokers/fix/session-actions.ts";
import { writeTimestamp } from "../../../../../services/execution/brokers/fix/times.ts";

const WALL_MS = Date.UTC(2026, 10, 22, 15);
const HEARTBEAT_MS = 10_000;
const OPTIONS: SessionOptions = {
  senderCompId: "US",
  targetCompId: "THEM",
  heartbeatMs: HEARTBEAT_MS,
  resetting: "none",
  logonFields: [],
};

/** A session with the time that a test gives it; what it wants done in short words. */
class Rig {
  readonly session: Session;
  #passedMs = 0;

  constructor(options: Partial<SessionOptions> = {}, expected = 1) {
    this.session = new Session({ ...OPTIONS, ...options }, expected);
  }

  get at() {
    return { wallMs: WALL_MS + this.#passedMs, steadyMs: this.#passedMs };
  }

  open(): readonly string[] {
    return words(this.session.open(this.at));
  }

  pass(ms: number): readonly string[] {
    this.#passedMs += ms;
    return words(this.session.tick(this.at));
  }

  /** A message of the counterparty; fields given replace those of a right one, and null takes them away. */
  get(type: string, seq: number | null, changes: Readonly<Record<number, string | null>> = {}) {
    const fields = new Map<number, string>([
      [8, "FIX.4.4"],
      [35, type],
      [49, "THEM"],
      [56, "US"],
      ...(seq === null ? [] : [[34, String(seq)] as const]),
      [52, writeTimestamp(this.at.wallMs)],
    ]);
    for (const [tag, value] of Object.entries(changes))
      if (value === null) fields.delete(Number(tag));
      else fields.set(Number(tag), value);
    const message = new FixMessage([...fields].map(([tag, value]): FixField => [tag, value]));
    return words(this.session.receive(message, this.at));
  }

  /** Logged on, with everything heard: the next number is 3. */
  static up(options: Partial<SessionOptions> = {}): Rig {
    const rig = new Rig(options);
    rig.open();
    rig.get("A", 1, { 98: "0", 108: "10" });
    rig.get("0", 2, { 112: "synchronise" });
    return rig;
  }
}

function words(actions: readonly SessionAction[]): readonly string[] {
  return actions.map((action) => {
    switch (action.kind) {
      case "send": {
        const { type, body } = action.message;
        const shown = body
          .filter(([tag]) => SHOWN.has(tag))
          .map(([tag, value]) => ` ${tag}=${value}`);
        return `send ${type}${shown.join("")}`;
      }
      case "resend":
        return `resend ${action.from}-${action.to}`;
      case "deliver":
        return `deliver ${action.message?.type ?? "nothing"}, then ${action.next}`;
      case "end":
        return action.isRefusal ? "refused" : "end";
      case "restart":
      case "loggedOn":
      case "synchronised":
        return action.kind;
    }
  });
}

const SHOWN = new Set([7, 16, 36, 45, 112, 141, 371, 373, 380]);
const DUP = { 43: "Y", 122: writeTimestamp(WALL_MS - 1_000) };
const FILL = { 37: "V", 17: "E", 150: "F" };

describe("a logon", () => {
  it("1B a: is sent first, and its answer begins the session", () => {
    const rig = new Rig({ logonFields: [[553, "me"]] });
    expect(rig.open()).toEqual(["send A"]);
    expect(rig.get("A", 1, { 108: "10" })).toEqual([
      "deliver nothing, then 2",
      "loggedOn",
      "send 1 112=synchronise",
    ]);
    expect(rig.get("0", 2, { 112: "synchronise" })).toEqual([
      "deliver nothing, then 3",
      "synchronised",
    ]);
  });

  it("1B d: that is answered with a number too high is good, and the gap is asked for", () => {
    const rig = new Rig({}, 5);
    rig.open();
    expect(rig.get("A", 9)).toEqual(["loggedOn", "send 2 7=5 16=0", "send 1 112=synchronise"]);
    expect(rig.get("8", 5, { ...DUP, ...FILL })).toEqual(["deliver 8, then 6"]);
    expect(rig.get("4", 6, { ...DUP, 123: "Y", 36: "10" })).toEqual(["deliver nothing, then 10"]);
    expect(rig.get("0", 10, { 112: "synchronise" })).toContain("synchronised");
  });

  it("1B: that is answered with a number too low ends it", () => {
    const rig = new Rig({}, 5);
    rig.open();
    expect(rig.get("A", 3)).toEqual(["send 5", "refused"]);
  });

  it("1B: that is not answered ends it", () => {
    const rig = new Rig();
    rig.open();
    expect(rig.pass(9_000)).toEqual([]);
    expect(rig.pass(2_000)).toEqual(["end"]);
  });

  it("1B c: that is answered by another message ends it", () => {
    const rig = new Rig();
    rig.open();
    expect(rig.get("0", 1)).toEqual(["refused"]);
  });

  it("that is answered by a logout is refused, and its number counts", () => {
    const rig = new Rig();
    rig.open();
    expect(rig.get("5", 1, { 58: "no" })).toEqual(["deliver nothing, then 2", "refused"]);
  });

  it("that asks to reset begins with 1 on both sides", () => {
    const rig = new Rig({ resetting: "asked" }, 77);
    expect(rig.open()).toEqual(["send A 141=Y"]);
    expect(rig.get("A", 1, { 141: "Y" })).toContain("loggedOn");
    expect(rig.session.expected).toBe(2);
  });

  it("that asks to reset, and is answered by the number of before, ends it", () => {
    const rig = new Rig({ resetting: "asked" }, 77);
    rig.open();
    expect(rig.get("A", 78)).toEqual(["send 5", "refused"]);
  });

  it("whose answer resets numbers unasked ends it: what is between would be lost in silence", () => {
    const rig = new Rig({}, 77);
    rig.open();
    expect(rig.get("A", 1, { 141: "Y" })).toEqual(["send 5", "refused"]);
  });
});

describe("the header of a message", () => {
  it.each<
    [string, string, number | null, Readonly<Record<number, string | null>>, readonly string[]]
  >([
    ["2 d: without a number", "0", null, {}, ["send 5", "end"]],
    ["2 i: of another version", "0", 3, { 8: "FIX.4.2" }, ["send 5", "end"]],
    [
      "2 k: from somebody else",
      "0",
      3,
      { 49: "OTHER" },
      ["send 3 45=3 371=49 373=9", "deliver nothing, then 4", "send 5", "end"],
    ],
    [
      "2 k: to somebody else",
      "0",
      3,
      { 56: "OTHER" },
      ["send 3 45=3 371=56 373=9", "deliver nothing, then 4", "send 5", "end"],
    ],
    [
      "2 o: whose time is far from ours",
      "0",
      3,
      { 52: writeTimestamp(WALL_MS - 121_000) },
      ["send 3 45=3 371=52 373=10", "deliver nothing, then 4", "send 5", "end"],
    ],
    [
      "14 b: without its time",
      "0",
      3,
      { 52: null },
      ["send 3 45=3 371=52 373=1", "deliver nothing, then 4"],
    ],
    [
      "14 e: whose time is none",
      "0",
      3,
      { 52: "noon" },
      ["send 3 45=3 371=52 373=6", "deliver nothing, then 4"],
    ],
    [
      "2 q: of a type that there is not",
      "ZZ",
      3,
      {},
      ["send 3 45=3 371=35 373=11", "deliver nothing, then 4"],
    ],
    [
      "2 r: of a type that we do not follow",
      "B",
      3,
      {},
      ["deliver nothing, then 4", "send j 45=3 380=3"],
    ],
    ["2 c: with a number too low", "0", 2, {}, ["send 5", "end"]],
    ["2 e: with a number too low, that may have come before", "0", 2, DUP, []],
    [
      "2 g: that may have come before, first sent later",
      "0",
      3,
      { 43: "Y", 122: writeTimestamp(WALL_MS + 1_000) },
      ["send 3 45=3 371=122 373=10", "deliver nothing, then 4"],
    ],
    [
      "2 h: that may have come before, it does not say when",
      "0",
      3,
      { 43: "Y" },
      ["send 3 45=3 371=122 373=1", "deliver nothing, then 4"],
    ],
    [
      "2 f: that may have come before, and did not",
      "8",
      3,
      { ...DUP, ...FILL },
      ["deliver 8, then 4"],
    ],
  ])("%s", (_name, type, seq, changes, expected) => {
    expect(Rig.up().get(type, seq, changes)).toEqual(expected);
  });
});

describe("a gap", () => {
  it("2 b, 10: is asked for once, and what came beyond it is kept until it is filled", () => {
    const rig = Rig.up();
    expect(rig.get("8", 5, FILL)).toEqual(["send 2 7=3 16=0"]);
    expect(rig.get("8", 6, FILL)).toEqual([]);
    expect(rig.get("4", 3, { ...DUP, 123: "Y", 36: "4" })).toEqual(["deliver nothing, then 4"]);
    expect(rig.get("8", 4, { ...DUP, ...FILL })).toEqual([
      "deliver 8, then 5",
      "deliver 8, then 6",
      "deliver 8, then 7",
    ]);
    expect(rig.get("8", 5, { ...DUP, ...FILL })).toEqual([]);
  });

  it("is asked for again when nothing comes, and given up at last", () => {
    const rig = Rig.up();
    rig.get("8", 5, FILL);
    const asked: string[] = [];
    for (let i = 0; i < 6 && rig.session.isUp; i++) {
      rig.get("0", 6 + i);
      asked.push(...rig.pass(HEARTBEAT_MS + 1).filter((word) => /^(send [25]|end)/.test(word)));
    }
    expect(asked).toEqual(["send 2 7=3 16=0", "send 2 7=3 16=0", "send 5", "end"]);
  });

  it("8: of theirs is filled at once, though their request is beyond one of ours", () => {
    const rig = Rig.up();
    expect(rig.get("2", 5, { 7: "2", 16: "4" })).toEqual(["resend 2-4", "send 2 7=3 16=0"]);
    expect(rig.get("4", 3, { ...DUP, 123: "Y", 36: "5" })).toEqual([
      "deliver nothing, then 5",
      "deliver nothing, then 6",
    ]);
  });

  it("8: of theirs is filled when it is asked for in turn", () => {
    expect(Rig.up().get("2", 3, { 7: "1", 16: "0" })).toEqual([
      "resend 1-0",
      "deliver nothing, then 4",
    ]);
  });
});

describe("a reset of numbers", () => {
  it.each<[string, number, Readonly<Record<number, string>>, readonly string[]]>([
    ["10 a: fills a gap", 3, { 123: "Y", 36: "9" }, ["deliver nothing, then 9"]],
    ["10 b: beyond a gap waits for it", 5, { 123: "Y", 36: "9" }, ["send 2 7=3 16=0"]],
    ["10 c: too low, that may have come before, is nothing", 2, { ...DUP, 123: "Y", 36: "9" }, []],
    ["10 d: too low ends the session", 2, { 123: "Y", 36: "9" }, ["send 5", "end"]],
    [
      "10 e: that leads back is rejected",
      3,
      { 123: "Y", 36: "3" },
      ["send 3 45=3 371=36 373=5", "deliver nothing, then 4"],
    ],
    [
      "11 a: whatever its own number is, leads forward",
      1,
      { 36: "9" },
      ["deliver nothing, then 9"],
    ],
    ["11 b: to what is expected changes nothing", 77, { 36: "3" }, []],
    ["11 c: back is rejected", 3, { 36: "2" }, ["send 3 45=3 371=36 373=5"]],
  ])("%s", (_name, seq, changes, expected) => {
    expect(Rig.up().get("4", seq, changes)).toEqual(expected);
  });

  it("by a logon on a standing line begins both sides with 1", () => {
    const rig = Rig.up();
    expect(rig.get("A", 1, { 141: "Y", 108: "10" })).toEqual([
      "restart",
      "deliver nothing, then 2",
      "send A 141=Y",
    ]);
    expect(rig.get("0", 2)).toEqual(["deliver nothing, then 3"]);
  });
});

describe("silence", () => {
  it("4 a: of ours is broken by a heartbeat", () => {
    const rig = Rig.up();
    rig.session.sent(rig.at);
    expect(rig.pass(HEARTBEAT_MS - 1)).toEqual([]);
    expect(rig.pass(1)).toEqual(["send 0"]);
  });

  it("4 b: a test is answered with its id, and one without is rejected", () => {
    const rig = Rig.up();
    expect(rig.get("1", 3, { 112: "there?" })).toEqual([
      "deliver nothing, then 4",
      "send 0 112=there?",
    ]);
    expect(rig.get("1", 4)).toEqual(["send 3 45=4 371=112 373=1", "deliver nothing, then 5"]);
  });

  it("6: of theirs is tested, and ends the session when it goes on", () => {
    const rig = Rig.up();
    const quiet = (ms: number) => {
      rig.session.sent(rig.at);
      return rig.pass(ms);
    };
    expect(quiet(12_001)).toEqual(["send 0", expect.stringMatching(/^send 1 /)]);
    expect(quiet(9_000)).toEqual([]);
    expect(quiet(3_001)).toContain("end");
  });

  it("6: that is broken in time is forgiven", () => {
    const rig = Rig.up();
    rig.pass(12_001);
    rig.get("0", 3);
    expect(rig.pass(12_000)).not.toContain("end");
  });

  it("about the first test, whose answer was lost, is broken by another", () => {
    const rig = new Rig();
    rig.open();
    rig.get("A", 1);
    rig.get("0", 2);
    expect(rig.pass(HEARTBEAT_MS + 1)).toContain("send 1 112=synchronise");
  });
});

describe("a logout", () => {
  it("12, 13 b: of theirs is answered, and ends the session", () => {
    expect(Rig.up().get("5", 3)).toEqual(["deliver nothing, then 4", "send 5", "end"]);
  });

  it("13: of theirs beyond a gap ends it too: the gap is filled with the next logon", () => {
    const rig = Rig.up();
    expect(rig.get("5", 9)).toEqual(["send 5", "end"]);
    expect(rig.session.expected).toBe(3);
  });

  it("13 a: of ours is waited for, and what comes until then counts", () => {
    const rig = Rig.up();
    expect(words(rig.session.close("enough", rig.at))).toEqual(["send 5"]);
    expect(rig.get("8", 3, FILL)).toEqual(["deliver 8, then 4"]);
    expect(rig.get("5", 4)).toEqual(["deliver nothing, then 5", "end"]);
  });

  it("13 a: of ours that is not answered ends it all the same", () => {
    const rig = Rig.up();
    rig.session.close("enough", rig.at);
    expect(rig.pass(2_001)).toEqual(["end"]);
  });
});

it("7: a Reject of theirs goes to who sent what was rejected", () => {
  expect(Rig.up().get("3", 3, { 45: "2", 373: "5" })).toEqual(["deliver 3, then 4"]);
});
