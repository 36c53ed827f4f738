import type {
  GroupCommand,
  GroupEvent,
  GroupKind,
  GroupLeg,
  GroupReply,
  GroupTerms,
  LegRole,
} from "../../../../../domain/execution/group/messages.ts";
import { group } from "../../../../../domain/execution/group/group.ts";
import type { GroupState } from "../../../../../domain/execution/group/state.ts";
import type { ChildReported } from "../../../../../domain/order/messages.ts";
import type { NewOrder } from "../../../../../domain/order/new-order.ts";
import type { Decision, Env } from "../../../../../domain/shared/decider.ts";
import { newOrder } from "../../order/given.ts";

export const GROUP_ID = "g-1";
export const START_MS = 1_700_000_000_000;

export function envOf(commandId: string, nowMs = START_MS): Env {
  return {
    actor: { type: "group", id: GROUP_ID },
    nowMs,
    commandId,
    id: (name) => `${commandId}/${name}`,
    random: () => 0.5,
  };
}

export function legOf(
  role: LegRole,
  changes: Partial<NewOrder>,
  more: Partial<Omit<GroupLeg, "role" | "order">> = {},
): GroupLeg {
  const orderId = changes.orderId ?? role;
  const shared = role === "leg" || role === "takeProfit" || role === "stopLoss";
  const order = newOrder({
    orderId,
    clOrdId: orderId,
    orderQty: "100",
    parent: { type: "group", id: GROUP_ID },
    ...(shared && { ocoGroup: GROUP_ID }),
    ...changes,
  });
  return { role, order, lotSize: "1", canReplace: true, ...more };
}

export function termsOf(
  kind: GroupKind,
  legs: readonly GroupLeg[],
  changes: Partial<GroupTerms> = {},
): GroupTerms {
  return {
    groupId: GROUP_ID,
    kind,
    tenantId: "t-1",
    portfolioId: "pf-1",
    requestedBy: "user-1",
    legs,
    ...changes,
  };
}

type More = Partial<Omit<GroupLeg, "role" | "order">>;

export function bracket(more: More = {}): GroupTerms {
  return termsOf("bracket", [
    legOf("entry", { side: "buy", price: "100" }),
    legOf("takeProfit", { side: "sell", price: "110" }, more),
    legOf("stopLoss", { side: "sell", ordType: "stop", stopPx: "90" }, more),
  ]);
}

export function oco(more: More = {}): GroupTerms {
  return termsOf("oco", [
    legOf("leg", { orderId: "leg-0", side: "sell", price: "110" }, more),
    legOf("leg", { orderId: "leg-1", side: "sell", ordType: "stop", stopPx: "90" }, more),
  ]);
}

/** Two that stand or fall together: one is bought, the other sold. */
export function hedged(more: More = {}): GroupTerms {
  return termsOf("basket", [
    legOf("member", { orderId: "long", side: "buy", ordType: "market" }),
    legOf("member", { orderId: "short", side: "sell", ordType: "market", symbol: "MSFT" }),
    legOf("unwind", { orderId: "undo-long", side: "sell" }, { undoes: 0, ...more }),
    legOf("unwind", { orderId: "undo-short", symbol: "MSFT" }, { undoes: 1, ...more }),
  ]);
}

export function started(terms: GroupTerms): GroupCommand {
  return { type: "Start", terms, denied: [] };
}

export function reported(
  orderId: string,
  sequence: number,
  changes: Partial<Omit<ChildReported, "type">> = {},
): ChildReported {
  return {
    type: "ChildReported",
    orderId,
    sequence,
    ordStatus: "new",
    orderQty: "100",
    cumQty: "0",
    notional: "0",
    fees: "0",
    text: null,
    reasons: [],
    ...changes,
  };
}

/** A resting child, filled so far. */
export function filled(
  orderId: string,
  sequence: number,
  cumQty: string,
  orderQty = "100",
): ChildReported {
  const ordStatus = cumQty === orderQty ? "filled" : "partiallyFilled";
  return reported(orderId, sequence, { cumQty, orderQty, ordStatus });
}

export type GroupDecision = Decision<GroupEvent, GroupReply>;

export function step(state: GroupState, command: GroupCommand, env: Env) {
  const decision = group.decide(state, command, env);
  const after = decision.events.reduce<GroupState>(
    (before, event, i) =>
      group.evolve(before, {
        event,
        version: i + 1,
        atMs: env.nowMs,
        commandId: env.commandId,
      }),
    state,
  );
  return { state: after, decision };
}

/** Sends the commands in turn, as the actor's host does. */
export function run(commands: readonly GroupCommand[], start = group.initial(GROUP_ID)) {
  const decisions: GroupDecision[] = [];
  let state = start;
  for (const [i, command] of commands.entries()) {
    const next = step(state, command, envOf(`cmd-${i}`));
    decisions.push(next.decision);
    state = next.state;
  }
  return { state, decisions, last: decisions.at(-1) };
}

/** What a decision asks for, in one line each. */
export function asked(decision: GroupDecision | undefined): readonly string[] {
  return (decision?.effects ?? []).map((effect) => {
    if (!("payload" in effect)) return effect.kind;
    // sound: the effects of a group are of these shapes
    const payload = effect.payload as {
      readonly orderId: string;
      readonly orderQty?: string;
      readonly changes?: { readonly orderQty: string };
    };
    const quantity = payload.orderQty ?? payload.changes?.orderQty;
    return [effect.kind, payload.orderId, ...(quantity === undefined ? [] : [quantity])].join(" ");
  });
}

export function alarmsOf(decisions: readonly GroupDecision[]): readonly string[] {
  return decisions
    .flatMap(({ events }) => events)
    .flatMap((event) =>
      event.type === "LegsOverfilled" || (event.type === "LegFailed" && event.retryAtMs === null)
        ? [event.type]
        : [],
    );
}
