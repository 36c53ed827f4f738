import { PAPER_FEES } from "../../domain/execution/fees.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type { ExchangeRate, OrderRoute, RouteProblem } from "../../domain/portfolio/market-view.ts";
import type {
  ActOnSignal as Acting,
  BasketVerdict,
  MarketView,
  OrderVerdict,
  PortfolioCommand,
  RiskBoard,
} from "../../domain/portfolio/messages.ts";
import { hedgedPair, samePair } from "../../domain/portfolio/signal-bracket.ts";
import { withoutExtras } from "../../domain/risk/limits.ts";
import { Refusal } from "../../domain/shared/errors.ts";
import { besideId, bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { unavailable } from "../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";

/** The market does not stop for a broker that is slow to answer. */
const SETTLE_MS = 1_000;
/** How long orders that were canceled may take to let go of what they held. */
const RELEASE_MS = 3_000;
const LOOK_MS = 20;
const NAMESPACE = "1d9b6f84-7c25-4e0a-a3d1-58c2e9f07b36";

/** From the signals service: a strategy's signal for the portfolio that it trades for. */
export interface ActOnSignal extends Omit<Acting, "market"> {
  readonly portfolioId: string;
}

/** The signals of the two legs of a pair. */
export interface ActOnPair {
  readonly portfolioId: string;
  readonly legs: readonly Omit<Acting, "market">[];
  /** the legs are opened: each is worth nothing without the other. Else both are closed, and one may be all that is left */
  readonly opens: boolean;
}

type Asking = Pick<ActOnSignal, "portfolioId" | "signal" | "ends" | "insteadOf">;

/**
 * One signal acts once: the command's id is made of portfolio and signal. Answered when the order is at its broker, so that
 * the next bar finds it there.
 * @throws RestError UNAVAILABLE while an order that is to be over still holds something
 */
export async function actOnSignal(
  node: NodeContext,
  ctx: RequestContext<ActOnSignal>,
): Promise<OrderVerdict> {
  const { portfolioId, ...asked } = ctx.params;
  const market = await marketOf(ctx, portfolioId, asked);
  const command: PortfolioCommand = { type: "ActOnSignal", ...asked, market };
  const portfolio = { type: "portfolio", id: portfolioId };
  // What had to be over before is over by the time of a repeat.
  const { after: _, ...same } = asked;
  const answer = await released(node, () =>
    node.actors.call(portfolio, command, {
      commandId: commandIdOf(ctx.params),
      bodyHash: bodyHash(same),
      ...deadlineOf(ctx, node.clock),
    }),
  );
  // sound: what the portfolio's decider replies to ActOnSignal
  const verdict = answer.reply as unknown as OrderVerdict;
  if (verdict.verdict === "approved") await settled(node, portfolioId, [verdict.order]);
  return verdict;
}

/** What actOnSignal would come to now, with the id that its order would have. */
export async function checkSignal(
  node: NodeContext,
  ctx: RequestContext<ActOnSignal>,
): Promise<OrderVerdict> {
  const { portfolioId, ...asked } = ctx.params;
  const market = await marketOf(ctx, portfolioId, asked);
  return check(node, ctx, { ...ctx.params, market });
}

/**
 * The two orders of a pair, both or none: each is sized and checked before either is placed, and where it opens the pair, what one is
 * filled is undone should the other not be. Null when there is nothing to do.
 */
export async function actOnPair(
  node: NodeContext,
  ctx: RequestContext<ActOnPair>,
): Promise<readonly OrderVerdict[]> {
  const { portfolioId, legs, opens } = ctx.params;
  const checked = await Promise.all(
    legs.map(async (leg) => {
      const market = await marketOf(ctx, portfolioId, leg);
      const asked = { portfolioId, ...leg, market };
      return { signal: leg.signal, market, verdict: await check(node, ctx, asked) };
    }),
  );
  const wanted = checked.flatMap(({ verdict, market, signal }) => {
    if (verdict.verdict === "none") return [];
    const { signalId, strategyId, symbol, asOfMs } = signal;
    const order = withoutExtras(verdict.order);
    return [{ order, market, signal: { signalId, strategyId, symbol, asOfMs } }];
  });
  const verdicts = checked.map(({ verdict }) => verdict);
  if (wanted.length === 0 || (opens && wanted.length < legs.length)) return verdicts;
  const name = `pair:${portfolioId}:${wanted.map(({ signal }) => signal.signalId).join(":")}`;
  const commandId = uuidv5(NAMESPACE, name);
  const idOf = (part: string) => besideId(portfolioId, commandId, part);
  const basket = opens ? hedgedPair(wanted, idOf("group"), idOf) : samePair(wanted, idOf("group"));
  const command: PortfolioCommand = { type: "RequestBasket", ...basket };
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId,
    bodyHash: bodyHash(name),
    ...deadlineOf(ctx, node.clock),
  });
  // sound: what the portfolio's decider replies to RequestBasket
  const { verdict, orders } = answer.reply as unknown as BasketVerdict;
  if (verdict === "placed")
    await settled(
      node,
      portfolioId,
      wanted.map(({ order }) => order),
    );
  return orders;
}

async function check(
  node: NodeContext,
  ctx: RequestContext,
  { portfolioId, ...asked }: Acting & { readonly portfolioId: string },
): Promise<OrderVerdict> {
  const command: PortfolioCommand = { type: "CheckSignal", ...asked };
  const answer = await released(node, () =>
    node.actors.call({ type: "portfolio", id: portfolioId }, command, {
      commandId: commandIdOf({ portfolioId, ...asked }),
      isDeduplicated: false,
      ...deadlineOf(ctx, node.clock),
    }),
  );
  // sound: what the portfolio's decider replies to CheckSignal
  return answer.reply as unknown as OrderVerdict;
}

/** A signal that turns a position round has two orders, and one that takes the place of exits may come to nothing and be asked again. */
function commandIdOf({ portfolioId, signal, ends, insteadOf }: Asking): string {
  const part = ends === undefined ? "" : ":close";
  const instead = insteadOf === undefined ? "" : ":instead";
  return uuidv5(NAMESPACE, `signal:${portfolioId}:${signal.signalId}${part}${instead}`);
}

/** @throws RestError UNAVAILABLE when it takes too long: who asked asks again */
async function released<T>({ clock }: NodeContext, work: () => Promise<T>): Promise<T> {
  const untilMs = clock.monotonicMs() + RELEASE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "ORDERS_OPEN") throw error;
      if (clock.monotonicMs() > untilMs) throw unavailable(error.message);
      await clock.sleep(LOOK_MS);
    }
  }
}

async function settled(
  { actorSystem }: NodeContext,
  portfolioId: string,
  orders: readonly Pick<NewOrder, "orderId" | "parent">[],
): Promise<void> {
  await actorSystem.settled(SETTLE_MS, [{ type: "portfolio", id: portfolioId }]);
  const refs = orders.flatMap(({ orderId, parent }) => [
    ...(parent === undefined ? [] : [parent]),
    { type: "order", id: orderId },
  ]);
  await actorSystem.settled(SETTLE_MS, refs);
}

async function marketOf(
  ctx: RequestContext,
  portfolioId: string,
  { signal, terms }: Pick<Acting, "signal" | "terms">,
): Promise<MarketView> {
  const { symbol, strategyId } = signal;
  const seen = await ctx.call<Omit<MarketView, "feeBps">, { symbol: string }>(
    "symbols.marketView",
    { symbol },
  );
  const board = await ctx.call<RiskBoard | null, unknown>("margin.board", { portfolioId });
  await ctx.call("limits.prepare", { portfolioId, symbol }).catch(() => null);
  const exchange = await ctx.call<ExchangeRate | null, unknown>("fx.exchange", {
    portfolioId,
    symbol,
  });
  const venue = seen.instrument?.venue;
  const route =
    terms === undefined || venue === undefined ? null : await routeOf(ctx, venue, strategyId);
  return {
    ...seen,
    feeBps: PAPER_FEES.takerBps,
    ...(board && { board }),
    ...(exchange && { exchange }),
    ...route,
  };
}

type Routed =
  | { readonly route: RouteProblem }
  | { readonly route: OrderRoute; readonly feeBps: string };

/** What the venue's broker can do with the terms, and what it charges. */
async function routeOf(ctx: RequestContext, venue: string, strategyId: string): Promise<Routed> {
  const userId = `strategy:${strategyId}`;
  const asked = { venue, userId };
  const found = await ctx.call<(OrderRoute & { readonly feeBps: string }) | RouteProblem, unknown>(
    "brokers.route",
    asked,
  );
  if ("problem" in found) return { route: found };
  const { feeBps, abilities } = found;
  return { feeBps, route: { venue: found.venue, abilities } };
}
