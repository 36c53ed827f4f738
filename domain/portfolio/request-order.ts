import type { Denial, NewOrder } from "../order/new-order.ts";
import type { OrderCommand } from "../order/messages.ts";
import { firstDifference } from "../shared/same-content.ts";
import { checkOrder, withoutExtras } from "../risk/limits.ts";
import type { ActorRef, Decision, Effect, Env } from "../shared/decider.ts";
import { Refusal } from "../shared/errors.ts";
import type { ActedSignal, MarketView, OrderVerdict, PortfolioEvent } from "./messages.ts";
import { findOrder, userOfClOrdId } from "./open-orders.ts";
import { orderContext } from "./order-context.ts";
import type { Account } from "./state.ts";

type Verdict = Decision<PortfolioEvent, OrderVerdict>;

/**
 * Checks an order and holds what it needs, in one turn. A repeat of an order that holds gets the same verdict.
 * @throws Refusal when the ids were used for another order, or the order is of another portfolio
 */
export function requestOrder(
  account: Account,
  order: NewOrder,
  market: MarketView,
  env: Env,
  signal: ActedSignal | null = null,
): Verdict {
  const { portfolioId, opening } = account;
  if (order.portfolioId !== portfolioId || order.tenantId !== opening.tenantId)
    throw new Refusal(
      "notFound",
      "PORTFOLIO_NOT_FOUND",
      `order ${order.orderId} is not of ${portfolioId}`,
    );
  const asked = withoutExtras(order);
  return repeated(account, asked) ?? judge(account, asked, market, signal, env);
}

/**
 * The check and what follows from it.
 * @param signal       what the order came from
 * @param isFlattening the kill switch closes a position: no limit and no halt keeps it from that
 */
export function judge(
  account: Account,
  order: NewOrder,
  market: MarketView,
  signal: ActedSignal | null,
  env: Env,
  isFlattening = false,
): Verdict {
  const context = orderContext(account, order, market, env.nowMs, isFlattening);
  const check = checkOrder(order, context);
  if ("approved" in check) {
    const { approved } = check;
    return {
      events: [{ type: "OrderApproved", order: approved, signal }],
      effects: [tellOrder(order, { type: "Place", order: approved }, signal, env)],
      reply: { verdict: "approved", order: approved },
    };
  }
  return deny(order, check.denied, env, signal);
}

/** The order is on record as denied, and nothing is held for it. */
export function deny(
  order: NewOrder,
  reasons: readonly Denial[],
  env: Env,
  signal: ActedSignal | null = null,
): Verdict {
  return {
    events: [{ type: "OrderDenied", order, reasons, signal }],
    effects: [tellOrder(order, { type: "RecordDenial", order, reasons }, signal, env)],
    reply: { verdict: "denied", order, reasons },
  };
}

function repeated(account: Account, order: NewOrder): Verdict | null {
  const known = findOrder(account.orders, order.orderId);
  if (known !== undefined) {
    refuseOtherContent(withoutExtras(known.approved), order);
    return { events: [], reply: { verdict: "approved", order: known.approved } };
  }
  if (account.decided.some(({ orderId }) => orderId === order.orderId))
    throw new Refusal("conflict", "ORDER_ID_REUSED", `order ${order.orderId} was decided before`);
  refuseUsedClOrdId(account, order);
  return null;
}

function refuseOtherContent(known: NewOrder, order: NewOrder): void {
  const field = firstDifference(known, order);
  if (field === null) return;
  const message = `order ${order.orderId} was asked for before with another ${field}`;
  throw new Refusal("conflict", "ORDER_ID_REUSED", message, { field });
}

/** Among the open orders. Two of one clOrdId would be one order to the broker. */
function refuseUsedClOrdId(account: Account, { clOrdId }: NewOrder): void {
  const orderId = userOfClOrdId(account.orders, clOrdId);
  if (orderId === undefined) return;
  const message = `clOrdId ${clOrdId} is in use by order ${orderId}`;
  throw new Refusal("conflict", "CL_ORD_ID_REUSED", message, { orderId });
}

/** How long whoever asked for an order may take to send it on. */
const GRACE_MS = 500;

/** Under an id that whoever asked for the order can derive too, to send it on themselves. A signal's order is nobody's to wait for. */
function tellOrder(
  order: NewOrder,
  command: OrderCommand,
  signal: ActedSignal | null,
  env: Env,
): Effect {
  const to: ActorRef = { type: "order", id: order.orderId };
  const tell = {
    kind: "tell",
    to,
    command,
    commandId: env.id("birth"),
    isBirth: true,
    isJoint: true,
  } as const;
  return signal === null ? { ...tell, graceMs: GRACE_MS } : tell;
}
