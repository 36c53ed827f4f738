import { EMPTY_MAP, put } from "../shared/bucket-map.ts";
import { add, subtract } from "../shared/decimal.ts";
import type { Recorded } from "../shared/decider.ts";
import type { ApprovedOrder, Hold } from "../order/new-order.ts";
import { withSymbolRisk } from "../risk/live/lines.ts";
import { limitsOf } from "../risk/live/order-risk.ts";
import { evolveRisk, newRiskBook } from "../risk/live/risk-book.ts";
import { NOTHING_AFTER_TRADE } from "./after-trade-state.ts";
import { withConversion } from "./currency/evolve-currency.ts";
import type { InBase } from "./currency/messages.ts";
import { evolveAfterTrade, withFillToSettle, withForeignPosition } from "./evolve-after-trade.ts";
import { changeLots } from "./lots.ts";
import { withMarginEvent, withOrderedSymbol, withTradedDay } from "./margin/evolve-margin.ts";
import { NO_MARGIN } from "./margin/margin-book.ts";
import type { ActedSignal, FillApplied, Lot, PortfolioEvent } from "./messages.ts";
import {
  findOrder,
  NO_ORDERS,
  withAmendment,
  withClosing,
  withFill,
  withOrder,
  withoutOrder,
  withTerms,
} from "./open-orders.ts";
import { positionKey } from "./position.ts";
import {
  type Account,
  type DecidedOrder,
  equityAtCost,
  execKey,
  type PortfolioState,
  positionOf,
  signalKey,
} from "./state.ts";

/** How many orders are remembered after they are closed, against late duplicates of their fills. */
const REMEMBERED_ORDERS = 256;

type EventOf<T extends PortfolioEvent["type"]> = Extract<PortfolioEvent, { type: T }>;
type Opened = EventOf<"PortfolioOpened">;

/** The state after an event. Sets what the event says and calculates no more than sums: a replay can never differ. */
export function evolve(state: PortfolioState, recorded: Recorded<PortfolioEvent>): PortfolioState {
  const { event, atMs } = recorded;
  const { portfolioId, account } = state;
  if (event.type === "PortfolioOpened")
    return { portfolioId, account: openAccount(portfolioId, event, atMs) };
  if (account === null) return state;
  const after = change(onItsDay(account, atMs), event, atMs);
  return { portfolioId, account: { ...after, updatedAtMs: atMs } };
}

const DAY_MS = 86_400_000;

/** The first event of a day finds the equity that the day began with. */
function onItsDay(account: Account, atMs: number): Account {
  const day = Math.floor(atMs / DAY_MS);
  if (day === account.dayStart.day) return account;
  return { ...account, dayStart: { day, equity: equityAtCost(account) } };
}

function change(account: Account, event: Exclude<PortfolioEvent, Opened>, atMs: number): Account {
  switch (event.type) {
    case "PortfolioUpdated":
      return {
        ...account,
        name: event.name,
        limits: event.limits,
        tradingState: event.tradingState ?? "active",
        corporateActions: event.corporateActions ?? account.corporateActions,
      };
    case "PortfolioClosed":
      return { ...account, status: "closed" };
    case "OrderApproved":
      return remember(
        holdFor(
          withKnownSymbol(withOrderedSymbol(account, event.order), event.order),
          event.order,
          atMs,
        ),
        event.signal,
      );
    case "OrderDenied":
      return remember(
        decide(account, { orderId: event.order.orderId, execKeys: [] }),
        event.signal,
      );
    case "FillApplied":
      return useHold(book(withTradedDay(account, event), event), event);
    case "AmendApproved":
      return amend(account, event, atMs);
    case "AmendDenied":
      return account;
    case "AmendConcluded":
      return concludeAmend(account, event);
    case "HoldReduced": {
      const order = findOrder(account.orders, event.orderId);
      return order === undefined
        ? account
        : withOrders(account, withClosing(account.orders, order, event.hold));
    }
    case "HoldReleased":
      return release(account, event.hold);
    case "TradeSettled":
    case "SettlementFailed":
    case "CashMoved":
    case "DividendPaid":
    case "PositionSplit":
    case "TradeAllocated":
    case "AllocationTaken":
    case "AllocationReturned":
    case "AllocationRefused":
      return evolveAfterTrade(account, event);
    case "MarginCallRaised":
    case "MarginCallMet":
    case "MarginCallExpired":
    case "FinancingAccrued":
      return withMarginEvent(account, event, atMs);
    case "CurrencyConverted":
      return withConversion(account, event);
    case "SwitchSet":
    case "DeskLimitsSet":
    case "TenantLimitsSet":
    case "LimitOverridden":
    case "EquityMarked":
    case "FlattenHindered":
    case "FlattenEnded":
      return { ...account, riskBook: evolveRisk(account.riskBook, event, atMs) };
  }
}

function openAccount(portfolioId: string, event: Opened, atMs: number): Account {
  return {
    portfolioId,
    opening: {
      tenantId: event.tenantId,
      ownerId: event.ownerId,
      name: event.name,
      baseCurrency: event.baseCurrency,
      initialCash: event.initialCash,
      lotMethod: event.lotMethod,
      limits: event.limits,
      ...(event.margin && { margin: event.margin }),
      ...(event.financing && { financing: event.financing }),
      ...(event.currencies && { currencies: event.currencies }),
      ...(event.accounting && { accounting: event.accounting }),
      ...(event.corporateActions && { corporateActions: event.corporateActions }),
    },
    name: event.name,
    limits: event.limits,
    status: "open",
    tradingState: "active",
    corporateActions: event.corporateActions ?? "manual",
    dayStart: { day: Math.floor(atMs / DAY_MS), equity: event.initialCash },
    cash: event.initialCash,
    reserved: "0",
    realizedPnl: "0",
    fees: "0",
    positions: EMPTY_MAP,
    positionsCost: "0",
    foreign: EMPTY_MAP,
    foreignCost: "0",
    fxPnl: "0",
    orders: NO_ORDERS,
    decided: [],
    approvedAtMs: [],
    actedAsOfMs: EMPTY_MAP,
    afterTrade: NOTHING_AFTER_TRADE,
    marginBook: NO_MARGIN,
    riskBook: newRiskBook(event.initialCash, event.standing),
    createdAtMs: atMs,
    updatedAtMs: atMs,
  };
}

function holdFor(account: Account, order: ApprovedOrder, atMs: number): Account {
  return withRate(withOrders(account, withOrder(account.orders, order)), atMs);
}

function withKnownSymbol(account: Account, order: ApprovedOrder): Account {
  const { riskBook } = account;
  const symbols = withSymbolRisk(riskBook.symbols, order);
  return symbols === riskBook.symbols
    ? account
    : { ...account, riskBook: { ...riskBook, symbols } };
}

/** What is reserved is what the orders hold. */
function withOrders(account: Account, orders: Account["orders"]): Account {
  return { ...account, orders, reserved: orders.reserved };
}

function withRate(account: Account, atMs: number): Account {
  const limit = limitsOf(account, atMs).limits.maxOrdersPerMinute ?? 0;
  const approvedAtMs = limit > 0 ? [...account.approvedAtMs, atMs].slice(-limit) : [];
  return { ...account, approvedAtMs };
}

function amend(
  account: Account,
  { orderId, amendId, hold, isRequired, requestedBy }: EventOf<"AmendApproved">,
  atMs: number,
): Account {
  const order = findOrder(account.orders, orderId);
  if (order === undefined) return account;
  const required = isRequired === true ? { requiredBy: requestedBy } : {};
  const amendment = { amendId, before: order.hold, after: hold, ...required };
  return withRate(withOrders(account, withAmendment(account.orders, order, amendment)), atMs);
}

function concludeAmend(
  account: Account,
  { orderId, terms, hold, isPending }: EventOf<"AmendConcluded">,
): Account {
  const order = findOrder(account.orders, orderId);
  if (order === undefined) return account;
  const amendment = isPending === true ? order.amendment : null;
  return withOrders(account, withTerms(account.orders, { ...order, amendment }, terms, hold));
}

function remember(account: Account, signal: ActedSignal | null): Account {
  if (signal === null) return account;
  const key = signalKey(signal.strategyId, signal.symbol);
  return { ...account, actedAsOfMs: put(account.actedAsOfMs, key, signal.asOfMs) };
}

function book(account: Account, event: FillApplied): Account {
  const { position } = event;
  const key = positionKey(position);
  const before = positionOf(account, key);
  const lots = changeLots(before?.lots ?? [], event.lots);
  const afterTrade = withFillToSettle(account.afterTrade, event);
  if (event.inBase !== undefined)
    return { ...bookForeign(account, event, lots, event.inBase), afterTrade };
  const costChange = subtract(position.cost, before?.cost ?? "0");
  return {
    ...account,
    cash: event.cash,
    realizedPnl: add(account.realizedPnl, event.realizedPnl),
    fees: add(account.fees, event.fee),
    positions: put(account.positions, key, { ...position, lots }),
    positionsCost: add(account.positionsCost, costChange),
    afterTrade,
  };
}

function bookForeign(
  account: Account,
  event: FillApplied,
  lots: readonly Lot[],
  inBase: InBase,
): Account {
  const { position, realizedPnl, fee, conversion } = event;
  const booked = withForeignPosition(account, { position, lots, realizedPnl, fee }, inBase);
  return conversion === undefined
    ? booked
    : { ...booked, cash: conversion.cash, fees: add(account.fees, conversion.fee) };
}

function useHold(account: Account, { hold, trade }: FillApplied): Account {
  const key = execKey(trade.venue, trade.execId);
  const order = findOrder(account.orders, trade.orderId);
  if (hold === null || order === undefined)
    return decide(account, lateFill(account, trade.orderId, key));
  const { remaining } = hold;
  const fill = { lastQty: trade.quantity, execKey: key, remaining };
  const after = withOrders(account, withFill(account.orders, order, fill));
  if (remaining !== null) return after;
  return decide(after, { orderId: trade.orderId, execKeys: [...order.execKeys, key] });
}

function lateFill(account: Account, orderId: string, key: string): DecidedOrder {
  const known = account.decided.find((order) => order.orderId === orderId);
  return { orderId, execKeys: [...(known?.execKeys ?? []), key] };
}

function release(account: Account, hold: Hold): Account {
  const order = findOrder(account.orders, hold.orderId);
  if (order === undefined) return account;
  const { execKeys } = order;
  return decide(withOrders(account, withoutOrder(account.orders, order)), {
    orderId: hold.orderId,
    execKeys,
  });
}

/** Moves the order to the end of those that hold nothing any more, and forgets the oldest of them. */
function decide(account: Account, order: DecidedOrder): Account {
  const others = account.decided.filter(({ orderId }) => orderId !== order.orderId);
  return { ...account, decided: [...others, order].slice(-REMEMBERED_ORDERS) };
}
