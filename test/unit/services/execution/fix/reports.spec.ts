import type { FixField } from "../../../../../services/execution/brokers/fix/codec.ts";
import { FixMessage } from "../../../../../services/execution/brokers/fix/message.ts";
import {
  hear,
  hearCancelReject,
  nameOf,
  readStatus,
} from "../../../../../services/execution/brokers/fix/reports.ts";
import type { Known } from "../../../../../services/execution/brokers/fix/reports.ts";

const ORDER = "0b0e5c3c-95b7-5d0a-8a53-3a4e1f2d7c61";
const DIGITS = ORDER.replaceAll("-", "");
const AT_MS = Date.UTC(2026, 10, 20, 15, 0, 0, 5);
const KNOWN: Known = {
  venue: "FIX:1",
  currency: "USD",
  assetClass: "equity",
  asked: { orderQty: "10", price: "99", stopPx: null },
};

type Changes = Readonly<Record<number, string | null>>;

function message(type: string, changes: Changes): FixMessage {
  const fields = new Map<number, string | null>([
    [35, type],
    [52, "20261120-15:00:01"],
    [37, "V1"],
    [11, ORDER],
    [17, "E1"],
    [39, "0"],
    [60, "20261120-15:00:00.005"],
  ]);
  for (const [tag, value] of Object.entries(changes)) fields.set(Number(tag), value);
  const kept = [...fields].flatMap(([tag, value]): FixField[] =>
    value === null ? [] : [[tag, value]],
  );
  return new FixMessage(kept);
}

const report = (changes: Changes) => hear(message("8", changes), KNOWN);
const head = { venue: "FIX:1", clOrdId: ORDER, orderId: ORDER, transactTimeMs: AT_MS };

describe("an ExecutionReport", () => {
  it.each<[string, Changes, object]>([
    ["0", {}, { execType: "new", venueOrderId: "V1", execId: `${ORDER}:new:V1` }],
    ["4", { 58: "done" }, { execType: "canceled", text: "done", execId: `${ORDER}:canceled` }],
    ["C", {}, { execType: "expired", execId: `${ORDER}:expired` }],
    ["L", {}, { execType: "triggered", execId: `${ORDER}:triggered` }],
    ["8", { 103: "1", 58: "what?" }, { execType: "rejected", ordRejReason: "unknownSymbol" }],
    ["8", { 103: "99" }, { execType: "rejected", ordRejReason: "rejectedByVenue" }],
    [
      "5",
      { 11: `${DIGITS}r2`, 41: ORDER, 38: "8", 44: "98.50" },
      { execType: "replaced", revision: 2, orderQty: "8", price: "98.5", stopPx: null },
    ],
    [
      "5",
      { 11: `${DIGITS}r2` },
      { execType: "replaced", revision: 2, orderQty: "10", price: "99" },
    ],
    ["D", { 38: "5" }, { execType: "replaced", revision: null, orderQty: "5", price: "99" }],
    ["8", { 11: `${DIGITS}r1` }, { execType: "replaceRejected", revision: 1 }],
    ["8", { 11: `${DIGITS}c1` }, { execType: "cancelRejected" }],
  ])("of type %s with %j is told", (execType, changes, expected) => {
    expect(report({ 150: execType, ...changes }).reports).toMatchObject([{ ...head, ...expected }]);
  });

  it.each(["1", "2", "F"])("of type %s is a trade", (execType) => {
    const changes = { 150: execType, 32: "4", 31: "98.75", 64: "20261123", 39: "1" };
    const { reports, hasEnded } = report(changes);
    expect(hasEnded).toBe(false);
    expect(reports).toEqual([
      {
        ...head,
        execId: `${ORDER}:E1`,
        execType: "trade",
        lastQty: "4",
        lastPx: "98.75",
        fees: "0",
        currency: "USD",
        liquidity: "taker",
        settlementDate: "2026-11-23",
      },
    ]);
  });

  it("of a trade that names no settlement date settles by the rules of its market", () => {
    const [trade] = report({ 150: "F", 32: "4", 31: "98.75" }).reports;
    // A Friday; shares of the US settle on the next business day since 2024-05-28 (SEC release 34-96930).
    expect(trade).toMatchObject({ settlementDate: "2026-11-23" });
  });

  it.each(["A", "3", "7", "9", "B", "6", "E"])(
    "of type %s changes nothing of the order",
    (execType) => {
      expect(report({ 150: execType }).reports).toEqual([]);
    },
  );

  it.each(["6", "E"])("of type %s is not the last word on its request", (execType) => {
    expect(report({ 150: execType }).word).toBe("none");
  });

  it.each(["G", "H"])("of type %s, which takes a trade back, is an alarm", (execType) => {
    expect(report({ 150: execType }).breaks).toMatchObject([{ kind: "tradeCorrected" }]);
  });

  it("that refuses an id as known rejects nothing", () => {
    expect(report({ 150: "8", 103: "6" })).toMatchObject({ reports: [], word: "duplicate" });
  });

  it.each([
    ["no price", { 150: "F", 32: "4" }],
    ["no quantity", { 150: "F", 31: "4" }],
    ["a quantity of nothing", { 150: "F", 31: "4", 32: "0" }],
    ["no id of its own", { 150: "F", 31: "4", 32: "1", 17: null }],
    ["no type", {}],
  ])("with %s is refused, and nothing is made up", (_name, changes) => {
    expect(() => report(changes)).toThrow("field");
  });

  it("is the same report when it is said again later", () => {
    const fill = { 150: "F", 32: "4", 31: "98.75" };
    expect(report({ ...fill, 43: "Y", 52: "20261120-16:00:00" })).toEqual(report(fill));
    const unstamped = { ...fill, 60: null };
    const again = { 43: "Y", 122: "20261120-15:00:01", 52: "20261120-16:00:00" };
    expect(report({ ...unstamped, ...again })).toEqual(report(unstamped));
  });

  it("adds commission and fees in its own currency, and names the others", () => {
    const fill = { 150: "F", 32: "100", 31: "50", 136: "1", 137: "2", 138: "EUR" };
    const { reports, breaks } = report({ ...fill, 12: "0.001", 13: "2" });
    expect(reports).toMatchObject([{ fees: "5" }]);
    expect(breaks).toMatchObject([{ kind: "feeNotBooked", facts: { fee: "2 EUR" } }]);
  });
});

describe("an OrderCancelReject", () => {
  it.each([
    [`${DIGITS}c2`, { execType: "cancelRejected", text: "too late" }],
    [`${DIGITS}r3`, { execType: "replaceRejected", revision: 3, text: "too late" }],
  ])("of %s says so to its order", (id, expected) => {
    const { reports } = hearCancelReject(
      message("9", { 11: id, 41: ORDER, 58: "too late" }),
      "FIX:1",
    );
    expect(reports).toMatchObject([{ ...head, ...expected }]);
  });

  it("because its id is known refuses nothing", () => {
    const heard = hearCancelReject(message("9", { 11: `${DIGITS}r3`, 102: "6" }), "FIX:1");
    expect(heard).toMatchObject({ reports: [], word: "duplicate" });
  });
});

describe("a status", () => {
  const status = (changes: Changes) => readStatus(message("8", { 150: "I", ...changes }), KNOWN);
  const types = (changes: Changes) => status(changes).reports.map(({ execType }) => execType);

  it.each<[string, Changes, readonly string[], "live" | "ended" | "unknown"]>([
    ["0", {}, ["new"], "live"],
    ["1", { 14: "4" }, ["new"], "live"],
    ["2", { 14: "10" }, ["new"], "ended"],
    ["4", {}, ["new", "canceled"], "ended"],
    ["C", {}, ["new", "expired"], "ended"],
    ["8", { 103: "3" }, ["rejected"], "ended"],
    ["8", { 103: "3", 14: "4" }, ["new", "canceled"], "ended"],
    ["A", {}, [], "live"],
    ["0", { 11: `${DIGITS}r1` }, ["new", "replaced"], "live"],
    ["E", { 11: `${DIGITS}r1` }, ["new"], "live"],
    ["6", { 11: `${DIGITS}c1`, 41: ORDER }, ["new"], "live"],
    ["?", {}, ["new"], "unknown"],
  ])("%s with %j tells what stands", (ordStatus, changes, expected, state) => {
    const all = { 39: ordStatus, ...changes };
    expect([types(all), status(all).state]).toEqual([expected, state]);
  });

  it("of an order that is not known there tells nothing", () => {
    expect(status({ 39: "8", 103: "5" })).toMatchObject({ isKnown: false, reports: [] });
  });

  it("says the same as the report of the time did", () => {
    const [told] = report({ 150: "0" }).reports;
    expect(status({ 39: "1", 17: "other" }).reports[0]).toEqual(told);
    const amended = { 11: `${DIGITS}r1`, 38: "8", 44: "98" };
    const [replaced] = report({ 150: "5", ...amended }).reports;
    expect(status({ 39: "0", ...amended }).reports[1]).toEqual(replaced);
  });
});

describe("the name that a message gives to its order", () => {
  it.each([
    [{ 11: ORDER }, { kind: "order", orderId: ORDER }],
    [{ 11: `${DIGITS}r12` }, { kind: "replace", orderId: ORDER, revision: 12 }],
    [{ 11: `${DIGITS}c3` }, { kind: "cancel", orderId: ORDER }],
    [
      { 11: "theirs", 41: ORDER },
      { kind: "order", orderId: ORDER },
    ],
  ])("in %j is read", (changes, expected) => {
    expect(nameOf(message("8", changes))).toMatchObject(expected);
  });

  it.each([{ 11: "manual-1" }, { 11: null }, { 11: "6ba7b810-9dad-41d1-80b4-00c04fd430c8" }])(
    "in %j is not one of ours",
    (changes) => {
      expect(nameOf(message("8", changes))).toBeNull();
    },
  );
});
