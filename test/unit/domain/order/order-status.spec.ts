import { ORDER_STATUSES, type OrderStatus } from "../../../../domain/order/messages.ts";
import {
  type RestingStatus,
  STATUS_EVENTS,
  type StatusBefore,
  type StatusEvent,
  type StatusPair,
  isClosed,
  nextStatus,
} from "../../../../domain/order/order-status.ts";

/**
 * The whole table once more, written down by hand as a matrix and not derived from the code: `.` is refused, `=` stays,
 * `<` goes back to what was beneath the pending request.
 * Sources: FIX 4.4 volume 4, "Order State Change Matrices"; NautilusTrader `OrderStatus::transition`.
 */
const MATRIX = `
                 placed denied submitStarted markedUnknown accepted triggered partialFill fullFill canceled expired rejected cancelQueued cancelRequested cancelRejected replaceRequested replaced replaceRejected
unplaced         PN     DE     .             .             .        .         .           .        .        .       .        .            .               .              .                .        .
pendingNew       .      .      =             UN            NW       TR        PF          FI       CA       EX      RE       =            .               .              .                NW       .
new              .      .      .             .             =        TR        PF          FI       CA       EX      RE       .            PC              .              PR               =        .
partiallyFilled  .      .      .             .             =        =         =           FI       CA       EX      .        .            PC              .              PR               =        .
filled           .      .      .             .             =        =         .           .        .        .       .        .            .               =              .                =        =
pendingCancel    .      .      .             .             =        =         =           FI       CA       EX      RE       .            .               <              .                =        =
canceled         .      .      .             .             =        =         =           FI       .        .       .        .            .               =              .                =        =
pendingReplace   .      .      .             .             =        =         =           FI       CA       EX      RE       .            PC              .              =                <        <
rejected         .      .      .             .             =        =         .           .        .        .       .        .            .               =              .                =        =
expired          .      .      .             .             =        =         =           FI       .        .       .        .            .               =              .                =        =
triggered        .      .      .             .             =        =         PF          FI       CA       EX      RE       .            PC              .              PR               =        .
denied           .      .      .             .             .        .         .           .        .        .       .        .            .               .              .                .        .
unknown          .      .      =             .             NW       TR        PF          FI       CA       EX      RE       =            .               .              .                NW       .
`;

const CODES: Readonly<Record<string, OrderStatus>> = {
  PN: "pendingNew",
  NW: "new",
  PF: "partiallyFilled",
  FI: "filled",
  PC: "pendingCancel",
  CA: "canceled",
  PR: "pendingReplace",
  RE: "rejected",
  EX: "expired",
  TR: "triggered",
  DE: "denied",
  UN: "unknown",
};

const STATUSES: readonly StatusBefore[] = ["unplaced", ...ORDER_STATUSES];
const RESTING: readonly RestingStatus[] = ["new", "triggered", "partiallyFilled"];

function expectation(status: StatusBefore, event: StatusEvent): string {
  const [header = [], ...rows] = MATRIX.trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const cell = rows.find((row) => row[0] === status)?.[header.indexOf(event) + 1];
  if (cell === undefined) throw new Error(`no cell for ${status} and ${event}`);
  return cell;
}

function expectedStatus(cell: string, now: StatusPair): StatusBefore | undefined {
  if (cell === "=") return now.ordStatus;
  return cell === "<" ? (now.previous ?? undefined) : CODES[cell];
}

/** Every status; the pending ones once for each status that can lie beneath. */
const PAIRS: readonly StatusPair[] = STATUSES.flatMap((ordStatus): StatusPair[] =>
  ordStatus === "pendingCancel" || ordStatus === "pendingReplace"
    ? RESTING.map((previous) => ({ ordStatus, previous }))
    : [{ ordStatus, previous: null }],
);

/** The one cell that depends on what lies beneath: what has traded cannot be rejected. */
function isRejectionOfTraded(now: StatusPair, event: StatusEvent): boolean {
  return event === "rejected" && now.previous === "partiallyFilled";
}

describe("the status table of orders", () => {
  const cells = STATUSES.flatMap((status) => STATUS_EVENTS.map((event) => ({ status, event })));
  const legal = cells.filter(({ status, event }) => expectation(status, event) !== ".");

  it(`knows every pair: ${STATUSES.length} × ${STATUS_EVENTS.length} = ${cells.length}, of which ${legal.length} legal and ${cells.length - legal.length} refused`, () => {
    console.info(`order status table: ${cells.length} pairs, ${legal.length} legal`);
    expect(ORDER_STATUSES).toHaveLength(12);
    expect(cells).toHaveLength(221);
    expect(legal).toHaveLength(97);
    const answered = cells.filter(({ status, event }) =>
      PAIRS.some((now) => now.ordStatus === status && nextStatus(now, event) !== null),
    );
    expect(answered).toEqual(legal);
  });

  const named = PAIRS.map((now) => ({
    now,
    name: now.previous === null ? now.ordStatus : `${now.ordStatus} above ${now.previous}`,
  }));
  it.each(named)("leads every event on $name where it should, or refuses it", ({ now }) => {
    for (const event of STATUS_EVENTS) {
      const cell = isRejectionOfTraded(now, event) ? "." : expectation(now.ordStatus, event);
      const next = nextStatus(now, event);
      expect([event, next?.ordStatus]).toEqual([event, expectedStatus(cell, now)]);
    }
  });

  it("keeps a status beneath exactly while a request is pending", () => {
    for (const now of PAIRS) {
      for (const event of STATUS_EVENTS) {
        const next = nextStatus(now, event);
        if (next === null) continue;
        const isPending = ["pendingCancel", "pendingReplace"].includes(next.ordStatus);
        expect(next.previous !== null).toBe(isPending);
      }
    }
  });

  it("returns to partiallyFilled when a fill came while the cancel was pending", () => {
    const asked = nextStatus({ ordStatus: "new", previous: null }, "cancelRequested");
    const filled = asked && nextStatus(asked, "partialFill");
    expect(filled).toEqual({ ordStatus: "pendingCancel", previous: "partiallyFilled" });
    expect(filled && nextStatus(filled, "cancelRejected")?.ordStatus).toBe("partiallyFilled");
  });

  it("returns to what lay beneath both when a cancel overtook a replace", () => {
    const replacing = nextStatus({ ordStatus: "triggered", previous: null }, "replaceRequested");
    const canceling = replacing && nextStatus(replacing, "cancelRequested");
    expect(canceling).toEqual({ ordStatus: "pendingCancel", previous: "triggered" });
    const answered = canceling && nextStatus(canceling, "replaced");
    expect(answered && nextStatus(answered, "cancelRejected")?.ordStatus).toBe("triggered");
  });

  it("opens no closed order again", () => {
    for (const now of PAIRS.filter(({ ordStatus }) => isClosed(ordStatus))) {
      for (const event of STATUS_EVENTS) {
        const next = nextStatus(now, event);
        expect(next === null || isClosed(next.ordStatus)).toBe(true);
      }
    }
  });
});
