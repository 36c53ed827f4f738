import { cancelsOf } from "../../portfolio/cancel-orders.ts";
import type { Account } from "../../portfolio/state.ts";
import type { Decision, Effect, Env, ReminderChange } from "../../shared/decider.ts";
import { Decimal, dec, text } from "../../shared/decimal.ts";
import { Refusal } from "../../shared/errors.ts";
import { firstDifference } from "../../shared/same-content.ts";
import type { RiskCommand, RiskEvent, RiskReceipt, TenantPolicy } from "./messages.ts";
import { isSameKey } from "./switch.ts";

type Command<T extends RiskCommand["type"]> = Extract<RiskCommand, { type: T }>;
export type RiskDecision = Decision<RiskEvent, RiskReceipt>;

const DAY_MS = 86_400_000;
/** Names the reminder of the closing of positions. */
export const FLATTEN = "flatten";
/** How often what is left is looked at again, until nothing is. */
const AGAIN_MS = 5_000;
/** A height is worth an event when it is so much above the last: what lies between is known to whoever follows prices. */
const HIGHER = "1.001";

export function receipt(
  { portfolioId }: Pick<Account, "portfolioId">,
  changes: Partial<RiskReceipt> = {},
): RiskReceipt {
  return { portfolioId, canceling: 0, closing: [], ...changes };
}

/**
 * Stops or resumes trading, at once: the next order is checked by it. An older switch of the same key changes nothing, so that
 * it does not matter in which order they come, nor how often.
 */
export function setSwitch(account: Account, command: Command<"SetSwitch">, env: Env): RiskDecision {
  const { switches, flatten } = account.riskBook;
  const { cancelOpenOrders } = command;
  const set = command.switch;
  const known = switches.find((one) => isSameKey(one, set));
  if (known !== undefined && known.seq >= set.seq) return { events: [], reply: receipt(account) };
  const by = switchOrders(set.seq);
  const isFlattening = command.flatten && set.state !== "active";
  const cancels = cancelOpenOrders || isFlattening ? cancelsOf(account, by, set.symbol) : [];
  const isResumed = set.state === "active" && flatten !== null && flatten.symbol === set.symbol;
  return {
    events: [
      { type: "SwitchSet", switch: set, flatten: isFlattening },
      ...(isResumed ? [{ type: "FlattenEnded", seq: flatten.seq, isFlat: false } as const] : []),
    ],
    effects: [...cancels, ...standingCancels(command), ...(isFlattening ? [look(set.seq)] : [])],
    reminders: remindersOf(isFlattening, isResumed, set.seq, env),
    reply: receipt(account, { canceling: cancels.length }),
  };
}

/** Schedules and groups that wait with no order open are known to whoever lists them. */
function standingCancels({ switch: set, cancelOpenOrders, flatten }: Command<"SetSwitch">) {
  const isAsked = (cancelOpenOrders || flatten) && set.state !== "active";
  return isAsked
    ? [{ kind: "cancelStanding", payload: { seq: set.seq, symbol: set.symbol } } as const]
    : [];
}

function remindersOf(
  isFlattening: boolean,
  isResumed: boolean,
  seq: number,
  env: Env,
): readonly ReminderChange[] {
  if (isResumed) return [{ cancel: FLATTEN }];
  if (!isFlattening) return [];
  const command: Command<"PursueFlatten"> = { type: "PursueFlatten", seq };
  const dueMs = env.nowMs + AGAIN_MS;
  return [{ set: FLATTEN, dueMs, everyMs: AGAIN_MS, command, misfire: "fireOnce" }];
}

export function look(seq: number): Effect {
  return { kind: "flattenPositions", payload: { seq } };
}

/** Who orders of a switch are placed and canceled by. */
export function switchOrders(seq: number): string {
  return `kill-switch:${seq}`;
}

export function setDeskLimits(
  account: Account,
  { policy, by }: Command<"SetDeskLimits">,
): RiskDecision {
  const isSame = firstDifference(account.riskBook.desk, policy) === null;
  return {
    events: isSame ? [] : [{ type: "DeskLimitsSet", policy, by }],
    reply: receipt(account),
  };
}

export function setTenantLimits(
  account: Account,
  { version, policy }: Command<"SetTenantLimits">,
): RiskDecision {
  const isOld = isKnown(account.riskBook.tenant, version);
  return {
    events: isOld ? [] : [{ type: "TenantLimitsSet", version, policy }],
    reply: receipt(account),
  };
}

function isKnown(tenant: TenantPolicy | null, version: number): boolean {
  return tenant !== null && tenant.version >= version;
}

/** @throws Refusal OVERRIDE_ENDED where it would have ended before it begins */
export function overrideLimit(
  account: Account,
  { override }: Command<"OverrideLimit">,
  env: Env,
): RiskDecision {
  if (override.untilMs <= env.nowMs)
    throw new Refusal("invalid", "OVERRIDE_ENDED", "the override would end before it begins", {
      field: "until",
    });
  return { events: [{ type: "LimitOverridden", override }], reply: receipt(account) };
}

/**
 * A new day's first equity, and heights; what lies between changes nothing. The day on which a portfolio was opened began with
 * what was put in, however late somebody looks.
 */
export function markEquity(
  account: Account,
  { equity }: Command<"MarkEquity">,
  env: Env,
): RiskDecision {
  const { highWater, dayOpen } = account.riskBook;
  const day = Math.floor(env.nowMs / DAY_MS);
  const isHigher = dec(equity).greaterThan(Decimal.mul(highWater, HIGHER));
  const isNews = dayOpen === null || dayOpen.day < day || isHigher;
  const isFirstDay = Math.floor(account.createdAtMs / DAY_MS) === day;
  const first = isFirstDay && dayOpen === null ? [account.dayStart.equity] : [];
  return {
    events: isNews
      ? [...first, text(dec(equity))].map((one) => ({ type: "EquityMarked", equity: one, day }))
      : [],
    reply: receipt(account),
  };
}
