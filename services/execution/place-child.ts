import type { GroupCommand } from "../../domain/execution/group/messages.ts";
import type { ChildReported, OrderCommand } from "../../domain/order/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type {
  AmendVerdict,
  OrderChanges,
  PortfolioCommand,
} from "../../domain/portfolio/messages.ts";
import { Refusal } from "../../domain/shared/errors.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { Answer } from "../../mixins/actor/envelope.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import type { EffectHandler, EffectRun } from "../../mixins/actor/kind.ts";
import type { NodeContext } from "../context.ts";
import { type Call, marketOf } from "./market-of.ts";

type ChildAmendRefused = Extract<GroupCommand, { readonly type: "ChildAmendRefused" }>;

/** Payload of the effect `amendChild`. A type alias, so that it is assignable to Json. */
export type AmendChild = {
  readonly portfolioId: string;
  readonly orderId: string;
  readonly amendId: string;
  readonly changes: OrderChanges;
  /** as in RequestReplace */
  readonly basedOn?: string;
};

/** Payload of the effect `cancelChild`. A type alias, so that it is assignable to Json. */
type CancelChild = { readonly orderId: string; readonly requestedBy: string };

/**
 * Sends an order that an actor decided on to its portfolio, which checks it and lets it be born. The order's id names it, so
 * that it is placed once, however often the effect is run. What becomes of it the order tells its parent.
 */
export function placeChildEffect(node: NodeContext): EffectHandler {
  return async ({ payload }, run) => {
    // sound: the decider that asked for the effect made it
    const order = payload as unknown as NewOrder;
    const market = await marketOf(node, callOf(node), order);
    const command: PortfolioCommand = { type: "RequestOrder", order, market };
    await orTell(node, run, order.orderId, () =>
      tellPortfolio(node, order.portfolioId, command, {
        commandId: uuidv5(order.orderId, "request"),
        bodyHash: bodyHash(order),
      }),
    );
  };
}

/**
 * Asks the portfolio for other terms of a child. What comes of it the child tells its parent; when the child is not even
 * asked, the parent hears it from here.
 */
export function amendChildEffect(node: NodeContext): EffectHandler {
  return async ({ payload }, run) => {
    // sound: the decider that asked for the effect made it
    const asked = payload as unknown as AmendChild;
    const { portfolioId, orderId, amendId, changes, basedOn } = asked;
    const { summary } = await node.actors.read({ type: "order", id: orderId });
    // sound: the summary of an order; null before its birth
    const child = summary as unknown as Omit<NewOrder, "ordType"> | null;
    if (child === null) throw new Error(`order ${orderId} is not there yet`);
    const market = await marketOf(node, callOf(node), child);
    const command: PortfolioCommand = {
      type: "AmendOrder",
      orderId,
      amendId,
      changes,
      ...(basedOn !== undefined && { basedOn }),
      market,
      requestedBy: `${run.ref.type}:${run.ref.id}`,
    };
    const options = { commandId: amendId, bodyHash: bodyHash({ orderId, changes }) };
    const refused = await refusalOf(() =>
      node.actors.call({ type: "portfolio", id: portfolioId }, command, options),
    );
    if (refused === null) return;
    const told: ChildAmendRefused = { type: "ChildAmendRefused", orderId, amendId, ...refused };
    await node.actors.call(run.ref, told, {
      commandId: uuidv5(run.effectId, "refused"),
      bodyHash: bodyHash(amendId),
    });
  };
}

/**
 * Asks a child to end. One that has ended needs no cancel; one that is not born yet is tried again until it is. Not a `tell`: a
 * refused tell is kept for an operator, and an order that ended in the meantime is nobody's business.
 * @param isClosed whether its parent, by its summary, knows that the child has ended: one that no portfolio took is never born
 */
export function cancelChildEffect(
  node: NodeContext,
  isClosed: (parent: Json, orderId: string) => boolean,
): EffectHandler {
  return async ({ payload }, { effectId, ref }) => {
    // sound: the decider that asked for the effect made it
    const { orderId, requestedBy } = payload as unknown as CancelChild;
    const command: OrderCommand = { type: "RequestCancel", requestedBy, ifOpen: true };
    try {
      await node.actors.call({ type: "order", id: orderId }, command, {
        commandId: uuidv5(effectId, "cancel"),
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (isClosed((await node.actors.read(ref)).summary, orderId)) return;
      throw new Error(`${error.code}: ${error.message}`, { cause: error });
    }
  };
}

function callOf(node: NodeContext): Call {
  return (action, params) => node.broker.call(action, params);
}

async function tellPortfolio(
  node: NodeContext,
  portfolioId: string,
  command: PortfolioCommand,
  options: { readonly commandId: string; readonly bodyHash: string },
): Promise<void> {
  await node.actors.call({ type: "portfolio", id: portfolioId }, command, options);
}

/** An order that no portfolio will ever take has no actor that could say so: the parent hears it from here. */
async function orTell(
  node: NodeContext,
  run: EffectRun,
  orderId: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const report: ChildReported = {
      type: "ChildReported",
      orderId,
      sequence: 1,
      ordStatus: "rejected",
      orderQty: "0",
      cumQty: "0",
      notional: "0",
      fees: "0",
      text: `${error.code}: ${error.message}`,
      reasons: [],
    };
    await node.actors.call(run.ref, report, { commandId: uuidv5(run.effectId, "refused") });
  }
}

/** Null: the portfolio has approved the amendment. */
async function refusalOf(
  ask: () => Promise<Answer>,
): Promise<Pick<ChildAmendRefused, "text" | "reasons"> | null> {
  try {
    // sound: what the portfolio's decider replies to AmendOrder
    const verdict = (await ask()).reply as unknown as AmendVerdict;
    if (verdict.verdict !== "denied") return null;
    const { reasons } = verdict;
    return { text: reasons.map(({ message }) => message).join("; "), reasons };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { text: `${error.code}: ${error.message}`, reasons: [] };
  }
}
