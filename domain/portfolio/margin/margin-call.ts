import type { Decision, Env } from "../../shared/decider.ts";
import { dec, subtract } from "../../shared/decimal.ts";
import { cancelsOf } from "../cancel-orders.ts";
import { type Account, openPositions } from "../state.ts";
import { type MarginState, marginState } from "./margin-state.ts";
import { marginInput } from "./margin-summary.ts";
import type { MarginCall, MarginCommand, MarginEvent, MarginReceipt } from "./messages.ts";
import type { RiskBoard } from "../market-view.ts";

type Command<T extends MarginCommand["type"]> = Extract<MarginCommand, { type: T }>;
export type MarginDecision = Decision<MarginEvent, MarginReceipt>;

/** Names the reminder of a call. */
const REMINDER = "margin-call";
const HOUR_MS = 3_600_000;
/** How often what a call needs is looked at again, from its due time until it is met. */
const AGAIN_MS = 5_000;

/**
 * Raises a call when equity is below the maintenance margin, and ends it when it is no more: after a deposit, after positions
 * were closed, or because prices came back. While a price is not known nothing is raised and nothing is met.
 */
export function checkMargin(
  account: Account,
  { board }: Command<"CheckMargin">,
  env: Env,
): MarginDecision {
  const state = marginOf(account, board);
  const { call } = account.marginBook;
  if (state === null) return unchanged(call);
  const isShort = dec(state.maintenanceExcess).isNegative();
  if (call === null) return isShort ? raise(account, state, env) : unchanged(null);
  return isShort ? unchanged(call) : met(call, state);
}

/** Null for a cash portfolio, and where a price is not known. */
export function marginOf(account: Account, board: RiskBoard): MarginState | null {
  const { margin } = account.opening;
  if (margin === undefined) return null;
  const state = marginState(marginInput(account, openPositions(account), margin), board);
  return "missing" in state ? null : state;
}

function raise(account: Account, { equity, maintenance }: MarginState, env: Env): MarginDecision {
  const callId = env.id("margin-call");
  const dueMs = env.nowMs + (account.opening.margin?.callHours ?? 0) * HOUR_MS;
  const deficit = subtract(maintenance, equity);
  return {
    events: [{ type: "MarginCallRaised", callId, dueMs, equity, maintenance, deficit }],
    reminders: [
      {
        set: REMINDER,
        dueMs,
        everyMs: AGAIN_MS,
        command: { type: "PursueMarginCall", callId } as MarginCommand,
        misfire: "fireOnce",
      },
    ],
    reply: { callId, status: "open", orders: [] },
  };
}

export function met({ callId }: MarginCall, { equity, maintenance }: MarginState): MarginDecision {
  return {
    events: [{ type: "MarginCallMet", callId, equity, maintenance }],
    reminders: [{ cancel: REMINDER }],
    reply: { callId, status: "met", orders: [] },
  };
}

export function unchanged(call: MarginCall | null): MarginDecision {
  return {
    events: [],
    reply: { callId: call?.callId ?? null, status: call?.status ?? "none", orders: [] },
  };
}

/**
 * The call is due: whatever waits to be filled is asked to be canceled, and positions are closed. Prices come with the command
 * that its effect sends; the reminder fires again until the call is met, so that no crash and no closed market ends it.
 */
export function pursueMarginCall(
  account: Account,
  { callId }: Command<"PursueMarginCall">,
): MarginDecision {
  const { call } = account.marginBook;
  if (call?.callId !== callId) return { ...unchanged(call), reminders: [{ cancel: REMINDER }] };
  const look = { kind: "liquidateForMargin", payload: { callId } } as const;
  const reply = { callId, status: "liquidating", orders: [] } as const;
  if (call.status === "liquidating") return { events: [], effects: [look], reply };
  return {
    events: [{ type: "MarginCallExpired", callId }],
    effects: [...cancelsOf(account, placedBy(callId)), look],
    reply,
  };
}

export function placedBy(callId: string): string {
  return `margin-call:${callId}`;
}
