import { add, subtract } from "../shared/decimal.ts";
import type { Recorded } from "../shared/decider.ts";
import type { ApprovedOrder, Hold } from "../order/new-order.ts";
import { changeLots } from "./lots.ts";
import type { ActedSignal, FillApplied, PortfolioEvent } from "./messages.ts";
import {
  type Account,
  type DecidedOrder,
  execKey,
  type OpenOrder,
  type PortfolioState,
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
    positions: {},
    orders: {},
    decided: [],
    approvedAtMs: [],
    actedAsOfMs: {},
    createdAtMs: atMs,
    updatedAtMs: atMs,
  };
}

function holdFor(account: Account, order: ApprovedOrder, atMs: number): Account {
  const { hold } = order;
  const opened: OpenOrder = { approved: order, hold, execKeys: [] };
  const limit = account.limits.maxOrdersPerMinute ?? 0;
  return {
    ...account,
    reserved: add(account.reserved, hold.cash),
    orders: { ...account.orders, [order.orderId]: opened },
    approvedAtMs: limit > 0 ? [...account.approvedAtMs, atMs].slice(-limit) : [],
  };
}

function remember(account: Account, signal: ActedSignal | null): Account {
  if (signal === null) return account;
  const key = signalKey(signal.strategyId, signal.symbol);
  return { ...account, actedAsOfMs: { ...account.actedAsOfMs, [key]: signal.asOfMs } };
}

function book(account: Account, event: FillApplied): Account {
  const { position } = event;
  const lots = changeLots(account.positions[position.symbol]?.lots ?? [], event.lots);
  return {
    ...account,
    cash: event.cash,
    realizedPnl: add(account.realizedPnl, event.realizedPnl),
    fees: add(account.fees, event.fee),
    positions: { ...account.positions, [position.symbol]: { ...position, lots } },
  };
}

function useHold(account: Account, { hold, trade }: FillApplied): Account {
  const key = execKey(trade.venue, trade.execId);
  const order = account.orders[trade.orderId];
  if (hold === null || order === undefined)
    return decide(account, lateFill(account, trade.orderId, key));
  const reserved = subtract(account.reserved, hold.freedCash);
  const execKeys = [...order.execKeys, key];
  if (hold.remaining === null)
    return decide(
      { ...account, reserved, orders: without(account.orders, trade.orderId) },
      { orderId: trade.orderId, execKeys },
    );
  const used: OpenOrder = { approved: order.approved, hold: hold.remaining, execKeys };
  return { ...account, reserved, orders: { ...account.orders, [trade.orderId]: used } };
}

function lateFill(account: Account, orderId: string, key: string): DecidedOrder {
  const known = account.decided.find((order) => order.orderId === orderId);
  return { orderId, execKeys: [...(known?.execKeys ?? []), key] };
}

function release(account: Account, hold: Hold): Account {
  const execKeys = account.orders[hold.orderId]?.execKeys ?? [];
  return decide(
    {
      ...account,
      reserved: subtract(account.reserved, hold.cash),
      orders: without(account.orders, hold.orderId),
    },
    { orderId: hold.orderId, execKeys },
  );
}

/** Moves the order to the end of those that hold nothing any more, and forgets the oldest of them. */
function decide(account: Account, order: DecidedOrder): Account {
  const others = account.decided.filter(({ orderId }) => orderId !== order.orderId);
  return { ...account, decided: [...others, order].slice(-REMEMBERED_ORDERS) };
}

function without(orders: Account["orders"], orderId: string): Account["orders"] {
  const { [orderId]: _, ...others } = orders;
  return others;
}
