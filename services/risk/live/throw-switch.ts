import { isInForce } from "../../../domain/risk/kill-switch/switch.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import {
  addSwitch,
  type NewSwitch,
  notPending,
  type SetSwitch,
} from "../../../models/risk-switches.ts";
import { findView } from "../../../models/views.ts";
import type { NodeContext } from "../../context.ts";
import { alarm } from "./alerting.ts";
import { type Spread, spread } from "./spread.ts";
import { switchOf } from "./standing.ts";

interface Deadline {
  readonly deadlineMs?: number;
}

/**
 * Puts a switch on record, then tells every portfolio of its scope; what could not be told now is told again, by whichever
 * node has the duty, until all know.
 */
export async function throwSwitch(
  node: NodeContext,
  asked: NewSwitch,
  refusalOf: (before: SetSwitch | null) => Error | null,
  deadline: Deadline = {},
): Promise<{ readonly set: SetSwitch; readonly told: Spread; readonly isReplay: boolean }> {
  const { set, isReplay } = await addSwitch(node.pool, asked, refusalOf);
  const told = await tellSwitch(node, set, deadline);
  if (!isReplay) {
    node.log.warn({ switch: set }, "a kill switch was set");
    await alarmOf(node, set);
  }
  return { set, told, isReplay };
}

/** Tells all portfolios of its scope of a switch that is on record. */
export async function tellSwitch(
  node: NodeContext,
  set: SetSwitch,
  deadline: Deadline = {},
): Promise<Spread> {
  const { tenantId, portfolioId, cancelOpenOrders, flatten, seq } = set;
  const command = { type: "SetSwitch", switch: switchOf(set), cancelOpenOrders, flatten } as const;
  const name = `switch:${seq}`;
  const told = await spread(node, { tenantId, portfolioId, command, name }, deadline);
  if (told.pending.length === 0) await notPending(node.pool, "switch", seq);
  return told;
}

/** Each switch is news: none is silent. */
async function alarmOf(node: NodeContext, set: SetSwitch): Promise<void> {
  const { tenantId, portfolioId, symbol, state, reason, by } = set;
  const view = portfolioId === null ? null : await findView(node.pool, "portfolio", portfolioId);
  const what = symbol === null ? "trading" : `trading of ${symbol}`;
  await alarm(
    node,
    {
      tenantId,
      portfolioId,
      ownerId: view?.ownerId ?? null,
      kind: "killSwitch",
      severity: state === "active" ? "info" : "critical",
      message: `${what} is ${state}, set by ${by}: ${reason}`,
      limit: null,
      observed: state,
    },
    0,
  );
}

/**
 * Whether a user may put his switch in the place of this one.
 * @param mayAll whatever it is, and whoever set it
 */
export function refusalFor(
  userId: string,
  mayAll: boolean,
  nowMs: number,
): (before: SetSwitch | null) => Error | null {
  return (before) =>
    mayAll || before === null || before.by === userId || !isInForce(before, nowMs)
      ? null
      : new RestError("FORBIDDEN", `trading was stopped by ${before.by}: that needs risk.update`);
}
