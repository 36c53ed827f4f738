/** What a counterparty says of orders (FIX 4.4 volume 4) as execution reports. Pure: the same words make the same reports. */
import type { Instrument } from "../../../../domain/market/instrument.ts";
import { settlementDate, tradeDateAt } from "../../../../domain/execution/settlement.ts";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import type { OrderTerms } from "../../../../domain/order/new-order.ts";
import { type DecimalString, dec } from "../../../../domain/shared/decimal.ts";
import type { BreakKind } from "../breaks.ts";
import { feesOf } from "./fees.ts";
import { FAULT, type FixMessage, MessageFault } from "./message.ts";
import { type RequestName, readRequestId } from "./request-ids.ts";
import { TAG } from "./tags.ts";
import { readDate } from "./times.ts";

/** What we know of an order that the counterparty speaks of. */
export interface Known {
  /** what the account's reports call themselves */
  readonly venue: string;
  readonly currency: string;
  readonly assetClass: Instrument["assetClass"];
  /** as they were asked for by the request that is spoken of; null: it is not on record */
  readonly asked: OrderTerms | null;
}

/** What is needed to say how an order stands. */
export type KnownTerms = Pick<Known, "venue" | "asked">;

/** Whom a message is about: by its ClOrdID, else by the one before. Null for a stranger's order. */
export function nameOf(message: FixMessage): (RequestName & { readonly clientId: string }) | null {
  for (const tag of [TAG.ClOrdID, TAG.OrigClOrdID]) {
    const clientId = message.find(tag);
    const name = clientId === null ? null : readRequestId(clientId);
    if (clientId !== null && name !== null) return { ...name, clientId };
  }
  return null;
}

/** What an ExecutionReport (8) comes to. */
export interface Heard {
  readonly reports: readonly ExecutionReport[];
  /** what it is for the request that it names: `none` when its word is still to come */
  readonly word: "taken" | "refused" | "duplicate" | "none";
  /** nothing more will be said of the order's requests */
  readonly hasEnded: boolean;
  readonly breaks: readonly { readonly kind: BreakKind; readonly facts: Facts }[];
}

type Facts = Readonly<Record<string, string>>;

const DUPLICATE_ORDER = "6";
const UNKNOWN_ORDER = "5";

/** Every ExecType (150). @throws MessageFault for one that cannot be read */
export function hear(message: FixMessage, known: Known): Heard {
  const execType = message.get(TAG.ExecType);
  switch (execType) {
    case "0":
      return taken([accepted(message, known)]);
    // Pending new, done for the day, stopped, suspended, calculated: it is there, and nothing of it has changed.
    case "A":
    case "3":
    case "7":
    case "9":
    case "B":
      return taken([]);
    // FIX 4.2 had a type each for a part and for the whole; some still write them.
    case "1":
    case "2":
    case "F":
      return trade(message, known);
    case "4":
      return ended([endReport(message, known, "canceled")]);
    case "C":
      return ended([endReport(message, known, "expired")]);
    case "5":
      return taken([replaced(message, known)]);
    case "D":
      return taken([restated(message, known)]);
    case "6":
    case "E":
      return { ...taken([]), word: "none" };
    case "8":
      return rejected(message, known);
    // Of later versions, and written by many that speak 4.4.
    case "L":
      return taken([{ ...head(message, known, "triggered"), execType: "triggered" }]);
    case "I":
      return taken(readStatus(message, known).reports);
    case "G":
    case "H":
      return broken("tradeCorrected", { execType, execId: message.get(TAG.ExecID) });
    default:
      return broken("statusUnknown", { execType });
  }
}

function taken(reports: readonly ExecutionReport[]): Heard {
  return { reports, word: "taken", hasEnded: false, breaks: [] };
}

function ended(reports: readonly ExecutionReport[]): Heard {
  return { ...taken(reports), hasEnded: true };
}

function broken(kind: BreakKind, facts: Facts): Heard {
  return { reports: [], word: "none", hasEnded: false, breaks: [{ kind, facts }] };
}

function accepted(message: FixMessage, known: KnownTerms): ExecutionReport {
  const venueOrderId = message.get(TAG.OrderID);
  return { ...head(message, known, `new:${venueOrderId}`), execType: "new", venueOrderId };
}

function endReport(
  message: FixMessage,
  known: KnownTerms,
  execType: "canceled" | "expired",
): ExecutionReport {
  const text = message.find(TAG.Text) ?? `${execType} at the broker`;
  return { ...head(message, known, execType), execType, text };
}

/** Its execId is the counterparty's with the order's before it: ExecID is unique within a day, or the life of its order. */
function trade(message: FixMessage, known: Known): Heard {
  const lastQty = message.decimal(TAG.LastQty);
  const lastPx = message.decimal(TAG.LastPx);
  if (!dec(lastQty).greaterThan(0))
    throw new MessageFault(TAG.LastQty, FAULT.valueIncorrect, "expected more than 0");
  const start = head(message, known, message.get(TAG.ExecID));
  const currency = message.find(TAG.Currency) ?? known.currency;
  const fees = feesOf(message, { lastQty, lastPx, currency });
  const report: ExecutionReport = {
    ...start,
    execType: "trade",
    lastQty,
    lastPx,
    fees: fees.amount,
    currency,
    liquidity: message.find(TAG.LastLiquidityInd) === ADDED_LIQUIDITY ? "maker" : "taker",
    settlementDate: settlesOn(message, known, start.transactTimeMs),
  };
  const breaks = fees.unread.map((text) => ({
    kind: "feeNotBooked" as const,
    facts: { execId: start.execId, fee: text },
  }));
  const isLast = message.find(TAG.OrdStatus) === "2";
  return { reports: [report], word: "taken", hasEnded: isLast, breaks };
}

const ADDED_LIQUIDITY = "1";

function settlesOn(message: FixMessage, terms: Known, atMs: number): string {
  const told = readDate(message.find(TAG.SettlDate) ?? "");
  return told ?? settlementDate(terms, tradeDateAt(terms, atMs));
}

/** The order stands with what it says, as far as it says it; what the order never had it does not get. */
function termsIn(message: FixMessage, { asked }: KnownTerms): OrderTerms {
  const orderQty = message.findDecimal(TAG.OrderQty) ?? asked?.orderQty;
  if (orderQty === undefined)
    throw new MessageFault(TAG.OrderQty, FAULT.requiredTagMissing, "is missing");
  const either = (tag: number, own: DecimalString | null): DecimalString | null =>
    asked !== null && own === null ? null : (message.findDecimal(tag) ?? own);
  return {
    orderQty,
    price: either(TAG.Price, asked?.price ?? null),
    stopPx: either(TAG.StopPx, asked?.stopPx ?? null),
  };
}

function replaced(message: FixMessage, known: KnownTerms): ExecutionReport {
  const name = nameOf(message);
  if (name?.kind !== "replace") return restated(message, known);
  return {
    ...head(message, known, `replaced:${name.revision}`),
    execType: "replaced",
    revision: name.revision,
    venueOrderId: message.get(TAG.OrderID),
    ...termsIn(message, known),
  };
}

/** The counterparty has changed the order by itself. */
function restated(message: FixMessage, known: KnownTerms): ExecutionReport {
  return {
    ...head(message, known, `restated:${message.get(TAG.ExecID)}`),
    execType: "replaced",
    revision: null,
    venueOrderId: message.get(TAG.OrderID),
    ...termsIn(message, known),
  };
}

/** That an id is known says that what bears it is there: it is no rejection of that. */
function rejected(message: FixMessage, known: KnownTerms): Heard {
  const reason = message.find(TAG.OrdRejReason);
  const name = nameOf(message);
  if (reason === DUPLICATE_ORDER) return { ...taken([]), word: "duplicate" };
  const text = message.find(TAG.Text) ?? "rejected by the broker";
  const reports =
    name === null
      ? []
      : [refusalReport(name, known.venue, { reason, text, atMs: timeOf(message) })];
  return { reports, word: "refused", hasEnded: name?.kind === "order", breaks: [] };
}

/** OrderCancelReject (9): the order stands as it was. */
export function hearCancelReject(message: FixMessage, venue: string): Heard {
  const name = nameOf(message);
  const isDuplicate = message.find(TAG.CxlRejReason) === DUPLICATE_ORDER;
  if (isDuplicate || name === null) return { ...taken([]), word: "duplicate" };
  const text = message.find(TAG.Text) ?? "refused by the broker";
  const refusal = refusalReport(name, venue, { reason: null, text, atMs: timeOf(message) });
  return { reports: [refusal], word: "refused", hasEnded: false, breaks: [] };
}

/** Why a request was not taken, and when. */
export interface Why {
  /** OrdRejReason (103) */
  readonly reason: string | null;
  readonly text: string;
  readonly atMs: number;
}

/** The word that a request of ours was not taken, whichever message said so. */
export function refusalReport(
  name: RequestName,
  venue: string,
  { reason, text, atMs }: Why,
): ExecutionReport {
  const { orderId } = name;
  const base = { venue, clOrdId: orderId, orderId, transactTimeMs: atMs, text };
  switch (name.kind) {
    case "order": {
      const ordRejReason = REASONS[reason ?? ""] ?? "rejectedByVenue";
      return { ...base, execId: `${orderId}:rejected`, execType: "rejected", ordRejReason };
    }
    case "replace": {
      const { revision } = name;
      const execId = `${orderId}:replaceRejected:${revision}`;
      return { ...base, execId, execType: "replaceRejected", revision };
    }
    case "cancel":
      return { ...base, execId: `${orderId}:cancelRejected:${atMs}`, execType: "cancelRejected" };
  }
}

/** OrdRejReason (103); docs/ERRORS.md explains each. */
const REASONS: Readonly<Record<string, string>> = {
  "1": "unknownSymbol",
  "2": "exchangeClosed",
  "3": "exceedsLimit",
  "4": "tooLate",
  "11": "unsupported",
  "13": "incorrectQuantity",
  "15": "unknownAccount",
};

/** How an order stands, from an ExecutionReport of ExecType I or any other. */
export interface FixStatus {
  readonly isKnown: boolean;
  /** by which of its ids the counterparty calls it now; null when by none of ours */
  readonly clientId: string | null;
  readonly status: string;
  readonly state: "live" | "ended" | "unknown";
  readonly isCanceling: boolean;
  readonly cumQty: DecimalString;
  /** when that was so */
  readonly atMs: number;
  readonly reports: readonly ExecutionReport[];
}

const LIVE = new Set(["0", "1", "3", "5", "6", "7", "9", "A", "B", "D", "E"]);
const ENDED = new Set(["2", "4", "8", "C"]);

/** Fills are not told of by it: they come with their own reports, which a session never loses. */
export function readStatus(message: FixMessage, known: KnownTerms): FixStatus {
  const status = message.get(TAG.OrdStatus);
  const isKnown = !(status === "8" && message.find(TAG.OrdRejReason) === UNKNOWN_ORDER);
  const cumQty = message.findDecimal(TAG.CumQty) ?? "0";
  return {
    isKnown,
    clientId: nameOf(message)?.clientId ?? null,
    status,
    state: LIVE.has(status) ? "live" : ENDED.has(status) ? "ended" : "unknown",
    isCanceling: status === "6",
    cumQty,
    atMs: timeOf(message),
    reports: isKnown ? statusReports(message, known, status, !dec(cumQty).isZero()) : [],
  };
}

function statusReports(
  message: FixMessage,
  known: KnownTerms,
  status: string,
  hasFills: boolean,
): readonly ExecutionReport[] {
  // It has come there, and is not taken yet.
  if (status === "A") return [];
  const name = nameOf(message);
  if (status === "8" && !hasFills) return rejected(message, known).reports;
  // An amendment that is under way may lend the order its id already.
  const isAmended = name?.kind === "replace" && status !== "E";
  const standing = [accepted(message, known), ...(isAmended ? [replaced(message, known)] : [])];
  switch (status) {
    case "4":
      return [...standing, endReport(message, known, "canceled")];
    // What has traded cannot be rejected: only the rest of it ends.
    case "8":
      return [...standing, endReport(message, known, "canceled")];
    case "C":
      return [...standing, endReport(message, known, "expired")];
    default:
      return standing;
  }
}

function head(message: FixMessage, { venue }: KnownTerms, fact: string) {
  const name = nameOf(message);
  if (name === null)
    throw new MessageFault(TAG.ClOrdID, FAULT.valueIncorrect, "is not one of ours");
  const { orderId } = name;
  const execId = `${orderId}:${fact}`;
  return { execId, venue, clOrdId: orderId, orderId, transactTimeMs: timeOf(message) };
}

/** The same however often it is sent: when it happened, else when it was first sent. */
export function timeOf(message: FixMessage): number {
  return (
    message.findTime(TAG.TransactTime) ??
    message.findTime(TAG.OrigSendingTime) ??
    message.time(TAG.SendingTime)
  );
}
