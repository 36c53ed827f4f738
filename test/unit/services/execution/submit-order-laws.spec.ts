import type { Decision, Recorded } from "../../../../domain/shared/decider.ts";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import type {
  OrderCommand,
  OrderEvent,
  OrderReply,
  SubmitPayload,
} from "../../../../domain/order/messages.ts";
import { order as orderDecider } from "../../../../domain/order/order.ts";
import type { OrderState } from "../../../../domain/order/order-state.ts";
import { seededRandom, uuidv5 } from "../../../../mixins/actor/ids.ts";
import type { EffectHandler } from "../../../../mixins/actor/kind.ts";
import type { NodeContext } from "../../../../services/context.ts";
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../../../domain/order/new-order.ts";
import type {
  BrokerAbilities,
  BrokerIds,
  Sending,
  SubmitOutcome,
} from "../../../../services/execution/brokers/broker.ts";
import { submitTo } from "../../../../services/execution/brokers/submit-to.ts";
import { submitEffect } from "../../../../services/execution/submit-order.ts";
import { ManualClock } from "../../mixins/actor/manual-clock.ts";
import { approvedOrder } from "../../domain/order/given.ts";

const SEEDS = 1_000;
const NAMESPACE = "3e0f7b52-91c4-4c0d-b6aa-0d2f5c7e1844";
const BACKOFF_MS = [100, 200, 400, 800, 1_600, 3_200, 6_400] as const;
/** Sendings and questions that go wrong before all is well: no more than are made without a person. */
const FAULTS_MAX = 3;
const RUNS_MAX = 40;

const ABILITIES: BrokerAbilities = {
  ordTypes: ORDER_TYPES,
  timesInForce: TIMES_IN_FORCE,
  trails: [],
  postOnly: false,
  reduceOnly: false,
  displayQty: false,
  replace: false,
};

type Fate = "acceptAndDrop" | "drop" | "crash" | "answer";

/**
 * A broker behind a bad line. What reaches it shows within its quiet period, as its adapter declares; where ids are good for
 * ever it may take longer, because a repeat is then recognised.
 */
class Double {
  readonly name = "double";
  readonly abilities = ABILITIES;
  readonly ids: BrokerIds;
  readonly created: { readonly clOrdId: string; readonly showsAtMs: number }[] = [];
  sendings = 0;
  isOpen = true;
  readonly #random: () => number;
  readonly #clock: ManualClock;
  readonly #report: (report: ExecutionReport) => Promise<void>;
  #faults: number;

  constructor(seed: number, clock: ManualClock, report: Double["report"]) {
    this.#random = seededRandom(`broker ${seed}`);
    this.#clock = clock;
    this.#report = report;
    const idUnique = this.#random() < 0.5 ? "forever" : "whileOpen";
    this.ids = { idUnique, queryByClientId: true, quietMs: 2_000 };
    this.#faults = 1 + Math.floor(this.#random() * FAULTS_MAX);
  }

  get report(): (report: ExecutionReport) => Promise<void> {
    return this.#report;
  }

  async submit(order: SubmitPayload, _sending: Sending): Promise<SubmitOutcome> {
    this.sendings += 1;
    // The first reply is always lost.
    const fate: Fate = this.sendings === 1 ? "acceptAndDrop" : this.#fate();
    if (fate === "drop") throw new Error("the line was cut");
    this.#take(order);
    if (fate === "crash") throw new Crash();
    if (fate === "acceptAndDrop") throw new Error("the line was cut");
    await this.#tell(order);
    return { outcome: "accepted" };
  }

  async find(order: SubmitPayload): Promise<boolean> {
    if (this.#fate() !== "answer") throw new Error("503");
    const isShown = this.created.some(({ showsAtMs }) => showsAtMs <= this.#clock.now());
    if (isShown) await this.#tell(order);
    return isShown;
  }

  #fate(): Fate {
    if (this.#faults <= 0) return "answer";
    this.#faults -= 1;
    const fates = ["acceptAndDrop", "drop", "crash", "answer"] as const;
    return fates[Math.floor(this.#random() * fates.length)] ?? "answer";
  }

  /** An id is refused while its order is open, or for ever; some orders are filled at once. */
  #take({ clOrdId }: SubmitPayload): void {
    const isKnown = this.created.length > 0 && (this.ids.idUnique === "forever" || this.isOpen);
    if (isKnown) return;
    const longestMs = this.ids.quietMs * (this.ids.idUnique === "forever" ? 4 : 1);
    const showsAtMs = this.#clock.now() + Math.floor(this.#random() * longestMs);
    this.created.push({ clOrdId, showsAtMs });
    this.isOpen = this.#random() < 0.5;
  }

  async #tell({ orderId, venue }: SubmitPayload): Promise<void> {
    const transactTimeMs = 1_700_000_000_000;
    const head = { venue, orderId, clOrdId: orderId, transactTimeMs };
    await this.#report({ ...head, execId: "new:v-1", execType: "new", venueOrderId: "v-1" });
  }
}

/** The process ended: nothing of the run is on record but what was committed. */
class Crash extends Error {}

/** An order's actor, and as much of a node as its effect needs. */
function bench(seed: number) {
  const clock = new ManualClock();
  const orderId = uuidv5(NAMESPACE, `order ${seed}`);
  const events: Recorded<OrderEvent>[] = [];
  const replies = new Map<string, OrderReply>();
  let state: OrderState = orderDecider.initial(orderId);
  const tell = (command: OrderCommand, commandId: string): Decision<OrderEvent, OrderReply> => {
    const decision = orderDecider.decide(state, command, {
      actor: { type: "order", id: orderId },
      nowMs: clock.now(),
      commandId,
      id: (name) => uuidv5(NAMESPACE, `${commandId}${name}`),
      random: () => 0.5,
    });
    for (const event of decision.events) {
      const recorded = { event, version: events.length + 1, atMs: clock.now(), commandId };
      events.push(recorded);
      state = orderDecider.evolve(state, recorded);
    }
    return decision;
  };
  const call = async (
    _ref: unknown,
    command: OrderCommand,
    { commandId }: { commandId: string },
  ) => {
    const reply = replies.get(commandId) ?? tell(command, commandId).reply;
    replies.set(commandId, reply);
    return { reply };
  };
  const broker = new Double(seed, clock, async (report) => {
    tell({ type: "ApplyReport", report }, `report ${report.execId}`);
  });
  const actions: Readonly<Record<string, (params: never) => unknown>> = {
    "brokers.ids": () => broker.ids,
    "brokers.find": ({ order }: { order: SubmitPayload }) => broker.find(order),
    "brokers.submit": ({ order, sending }: { order: SubmitPayload; sending: Sending }) =>
      submitTo(broker, order, sending),
    "symbols.marketTime": () => null,
  };
  const history = () => ({
    rows: events.map(({ event, version, atMs, commandId }) => {
      const { type, ...data } = event;
      return {
        stream_id: `order:${orderId}`,
        version,
        type,
        data,
        at: atMs,
        cmd_id: commandId,
        hash: "",
      };
    }),
  });
  const alarms: unknown[] = [];
  const log = { error: (fields: unknown) => void alarms.push(fields), child: () => log };
  const node = {
    clock,
    actors: { call },
    broker: { call: async (action: string, params: never) => actions[action]?.(params) },
    pool: { query: async () => history() },
    log,
  };
  const placed = tell({ type: "Place", order: approvedOrder({ orderId }) }, "place");
  const submit = placed.effects?.find((effect) => "payload" in effect && effect.kind === "submit");
  if (submit === undefined || !("payload" in submit)) throw new Error("expected a submit effect");
  return {
    clock,
    broker,
    alarms,
    submit,
    // sound: all of a node that the effect uses
    handler: submitEffect(node as unknown as NodeContext),
    ref: { type: "order", id: orderId },
    status: () => (state.phase === "placed" ? state.ordStatus : state.phase),
  };
}

/** As the effect runner does: again and again, later each time, until it succeeds. A crash is no attempt on record. */
async function carryOut(handler: EffectHandler, it: ReturnType<typeof bench>): Promise<number> {
  const effectId = uuidv5(NAMESPACE, `effect ${it.ref.id}`);
  let attempts = 0;
  for (let runs = 1; runs <= RUNS_MAX; runs++) {
    try {
      await handler(it.submit, { effectId, ref: it.ref, attempts });
      return runs;
    } catch (error) {
      if (!(error instanceof Crash)) attempts += 1;
      await it.clock.advance(BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length) - 1] ?? 100);
    }
  }
  throw new Error(`not settled after ${RUNS_MAX} runs`);
}

describe("a broker that accepts an order and drops its reply", () => {
  it(`has one order in each of ${SEEDS} runs, and none stays unknown`, async () => {
    let resent = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const it = bench(seed);
      await carryOut(it.handler, it).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
      const { broker, alarms } = it;
      expect([seed, broker.created.length, it.status(), alarms]).toEqual([seed, 1, "new", []]);
      if (broker.sendings > 1) resent += 1;
    }
    // Otherwise the runs would not have met what they are for.
    expect(resent).toBeGreaterThan(SEEDS / 20);
  });
});
