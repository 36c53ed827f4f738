import type { OrderStatus } from "./messages.ts";

/** What can befall an order, as far as its status is concerned. */
export const STATUS_EVENTS = [
  "placed",
  "denied",
  "submitStarted",
  "markedUnknown",
  "accepted",
  "triggered",
  "partialFill",
  "fullFill",
  "canceled",
  "expired",
  "rejected",
  "cancelQueued",
  "cancelRequested",
  "cancelRejected",
  "replaceRequested",
  "replaced",
  "replaceRejected",
] as const;
export type StatusEvent = (typeof STATUS_EVENTS)[number];

/** `unplaced`: an actor that has been addressed but not yet been given an order. */
export type StatusBefore = OrderStatus | "unplaced";

/** A status, and beneath a pending request the status to return to when the venue refuses it. */
export interface StatusPair {
  readonly ordStatus: StatusBefore;
  /** null unless `ordStatus` is pendingCancel or pendingReplace */
  readonly previous: RestingStatus | null;
}

export type RestingStatus = "new" | "triggered" | "partiallyFilled";

/** `same`: legal and recorded, but the status stays. `previous`: the status beneath the pending request. */
type Step = OrderStatus | "same" | "previous";

/**
 * Reports that may overtake the acknowledgement of the order. IOC and FOK are canceled straight from here, and messages
 * from the venue may arrive in any order, so everything that can follow `accepted` can also come before it.
 */
const BEFORE_ACKNOWLEDGEMENT = {
  submitStarted: "same",
  accepted: "new",
  triggered: "triggered",
  partialFill: "partiallyFilled",
  fullFill: "filled",
  canceled: "canceled",
  expired: "expired",
  rejected: "rejected",
  // A venue may shrink one leg of several before the word of its acceptance is here.
  replaced: "new",
  // The venue may not know the order yet and would refuse: the cancel waits in the actor.
  cancelQueued: "same",
} as const satisfies Partial<Record<StatusEvent, Step>>;

/** Words that a closed order may still hear, sent before the venue closed it: they add nothing. */
const LATE_WORDS = {
  accepted: "same",
  triggered: "same",
  replaced: "same",
  // "Too late to cancel": the order's closing overtook the refusal of the request.
  cancelRejected: "same",
  replaceRejected: "same",
} as const satisfies Partial<Record<StatusEvent, Step>>;

/**
 * The whole life of an order: row, event → status. A pair that is not here is refused. After FIX 4.4 volume 4 (order state
 * changes) and the transition table of NautilusTrader; where they differ, what keeps the money right was chosen.
 */
const STEPS: Readonly<Record<StatusBefore, Readonly<Partial<Record<StatusEvent, Step>>>>> = {
  unplaced: { placed: "pendingNew", denied: "denied" },

  pendingNew: { ...BEFORE_ACKNOWLEDGEMENT, markedUnknown: "unknown" },

  // Any report resolves it. It is never assumed rejected, and a repeated submit leaves it unknown until the venue speaks.
  unknown: { ...BEFORE_ACKNOWLEDGEMENT },

  new: {
    accepted: "same",
    triggered: "triggered",
    partialFill: "partiallyFilled",
    fullFill: "filled",
    canceled: "canceled",
    expired: "expired",
    // A venue may take an order and reject it later (a stop-limit when it triggers).
    rejected: "rejected",
    cancelRequested: "pendingCancel",
    replaceRequested: "pendingReplace",
    // Unsolicited, e.g. a venue that re-prices.
    replaced: "same",
  },

  triggered: {
    accepted: "same",
    triggered: "same",
    partialFill: "partiallyFilled",
    fullFill: "filled",
    canceled: "canceled",
    expired: "expired",
    rejected: "rejected",
    cancelRequested: "pendingCancel",
    replaceRequested: "pendingReplace",
    replaced: "same",
  },

  // Not `rejected`: what has traded cannot be rejected, so that is an alarm.
  partiallyFilled: {
    // Fills overtook these; NautilusTrader would go back to accepted and forget that something has traded.
    accepted: "same",
    triggered: "same",
    partialFill: "same",
    fullFill: "filled",
    canceled: "canceled",
    expired: "expired",
    cancelRequested: "pendingCancel",
    replaceRequested: "pendingReplace",
    replaced: "same",
  },

  // FIX gives pendingCancel precedence over new and partiallyFilled: fills are booked beneath it, and only the last one ends it.
  pendingCancel: {
    accepted: "same",
    triggered: "same",
    partialFill: "same",
    fullFill: "filled",
    canceled: "canceled",
    expired: "expired",
    rejected: "rejected",
    cancelRejected: "previous",
    // The answers to a replace that the cancel overtook.
    replaced: "same",
    replaceRejected: "same",
  },

  pendingReplace: {
    accepted: "same",
    triggered: "same",
    partialFill: "same",
    fullFill: "filled",
    canceled: "canceled",
    expired: "expired",
    rejected: "rejected",
    // A cancel does not wait for the replace; `previous` remains what lay beneath both.
    cancelRequested: "pendingCancel",
    replaceRequested: "same",
    replaced: "previous",
    replaceRejected: "previous",
  },

  // Nothing more can trade: a further fill is an overfill.
  filled: { ...LATE_WORDS },

  // A fill may have crossed the cancel on its way. It happened, so it is booked; the rest stays canceled unless it was the last.
  canceled: { ...LATE_WORDS, partialFill: "same", fullFill: "filled" },

  // As canceled: the venue's last trade may arrive after its expiry message.
  expired: { ...LATE_WORDS, partialFill: "same", fullFill: "filled" },

  // A fill here contradicts the venue's own word: an alarm, for a human and the reconciliation.
  rejected: { ...LATE_WORDS },

  // Never left the house: no report can be about it.
  denied: {},
};

/** The status after `event`, or null when the pair is not legal. */
export function nextStatus(now: StatusPair, event: StatusEvent): StatusPair | null {
  const step = STEPS[now.ordStatus][event];
  if (step === undefined) return null;
  // What has traded cannot be rejected, whatever is pending above it.
  if (event === "rejected" && now.previous === "partiallyFilled") return null;
  const ordStatus = step === "previous" ? beneath(now) : step === "same" ? now.ordStatus : step;
  return { ordStatus, previous: isPending(ordStatus) ? walkBeneath(now, event) : null };
}

/** No more can be filled, as far as we know; only late reports may follow. */
export function isClosed(status: StatusBefore): boolean {
  switch (status) {
    case "filled":
    case "canceled":
    case "expired":
    case "rejected":
    case "denied":
      return true;
    case "unplaced":
    case "pendingNew":
    case "new":
    case "partiallyFilled":
    case "pendingCancel":
    case "pendingReplace":
    case "triggered":
    case "unknown":
      return false;
  }
}

/** At the venue, and no request of ours under way. */
export function isResting(status: StatusBefore): status is RestingStatus {
  return status === "new" || status === "triggered" || status === "partiallyFilled";
}

function isPending(status: StatusBefore): boolean {
  return status === "pendingCancel" || status === "pendingReplace";
}

/** `new` stands in where a pending status came without one, which no sequence of legal steps can bring about. */
function beneath(now: StatusPair): RestingStatus {
  if (isResting(now.ordStatus)) return now.ordStatus;
  return now.previous ?? "new";
}

/** While a request is pending the venue's reports move the status beneath it, by that status's own row. */
function walkBeneath(now: StatusPair, event: StatusEvent): RestingStatus {
  const previous = beneath(now);
  const step = STEPS[previous][event];
  return step !== undefined && step !== "same" && step !== "previous" && isResting(step)
    ? step
    : previous;
}
