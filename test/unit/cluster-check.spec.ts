import { type ViolationKind, check } from "../cluster/check/check.ts";
import type { Evidence, Fill } from "../cluster/check/evidence.ts";
import type { Ended } from "../cluster/load/history.ts";

const PORTFOLIO = "p1";
const terms = { symbol: "ACME", side: "buy", quantity: "3" } as const;

function ended(changes: Partial<Ended> = {}): Ended {
  return {
    id: 1,
    client: 0,
    kind: "order",
    key: "k1",
    portfolioId: PORTFOLIO,
    order: { ...terms, type: "market", timeInForce: "day" },
    invokedMs: 0,
    endedMs: 1,
    outcome: "ok",
    attempts: 1,
    failures: [],
    status: 201,
    code: "",
    orderId: "o1",
    ...changes,
  };
}

const placement = { key: "k1", portfolioId: PORTFOLIO, orderId: "o1", order: terms };
const fill: Fill = {
  execId: "e1",
  orderId: "o1",
  portfolioId: PORTFOLIO,
  symbol: "ACME",
  side: "buy",
  quantity: "3",
  price: "10",
  fees: "0.5",
};
const standing = {
  portfolioId: PORTFOLIO,
  initialCash: "100",
  cash: "69.5",
  positions: [{ symbol: "ACME", quantity: "3" }],
};

function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    placements: [placement],
    deniedKeys: new Set(),
    cancelWishes: new Set(),
    amendments: [],
    brokerAmendments: [],
    brokerOrders: ["o1"],
    brokerFills: [fill],
    trades: [fill],
    standings: [standing],
    staleCommits: [],
    ledgerFaults: [],
    recordFaults: [],
    unfinished: [],
    ...changes,
  };
}

const AMENDED = ended({
  id: 2,
  kind: "amend",
  key: "k2",
  order: null,
  changes: { quantity: "5", price: "9.50" },
  status: 200,
});
const amendment = { orderId: "o1", amendId: "a1", quantity: "5", price: "9.5" };
const revision = { orderId: "o1", revision: 1 };

describe("the checker of the cluster's runs", () => {
  it("finds nothing wrong with an order that was acknowledged, sent once, filled and booked", () => {
    expect(check([ended()], evidence())).toEqual([]);
  });

  it("finds nothing wrong with an amendment that was acknowledged, sent once and done once", () => {
    const told = { amendments: [amendment], brokerAmendments: [revision] };
    expect(check([ended(), AMENDED], evidence(told))).toEqual([]);
  });

  it("lets a command whose outcome nobody was told be there or not", () => {
    const given = [ended({ outcome: "info", status: 0, orderId: null })];
    expect(check(given, evidence())).toEqual([]);
    const nothing = {
      placements: [],
      brokerOrders: [],
      brokerFills: [],
      trades: [],
      standings: [],
    };
    expect(check(given, evidence(nothing))).toEqual([]);
  });

  const planted: readonly [string, ViolationKind, readonly Ended[], Partial<Evidence>][] = [
    [
      "an acknowledged order that is not there",
      "lost",
      [ended(), ended({ id: 2, key: "k2", orderId: "o2" })],
      {},
    ],
    ["an order under another id than was told", "lost", [ended({ orderId: "o9" })], {}],
    [
      "an order on record with other terms",
      "lost",
      [ended()],
      { placements: [{ ...placement, order: { ...terms, quantity: "4" } }] },
    ],
    [
      "a denial that is not on record",
      "lost",
      [ended(), ended({ id: 2, key: "k2", outcome: "fail", status: 422, code: "ORDER_DENIED" })],
      {},
    ],
    [
      "an acknowledged cancel that is not on record",
      "lost",
      [ended(), ended({ id: 2, kind: "cancel", status: 200 })],
      {},
    ],
    ["an acknowledged amendment that is not on record", "lost", [ended(), AMENDED], {}],
    [
      "an amendment that was sent twice",
      "duplicated",
      [ended(), AMENDED],
      { amendments: [amendment, { ...amendment, amendId: "a2" }] },
    ],
    [
      "an amendment that the broker did twice",
      "duplicated",
      [ended(), AMENDED],
      { amendments: [amendment], brokerAmendments: [revision, revision] },
    ],
    [
      "an amendment that nobody asked for",
      "duplicated",
      [ended()],
      { amendments: [amendment], brokerAmendments: [revision] },
    ],
    [
      "an acknowledged order that was not found later",
      "lost",
      [ended(), ended({ id: 2, kind: "read", outcome: "fail", status: 404 })],
      {},
    ],
    [
      "one key with two orders",
      "duplicated",
      [ended()],
      { placements: [placement, { ...placement, orderId: "o2" }] },
    ],
    [
      "a client id that the broker took twice",
      "duplicated",
      [ended()],
      { brokerOrders: ["o1", "o1"] },
    ],
    ["a commit by a former owner", "stale", [ended()], { staleCommits: ["n1 wrote"] }],
    ["a fill that was not booked", "ledger", [ended()], { trades: [] }],
    ["a fill that was booked twice", "ledger", [ended()], { trades: [fill, fill] }],
    [
      "a fill that no broker made",
      "ledger",
      [ended()],
      { trades: [fill, { ...fill, execId: "e2" }] },
    ],
    ["a fill booked at another price", "ledger", [ended()], { trades: [{ ...fill, price: "11" }] }],
    [
      "cash that is a cent off",
      "ledger",
      [ended()],
      { standings: [{ ...standing, cash: "69.51" }] },
    ],
    [
      "a position that is not the fold of the fills",
      "ledger",
      [ended()],
      { standings: [{ ...standing, positions: [] }] },
    ],
    ["a ledger that does not balance", "ledger", [ended()], { ledgerFaults: ["off by 1"] }],
    ["an order that nobody asked for", "record", [], {}],
    [
      "an order at the broker that is none of ours",
      "record",
      [ended()],
      { brokerOrders: ["o1", "o7"] },
    ],
    ["work that is not done in quiet", "unfinished", [ended()], { unfinished: ["an effect"] }],
  ];

  it.each(planted)("sees %s", (_what, kind, history, changes) => {
    const kinds = check(history, evidence(changes)).map((violation) => violation.kind);
    expect(kinds).toContain(kind);
    expect(new Set(kinds).size).toBe(1);
  });
});
