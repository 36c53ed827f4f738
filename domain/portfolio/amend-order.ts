import type { ApprovedTerms } from "../order/messages.ts";
import type { ApprovedOrder, Denial, Hold, NewOrder, OrderTerms } from "../order/new-order.ts";
import { checkOrder, withoutExtras } from "../risk/limits.ts";
import type { Decision, Effect, Env } from "../shared/decider.ts";
import { dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type {
  OrderChanges,
  AmendVerdict,
  PortfolioCommand,
  PortfolioEvent,
  ReleaseReceipt,
} from "./messages.ts";
import { type OpenOrder, findOrder, scaled, withoutOrder } from "./open-orders.ts";
import { orderContext } from "./order-context.ts";
import type { Account } from "./state.ts";

type AmendOrder = Extract<PortfolioCommand, { type: "AmendOrder" }>;
type ConcludeAmend = Extract<PortfolioCommand, { type: "ConcludeAmend" }>;

/** How long whoever asked for an amendment may take to send it on. */
const GRACE_MS = 500;

/**
 * Checks what is left of an order with its new terms as if it were asked for anew, and holds what either terms may need,
 * in one turn. The order's actor sends the amendment, and says what became of it.
 * @throws Refusal ORDER_NOT_FOUND, ORDER_CLOSED, AMEND_PENDING, AMEND_INVALID
 */
export function amendOrder(
  account: Account,
  command: AmendOrder,
  env: Env,
): Decision<PortfolioEvent, AmendVerdict> {
  const order = requireAmendable(account, command);
  const terms = termsAfter(order.approved, command.changes);
  const leaves = dec(terms.orderQty).minus(order.cumQty);
  if (leaves.lessThanOrEqualTo(ZERO))
    throw new Refusal("invalid", "AMEND_INVALID", `${order.cumQty} of it is filled`, {
      field: "quantity",
    });
  const asked = withTerms(order.approved, terms, text(leaves));
  const others = { ...account, orders: withoutOrder(account.orders, order) };
  // What is paid in one currency goes on being paid in it: until the end is known it holds for either terms.
  const paidIn = order.hold.cash === "0" ? null : order.hold.currency;
  const context = orderContext(others, asked, command.market, env.nowMs, false, paidIn);
  const check = checkOrder(asked, context);
  return "approved" in check
    ? approve(command, order, { terms, hold: check.approved.hold }, env)
    : deny(command, asked, check.denied);
}

function requireAmendable(account: Account, { orderId }: AmendOrder): OpenOrder {
  const order = findOrder(account.orders, orderId);
  if (order === undefined) {
    const isKnown = account.decided.some((decided) => decided.orderId === orderId);
    throw isKnown
      ? new Refusal("conflict", "ORDER_CLOSED", `order ${orderId} is closed`)
      : new Refusal("notFound", "ORDER_NOT_FOUND", `there is no open order ${orderId}`);
  }
  if (order.isClosed === true)
    throw new Refusal("conflict", "ORDER_CLOSED", `order ${orderId} is closed`);
  if (order.amendment !== null) {
    const message = `another amendment of order ${orderId} is under way`;
    throw new Refusal("conflict", "AMEND_PENDING", message);
  }
  return order;
}

/** @throws Refusal AMEND_INVALID for a price that an order of this type does not have */
function termsAfter(order: ApprovedOrder, changes: OrderChanges): OrderTerms {
  const price = changed(order, "price", changes.price);
  const stopPx = changed(order, "stopPx", changes.stopPx);
  const orderQty = changes.orderQty === undefined ? order.orderQty : text(dec(changes.orderQty));
  return { orderQty, price, stopPx };
}

function changed(
  order: ApprovedOrder,
  field: "price" | "stopPx",
  value: DecimalString | undefined,
): DecimalString | null {
  const before = order[field];
  if (value === undefined) return before ?? null;
  if (before !== undefined) return text(dec(value));
  const message = `a ${order.ordType} order has no ${field}`;
  throw new Refusal("invalid", "AMEND_INVALID", message, { field });
}

function withTerms(order: ApprovedOrder, terms: OrderTerms, leavesQty: DecimalString): NewOrder {
  const { price: _, stopPx: __, ...rest } = withoutExtras(order);
  const { price, stopPx } = terms;
  return {
    ...rest,
    orderQty: leavesQty,
    ...(price !== null && { price }),
    ...(stopPx !== null && { stopPx }),
  };
}

function approve(
  { orderId, amendId, basedOn, isRequired, requestedBy }: AmendOrder,
  { cumQty }: OpenOrder,
  { terms, hold }: { readonly terms: OrderTerms; readonly hold: Hold },
  env: Env,
): Decision<PortfolioEvent, AmendVerdict> {
  const approved: ApprovedTerms = { ...terms, worstPrice: hold.worstPrice };
  const command = {
    type: "RequestReplace",
    amendId,
    terms: approved,
    ...(basedOn !== undefined && { basedOn }),
    // What was worked out from what was left is wrong once more is filled.
    ...(isRequired === true && { basedOnCumQty: cumQty }),
    requestedBy,
  } as const;
  const required = isRequired === true ? ({ isRequired } as const) : {};
  return {
    events: [
      { type: "AmendApproved", orderId, amendId, terms: approved, hold, ...required, requestedBy },
    ],
    effects: [
      {
        kind: "tell",
        to: { type: "order", id: orderId },
        command,
        commandId: env.id("amend"),
        // Nobody waits to hand over what a split asks for.
        ...(isRequired !== true && { graceMs: GRACE_MS }),
        isJoint: true,
      },
    ],
    reply: { verdict: "amended", orderId, terms: approved },
  };
}

function deny(
  { orderId, amendId, changes, requestedBy }: AmendOrder,
  order: NewOrder,
  reasons: readonly Denial[],
): Decision<PortfolioEvent, AmendVerdict> {
  return {
    events: [{ type: "AmendDenied", orderId, amendId, changes, reasons, requestedBy }],
    reply: { verdict: "denied", order, reasons },
  };
}

/**
 * Frees what the order needs no more, or holds on with its old terms. What the venue changes by itself is only ever less.
 * An end that was heard before, or of an order that is closed, changes nothing. What had to be amended and was not is asked
 * to be canceled.
 */
export function concludeAmend(
  account: Account,
  { orderId, amendId, terms }: ConcludeAmend,
): Decision<PortfolioEvent, ReleaseReceipt> {
  const order = findOrder(account.orders, orderId);
  const nothing = { events: [], reply: { orderId, released: null } };
  if (order === undefined || order.isClosed === true) return nothing;
  const { amendment } = order;
  const isAnswer = amendId !== undefined && amendment?.amendId === amendId;
  if (amendId !== undefined && !isAnswer) return nothing;
  if (!isAnswer && amendment !== null && terms !== undefined) {
    // The venue changed it by itself, and has not answered ours: that may still ask for what is held.
    const { hold } = order;
    return {
      events: [{ type: "AmendConcluded", orderId, terms, hold, isPending: true }],
      reply: { orderId, released: null },
    };
  }
  const base = !isAnswer ? order.hold : terms === undefined ? amendment.before : amendment.after;
  const orderQty = terms?.orderQty ?? order.approved.orderQty;
  const hold = scaled(base, dec(orderQty).minus(order.cumQty));
  return {
    events: [{ type: "AmendConcluded", orderId, ...(terms && { terms }), hold }],
    effects:
      isAnswer && terms === undefined && amendment.requiredBy !== undefined
        ? [tellCancel(orderId, amendment.requiredBy)]
        : [],
    reply: { orderId, released: hold },
  };
}

function tellCancel(orderId: string, requestedBy: string): Effect {
  const command = { type: "RequestCancel", requestedBy, ifOpen: true } as const;
  return { kind: "tell", to: { type: "order", id: orderId }, command, isJoint: true };
}
