import { group } from "../../../../../domain/execution/group/group.ts";
import type {
  AmendChildPayload,
  CancelChildPayload,
  GroupCommand,
  GroupEvent,
  GroupTerms,
} from "../../../../../domain/execution/group/messages.ts";
import { isPlacedAtStart } from "../../../../../domain/execution/group/state.ts";
import type { GroupState } from "../../../../../domain/execution/group/state.ts";
import type { ExecutionReport } from "../../../../../domain/order/execution-report.ts";
import type {
  CancelPayload,
  ChildReported,
  OrderCommand,
  ReplacePayload,
  SubmitPayload,
} from "../../../../../domain/order/messages.ts";
import type { NewOrder } from "../../../../../domain/order/new-order.ts";
import { order } from "../../../../../domain/order/order.ts";
import type { OrderState } from "../../../../../domain/order/order-state.ts";
import { isClosed } from "../../../../../domain/order/order-status.ts";
import type { Effect } from "../../../../../domain/shared/decider.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import { approvedOrder } from "../../order/given.ts";
import { filledTogether } from "../../../../../domain/execution/group/targets.ts";
import { envOf, GROUP_ID, START_MS, step } from "./given.ts";

/** What goes wrong, and how the venue behaves. */
export interface Weather {
  /** the venue takes a fill of one leg from the others of its group, in the same turn */
  readonly doesVenueEnforce: boolean;
  /** how many placements and amendments of legs are denied, and cancels refused, before they pass */
  readonly denials: number;
}

interface VenueOrder {
  readonly submitted: SubmitPayload;
  orderQty: number;
  cumQty: number;
  isOpen: boolean;
  revision: number;
}

/** Somebody's message on its way: it may be overtaken, and it may come twice. */
interface Mail {
  readonly id: string;
  readonly deliver: () => void;
}

/**
 * A group, its orders (their real deciders) and a venue, with the post between them in the hands of the test. Quantities are
 * whole numbers.
 */
export class GroupWorld {
  readonly weather: Weather;
  readonly events: GroupEvent[] = [];
  readonly placed: string[] = [];
  readonly venue = new Map<string, VenueOrder>();
  /** fills of a leg's siblings that the group had not heard of when it decided on the leg, and that the venue had not seen it for */
  crossed = 0;
  /** the most that the venue had open of a leg's attempts at once */
  openTogetherMax = 0;
  state: GroupState = group.initial(GROUP_ID);
  nowMs = START_MS;
  readonly #terms: GroupTerms;
  readonly #orders = new Map<string, OrderState>();
  readonly #mail: Mail[] = [];
  readonly #reminders = new Map<string, { readonly dueMs: number; readonly leg: number }>();
  readonly #taken = new Set<string>();
  /** by order: what was filled of its group as far as was known when it was decided on */
  readonly #known = new Map<string, number>();
  #denialsLeft: number;
  #serial = 0;

  constructor(terms: GroupTerms, weather: Weather) {
    this.#terms = terms;
    this.weather = weather;
    this.#denialsLeft = weather.denials;
    this.#post(() => this.#tellGroup("start", { type: "Start", terms, denied: [] }));
    for (const { role, order: child } of terms.legs)
      if (isPlacedAtStart(role)) this.#post(() => this.#born(child));
  }

  get isQuiet(): boolean {
    return this.#mail.length === 0;
  }

  /** Delivers one of the messages under way, and leaves it there when it is to come twice. */
  deliver(pick: number, isDoubled: boolean): void {
    if (this.isQuiet) return;
    const [mail] = this.#mail.splice(pick % this.#mail.length, 1);
    if (mail === undefined) return;
    if (isDoubled) this.#mail.push(mail);
    mail.deliver();
  }

  /** The venue fills some of one of its open orders. */
  fill(pick: number, quantity: number): void {
    const open = [...this.venue.values()].filter(({ isOpen }) => isOpen);
    const chosen = open[pick % Math.max(open.length, 1)];
    if (chosen === undefined) return;
    const lastQty = Math.min(quantity, chosen.orderQty - chosen.cumQty);
    chosen.cumQty += lastQty;
    chosen.isOpen = chosen.cumQty < chosen.orderQty;
    this.#report(chosen, {
      execType: "trade",
      lastQty: String(lastQty),
      lastPx: "100",
      fees: "0",
      currency: "USD",
      liquidity: "taker",
      settlementDate: "2023-11-16",
    });
    if (this.weather.doesVenueEnforce) this.#takeFromSiblings(chosen, lastQty);
  }

  /** A client cancels one of the orders. */
  cancel(pick: number): void {
    const ids = [...this.#orders.keys()];
    const id = ids[pick % Math.max(ids.length, 1)];
    if (id !== undefined)
      this.#post(() => this.#tellOrder(id, { type: "RequestCancel", requestedBy: "client" }));
  }

  cancelGroup(): void {
    this.#post(() => this.#tellGroup(null, { type: "RequestCancel", requestedBy: "client" }));
  }

  /** Lets time pass until all is said and done: reminders fire, nothing comes twice. */
  drain(): void {
    for (let rounds = 0; rounds < 2_000; rounds++) {
      if (!this.isQuiet) this.deliver(0, false);
      else if (!this.#fireNext()) return;
    }
    throw new Error("the group does not come to rest");
  }

  /** Live at the venue, by leg. */
  working(leg: number): number {
    return this.#attempts(leg)
      .filter(({ isOpen }) => isOpen)
      .reduce((sum, { orderQty, cumQty }) => sum + orderQty - cumQty, 0);
  }

  filled(leg: number): number {
    return this.#attempts(leg).reduce((sum, { cumQty }) => sum + cumQty, 0);
  }

  /** Of the legs that share one quantity, as far as the group knows. */
  #heard(): number {
    return this.state.phase === "started" ? Number(filledTogether(this.state)) : 0;
  }

  #sharedFills(): number {
    const shared = this.#terms.legs.map(({ order: { ocoGroup } }, leg) =>
      ocoGroup === undefined ? 0 : this.filled(leg),
    );
    return shared.reduce((sum, quantity) => sum + quantity, 0);
  }

  #attempts(leg: number): readonly VenueOrder[] {
    const first = this.#terms.legs[leg]?.order.orderId ?? "";
    return [...this.venue].flatMap(([id, one]) =>
      id === first || id.startsWith(`${first}.`) ? [one] : [],
    );
  }

  #post(deliver: () => void): void {
    this.#serial += 1;
    this.#mail.push({ id: String(this.#serial), deliver });
  }

  #fireNext(): boolean {
    const next = [...this.#reminders].toSorted(([, a], [, b]) => a.dueMs - b.dueMs)[0];
    if (next === undefined) return false;
    const [name, { dueMs, leg }] = next;
    this.#reminders.delete(name);
    this.nowMs = Math.max(this.nowMs, dueMs);
    this.#tellGroup(null, { type: "Wake", leg });
    return true;
  }

  /** @param commandId one that was taken before changes nothing; null: a new one */
  #tellGroup(commandId: string | null, command: GroupCommand): void {
    const id = commandId ?? `command-${(this.#serial += 1)}`;
    if (this.#taken.has(id)) return;
    try {
      const { state, decision } = step(this.state, command, envOf(id, this.nowMs));
      this.#taken.add(id);
      this.state = state;
      this.events.push(...decision.events);
      for (const change of decision.reminders ?? []) {
        if (!("set" in change) || change.command.type !== "Wake") continue;
        const leg = Number(change.set.split(":")[1]);
        this.#reminders.set(change.set, { dueMs: change.dueMs, leg });
      }
      for (const event of decision.events)
        if (event.type === "LegPlaced") this.#known.set(event.order.orderId, this.#heard());
      for (const effect of decision.effects ?? []) this.#post(() => this.#perform(effect));
    } catch (error) {
      // Canceled when it is closed already.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #perform(effect: Effect): void {
    if (!("payload" in effect)) throw new Error(`unexpected ${effect.kind}`);
    switch (effect.kind) {
      case "placeChild":
        // sound: what the effect carries
        return this.#place(effect.payload as unknown as NewOrder);
      case "amendChild":
        // sound: what the effect carries
        return this.#amend(effect.payload as unknown as AmendChildPayload);
      case "cancelChild": {
        // sound: what the effect carries
        const { orderId, requestedBy } = effect.payload as unknown as CancelChildPayload;
        // As the effect's handler: an order that is not there yet is asked again.
        if (this.#orders.has(orderId))
          return this.#tellOrder(orderId, { type: "RequestCancel", requestedBy });
        return this.#post(() => this.#perform(effect));
      }
    }
    throw new Error(`unexpected ${effect.kind}`);
  }

  #isDenied(): boolean {
    if (this.#denialsLeft === 0) return false;
    this.#denialsLeft -= 1;
    return true;
  }

  #place(child: NewOrder): void {
    if (this.#orders.has(child.orderId)) return;
    this.placed.push(child.orderId);
    if (this.#isDenied())
      this.#tellOrder(child.orderId, { type: "RecordDenial", order: child, reasons: [] });
    else this.#born(child);
  }

  #born(child: NewOrder): void {
    this.#tellOrder(child.orderId, { type: "Place", order: approvedOrder(child) });
  }

  #amend({ orderId, amendId, changes, basedOn }: AmendChildPayload): void {
    if (this.#taken.has(amendId)) return;
    this.#taken.add(amendId);
    const refuse = (text: string) => {
      const reasons: readonly [] = [];
      const command = { type: "ChildAmendRefused", orderId, amendId, text, reasons } as const;
      this.#post(() => this.#tellGroup(`refused-${amendId}`, command));
    };
    if (this.#isDenied()) return refuse("denied");
    const terms = { ...changes, price: "100", stopPx: null, worstPrice: null };
    const command = { type: "RequestReplace", amendId, terms, basedOn, requestedBy: "g" } as const;
    return this.#tellOrder(orderId, command, refuse);
  }

  #tellOrder(id: string, command: OrderCommand, refuse: (text: string) => void = () => undefined) {
    const before = this.#orders.get(id) ?? order.initial(id);
    const env = {
      ...envOf(`order-${(this.#serial += 1)}`),
      actor: { type: "order", id },
    };
    try {
      const { events, effects = [], reply } = order.decide(before, command, env);
      const after = events.reduce(
        (state, event, i) =>
          order.evolve(state, { event, version: i, atMs: this.nowMs, commandId: env.commandId }),
        before,
      );
      this.#orders.set(id, after);
      for (const effect of effects) this.#post(() => this.#performOfOrder(effect));
      if (reply.refused !== undefined) refuse(reply.refused);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(error.message);
    }
  }

  #performOfOrder(effect: Effect): void {
    if ("to" in effect) {
      if (effect.to.type !== "group") return;
      // sound: what an order tells its parent
      const report = effect.command as ChildReported;
      return this.#tellGroup(`${report.orderId}:${report.sequence}`, report);
    }
    switch (effect.kind) {
      case "submit":
        // sound: what the effect carries
        return this.#submit(effect.payload as unknown as SubmitPayload);
      case "replace":
        // sound: what the effect carries
        return this.#replace(effect.payload as unknown as ReplacePayload);
      case "cancel": {
        // sound: what the effect carries
        const { orderId } = effect.payload as unknown as CancelPayload;
        return this.#end(orderId);
      }
    }
    throw new Error(`unexpected ${effect.kind}`);
  }

  #submit(submitted: SubmitPayload): void {
    if (this.venue.has(submitted.orderId)) return;
    const orderQty = Number(submitted.orderQty);
    const one = { submitted, orderQty, cumQty: 0, isOpen: true, revision: 0 };
    this.venue.set(submitted.orderId, one);
    if (submitted.ocoGroup !== undefined)
      this.crossed += this.#sharedFills() - (this.#known.get(submitted.orderId) ?? 0);
    const open = this.#terms.legs.map(
      (_, leg) => this.#attempts(leg).filter(({ isOpen }) => isOpen).length,
    );
    this.openTogetherMax = Math.max(this.openTogetherMax, ...open);
    this.#report(one, { execType: "new", venueOrderId: `v-${submitted.orderId}` });
  }

  /** As the paper venue: only an order that stands as the amendment takes it to stand is amended. */
  #replace({ revision, before, after }: ReplacePayload): void {
    const one = this.venue.get(before.orderId);
    if (one === undefined || one.revision >= revision) return;
    one.revision = revision;
    const orderQty = Number(after.orderQty);
    const isTaken = one.isOpen && one.orderQty === Number(before.orderQty) && orderQty > one.cumQty;
    if (!isTaken) return this.#report(one, { execType: "replaceRejected", revision, text: "no" });
    one.orderQty = orderQty;
    return this.#replaced(one, revision);
  }

  #replaced(one: VenueOrder, revision: number | null): void {
    const { orderId, price, stopPx = null } = one.submitted;
    const terms = { orderQty: String(one.orderQty), price, stopPx };
    this.#report(one, { execType: "replaced", revision, venueOrderId: `v-${orderId}`, ...terms });
  }

  #end(orderId: string): void {
    const one = this.venue.get(orderId);
    if (one === undefined || !one.isOpen || this.#isDenied())
      return one && this.#report(one, { execType: "cancelRejected", text: "too late" });
    one.isOpen = false;
    return this.#report(one, { execType: "canceled", text: "canceled" });
  }

  #takeFromSiblings(filled: VenueOrder, lastQty: number): void {
    const { ocoGroup, orderId } = filled.submitted;
    for (const one of this.venue.values()) {
      const isSibling = one.submitted.ocoGroup === ocoGroup && one.submitted.orderId !== orderId;
      if (ocoGroup === undefined || !isSibling || !one.isOpen) continue;
      if (one.orderQty - lastQty > one.cumQty) {
        one.orderQty -= lastQty;
        this.#replaced(one, null);
      } else {
        one.isOpen = false;
        this.#report(one, { execType: "canceled", text: "the group is filled" });
      }
    }
  }

  #report(one: VenueOrder, facts: object): void {
    const { orderId, clOrdId, venue } = one.submitted;
    this.#serial += 1;
    const head = { execId: `e-${this.#serial}`, venue, clOrdId, orderId, transactTimeMs: START_MS };
    // sound: every caller gives the facts of one execType
    const report = { ...head, ...facts } as ExecutionReport;
    this.#post(() => this.#tellOrder(orderId, { type: "ApplyReport", report }));
  }

  /** Every order's own view of itself. */
  get areOrdersClosed(): boolean {
    return [...this.#orders.values()].every(
      (state) => state.phase !== "placed" || isClosed(state.ordStatus),
    );
  }
}
