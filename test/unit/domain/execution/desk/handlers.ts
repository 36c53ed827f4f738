import type { AmendChildPayload } from "../../../../../domain/execution/group/messages.ts";
import { summarize as summarizeParent } from "../../../../../domain/execution/parent/summary.ts";
import { summarize as summarizeGroup } from "../../../../../domain/execution/group/summary.ts";
import type { PaperVenueCommand } from "../../../../../domain/execution/paper-messages.ts";
import { findOrder } from "../../../../../domain/execution/paper-state.ts";
import type { Line } from "../../../../../domain/execution/venue-rules.ts";
import type {
  CancelPayload,
  OrderCommand,
  ReplacePayload,
  SubmitPayload,
} from "../../../../../domain/order/messages.ts";
import type { NewOrder } from "../../../../../domain/order/new-order.ts";
import { isClosed } from "../../../../../domain/order/order-status.ts";
import type { AmendVerdict, MarketView } from "../../../../../domain/portfolio/messages.ts";
import type { ActorRef } from "../../../../../domain/shared/decider.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import { uuidv5 } from "../../../../../mixins/actor/ids.ts";
import { type Letter, NAMESPACE, type Post } from "./post.ts";

interface Surroundings {
  readonly marketOf: (symbol: string) => MarketView;
  readonly latencyMs: number;
  readonly line: Line | undefined;
}

/** What the services do for the actors' effects, with the paper venues as the only broker. */
export class Handlers {
  readonly #post: Post;
  readonly #around: Surroundings;

  constructor(post: Post, around: Surroundings) {
    this.#post = post;
    this.#around = around;
  }

  /**
   * @param isAnswerLost the handler does not live to hear that it is done
   * @returns whether it is; a tell that is refused would be parked for an operator, so that it throws here
   */
  run(letter: Letter, isAnswerLost: boolean): boolean {
    const { effect } = letter;
    if ("to" in effect) {
      this.#post.deliver(letter);
      return !isAnswerLost;
    }
    // sound, as are those below: each kind has its own payload
    const payload: unknown = effect.payload;
    return this.#perform(effect.kind, payload as never, letter, isAnswerLost) && !isAnswerLost; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
  }

  #perform(kind: string, payload: never, letter: Letter, isAnswerLost: boolean): boolean {
    switch (kind) {
      case "submit":
        return this.#submit(payload, letter, isAnswerLost);
      case "replace":
        return this.#replace(payload);
      case "cancel":
        return this.#cancel(payload);
      case "placeChild":
        return this.#placeChild(payload, letter);
      case "amendChild":
        return this.#amendChild(payload, letter);
      case "cancelChild":
        return this.#cancelChild(payload, letter);
    }
    throw new Error(`nobody does ${kind}`);
  }

  /** As services/execution/submit-order.ts. */
  #submit(order: SubmitPayload, { id, from, attempts }: Letter, isAnswerLost: boolean): boolean {
    const tell = (command: OrderCommand, name: string) =>
      this.#post.call(from, command, { commandId: uuidv5(id, name), body: name });
    const venue = this.#post.state("venue", `PAPER:${order.symbol}`);
    if (attempts > 0 && findOrder(venue, order.clOrdId) !== null) return true;
    if (attempts > 0) {
      const attempt = this.#sendings(from) + 1;
      tell({ type: "StartSubmit", attempt }, `start:${attempt}`);
      const state = this.#post.state("order", from.id);
      const isWaiting =
        state.phase === "placed" && ["pendingNew", "unknown"].includes(state.ordStatus);
      if (!isWaiting) return true;
    }
    const marketTimeMs = this.#around.marketOf(order.symbol).quote?.tsEventMs;
    this.#toVenue(order.symbol, `submit:${order.clOrdId}`, {
      type: "Submit",
      order,
      ...(marketTimeMs !== undefined && { marketTimeMs }),
      latencyMs: this.#around.latencyMs,
    });
    if (isAnswerLost) tell({ type: "MarkUnknown", text: "cut off" }, `unknown:${attempts}`);
    return true;
  }

  #sendings({ id }: ActorRef): number {
    return this.#post.recorded("order", id).filter(({ event }) => event.type === "SubmitStarted")
      .length;
  }

  #replace(order: ReplacePayload): boolean {
    const { clOrdId, symbol } = order.before;
    const { latencyMs } = this.#around;
    const name = `replace:${clOrdId}:${order.revision}`;
    return this.#toVenue(symbol, name, { type: "Replace", order, latencyMs });
  }

  #cancel(order: CancelPayload): boolean {
    const { latencyMs } = this.#around;
    const name = `cancel:${order.clOrdId}`;
    return this.#toVenue(order.symbol, name, { type: "Cancel", order, latencyMs });
  }

  #toVenue(symbol: string, name: string, command: PaperVenueCommand): true {
    const { line } = this.#around;
    const sent = line === undefined ? command : { ...command, line };
    const to = { type: "venue", id: `PAPER:${symbol}` };
    this.#post.call(to, sent, { commandId: uuidv5(NAMESPACE, name), isRepeatDecided: true });
    return true;
  }

  /** As services/execution/place-child.ts, like the next. */
  #placeChild(order: NewOrder, { id, from }: Letter): boolean {
    const { orderId, portfolioId, symbol } = order;
    const command = { type: "RequestOrder", order, market: this.#around.marketOf(symbol) };
    const options = { commandId: uuidv5(orderId, "request"), body: order };
    try {
      this.#post.call({ type: "portfolio", id: portfolioId }, command, options);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const report = {
        type: "ChildReported",
        orderId,
        sequence: 1,
        ordStatus: "rejected",
        orderQty: "0",
        cumQty: "0",
        notional: "0",
        fees: "0",
        text: `${error.code}: ${error.message}`,
        reasons: [],
      };
      this.#post.call(from, report, { commandId: uuidv5(id, "refused"), body: "refused" });
    }
    return true;
  }

  #amendChild(payload: AmendChildPayload, { id, from }: Letter): boolean {
    const { portfolioId, orderId, amendId, changes, basedOn } = payload;
    const child = this.#post.state("order", orderId);
    if (child.phase === "unplaced") return false;
    const market = this.#around.marketOf(child.order.symbol);
    const asked = { orderId, amendId, changes, basedOn };
    const command = { type: "AmendOrder", ...asked, market, requestedBy: from.id };
    const refuse = (text: string) => {
      const told = { type: "ChildAmendRefused", orderId, amendId, text, reasons: [] };
      this.#post.call(from, told, { commandId: uuidv5(id, "refused"), body: amendId });
      return true;
    };
    try {
      const options = { commandId: amendId, body: { orderId, changes } };
      const to = { type: "portfolio", id: portfolioId };
      // sound: what the portfolio replies to AmendOrder
      const verdict = this.#post.call(to, command, options) as AmendVerdict; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
      return verdict.verdict === "denied" ? refuse("denied") : true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refuse(error.message);
    }
  }

  /** As the cancelChild of services/execution/{group,algo}-kind.ts. */
  #cancelChild({ orderId }: { readonly orderId: string }, { id, from }: Letter): boolean {
    const command = { type: "RequestCancel", requestedBy: from.id };
    try {
      const options = { commandId: uuidv5(id, "cancel") };
      this.#post.call({ type: "order", id: orderId }, command, options);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.code === "ORDER_CLOSED" || this.#isChildClosed(from, orderId);
    }
  }

  #isChildClosed({ type, id }: ActorRef, orderId: string): boolean {
    if (type === "algo") {
      const parent = summarizeParent(this.#post.state("algo", id));
      const child = parent?.strategy.children.find((one) => one.orderId === orderId);
      return child !== undefined && isClosed(child.ordStatus);
    }
    const found = summarizeGroup(this.#post.state("group", id));
    const leg = found?.legs.find((one) => one.orderIds.includes(orderId));
    if (leg === undefined) return false;
    return leg.orderId !== orderId || (leg.ordStatus !== null && isClosed(leg.ordStatus));
  }
}
