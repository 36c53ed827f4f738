import type { GroupReply, GroupSummary } from "../../domain/execution/group/messages.ts";
import type { OrderCommand, OrderReply } from "../../domain/order/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type {
  Basket,
  BasketVerdict,
  MarketView,
  OrderVerdict,
  PortfolioCommand,
} from "../../domain/portfolio/messages.ts";
import { toldBy } from "../../mixins/actor/envelope.ts";
import type { Answer } from "../../mixins/actor/envelope.ts";
import { besideId, bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withContingency } from "./group-views.ts";
import { keyOf, request } from "./keyed-request.ts";
import { marketOf } from "./market-of.ts";
import { toOrderView } from "./order-views.ts";

const NAMESPACE = "5e0f6c1d-8b27-4b0e-9f3a-d14c7a2e6b95";

/** What came of it, order by order. */
export interface Begun {
  readonly verdict: BasketVerdict;
  /** in the order of the verdicts; null for one that was neither placed nor denied */
  readonly orders: readonly (OrderView | null)[];
}

/** The id of a group is that of what it was asked for with: a repeat finds the same group. */
export function groupIdOf(portfolioId: string, name: string): string {
  return besideId(portfolioId, NAMESPACE, `group:${name}`);
}

/** On the shard of the portfolio, and of the group. */
export function legIdOf(groupId: string, leg: number): string {
  return besideId(groupId, NAMESPACE, `leg:${groupId}:${leg}`);
}

/**
 * Begins a group: the portfolio checks its first orders and holds for them in one turn, and tells them and the group of it.
 * Answered when all are durable.
 * @throws Refusal as RequestOrder; RestError 422 when a key was used with another body
 */
export async function requestGroup(
  node: NodeContext,
  ctx: RequestContext,
  beginning: Basket,
  clOrdId?: string,
): Promise<Begun> {
  const { portfolioId, groupId } = beginning.terms;
  const deadline = deadlineOf(ctx, node.clock);
  const command: PortfolioCommand = { type: "RequestBasket", ...beginning };
  const commandId = uuidv5(NAMESPACE, `request:${groupId}`);
  const answer = await request(
    node,
    { type: "portfolio", id: portfolioId },
    command,
    {
      commandId,
      bodyHash: bodyHash(ctx.params),
      ...keyOf(userOf(ctx), ctx.meta.idempotencyKey),
      ...deadline,
    },
    clOrdId,
  );
  if (answer.isReplay) ctx.meta.isReplay = true;
  // sound: what the portfolio's decider replies to RequestBasket
  const verdict = answer.reply as unknown as BasketVerdict;
  const group = await groupToldOf(node, answer, beginning, verdict);
  const orders = await Promise.all(
    verdict.orders.map(async (one) => {
      if (one.verdict === "none" || (verdict.verdict === "denied" && one.verdict === "approved"))
        return null;
      const { order } = await bear(node, answer, { portfolioId, commandId, one }, deadline);
      return withContingency(toOrderView(order), group);
    }),
  );
  return { verdict, orders };
}

/** The same check, and nothing else. */
export async function checkGroup(
  node: NodeContext,
  ctx: RequestContext,
  beginning: Basket,
): Promise<BasketVerdict> {
  const command: PortfolioCommand = { type: "CheckBasket", ...beginning };
  const portfolio = { type: "portfolio", id: beginning.terms.portfolioId };
  const answer = await node.actors.call(portfolio, command, {
    commandId: node.newId(),
    isDeduplicated: false,
    ...deadlineOf(ctx, node.clock),
  });
  // sound: what the portfolio's decider replies to CheckBasket
  return answer.reply as unknown as BasketVerdict;
}

/** One look at the market for all orders that go the same way. */
export async function marketsOf(
  node: NodeContext,
  ctx: RequestContext,
  orders: readonly NewOrder[],
): Promise<readonly MarketView[]> {
  const { role } = userOf(ctx);
  const asked = new Map<string, Promise<MarketView>>();
  return Promise.all(
    orders.map((order) => {
      const { symbol, exDestination, brokerAccountId, portfolioId } = order;
      const way = JSON.stringify([symbol, exDestination, brokerAccountId, portfolioId]);
      const market =
        asked.get(way) ??
        marketOf(node, (action, params) => ctx.call(action, params), { ...order, role });
      asked.set(way, market);
      return market;
    }),
  );
}

/** The group as its birth left it: told in the same commit where it could be, else told again under the same id. */
async function groupToldOf(
  node: NodeContext,
  answer: Answer,
  { terms }: Basket,
  verdict: BasketVerdict,
): Promise<GroupSummary | undefined> {
  const ref = { type: "group", id: terms.groupId };
  // sound: the group's decider replies so to every command
  const told = toldBy(answer, { type: "group", id: terms.groupId }) as unknown as
    | GroupReply
    | undefined;
  if (told !== undefined) return told.group ?? undefined;
  const denied = verdict.orders.flatMap((one) =>
    one.verdict === "denied" ? [{ orderId: one.order.orderId, reasons: one.reasons }] : [],
  );
  const type = verdict.verdict === "denied" ? "RecordDenial" : "Start";
  const reply = await node.actors.call(ref, { type, terms, denied } as { readonly type: string }, {
    commandId: uuidv5(terms.groupId, "birth"),
  });
  // sound: as above
  return (reply.reply as unknown as GroupReply).group ?? undefined;
}

/** As the portfolio tells the order's actor, under the same id: whoever comes second repeats. */
async function bear(
  node: NodeContext,
  answer: Answer,
  {
    portfolioId,
    commandId,
    one,
  }: {
    readonly portfolioId: string;
    readonly commandId: string;
    readonly one: Exclude<OrderVerdict, { readonly verdict: "none" }>;
  },
  deadline: { readonly deadlineMs?: number },
): Promise<OrderReply> {
  const { orderId } = one.order;
  // sound: the order's decider replies so to every command
  const told = toldBy(answer, { type: "order", id: orderId }) as unknown as OrderReply | undefined;
  if (told !== undefined) return told;
  const command: OrderCommand =
    one.verdict === "approved"
      ? { type: "Place", order: one.order }
      : { type: "RecordDenial", order: one.order, reasons: one.reasons };
  const born = await node.actors.call({ type: "order", id: orderId }, command, {
    // What the portfolio's `env.id` made of the same command.
    commandId: besideId(portfolioId, commandId, `birth:${orderId}`),
    isBirth: true,
    ...deadline,
  });
  // sound: as above
  return born.reply as unknown as OrderReply;
}
