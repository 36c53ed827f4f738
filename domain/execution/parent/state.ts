import { isClosed } from "../../order/order-status.ts";
import type { Denial, NewOrder } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString, text } from "../../shared/decimal.ts";
import type { Recorded } from "../../shared/decider.ts";
import type { Strategy } from "../algorithms/parameters.ts";
import type { Slice } from "../algorithms/twap.ts";
import type { ChildStanding, ParentEvent, ParentFacts } from "./messages.ts";

export type ParentState = { readonly phase: "unstarted" } | DeniedParent | StartedParent;

export interface DeniedParent {
  readonly phase: "denied";
  readonly order: NewOrder;
  readonly strategy: Strategy;
  readonly reasons: readonly Denial[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface StartedParent {
  readonly phase: "started";
  readonly order: NewOrder;
  readonly strategy: Strategy;
  readonly facts: ParentFacts;
  /** as planned, later ones moved by pauses */
  readonly schedule: readonly Slice[];
  /** the slice that comes next */
  readonly nextIndex: number;
  /** the slice that has begun and is not decided: it waits for what the market shows */
  readonly openIndex: number | null;
  readonly missed: number;
  /** what the market had traded when the last slice was decided */
  readonly volume: DecimalString;
  readonly children: readonly Child[];
  /** over all children: summing thousands anew would cost each turn more than all else */
  readonly totals: Totals;
  readonly pausedAtMs: number | null;
  readonly canceledBy: string | null;
  readonly isScheduleOver: boolean;
  /** refused children since the last that was taken */
  readonly refusedInRow: number;
  /** of these, those that came while no price was fresh: after a restart, or while a feed is down */
  readonly blindInRow: number;
  readonly note: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface Totals {
  readonly cumQty: DecimalString;
  readonly notional: DecimalString;
  readonly fees: DecimalString;
}

/** Its own terms; the others are the parent's. Its id follows from its place among the children. */
export interface Child {
  readonly orderId: string;
  readonly slice: number;
  readonly orderQty: DecimalString;
  readonly price: DecimalString | null;
  readonly venue: string | null;
  readonly placedAtMs: number;
  readonly isCancelRequested: boolean;
  /** it has a limit and time to wait; absent in children of old */
  readonly rests?: true;
  readonly standing: ChildStanding;
}

const UNHEARD: ChildStanding = {
  sequence: 0,
  ordStatus: "pendingNew",
  cumQty: "0",
  notional: "0",
  fees: "0",
  text: null,
  reasons: [],
};

export function evolve(state: ParentState, { event, atMs }: Recorded<ParentEvent>): ParentState {
  switch (event.type) {
    case "ParentStarted":
      return {
        phase: "started",
        order: event.order,
        strategy: event.strategy,
        facts: event.facts,
        schedule: event.schedule,
        nextIndex: 0,
        openIndex: null,
        missed: 0,
        volume: "0",
        children: [],
        totals: { cumQty: "0", notional: "0", fees: "0" },
        pausedAtMs: null,
        canceledBy: null,
        isScheduleOver: false,
        refusedInRow: 0,
        blindInRow: 0,
        note: null,
        createdAtMs: atMs,
        updatedAtMs: atMs,
      };
    case "ParentDenied":
      return {
        phase: "denied",
        order: event.order,
        strategy: event.strategy,
        reasons: event.reasons,
        createdAtMs: atMs,
        updatedAtMs: atMs,
      };
    case "SliceBegun":
    case "ChildPlaced":
    case "SliceDecided":
    case "ChildChanged":
    case "ChildCancelRequested":
    case "ParentPaused":
    case "ParentResumed":
    case "ParentCancelRequested":
    case "ScheduleEnded":
      return state.phase === "started"
        ? { ...after(state, event, atMs), updatedAtMs: atMs }
        : state;
  }
}

type LaterEvent = Exclude<ParentEvent, { readonly type: "ParentStarted" | "ParentDenied" }>;

function after(state: StartedParent, event: LaterEvent, atMs: number): StartedParent {
  switch (event.type) {
    case "SliceBegun":
      return {
        ...state,
        nextIndex: event.index + 1,
        openIndex: event.index,
        missed: state.missed + event.missed,
      };
    case "ChildPlaced":
      return { ...state, children: [...state.children, childOf(event, atMs)] };
    case "SliceDecided":
      return {
        ...state,
        openIndex: null,
        volume: event.volume ?? state.volume,
        note: event.reason,
      };
    case "ChildChanged":
      return heard(state, event.orderId, event.standing);
    case "ChildCancelRequested":
      return changed(state, event.orderId, (child) => ({ ...child, isCancelRequested: true }));
    case "ParentPaused":
      return { ...state, pausedAtMs: atMs, openIndex: null, note: event.reason, ...NONE_REFUSED };
    case "ParentResumed":
      return {
        ...state,
        pausedAtMs: null,
        note: null,
        schedule: state.schedule.map((slice, index) =>
          index < state.nextIndex ? slice : { ...slice, atMs: slice.atMs + event.shiftMs },
        ),
      };
    case "ParentCancelRequested":
      return { ...state, canceledBy: event.requestedBy, openIndex: null };
    case "ScheduleEnded":
      return { ...state, isScheduleOver: true, openIndex: null, note: event.reason };
  }
}

function childOf(
  { index, order }: Extract<LaterEvent, { type: "ChildPlaced" }>,
  atMs: number,
): Child {
  return {
    orderId: order.orderId,
    slice: index,
    orderQty: order.orderQty,
    price: order.price ?? null,
    venue: order.exDestination ?? null,
    placedAtMs: atMs,
    isCancelRequested: false,
    ...(order.price !== undefined && order.timeInForce !== "ioc" && { rests: true }),
    standing: UNHEARD,
  };
}

const NONE_REFUSED = { refusedInRow: 0, blindInRow: 0 };

function heard(state: StartedParent, orderId: string, standing: ChildStanding): StartedParent {
  const before = state.children.find((child) => child.orderId === orderId)?.standing;
  if (before === undefined) return state;
  const totals = added(state.totals, before, standing);
  const told = { ...changed(state, orderId, (child) => ({ ...child, standing })), totals };
  if (!isRefused(standing)) {
    return standing.ordStatus === "pendingNew" ? told : { ...told, ...NONE_REFUSED };
  }
  if (isRefused(before)) return told;
  const refusedInRow = state.refusedInRow + 1;
  return { ...told, refusedInRow, blindInRow: state.blindInRow + (isBlind(standing) ? 1 : 0) };
}

function added(totals: Totals, before: ChildStanding, now: ChildStanding): Totals {
  const sum = (field: keyof Totals): DecimalString =>
    text(dec(totals[field]).plus(now[field]).minus(before[field]));
  return { cumQty: sum("cumQty"), notional: sum("notional"), fees: sum("fees") };
}

/** Nothing is wrong with the order: nobody could say what the market does. */
function isBlind({ reasons }: ChildStanding): boolean {
  return reasons.length > 0 && reasons.every(({ code }) => code === "STALE_MARKET_DATA");
}

function changed(
  state: StartedParent,
  orderId: string,
  change: (child: Child) => Child,
): StartedParent {
  const children = state.children.map((child) =>
    child.orderId === orderId ? change(child) : child,
  );
  return { ...state, children };
}

/** Neither the portfolio nor the venue would have it. */
export function isRefused({ ordStatus, cumQty }: ChildStanding): boolean {
  return (ordStatus === "denied" || ordStatus === "rejected") && dec(cumQty).isZero();
}

export function isOpen({ standing }: Child): boolean {
  return !isClosed(standing.ordStatus);
}

export function filledOf({ totals }: StartedParent): Decimal {
  return dec(totals.cumQty);
}

/** Filled, or still able to fill: what a child was given is free again only once the child has said that it is closed. */
export function committedOf(state: StartedParent): Decimal {
  return state.children.reduce(
    (sum, child) => (isOpen(child) ? sum.plus(child.orderQty).minus(child.standing.cumQty) : sum),
    filledOf(state),
  );
}

export function isFilled(state: StartedParent): boolean {
  return filledOf(state).greaterThanOrEqualTo(state.order.orderQty);
}

/** Nothing will be placed any more, and nothing is open. */
export function isEnded(state: StartedParent): boolean {
  if (state.children.some(isOpen)) return false;
  return isFilled(state) || state.canceledBy !== null || state.isScheduleOver;
}
