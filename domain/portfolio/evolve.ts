import { EMPTY_MAP, put } from "../shared/bucket-map.ts";
import { add, subtract } from "../shared/decimal.ts";
import type { Recorded } from "../shared/decider.ts";
import type { ApprovedOrder, Hold } from "../order/new-order.ts";
import { changeLots } from "./lots.ts";
import type { ActedSignal, FillApplied, PortfolioEvent } from "./messages.ts";
import { findOrder, NO_ORDERS, withFill, withOrder, withoutOrder } from "./open-orders.ts";
import {
  type Account,
  type DecidedOrder,
  execKey,
  type PortfolioState,
  positionOf,
  signalKey,
} from "./state.ts";

/** How many orders are remembered after they are closed, against late duplicates of their fills. */
const REMEMBERED_ORDERS = 256;

type Opened = Extract<PortfolioEvent, { type: "PortfolioOpened" }>;

/** The state after an event. Sets what the event says and calculates no more than sums: a replay can never differ. */
export function evolve(state: PortfolioState, recorded: Recorded<PortfolioEvent>): PortfolioState {
  const { event, atMs } = recorded;
  const { portfolioId, account } = state;
  if (event.type === "PortfolioOpened")
    return { portfolioId, account: openAccount(portfolioId, event, atMs) };
  if (account === null) return state;
  return { portfolioId, account: { ...change(account, event, atMs), updatedAtMs: atMs } };
}

function change(account: Account, event: Exclude<PortfolioEvent, Opened>, atMs: number): Account {
  switch (event.type) {
    case "PortfolioUpdated":
      return { ...account, name: event.name, limits: event.limits };
    case "PortfolioClosed":
      return { ...account, status: "closed" };
    case "OrderApproved":
      return remember(holdFor(account, event.order, atMs), event.signal);
    case "OrderDenied":
      return remember(
        decide(account, { orderId: event.order.orderId, execKeys: [] }),
        event.signal,
      );
    case "FillApplied":
      return useHold(book(account, event), event);
    case "HoldReleased":
      return release(account, event.hold);
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
    },
    name: event.name,
    limits: event.limits,
    status: "open",
    cash: event.initialCash,
    reserved: "0",
    realizedPnl: "0",
    fees: "0",
    positions: EMPTY_MAP,
    positionsCost: "0",
    orders: NO_ORDERS,
    decided: [],
    approvedAtMs: [],
    actedAsOfMs: EMPTY_MAP,
    createdAtMs: atMs,
    updatedAtMs: atMs,
  };
}

function holdFor(account: Account, order: ApprovedOrder, atMs: number): Account {
  const limit = account.limits.maxOrdersPerMinute ?? 0;
  return {
    ...account,
    reserved: add(account.reserved, order.hold.cash),
    orders: withOrder(account.orders, order),
    approvedAtMs: limit > 0 ? [...account.approvedAtMs, atMs].slice(-limit) : [],
  };
}

function remember(account: Account, signal: ActedSignal | null): Account {
  if (signal === null) return account;
  const key = signalKey(signal.strategyId, signal.symbol);
  return { ...account, actedAsOfMs: put(account.actedAsOfMs, key, signal.asOfMs) };
}

function book(account: Account, event: FillApplied): Account {
  const { position } = event;
  const before = positionOf(account, position.symbol);
  const lots = changeLots(before?.lots ?? [], event.lots);
  const costChange = subtract(position.cost, before?.cost ?? "0");
  return {
    ...account,
    cash: event.cash,
    realizedPnl: add(account.realizedPnl, event.realizedPnl),
    fees: add(account.fees, event.fee),
    positions: put(account.positions, position.symbol, { ...position, lots }),
    positionsCost: add(account.positionsCost, costChange),
  };
}

function useHold(account: Account, { hold, trade }: FillApplied): Account {
  const key = execKey(trade.venue, trade.execId);
  const order = findOrder(account.orders, trade.orderId);
  if (hold === null || order === undefined)
    return decide(account, lateFill(account, trade.orderId, key));
  const reserved = subtract(account.reserved, hold.freedCash);
  if (hold.remaining === null)
    return decide(
      { ...account, reserved, orders: withoutOrder(account.orders, order) },
      { orderId: trade.orderId, execKeys: [...order.execKeys, key] },
    );
  return { ...account, reserved, orders: withFill(account.orders, order, hold.remaining, key) };
}

function lateFill(account: Account, orderId: string, key: string): DecidedOrder {
  const known = account.decided.find((order) => order.orderId === orderId);
  return { orderId, execKeys: [...(known?.execKeys ?? []), key] };
}

function release(account: Account, hold: Hold): Account {
  const order = findOrder(account.orders, hold.orderId);
  const orders = order === undefined ? account.orders : withoutOrder(account.orders, order);
  return decide(
    { ...account, reserved: subtract(account.reserved, hold.cash), orders },
    { orderId: hold.orderId, execKeys: order?.execKeys ?? [] },
  );
}

/** Moves the order to the end of those that hold nothing any more, and forgets the oldest of them. */
function decide(account: Account, order: DecidedOrder): Account {
  const others = account.decided.filter(({ orderId }) => orderId !== order.orderId);
  return { ...account, decided: [...others, order].slice(-REMEMBERED_ORDERS) };
}
