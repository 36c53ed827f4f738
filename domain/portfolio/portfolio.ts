import { values } from "../shared/bucket-map.ts";
import { firstDifference } from "../shared/same-content.ts";
import type { Decider, Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { invariant, Refusal } from "../shared/errors.ts";
import {
  markEquity,
  overrideLimit,
  setDeskLimits,
  setSwitch,
  setTenantLimits,
} from "../risk/kill-switch/decide-risk.ts";
import { flattenPositions, pursueFlatten } from "../risk/kill-switch/flatten.ts";
import { actOnSignal } from "./act-on-signal.ts";
import { allocateTrade, concludeAllocation } from "./allocate.ts";
import { amendOrder, concludeAmend } from "./amend-order.ts";
import { applyFill } from "./apply-fill.ts";
import { convertCash } from "./currency/convert.ts";
import { evolve } from "./evolve.ts";
import { ledgerTransaction } from "./ledger.ts";
import { accrueFinancing } from "./margin/financing.ts";
import { checkMargin, pursueMarginCall } from "./margin/margin-call.ts";
import { liquidateForMargin } from "./margin/liquidation.ts";
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
import { splitPosition } from "./split-position.ts";
import { moveCash, payDividend } from "./transactions.ts";
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
 * The brain of the portfolio actor. Cash that an open order may need is held from its check to its end, so that no two orders
 * can spend it; a margin portfolio holds for fees and slippage, and has its margin worked out anew with each order.
 *
 * Laws, kept at every step: cash + positions at cost + fees + financing − realised profit = initial cash + net deposits + dividends; cash =
 * settled + unsettled by currency, the claims of the trades that have not settled; Σ debit = Σ credit in each
 * ledger transaction and currency; reserved = Σ holds; cash − reserved of a cash portfolio is not negative unless a fill raised `BuyingPowerExceeded`; what is
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
    case "CheckSignal":
      return { events: [], reply: actOnSignal(account, command, env).reply };
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
    case "CheckMargin":
      return checkMargin(account, command, env);
    case "PursueMarginCall":
      return pursueMarginCall(account, command);
    case "LiquidateForMargin":
      return liquidateForMargin(account, command, env);
    case "AccrueFinancing":
      return accrueFinancing(account, command, env);
    case "SetSwitch":
      return setSwitch(account, command, env);
    case "SetDeskLimits":
      return setDeskLimits(account, command);
    case "SetTenantLimits":
      return setTenantLimits(account, command);
    case "OverrideLimit":
      return overrideLimit(account, command, env);
    case "MarkEquity":
      return markEquity(account, command, env);
    case "PursueFlatten":
      return pursueFlatten(account, command);
    case "FlattenPositions":
      return flattenPositions(account, command, env);
    case "ConvertCash":
      return convertCash(account, command, env);
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
  const { standing } = command;
  const opened = { type: "PortfolioOpened", ...opening, ledger } as const;
  return summarized(state, standing === undefined ? opened : { ...opened, standing }, env);
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
    ...(command.margin && { margin: command.margin }),
    ...(command.financing && { financing: command.financing }),
    ...(command.currencies && { currencies: command.currencies }),
    ...(command.accounting && { accounting: command.accounting }),
    ...(command.corporateActions && { corporateActions: command.corporateActions }),
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
  const { corporateActions } = command;
  const before = { name: account.name, limits: account.limits, tradingState: account.tradingState };
  const isSame = firstDifference({ name, limits, tradingState }, before) === null;
  if (isSame && (corporateActions ?? account.corporateActions) === account.corporateActions)
    return { events: [], reply: summarizeAccount(account) };
  const updated = { type: "PortfolioUpdated", name, limits, tradingState } as const;
  const set = corporateActions === undefined ? updated : { ...updated, corporateActions };
  return summarized(stateOf(account), set, env);
}

function close(account: Account, env: Env): Summarized {
  if (account.status === "closed") return { events: [], reply: summarizeAccount(account) };
  const positions = openPositions(account).map(({ symbol }) => symbol);
  const orders = orderIds(account.orders);
  refuseUndecidedAllocations(account);
  refuseDebt(account);
  if (positions.length + orders.length > 0)
    throw new Refusal(
      "conflict",
      "PORTFOLIO_NOT_FLAT",
      `${account.portfolioId} has ${positions.length} positions and ${orders.length} open orders`,
      { positions, orders },
    );
  return summarized(stateOf(account), { type: "PortfolioClosed" }, env);
}

/** Who closes it would owe it to nobody. */
function refuseDebt({ portfolioId, opening, cash }: Account): void {
  if (opening.margin === undefined || !dec(cash).isNegative()) return;
  const message = `${portfolioId} owes ${text(dec(cash).negated())}`;
  throw new Refusal("conflict", "PORTFOLIO_NOT_FLAT", message, { cash });
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
