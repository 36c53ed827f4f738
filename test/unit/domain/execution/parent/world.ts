import { planStrategy } from "../../../../../domain/execution/algorithms/plan.ts";
import { parseStrategy } from "../../../../../domain/execution/algorithms/catalogue.ts";
import type {
  Strategy,
  StrategyName,
} from "../../../../../domain/execution/algorithms/parameters.ts";
import type {
  MarketSeen,
  ParentCommand,
  ParentEvent,
  ParentSummary,
} from "../../../../../domain/execution/parent/messages.ts";
import { parent } from "../../../../../domain/execution/parent/parent.ts";
import type { ParentState } from "../../../../../domain/execution/parent/state.ts";
import { summarize } from "../../../../../domain/execution/parent/summary.ts";
import type { ChildReported, OrderStatus } from "../../../../../domain/order/messages.ts";
import type { NewOrder } from "../../../../../domain/order/new-order.ts";
import { dec, text } from "../../../../../domain/shared/decimal.ts";
import type { ReminderChange } from "../../../../../domain/shared/decider.ts";
import type { Recorded } from "../../../../../domain/shared/decider.ts";

export const PARENT_ID = "00000000-0000-5000-8000-000000000100";
export const START_MS = 1_000_000;

export function orderOf(changes: Partial<NewOrder> = {}): NewOrder {
  return {
    orderId: PARENT_ID,
    clOrdId: "parent",
    tenantId: "tenant",
    portfolioId: "portfolio",
    symbol: "SPY",
    side: "buy",
    ordType: "market",
    orderQty: "10000",
    timeInForce: "gtc",
    placedBy: "user",
    ...changes,
  };
}

export function strategyOf(
  name: StrategyName,
  parameters: { readonly [key: string]: unknown },
): Strategy {
  const read = parseStrategy(name, parameters);
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

/** A TWAP of four slices, ten seconds apart. */
export function small(changes: { readonly [key: string]: unknown } = {}): Strategy {
  return strategyOf("twap", { durationSeconds: 40, intervalSeconds: 10, ...changes });
}

/** A with its own price, B at 98: of 100 units each gets a part, and so does the market order. */
export function split(changes: { readonly [key: string]: unknown } = {}): Strategy {
  const venue = (name: string, price?: string) => ({
    name,
    feePerUnit: "0",
    levels: [],
    queue: {
      ahead: 200,
      rebate: 0.002,
      outflow: { kind: "exponential", mean: 220 },
      ...(price !== undefined && { price }),
    },
  });
  return strategyOf("smartRouting", {
    method: "split",
    halfSpread: 0.02,
    takerFee: 0.003,
    underfillPenalty: 0.045,
    overfillPenalty: 0.05,
    restSeconds: 60,
    venues: [venue("A"), venue("B", "98")],
    ...changes,
  });
}

interface Waiting {
  readonly command: ParentCommand;
  readonly dueMs: number;
}

/** A parent with its clock, its reminder and its children, all by hand. */
export class World {
  nowMs = START_MS;
  state: ParentState = parent.initial(PARENT_ID);
  readonly events: ParentEvent[] = [];
  readonly recorded: Recorded<ParentEvent>[] = [];
  readonly placed: NewOrder[] = [];
  readonly cancels: string[] = [];
  readonly observed: number[] = [];
  reminder: Waiting | null = null;
  #commands = 0;
  readonly #sequences = new Map<string, number>();

  start(strategy: Strategy, order = orderOf(), isOwnVolumeOnTape = false): this {
    const instrument = { lotSize: "1", tickSize: "0.01", multiplier: "1", currency: "USD" };
    const planned = planStrategy({
      side: order.side,
      quantity: order.orderQty,
      strategy,
      venues: null,
      urgency: "medium",
      instrument,
      facts: {
        quote: null,
        averageDailyVolume: null,
        dailySigma: null,
        volumesByDay: null,
        sessions: null,
      },
      nowMs: this.nowMs,
      seed: 1,
    });
    const isTimed = ["twap", "vwap", "implementationShortfall"].includes(strategy.name);
    const schedule =
      isTimed && "plan" in planned
        ? planned.plan.schedule.flatMap(({ atMs, quantity }) =>
            atMs === null ? [] : [{ atMs, quantity }],
          )
        : [];
    const facts = { instrument, arrivalPrice: "100", isOwnVolumeOnTape };
    return this.tell({ type: "Start", order, strategy, facts, schedule });
  }

  tell(command: ParentCommand): this {
    this.#commands += 1;
    const commandId = String(this.#commands);
    const env = {
      actor: { type: "algo", id: PARENT_ID },
      nowMs: this.nowMs,
      commandId,
      id: (name: string) => `${commandId}:${name}`,
      random: () => 0.5,
    };
    const decision = parent.decide(this.state, command, env);
    for (const event of decision.events) {
      const recorded = { event, version: this.recorded.length + 1, atMs: this.nowMs, commandId };
      this.recorded.push(recorded);
      this.events.push(event);
      this.state = parent.evolve(this.state, recorded);
    }
    for (const effect of decision.effects ?? []) this.#take(effect as never);
    for (const change of decision.reminders ?? []) this.#remind(change);
    return this;
  }

  #take({ kind, payload }: { readonly kind: string; readonly payload: never }): void {
    if (kind === "placeChild") this.placed.push(payload);
    if (kind === "cancelChild") this.cancels.push((payload as { orderId: string }).orderId);
    if (kind === "observe") this.observed.push((payload as { index: number }).index);
  }

  #remind(change: ReminderChange): void {
    this.reminder =
      "cancel" in change
        ? null
        : // sound: the parent sets reminders of its own commands only
          { command: change.command as ParentCommand, dueMs: change.dueMs };
  }

  /** The reminder fires, when it is due or `lateMs` later; false when there is none. */
  fire(lateMs = 0): boolean {
    const { reminder } = this;
    if (reminder === null) return false;
    this.reminder = null;
    this.nowMs = Math.max(this.nowMs, reminder.dueMs + lateMs);
    this.tell(reminder.command);
    return true;
  }

  act(market: Partial<MarketSeen>): this {
    const index = this.observed.at(-1) ?? -1;
    return this.tell({
      type: "Act",
      index,
      market: { quote: null, volume: null, venues: null, ...market },
    });
  }

  /** @param cumQty absent: as much as was filled before, or all when it is filled */
  report(orderId: string, ordStatus: OrderStatus, cumQty?: string): this {
    return this.tell(this.reportOf(orderId, ordStatus, cumQty));
  }

  reportOf(orderId: string, ordStatus: OrderStatus, cumQty?: string): ChildReported {
    const child = this.placed.find((order) => order.orderId === orderId);
    const before = this.summary().strategy.children.find((one) => one.orderId === orderId);
    const orderQty = child?.orderQty ?? "0";
    const cum = cumQty ?? (ordStatus === "filled" ? orderQty : (before?.cumQty ?? "0"));
    const sequence = (this.#sequences.get(orderId) ?? 0) + 1;
    this.#sequences.set(orderId, sequence);
    const notional = text(dec(cum).times(100));
    return {
      type: "ChildReported",
      orderId,
      sequence,
      ordStatus,
      orderQty,
      cumQty: cum,
      notional,
      fees: "0",
      text: null,
      reasons: [],
    };
  }

  fillAll(): this {
    for (const { orderId, ordStatus } of this.summary().strategy.children) {
      if (ordStatus === "pendingNew" || ordStatus === "new") this.report(orderId, "filled");
    }
    return this;
  }

  summary(): ParentSummary {
    const found = summarize(this.state);
    if (found === null) throw new Error("not started");
    return found;
  }

  quantities(): readonly string[] {
    return this.placed.map(({ orderQty }) => orderQty);
  }
}
