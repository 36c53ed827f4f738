import type { StreamMessage } from "../../../../mixins/rest/stream-channels.ts";
import { StreamHub } from "../../../../mixins/rest/stream.ts";
import type { StreamOptions } from "../../../../mixins/rest/stream.ts";
import type { Frame, Wire } from "../../../../mixins/rest/stream-wire.ts";
import { ManualClock } from "../actor/manual-clock.ts";

interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** A client whose network takes what it is sent when the test says so. */
class TestWire implements Wire {
  readonly protocol = "webSocket";
  readonly told: Told[] = [];
  isDestroyed = false;
  beats = 0;
  readonly #isSlow: boolean;
  #taken: (() => void)[] = [];
  #closed: () => void = () => undefined;

  constructor(isSlow = false) {
    this.#isSlow = isSlow;
  }

  open(): void {}

  send(frames: readonly Frame[], taken: () => void): void {
    // sound: frames of this protocol are events in JSON
    for (const frame of frames) this.told.push(JSON.parse(frame.text) as Told);
    if (this.#isSlow) this.#taken.push(taken);
    else taken();
  }

  take(): void {
    for (const taken of this.#taken.splice(0)) taken();
  }

  beat(): void {
    this.beats += 1;
  }

  end(): void {
    this.#closed();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#closed();
  }

  onClosed(then: () => void): void {
    this.#closed = then;
  }

  get values(): readonly unknown[] {
    return this.told.filter(({ event }) => event !== "open").map(({ data }) => data);
  }
}

const USER = {
  userId: "u",
  tenantId: "t1",
  role: "trader",
  email: "",
  sessionId: "s",
} as const;

function openHub(options: Partial<StreamOptions> = {}) {
  const clock = new ManualClock();
  let listener: (message: StreamMessage) => void = () => undefined;
  const source = {
    subscribe(added: typeof listener) {
      listener = added;
      return () => undefined;
    },
  };
  const hub = new StreamHub({ source, clock, ...options });
  hub.open();
  const listen = (wire: Wire, channels: readonly string[], lastEventId: string | null = null) =>
    hub.add(wire, {
      user: USER,
      channels: new Set(channels),
      expiresAtMs: clock.now() + 1e9,
      lastEventId,
    });
  const publish = (channel: string, data: StreamMessage["data"]): void =>
    listener({ channel, tenantId: null, portfolioId: null, ownerId: null, data });
  return { clock, hub, listen, publish };
}

/** What was put off to the end of the present step. */
const settle = (): Promise<void> => Promise.resolve().then(() => Promise.resolve());

it("a reader that keeps up hears each quote", async () => {
  const { listen, publish } = openHub();
  const wire = new TestWire();
  listen(wire, ["quotes:A"]);
  for (const price of [1, 2, 3]) {
    publish("quotes:A", price);
    await settle();
  }
  expect(wire.values).toEqual([1, 2, 3]);
});

it("a slow reader hears the newest quote of each symbol, and every bar and order, in their order", async () => {
  const { listen, publish } = openHub();
  const wire = new TestWire(true);
  listen(wire, ["quotes:A", "quotes:B", "bars:A:1m", "orders"]);
  publish("quotes:A", "A1");
  await settle();
  for (const [channel, data] of [
    ["quotes:A", "A2"],
    ["quotes:B", "B1"],
    ["bars:A:1m", "bar 1"],
    ["quotes:A", "A3"],
    ["orders", "order 1"],
    ["quotes:B", "B2"],
    ["bars:A:1m", "bar 2"],
  ] as const) {
    publish(channel, data);
    await settle();
  }
  expect(wire.values).toEqual(["A1"]);
  wire.take();
  await settle();
  expect(wire.values).toEqual(["A1", "bar 1", "A3", "order 1", "B2", "bar 2"]);
  const numbers = wire.told.map(({ id }) => Number(id.split("-")[1]));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

it("a slow reader keeps nobody else waiting", async () => {
  const { listen, publish } = openHub();
  const [slow, quick] = [new TestWire(true), new TestWire()];
  listen(slow, ["bars:A:1m"]);
  listen(quick, ["bars:A:1m"]);
  for (const bar of [1, 2, 3]) {
    publish("bars:A:1m", bar);
    await settle();
  }
  expect(slow.values).toEqual([1]);
  expect(quick.values).toEqual([1, 2, 3]);
});

it("a reader for whom too much waits is let go, quotes alone never being too much", async () => {
  const { listen, publish } = openHub({ maxWaitingBytes: 1_000 });
  const [ofQuotes, ofBars] = [new TestWire(true), new TestWire(true)];
  listen(ofQuotes, ["quotes:A"]);
  listen(ofBars, ["bars:A:1m"]);
  for (let count = 0; count < 100; count += 1) {
    publish("quotes:A", "x".repeat(100));
    publish("bars:A:1m", "x".repeat(100));
    await settle();
  }
  expect([ofQuotes.isDestroyed, ofBars.isDestroyed]).toEqual([false, true]);
});

it("a reader that has taken nothing for two heartbeats is let go", async () => {
  const { clock, listen, publish } = openHub({ heartbeatMs: 1_000 });
  const [stuck, idle] = [new TestWire(true), new TestWire()];
  listen(stuck, ["quotes:A"]);
  listen(idle, ["quotes:B"]);
  publish("quotes:A", 1);
  await settle();
  await clock.advance(2_000);
  expect([stuck.isDestroyed, idle.isDestroyed, idle.beats]).toEqual([true, false, 2]);
});

it("many are told in slices, and what changes meanwhile is told once", async () => {
  const { clock, listen, publish } = openHub({
    maxStreamsPerUser: 1_000,
    pace: (clients) => clients / 4,
  });
  const wires = Array.from({ length: 200 }, () => new TestWire());
  for (const wire of wires) listen(wire, ["quotes:A"]);
  publish("quotes:A", 1);
  await settle();
  const told = (): number => wires.filter(({ values }) => values.length > 0).length;
  expect(told()).toBe(64);
  publish("quotes:A", 2);
  await clock.advance(1_000);
  expect(told()).toBe(200);
  expect(wires.every(({ values }) => values.at(-1) === 2)).toBe(true);
  expect(wires.at(-1)?.values).toEqual([2]);
});

it("what is left is told before the farewell", async () => {
  const { hub, listen, publish } = openHub();
  const wire = new TestWire();
  listen(wire, ["orders"]);
  publish("orders", "the last");
  await hub.close();
  expect(wire.values).toEqual(["the last"]);
});

it("whoever comes back hears what it missed, of quotes the newest", async () => {
  const { listen, publish } = openHub();
  const first = new TestWire();
  listen(first, ["quotes:A", "orders"]);
  const [open] = first.told;
  for (const [channel, data] of [
    ["quotes:A", 1],
    ["orders", "o1"],
    ["quotes:A", 2],
    ["orders", "o2"],
  ] as const) {
    publish(channel, data);
  }
  const again = new TestWire();
  listen(again, ["quotes:A", "orders"], open?.id ?? "");
  await settle();
  expect(again.values).toEqual(["o1", 2, "o2"]);
});

it("whoever missed more than may wait is told of a gap, and is not cut off for it again and again", async () => {
  const { listen, publish } = openHub({ maxWaitingBytes: 1_000 });
  const first = new TestWire();
  listen(first, ["orders", "quotes:A"]);
  const [open] = first.told;
  for (let n = 0; n < 20; n += 1) publish("quotes:A", "x".repeat(100));
  const inTime = new TestWire();
  listen(inTime, ["orders", "quotes:A"], open?.id ?? "");
  for (let n = 0; n < 20; n += 1) {
    publish("orders", "x".repeat(100));
    await settle();
  }
  const late = new TestWire();
  listen(late, ["orders", "quotes:A"], open?.id ?? "");
  await settle();
  expect(late.isDestroyed).toBe(false);
  expect(late.told.map(({ event }) => event)).toEqual(["open", "gap"]);
  const again = new TestWire();
  listen(again, ["orders"], late.told.at(-1)?.id ?? "");
  publish("orders", "after the gap");
  await settle();
  expect(again.values).toEqual(["after the gap"]);
  expect(inTime.told.map(({ event }) => event)).not.toContain("gap");
});

it("ids of the future, of another process and no ids at all are told of a gap", async () => {
  const { listen, publish } = openHub();
  const first = new TestWire();
  listen(first, ["orders"]);
  publish("orders", 1);
  await settle();
  const id = first.told.at(-1)?.id ?? "";
  const [incarnation = ""] = id.split("-");
  const hostile = [
    `${incarnation}-2`,
    `${incarnation}-999999999999999`,
    `${incarnation}-9999999999999999`,
    `${incarnation}--1`,
    `${incarnation}-0x1`,
    `${incarnation}-1e0`,
    `${incarnation}-`,
    incarnation,
    "other-1",
    "\u0000",
    "__proto__-1",
  ];
  for (const lastEventId of hostile) {
    const wire = new TestWire();
    listen(wire, ["orders"], lastEventId);
    await settle();
    expect([lastEventId, ...wire.told.map(({ event }) => event)]).toEqual([
      lastEventId,
      "open",
      "gap",
    ]);
  }
});
