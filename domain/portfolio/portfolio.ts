import { values } from "../shared/bucket-map.ts";
import { firstDifference } from "../shared/same-content.ts";
import type { Decider, Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { invariant, Refusal } from "../shared/errors.ts";
import { actOnSignal } from "./act-on-signal.ts";
import { allocateTrade, concludeAllocation } from "./allocate.ts";
import { amendOrder, concludeAmend } from "./amend-order.ts";
import { applyFill } from "./apply-fill.ts";
import { evolve } from "./evolve.ts";
import { ledgerTransaction } from "./ledger.ts";
import type {
  PortfolioCommand,
  PortfolioEvent,
  PortfolioReply,
  PortfolioSummary,
  ReleaseReceipt,
} from "./messages.ts";
import { findOrder, type OpenOrder, orderIds, scaled } from "./open-orders.ts";
import { requestBasket } from "./request-basket.ts";
import { requestOrder } from "./request-order.ts";
import { failSettlement, settleTrades } from "./settle-trades.ts";
import { takeAllocation } from "./take-allocation.ts";
import { moveCash, payDividend, splitPosition } from "./transactions.ts";
import {
  type Account,
  openPositions,
  type Opening,
  type PortfolioState,
  summarizeAccount,
} from "./state.ts";

type Command<T extends PortfolioCommand["type"]> = Extract<PortfolioCommand, { type: T }>;
type Summarized = Decision<PortfolioEvent, PortfolioSummary>;

/**
 * The brain of the portfolio actor: cash accounting in one currency, long positions, netting. Cash that an open order may
 * need is held from its check to its end, so that no two orders can spend it.
 *
 * Laws, kept at every step: cash + positions at cost + fees − realised profit = initial cash + net deposits + dividends; cash =
 * settled + unsettled, the claims of the trades that have not settled; Σ debit = Σ credit in each
 * ledger transaction; reserved = Σ holds; cash − reserved is not negative unless a fill raised `BuyingPowerExceeded`; what is
 * kept in sum beside orders and positions is their sum.
 */
export const portfolio: Decider<PortfolioState, PortfolioCommand, PortfolioEvent, PortfolioReply> =
  {
    initial: (id) => ({ portfolioId: id, account: null }),
    decide,
    evolve,
  };

function decide(
  state: PortfolioState,
  command: PortfolioCommand,
  env: Env,
): Decision<PortfolioEvent, PortfolioReply> {
  if (command.type === "Open") return open(state, command, env);
  const { account } = state;
  if (account === null)
    throw new Refusal(
      "notFound",
      "PORTFOLIO_NOT_FOUND",
      `portfolio ${state.portfolioId} is not known`,
    );
  switch (command.type) {
    case "Update":
      return update(account, command, env);
    case "Close":
      return close(account, env);
    case "RequestOrder":
      return requestOrder(account, command.order, command.market, env);
    case "CheckOrder":
      return { events: [], reply: requestOrder(account, command.order, command.market, env).reply };
    case "RequestBasket":
      return requestBasket(account, command, env);
    case "CheckBasket":
      return { events: [], reply: requestBasket(account, command, env).reply };
    case "ActOnSignal":
      return actOnSignal(account, command, env);
    case "ApplyFill":
      return applyFill(account, command, env);
    case "SettleTrades":
      return settleTrades(account, command, env);
    case "FailSettlement":
      return failSettlement(account, command);
    case "MoveCash":
      return moveCash(account, command, env);
    case "PayDividend":
      return payDividend(account, command, env);
    case "SplitPosition":
      return splitPosition(account, command, env);
    case "AllocateTrade":
      return allocateTrade(account, command, env);
    case "TakeAllocation":
      return takeAllocation(account, command, env);
    case "ConcludeAllocation":
      return concludeAllocation(account, command, env);
    case "ReleaseHold":
      return releaseHold(account, command);
    case "AmendOrder":
      return amendOrder(account, command, env);
    case "ConcludeAmend":
      return concludeAmend(account, command);
  }
}

function open(state: PortfolioState, command: Command<"Open">, env: Env): Summarized {
  const opening = openingOf(command);
  if (state.account !== null) return repeatOpen(state.account, opening);
  const initialCash = dec(opening.initialCash);
  if (initialCash.lessThan(ZERO))
    throw new Refusal("invalid", "INITIAL_CASH_NEGATIVE", "a portfolio cannot start with debt");
  const heading = {
    transactionId: env.id("ledger"),
    portfolioId: state.portfolioId,
    currency: opening.baseCurrency,
    memo: "initial cash",
    orderId: null,
    tradeId: null,
    atMs: env.nowMs,
  };
  const ledger = ledgerTransaction(heading, [
    { account: "cash", amount: initialCash },
    { account: "capital", amount: initialCash.negated() },
  ]);
  return summarized(state, { type: "PortfolioOpened", ...opening, ledger }, env);
}

function openingOf(command: Command<"Open">): Opening {
  return {
    tenantId: command.tenantId,
    ownerId: command.ownerId,
    name: command.name,
    baseCurrency: command.baseCurrency,
    initialCash: text(dec(command.initialCash)),
    lotMethod: command.lotMethod,
    limits: command.limits,
  };
}

function repeatOpen(account: Account, opening: Opening): Summarized {
  const field = firstDifference(account.opening, opening);
  if (field === null) return { events: [], reply: summarizeAccount(account) };
  const message = `portfolio ${account.portfolioId} was opened before with another ${field}`;
  throw new Refusal("conflict", "PORTFOLIO_EXISTS", message, { field });
}

/** Limits are replaced as a whole: an absent one is no longer limited. */
function update(account: Account, command: Command<"Update">, env: Env): Summarized {
  if (account.status === "closed")
    throw new Refusal("conflict", "PORTFOLIO_CLOSED", `${account.portfolioId} is closed`);
  const name = command.name ?? account.name;
  const limits = command.limits ?? account.limits;
  const tradingState = command.tradingState ?? account.tradingState;
  const before = { name: account.name, limits: account.limits, tradingState: account.tradingState };
  const isSame = firstDifference({ name, limits, tradingState }, before);
  if (isSame === null) return { events: [], reply: summarizeAccount(account) };
  return summarized(
    stateOf(account),
    { type: "PortfolioUpdated", name, limits, tradingState },
    env,
  );
}

function close(account: Account, env: Env): Summarized {
  if (account.status === "closed") return { events: [], reply: summarizeAccount(account) };
  const positions = openPositions(account).map(({ symbol }) => symbol);
  const orders = orderIds(account.orders);
  refuseUndecidedAllocations(account);
  if (positions.length + orders.length > 0)
    throw new Refusal(
      "conflict",
      "PORTFOLIO_NOT_FLAT",
      `${account.portfolioId} has ${positions.length} positions and ${orders.length} open orders`,
      { positions, orders },
    );
  return summarized(stateOf(account), { type: "PortfolioClosed" }, env);
}

/** What another portfolio has not taken yet may come back. */
function refuseUndecidedAllocations({ portfolioId, afterTrade }: Account): void {
  const rows = values(afterTrade.allocations).flatMap((allocations) => allocations.rows);
  const pending = rows.filter(({ status }) => status === "pending");
  if (pending.length === 0) return;
  const allocations = pending.map(({ allocationId }) => allocationId);
  const message = `${portfolioId} has allocations that are not taken yet`;
  throw new Refusal("conflict", "PORTFOLIO_NOT_FLAT", message, { allocations });
}

function releaseHold(
  account: Account,
  { orderId, reason, cumQty }: Command<"ReleaseHold">,
): Decision<PortfolioEvent, ReleaseReceipt> {
  const order = findOrder(account.orders, orderId);
  if (order === undefined) return { events: [], reply: { orderId, released: null } };
  // Between nodes the end of an order may overtake its fills.
  const missing = dec(cumQty ?? order.cumQty).minus(order.cumQty);
  if (missing.greaterThan(ZERO)) return reduceHold(order, missing, reason);
  const { hold } = order;
  return { events: [{ type: "HoldReleased", hold, reason }], reply: { orderId, released: hold } };
}

function reduceHold(
  order: OpenOrder,
  missing: Decimal,
  reason: string,
): Decision<PortfolioEvent, ReleaseReceipt> {
  const { orderId } = order.approved;
  const reply = { orderId, released: null };
  if (order.isClosed === true) return { events: [], reply };
  const hold = scaled(order.hold, Decimal.min(missing, order.hold.quantity));
  return { events: [{ type: "HoldReduced", orderId, hold, reason }], reply };
}

/** The event, answered with the portfolio as it will be after it. */
function summarized(state: PortfolioState, event: PortfolioEvent, env: Env): Summarized {
  const recorded = { event, version: 0, atMs: env.nowMs, commandId: env.commandId };
  const { account } = evolve(state, recorded);
  invariant(account !== null, `${event.type} left no portfolio`);
  return { events: [event], reply: summarizeAccount(account) };
}

function stateOf(account: Account): PortfolioState {
  return { portfolioId: account.portfolioId, account };
}
