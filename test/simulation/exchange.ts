import type { ExecutionReport } from "../../domain/order/execution-report.ts";
import type { CancelPayload, ReplacePayload, SubmitPayload } from "../../domain/order/messages.ts";
import { Decimal, dec, text } from "../../domain/shared/decimal.ts";
import { firstDifference } from "../../domain/shared/same-content.ts";
import { remoteCall } from "./call.ts";
import type { Process } from "./machine.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export const EXCHANGE = "exchange";
/** The name under which it is listed. */
export const VENUE = "SIM";
const TIMEOUT_MS = 1_500;

interface ExchangeOrder {
  readonly submitted: SubmitPayload;
  /** as it stands, after its amendments */
  terms: Pick<SubmitPayload, "orderQty" | "price">;
  /** by revision */
  readonly amended: Map<number, ReplacePayload>;
  cumQty: Decimal;
  isOpen: boolean;
  reports: number;
}

export type SubmitAnswer =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "rejected"; readonly text: string };

/**
 * A broker outside: it knows an order by its client id for ever, and says what becomes of it in reports, each again until
 * somebody has taken it.
 */
export class Exchange {
  readonly orders = new Map<string, ExchangeOrder>();
  readonly fills = new Map<string, ExecutionReport & { readonly execType: "trade" }>();
  readonly #rejected = new Set<string>();
  readonly #world: World;
  readonly #random: Random;
  readonly #tell: (report: ExecutionReport, taken: () => void) => void;
  #untold = 0;

  /** @param tell tries to bring a report to the order's actor */
  constructor(world: World, tell: (report: ExecutionReport, taken: () => void) => void) {
    this.#world = world;
    this.#random = world.random.fork("exchange");
    this.#tell = tell;
  }

  get isQuiet(): boolean {
    return this.#untold === 0;
  }

  /** @throws when it does not answer, or answers 503: nobody knows then */
  async submit(caller: Process, order: SubmitPayload): Promise<SubmitAnswer> {
    const answer = await this.#ask(caller, order, (asked) => this.#take(asked));
    if (answer === null) throw new Error("503");
    return answer;
  }

  async cancel(caller: Process, order: CancelPayload): Promise<void> {
    await this.#ask(caller, order, ({ clOrdId }) => this.#cancel(clOrdId));
  }

  async replace(caller: Process, order: ReplacePayload): Promise<SubmitAnswer> {
    return this.#ask(caller, order, (asked) => this.#replace(asked));
  }

  async #ask<A, R>(caller: Process, asked: A, answer: (asked: A) => R): Promise<R> {
    const callee = { place: EXCHANGE, timeoutMs: TIMEOUT_MS };
    const given = await remoteCall(this.#world.network, caller, callee, asked, (request, say) => {
      // sound: JSON of what was asked
      const value = answer(request as A);
      this.#world.scheduler.after(this.#random.exponential(5), () => say(value));
    });
    // sound: JSON of what was answered
    return given as R;
  }

  #take(order: SubmitPayload): SubmitAnswer | null {
    const { trace } = this.#world;
    const { clOrdId } = order;
    trace.step(`exchange submit ${clOrdId}`);
    this.#checkStored(order);
    const known = this.orders.get(clOrdId);
    if (known) {
      const field = firstDifference(known.submitted, order);
      trace.check(
        "one order per client id",
        field === null,
        () => `${clOrdId} with another ${field}`,
      );
      return { outcome: "accepted" };
    }
    if (this.#rejected.has(clOrdId) || this.#random.chance(0.05)) {
      this.#rejected.add(clOrdId);
      return { outcome: "rejected", text: "not today" };
    }
    trace.check("one order per client id", order.orderId === clOrdId, () => clOrdId);
    const { orderQty, price } = order;
    const taken = {
      submitted: order,
      terms: { orderQty, price },
      amended: new Map(),
      cumQty: dec(0),
      isOpen: true,
      reports: 0,
    };
    this.orders.set(clOrdId, taken);
    this.#report(taken, { execType: "new", venueOrderId: `X-${clOrdId}` });
    this.#live(taken);
    if (!this.#random.chance(0.05)) return { outcome: "accepted" };
    trace.fault("broker takes an order and answers 503");
    return null;
  }

  /** The gate: what is not stored has not been sent. */
  #checkStored({ orderId }: SubmitPayload): void {
    const events = this.#world.server.database.tables.events.get(`order:${orderId}`);
    this.#world.trace.check(
      "acknowledged is stored",
      events?.[0]?.type === "OrderPlaced",
      () => `order ${orderId} is at the broker and not in the store`,
    );
  }

  /** Fills it piece by piece, or leaves it. */
  #live(order: ExchangeOrder): void {
    if (this.#random.chance(0.2)) return;
    this.#world.scheduler.after(this.#random.exponential(300), () => {
      if (!order.isOpen) return;
      const left = dec(order.terms.orderQty).minus(order.cumQty);
      const part = left
        .times(this.#random.pick([0.3, 0.5, 1, 1]))
        .dividedBy(order.submitted.lotSize);
      const lastQty = Decimal.max(part.floor(), 1).times(order.submitted.lotSize);
      this.#fill(order, Decimal.min(lastQty, left));
      if (order.isOpen) this.#live(order);
    });
  }

  #fill(order: ExchangeOrder, lastQty: Decimal): void {
    const { currency } = order.submitted;
    const { price, orderQty } = order.terms;
    order.cumQty = order.cumQty.plus(lastQty);
    order.isOpen = order.cumQty.lessThan(orderQty);
    const report = this.#report(order, {
      execType: "trade",
      lastQty: text(lastQty),
      lastPx: price ?? "100",
      fees: "0.01",
      currency,
      liquidity: "taker",
      settlementDate: "2026-01-05",
    });
    if (report.execType === "trade") this.fills.set(report.execId, report);
  }

  /** A revision is done, or refused, once: its repeats are told the same. */
  #replace(asked: ReplacePayload): SubmitAnswer {
    const { trace } = this.#world;
    const { revision, after } = asked;
    const name = `${after.clOrdId} r${revision}`;
    trace.step(`exchange replace ${name}`);
    const order = this.orders.get(after.clOrdId);
    if (!order) return { outcome: "rejected", text: "there is no such order" };
    const known = order.amended.get(revision);
    if (known) {
      const field = firstDifference(known.after, after);
      trace.check("one order per client id", field === null, () => `${name} with another ${field}`);
      return { outcome: "accepted" };
    }
    order.amended.set(revision, asked);
    const { orderQty, price } = after;
    const isPossible = order.isOpen && order.cumQty.lessThan(orderQty);
    if (isPossible && !this.#random.chance(0.1)) {
      order.terms = { orderQty, price };
      const venueOrderId = `X-${after.clOrdId}`;
      this.#report(order, {
        execType: "replaced",
        revision,
        venueOrderId,
        orderQty,
        price,
        stopPx: null,
      });
    } else this.#report(order, { execType: "replaceRejected", revision, text: "not today" });
    return { outcome: "accepted" };
  }

  #cancel(clOrdId: string): null {
    this.#world.trace.step(`exchange cancel ${clOrdId}`);
    const order = this.orders.get(clOrdId);
    if (!order) return null;
    this.#report(
      order,
      order.isOpen
        ? { execType: "canceled", text: "as asked" }
        : { execType: "cancelRejected", text: "too late" },
    );
    order.isOpen = false;
    return null;
  }

  #report(order: ExchangeOrder, news: News): ExecutionReport {
    const { clOrdId, orderId, venue } = order.submitted;
    order.reports += 1;
    const report: ExecutionReport = {
      execId: `${clOrdId}-${order.reports}`,
      venue,
      clOrdId,
      orderId,
      transactTimeMs: Math.floor(this.#world.scheduler.nowMs),
      ...news,
    };
    this.#untold += 1;
    this.#sendOn(report, this.#random.exponential(30));
    if (this.#random.chance(0.1)) {
      this.#world.trace.fault("report twice");
      this.#world.scheduler.after(this.#random.exponential(500), () =>
        this.#tell(report, () => undefined),
      );
    }
    return report;
  }

  #sendOn(report: ExecutionReport, inMs: number): void {
    let isTaken = false;
    this.#world.scheduler.after(inMs, () => {
      this.#tell(report, () => {
        if (!isTaken) this.#untold -= 1;
        isTaken = true;
      });
      this.#world.scheduler.after(this.#random.between(2_000, 4_000), () => {
        if (isTaken) return;
        // The repeat counts for both.
        isTaken = true;
        this.#sendOn(report, 0);
      });
    });
  }
}

/** What is said of an order, without its names. */
type News = ExecutionReport extends infer R
  ? R extends ExecutionReport
    ? Omit<R, "execId" | "venue" | "clOrdId" | "orderId" | "transactTimeMs">
    : never
  : never;
