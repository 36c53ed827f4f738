import type { ExecutionReport } from "../../domain/order/execution-report.ts";
import type { OrderCommand } from "../../domain/order/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type {
  MarketView,
  OrderVerdict,
  PortfolioCommand,
} from "../../domain/portfolio/messages.ts";
import type { ActorRef, ReminderChange } from "../../domain/shared/decider.ts";
import { besideId, uuidv5 } from "../../mixins/actor/ids.ts";
import type { CounterCommand } from "../support/counter.ts";
import type { Clients, Fate } from "./clients.ts";
import { VENUE } from "./exchange.ts";
import { paperVenueOf } from "./kinds.ts";
import { trueTimeMs } from "./machine.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const NAMESPACE = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const SYMBOLS = { AAA: VENUE, BBB: "PAPER" } as const;
type Symbol = keyof typeof SYMBOLS;

const COUNTING = {
  add: 5,
  addUpTo: 1,
  tell: 3,
  work: 3,
  remind: 2,
  forget: 1,
  touch: 4,
  read: 2,
} as const;

/** What was asked of counters, by its amount: each amount is used once in a run. */
export interface Asked {
  readonly commandId: string;
  readonly ref: ActorRef;
  readonly command: CounterCommand;
}

/** Those who use the system, each doing one thing after another. */
export class Workload {
  readonly asked = new Map<number, Asked>();
  readonly counters: readonly ActorRef[];
  readonly portfolios: readonly string[];
  readonly #world: World;
  readonly #clients: Clients;
  readonly #random: Random;
  readonly #thinkMs: number;
  #isOver = false;

  constructor(
    world: World,
    clients: Clients,
    size: { readonly counters: number; readonly portfolios: number; readonly thinkMs: number },
  ) {
    this.#world = world;
    this.#clients = clients;
    this.#random = world.random.fork("workload");
    this.#thinkMs = size.thinkMs;
    // Few tags, so that several share a shard: their commits overlap in one outbox.
    this.counters = Array.from({ length: size.counters }, (_, i) => ({
      type: "counter",
      id: `{t${i % 2}}${i}`,
    }));
    this.portfolios = Array.from({ length: size.portfolios }, () => this.#random.uuid());
  }

  start(users: number): void {
    for (let i = 0; i < users; i++) {
      const { portfolios } = this;
      const portfolioId = i % 2 === 1 ? portfolios[(i >> 1) % portfolios.length] : undefined;
      void (portfolioId === undefined ? this.#count() : this.#trade(portfolioId));
    }
    this.#quote();
  }

  /** Nothing new from now on. */
  end(): void {
    this.#isOver = true;
  }

  async #pause(): Promise<void> {
    await this.#world.scheduler.sleep(this.#random.exponential(this.#thinkMs));
  }

  async #count(): Promise<void> {
    for (await this.#pause(); !this.#isOver; await this.#pause()) {
      const ref = this.#random.pick(this.counters);
      const what = this.#random.weighted(COUNTING);
      if (what === "read") this.#clients.read(ref);
      else if (what === "touch") this.#touch(ref);
      else await this.#send(ref, this.#counterCommand(what, ref));
    }
  }

  #counterCommand(
    what: Exclude<keyof typeof COUNTING, "read" | "touch">,
    ref: ActorRef,
  ): CounterCommand {
    const amount = this.asked.size + 1;
    switch (what) {
      case "add":
        return { type: "Add", amount };
      case "addUpTo":
        return { type: "AddUpTo", amount, limit: 2_000 };
      case "tell": {
        const others = this.counters.filter(({ id }) => id !== ref.id);
        return { type: "AddAndTell", amount, to: this.#random.pick(others) };
      }
      case "work":
        return { type: "AddAndWork", amount };
      case "remind":
        return { type: "Remind", change: this.#reminder() };
      case "forget":
        return { type: "Remind", change: { cancel: `r${this.#random.int(0, 3)}` } };
    }
  }

  /** Harmless to repeat, so that nothing is kept of its id: only the version stands between it and a late twin. */
  #touch(ref: ActorRef): void {
    const command: CounterCommand = { type: "Add", amount: 0 };
    const request = { ref, command, commandId: this.#random.uuid(), isRecorded: false };
    this.#clients.post(request, false, () => undefined);
  }

  #reminder(): ReminderChange {
    const set = `r${this.#random.int(0, 3)}`;
    const dueMs = trueTimeMs(this.#world.scheduler) + this.#random.int(-500, 6_000);
    const misfire = this.#random.pick(["fireAll", "fireOnce", { skipAfterMs: 500 }] as const);
    const every = this.#random.chance(0.3) ? { everyMs: this.#random.int(800, 5_000) } : {};
    return { set, dueMs, misfire, command: { type: "Tick" }, ...every };
  }

  async #send(ref: ActorRef, command: CounterCommand): Promise<void> {
    const commandId = this.#random.uuid();
    if ("amount" in command) this.asked.set(command.amount, { commandId, ref, command });
    await this.#clients.perform({ ref, command, commandId, isRecorded: true });
  }

  async #trade(portfolioId: string): Promise<void> {
    const ref = { type: "portfolio", id: portfolioId };
    const commandId = uuidv5(portfolioId, "open");
    await this.#clients.perform({ ref, command: OPEN, commandId, isRecorded: true });
    for (let i = 0; !this.#isOver; i++) {
      await this.#pause();
      await this.#order(ref, i);
    }
  }

  async #order(portfolio: ActorRef, i: number): Promise<void> {
    const commandId = this.#random.uuid();
    const symbol = this.#random.pick(["AAA", "AAA", "BBB"] as const);
    const order = newOrder(portfolio.id, symbol, `${commandId}:${i}`, this.#random);
    const command: PortfolioCommand = { type: "RequestOrder", order, market: marketOf(symbol) };
    const fate = await this.#clients.perform({
      ref: portfolio,
      command,
      commandId,
      isRecorded: true,
    });
    if (!("answer" in fate)) return;
    // sound: what the portfolio's decider replies to RequestOrder
    const verdict = fate.answer.reply as unknown as OrderVerdict;
    // The effect of the portfolio does it when we do not.
    const birth = this.#random.chance(0.7)
      ? await this.#bear(portfolio.id, commandId, verdict)
      : null;
    // Whoever amends an order has seen it.
    const isSeen = birth !== null && "answer" in birth;
    if (isSeen && this.#random.chance(0.5)) await this.#amend(portfolio, order.orderId, symbol);
    if (this.#random.chance(0.4)) await this.#cancel(order.orderId);
  }

  #bear(portfolioId: string, cause: string, verdict: OrderVerdict): Promise<Fate> {
    if (verdict.verdict === "none") throw new Error("a request has a verdict");
    const { order } = verdict;
    const command: OrderCommand =
      verdict.verdict === "approved"
        ? { type: "Place", order: verdict.order }
        : { type: "RecordDenial", order, reasons: verdict.reasons };
    const ref = { type: "order", id: order.orderId };
    const commandId = besideId(portfolioId, cause, "birth");
    return this.#clients.perform({ ref, command, commandId, isBirth: true, isRecorded: true });
  }

  async #amend(portfolio: ActorRef, orderId: string, symbol: Symbol): Promise<void> {
    await this.#pause();
    const amendId = this.#random.uuid();
    const command: PortfolioCommand = {
      type: "AmendOrder",
      orderId,
      amendId,
      changes: { orderQty: String(this.#random.int(1, 60)) },
      market: marketOf(symbol),
      requestedBy: "u",
    };
    await this.#clients.perform({ ref: portfolio, command, commandId: amendId, isRecorded: false });
  }

  async #cancel(orderId: string): Promise<void> {
    await this.#pause();
    const ref = { type: "order", id: orderId };
    const command: OrderCommand = { type: "RequestCancel", requestedBy: "u" };
    await this.#clients.perform({
      ref,
      command,
      commandId: this.#random.uuid(),
      isRecorded: false,
    });
  }

  /** The market that the paper venue sees. */
  #quote(): void {
    this.#world.scheduler.after(this.#random.exponential(400), () => {
      if (this.#isOver) return;
      const quote = { ...marketOf("BBB").quote, tsEventMs: trueTimeMs(this.#world.scheduler) };
      const request = {
        ref: paperVenueOf("BBB"),
        command: { type: "OnQuote", quote },
        commandId: this.#random.uuid(),
        isRecorded: false,
      };
      this.#clients.post(request, false, () => undefined);
      this.#quote();
    });
  }
}

/** Brings what the exchange says to the order that it speaks of. */
export function tellOrder(clients: Clients, report: ExecutionReport, taken: () => void): void {
  const command: OrderCommand = { type: "ApplyReport", report };
  const commandId = uuidv5(NAMESPACE, `${report.venue}:${report.execId}`);
  const ref = { type: "order", id: report.orderId };
  clients.post({ ref, command, commandId, isRecorded: false }, true, taken);
}

const OPEN: PortfolioCommand = {
  type: "Open",
  tenantId: "t",
  ownerId: "u",
  name: "p",
  baseCurrency: "USD",
  initialCash: "100000",
  lotMethod: "fifo",
  limits: {},
};

function marketOf(symbol: Symbol): MarketView & { readonly quote: object } {
  return {
    instrument: {
      symbol,
      name: symbol,
      assetClass: "equity",
      venue: SYMBOLS[symbol],
      currency: "USD",
      tickSize: "0.01",
      lotSize: "1",
      multiplier: "1",
      shortable: false,
      calendar: "24x7",
    },
    quote: {
      symbol,
      bid: "99.9",
      ask: "100.1",
      bidSize: "20",
      askSize: "20",
      last: "100",
      lastSize: null,
      tsEventMs: 0,
      tsInitMs: 0,
    },
    isStale: false,
    feeBps: "5",
  };
}

function newOrder(portfolioId: string, symbol: Symbol, name: string, random: Random): NewOrder {
  const orderId = besideId(portfolioId, NAMESPACE, name);
  return {
    orderId,
    clOrdId: orderId,
    tenantId: "t",
    portfolioId,
    symbol,
    side: random.pick(["buy", "buy", "sell"] as const),
    ordType: "limit",
    orderQty: String(random.int(1, 40)),
    price: random.pick(["100", "99.9", "100.2"] as const),
    timeInForce: "gtc",
    placedBy: "u",
  };
}
