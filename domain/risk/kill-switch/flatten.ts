import { closingOrder, evolved, freeUnitsOf } from "../../portfolio/closing-order.ts";
import type { PortfolioEvent } from "../../portfolio/messages.ts";
import { judge } from "../../portfolio/request-order.ts";
import { type Account, openPositions, type Position } from "../../portfolio/state.ts";
import type { Decision, Effect, Env } from "../../shared/decider.ts";
import { floorTo, ZERO } from "../../shared/decimal.ts";
import { firstDifference } from "../../shared/same-content.ts";
import { FLATTEN, look, receipt, type RiskDecision, switchOrders } from "./decide-risk.ts";
import type { RiskCommand, RiskReceipt, Unflattened } from "./messages.ts";

type Command<T extends RiskCommand["type"]> = Extract<RiskCommand, { type: T }>;
type Flattening = Decision<PortfolioEvent, RiskReceipt>;

/** The reminder has come: nothing is left, or what is left is looked at with the markets of now. */
export function pursueFlatten(account: Account, { seq }: Command<"PursueFlatten">): RiskDecision {
  const { flatten } = account.riskBook;
  const reminders = [{ cancel: FLATTEN }];
  if (flatten === null || flatten.seq !== seq)
    return flatten === null
      ? { events: [], reminders, reply: receipt(account) }
      : { events: [], reply: receipt(account) };
  if (inScope(account).length > 0)
    return { events: [], effects: [look(seq)], reply: receipt(account) };
  return {
    events: [{ type: "FlattenEnded", seq, isFlat: true }],
    reminders,
    reply: receipt(account),
  };
}

/**
 * Closes what no open order closes yet, by market orders that only reduce and that no limit and no halt keeps from it. What
 * is denied all the same (a closed market, a stale price) is not placed and not on record, but named until it is closed.
 */
export function flattenPositions(
  account: Account,
  { seq, markets }: Command<"FlattenPositions">,
  env: Env,
): Flattening {
  const { flatten } = account.riskBook;
  if (flatten?.seq !== seq) return { events: [], reply: receipt(account) };
  let after = account;
  const placed: Flattening[] = [];
  const left: Unflattened[] = [];
  for (const position of inScope(account)) {
    const part = closeOne(after, position, { seq, markets }, env);
    if ("reason" in part) left.push(part);
    else {
      placed.push(part);
      after = evolved(after, part.events, env);
    }
  }
  const isNews = firstDifference(flatten.left, left) !== null;
  return {
    events: [
      ...placed.flatMap(({ events }) => events),
      ...(isNews ? [{ type: "FlattenHindered", seq, left } as const] : []),
    ],
    effects: placed.flatMap(({ effects = [] }): readonly Effect[] => effects),
    reply: receipt(account, { closing: placed.flatMap(({ reply }) => reply.closing) }),
  };
}

function inScope(account: Account): readonly Position[] {
  const symbol = account.riskBook.flatten?.symbol ?? null;
  const positions = openPositions(account);
  return symbol === null ? positions : positions.filter((one) => one.symbol === symbol);
}

const NOTHING: Flattening = { events: [], reply: { portfolioId: "", canceling: 0, closing: [] } };

function closeOne(
  account: Account,
  position: Position,
  { seq, markets }: Pick<Command<"FlattenPositions">, "seq" | "markets">,
  env: Env,
): Flattening | Unflattened {
  const { symbol, quantity: held } = position;
  const free = freeUnitsOf(account, position);
  // All of it is offered: by this closing, or by orders whose cancels are under way.
  if (free.isZero()) return NOTHING;
  const market = markets.find(({ instrument }) => instrument?.symbol === symbol);
  const { instrument = null } = market ?? {};
  if (market === undefined || instrument === null)
    return { symbol, quantity: held, reason: "its market is not known" };
  const quantity = floorTo(free, instrument.lotSize);
  if (quantity.lessThanOrEqualTo(ZERO))
    return { symbol, quantity: held, reason: "it is less than a lot" };
  const part = { position, quantity, placedBy: switchOrders(seq), name: "flatten" };
  const order = closingOrder(account, part, env);
  const own = { ...env, id: (name: string) => env.id(`${name}:${order.orderId}`) };
  const { events, effects = [], reply } = judge(account, order, market, null, own, true);
  if (reply.verdict === "approved")
    return { events, effects, reply: receipt(account, { closing: [order.orderId] }) };
  const reasons = reply.verdict === "denied" ? reply.reasons : [];
  return {
    symbol,
    quantity: held,
    reason: reasons.map(({ code, message }) => `${code}: ${message}`).join("; "),
  };
}
