import { dec } from "../shared/decimal.ts";
import type { ExecutionReport } from "./execution-report.ts";
import { fingerprint } from "./fingerprint.ts";
import type { OrderEvent, ReportConflict } from "./messages.ts";
import { type PlacedOrder, alarmKey, mostQty, statusEventOf } from "./order-state.ts";
import { nextStatus } from "./order-status.ts";

type Alarm = Extract<OrderEvent, { readonly type: "ReportConflicted" | "OverfillRefused" }>;

/** `fresh`: to be applied. `seen`: on record with the same values, or its alarm has been raised. */
export type Verdict =
  | { readonly verdict: "fresh" | "seen" }
  | { readonly verdict: "alarm"; readonly alarm: Alarm };

/** Whether a report counts, repeats, or contradicts what is on record. A report counts once by (venue, execId). */
export function judge(orderId: string, state: PlacedOrder, report: ExecutionReport): Verdict {
  if (isRepeat(orderId, state, report)) return { verdict: "seen" };
  const alarm = findAlarm(orderId, state, report);
  if (alarm === null) return { verdict: "fresh" };
  return state.alarmed.includes(alarmKey(report))
    ? { verdict: "seen" }
    : { verdict: "alarm", alarm };
}

function isRepeat(orderId: string, state: PlacedOrder, report: ExecutionReport): boolean {
  return (
    findForeign(orderId, state, report) === null &&
    state.seen[report.execId] === fingerprint(report)
  );
}

function findAlarm(orderId: string, state: PlacedOrder, report: ExecutionReport): Alarm | null {
  const foreign = findForeign(orderId, state, report);
  if (foreign !== null) return conflict(report, "otherOrder", foreign);
  const before = state.seen[report.execId];
  if (before !== undefined) {
    const found = fingerprint(report);
    return conflict(report, "valuesDiffer", `on record: ${before}; reported now: ${found}`);
  }
  return findMalformed(report) ?? findOverfill(state, report) ?? findUnexpected(state, report);
}

/** What in the report belongs to another order: expected and found, or null. */
function findForeign(orderId: string, state: PlacedOrder, report: ExecutionReport): string | null {
  const { venue, currency } = state.order;
  const pairs = [
    ["orderId", orderId, report.orderId],
    ["clOrdId", orderId, report.clOrdId],
    ["venue", venue, report.venue],
    ["currency", currency, report.execType === "trade" ? report.currency : currency],
  ] as const;
  const wrong = pairs.find(([, expected, found]) => expected !== found);
  return wrong === undefined ? null : `expected ${wrong[0]} ${wrong[1]}, found ${wrong[2]}`;
}

function findMalformed(report: ExecutionReport): Alarm | null {
  if (report.execType !== "trade" || dec(report.lastQty).greaterThan(0)) return null;
  return conflict(report, "malformed", `expected lastQty above 0, found ${report.lastQty}`);
}

function findOverfill(state: PlacedOrder, report: ExecutionReport): Alarm | null {
  if (report.execType !== "trade") return null;
  const { cumQty } = state;
  const orderQty = mostQty(state);
  if (dec(cumQty).plus(report.lastQty).lessThanOrEqualTo(orderQty)) return null;
  return { type: "OverfillRefused", report, cumQty, orderQty };
}

function findUnexpected(state: PlacedOrder, report: ExecutionReport): Alarm | null {
  const { ordStatus, previousStatus } = state;
  const next = nextStatus({ ordStatus, previous: previousStatus }, statusEventOf(state, report));
  return next === null
    ? conflict(report, "notExpected", `${report.execType} of an order that is ${ordStatus}`)
    : null;
}

function conflict(report: ExecutionReport, kind: ReportConflict, words: string): Alarm {
  return { type: "ReportConflicted", report, conflict: kind, text: words };
}
