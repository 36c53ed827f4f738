import type {
  MarketView,
  OrderVerdict,
  PortfolioCommand,
  PortfolioEvent,
  PortfolioReply,
  PortfolioSummary,
  Signal,
} from "../../../../domain/portfolio/messages.ts";
import { portfolio } from "../../../../domain/portfolio/portfolio.ts";
import { type PortfolioState, summarize } from "../../../../domain/portfolio/state.ts";
import type { Instrument } from "../../../../domain/market/instrument.ts";
import type { NewOrder } from "../../../../domain/order/new-order.ts";
import type { Effect, Env, Recorded } from "../../../../domain/shared/decider.ts";

export type Command<T extends PortfolioCommand["type"]> = Extract<PortfolioCommand, { type: T }>;

/** A portfolio actor without its body: commands in, events out, everything passing through JSON as in a store. */
export class LivePortfolio {
  state: PortfolioState = portfolio.initial("pf-1");
  readonly recorded: Recorded<PortfolioEvent>[] = [];
  nowMs = 1_000_000;

  when(command: PortfolioCommand): {
    events: readonly PortfolioEvent[];
    effects: readonly Effect[];
    reply: PortfolioReply;
  } {
    const commandId = `command-${this.recorded.length}-${this.nowMs}`;
    const env: Env = {
      actor: { type: "portfolio", id: "pf-1" },
      nowMs: this.nowMs,
      commandId,
      id: (name) => `${name}/${commandId}`,
      random: () => 0.5,
    };
    const decision = portfolio.decide(this.state, command, env);
    for (const event of decision.events) this.record(event, commandId);
    return { events: decision.events, effects: decision.effects ?? [], reply: decision.reply };
  }

  summary(): PortfolioSummary {
    const summary = summarize(this.state);
    if (summary === null) throw new Error("the portfolio was never opened");
    return summary;
  }

  /** The state that a successor would load: all events from the store, folded. */
  replayed(): PortfolioState {
    let state = portfolio.initial("pf-1");
    for (const recorded of this.recorded) state = portfolio.evolve(state, throughJson(recorded));
    return state;
  }

  private record(event: PortfolioEvent, commandId: string): void {
    const version = this.recorded.length + 1;
    const recorded = throughJson({ event, version, atMs: this.nowMs, commandId });
    this.recorded.push(recorded);
    this.state = portfolio.evolve(this.state, recorded);
  }
}

export function throughJson<T>(value: T): T {
  // JSON gives back what it was given as long as the value is plain JSON, which is what the tests that compare check.
  return JSON.parse(JSON.stringify(value)) as T; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
}

export function opened(changes: Partial<Command<"Open">> = {}): LivePortfolio {
  const live = new LivePortfolio();
  live.when(openCommand(changes));
  return live;
}

export function openCommand(changes: Partial<Command<"Open">> = {}): Command<"Open"> {
  return {
    type: "Open",
    tenantId: "tenant-1",
    ownerId: "user-1",
    name: "first",
    baseCurrency: "USD",
    initialCash: "10000",
    lotMethod: "average",
    limits: {},
    ...changes,
  };
}

export interface MarketChanges {
  readonly symbol?: string;
  readonly last?: string | null;
  readonly bid?: string | null;
  readonly ask?: string | null;
  readonly isStale?: boolean;
  readonly feeBps?: string;
  readonly currency?: string;
  readonly tickSize?: string;
  readonly lotSize?: string;
  readonly multiplier?: string;
  /** in place of the instrument's own */
  readonly instrument?: Partial<Instrument>;
  readonly route?: NonNullable<MarketView["route"]>;
  readonly tsEventMs?: number;
}

export function market(changes: MarketChanges = {}): MarketView {
  const { symbol = "AAPL", last = "100", bid = null, ask = null } = changes;
  return {
    instrument: {
      symbol,
      name: symbol,
      assetClass: "equity",
      venue: "PAPER",
      currency: changes.currency ?? "USD",
      tickSize: changes.tickSize ?? "0.01",
      lotSize: changes.lotSize ?? "1",
      multiplier: changes.multiplier ?? "1",
      shortable: false,
      calendar: "XNYS",
      ...changes.instrument,
    },
    quote: {
      symbol,
      bid,
      ask,
      bidSize: null,
      askSize: null,
      last,
      lastSize: null,
      tsEventMs: changes.tsEventMs ?? 900_000,
      tsInitMs: 900_001,
    },
    isStale: changes.isStale ?? false,
    feeBps: changes.feeBps ?? "10",
    ...(changes.route && { route: changes.route }),
  };
}

export function newOrder(changes: Partial<NewOrder> = {}): NewOrder {
  const orderId = changes.orderId ?? "order-1";
  return {
    orderId,
    clOrdId: `cl-${orderId}`,
    tenantId: "tenant-1",
    portfolioId: "pf-1",
    symbol: "AAPL",
    side: "buy",
    ordType: "market",
    orderQty: "10",
    timeInForce: "day",
    placedBy: "user-1",
    ...changes,
  };
}

export function request(
  changes: Partial<NewOrder> = {},
  view: MarketView = market(),
): Command<"RequestOrder"> {
  return { type: "RequestOrder", order: newOrder(changes), market: view };
}

interface FillChanges {
  readonly orderId?: string;
  readonly execId?: string;
  readonly symbol?: string;
  readonly side?: "buy" | "sell";
  readonly quantity?: string;
  readonly price?: string;
  readonly fees?: string;
  readonly currency?: string;
  readonly multiplier?: string;
  readonly transactTimeMs?: number;
}

export function fill(changes: FillChanges = {}): Command<"ApplyFill"> {
  const { orderId = "order-1" } = changes;
  return {
    type: "ApplyFill",
    report: {
      execType: "trade",
      execId: changes.execId ?? "exec-1",
      venue: "PAPER",
      clOrdId: `cl-${orderId}`,
      orderId,
      transactTimeMs: changes.transactTimeMs ?? 950_000,
      lastQty: changes.quantity ?? "10",
      lastPx: changes.price ?? "100",
      fees: changes.fees ?? "0",
      currency: changes.currency ?? "USD",
      liquidity: "taker",
      settlementDate: "2026-03-04",
    },
    symbol: changes.symbol ?? "AAPL",
    side: changes.side ?? "buy",
    multiplier: changes.multiplier ?? "1",
  };
}

export function release(orderId = "order-1"): Command<"ReleaseHold"> {
  return { type: "ReleaseHold", orderId, reason: "canceled" };
}

export function signal(changes: Partial<Signal> = {}): Signal {
  return {
    signalId: "signal-1",
    strategyId: "cross",
    symbol: "AAPL",
    side: "buy",
    strength: 1,
    confidence: 1,
    reason: "the fast average crossed the slow one",
    source: "crossover",
    asOfMs: 900_000,
    ...changes,
  };
}

/** The verdict out of a reply. */
export function verdict(reply: PortfolioReply): OrderVerdict {
  if (!("verdict" in reply) || "orders" in reply || reply.verdict === "amended")
    throw new Error(`expected a verdict, found ${JSON.stringify(reply)}`);
  return reply;
}

export function approved(reply: PortfolioReply): Extract<OrderVerdict, { verdict: "approved" }> {
  const found = verdict(reply);
  if (found.verdict !== "approved") throw new Error(`not approved: ${JSON.stringify(found)}`);
  return found;
}

/** Buys and fills at once, outside any market: sets a position up. */
export function holding(
  live: LivePortfolio,
  symbol: string,
  quantity: string,
  price: string,
): LivePortfolio {
  const execId = `setup-${symbol}-${live.recorded.length}`;
  live.when(fill({ orderId: `setup-${execId}`, execId, symbol, quantity, price }));
  return live;
}
