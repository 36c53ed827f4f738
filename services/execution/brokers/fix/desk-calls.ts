import type {
  CancelPayload,
  ReplacePayload,
  SubmitPayload,
} from "../../../../domain/order/messages.ts";
import type { OrderTerms } from "../../../../domain/order/new-order.ts";
import type { FixRequest, FixStore } from "../../../../models/fix-sessions.ts";
import type { NodeContext } from "../../../context.ts";
import type { ReplaceOutcome, Sending, SubmitOutcome } from "../broker.ts";
import { clientIdOf } from "../client-ids.ts";
import type { Desk } from "../desk.ts";
import type { FixCalls } from "./calls.ts";
import { cancelsOf, latestOf } from "./chain.ts";
import { FixMessage } from "./message.ts";
import { type FixStatus, readStatus } from "./reports.ts";
import { cancelIdOf, questionIdOf } from "./request-ids.ts";
import { cancelBody, newOrderBody, replaceBody, statusBody } from "./requests.ts";
import type { FixSettings } from "./settings.ts";
import { MSG } from "./tags.ts";
import { type Word, readWord } from "./words.ts";

export interface DeskCallParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly settings: FixSettings;
  readonly store: FixStore;
  readonly calls: FixCalls;
  readonly desk: Desk;
}

const ACCEPTED: SubmitOutcome = { outcome: "accepted" };

type OrderName = Pick<CancelPayload, "orderId" | "venueOrderId">;

/** What orders ask of the counterparty. Every request has an id of its own, under which it is sent once. */
export class FixDeskCalls {
  readonly #parts: DeskCallParts;

  constructor(parts: DeskCallParts) {
    this.#parts = parts;
  }

  async submit(order: SubmitPayload, { isRepeat }: Sending): Promise<SubmitOutcome> {
    const { store, calls, settings, node } = this.#parts;
    const earlier = await store.find(order.clOrdId);
    // Whoever sends it again has asked for it before, and it was not there.
    const isAgain = isRepeat && earlier !== null && earlier.sendings > 0;
    if (isAgain && earlier.answer === null)
      return this.#outcome(order, await calls.askAgain(earlier));
    const body = newOrderBody(order, settings, node.clock.now());
    const { clOrdId, orderId } = order;
    const request = { clientId: clOrdId, orderId, type: MSG.newOrderSingle, body };
    return this.#outcome(order, await calls.ask({ ...request, terms: termsOf(order) }));
  }

  /** A rejection that is a report has been told by then: what is said here is only that it came. */
  async #outcome(order: SubmitPayload, word: Word): Promise<SubmitOutcome> {
    switch (word.word) {
      case "taken":
      case "refused":
        return ACCEPTED;
      case "duplicate":
        if (!this.#parts.settings.hasOrderStatus || (await this.find(order))) return ACCEPTED;
        throw new Error(`the broker knows the ClOrdID ${order.clOrdId}, but not the order`);
      case "doubtful": {
        const { reason, text } = word;
        if (!this.#parts.settings.hasOrderStatus)
          throw new Error(`a repeat of order ${order.orderId} was rejected: ${text}`);
        return (await this.find(order)) ? ACCEPTED : { outcome: "rejected", reason, text };
      }
      case "status":
      case "failed":
        throw new Error(`an order was answered as a question: ${order.clOrdId}`);
    }
  }

  /** What was never sent cannot be there; all else is asked. */
  async find({ orderId }: SubmitPayload): Promise<boolean> {
    const status = await this.status({ orderId, venueOrderId: null });
    return status !== null && status.isKnown;
  }

  async replace(order: ReplacePayload): Promise<ReplaceOutcome> {
    const { store, calls, settings, node } = this.#parts;
    const { before, after, revision, venueOrderId } = order;
    const { orderId } = before;
    const clientId = clientIdOf(orderId, revision);
    const earlier = await store.find(clientId);
    const isAgain = earlier !== null && earlier.sendings > 0 && earlier.answer === null;
    if (isAgain && (await this.#isSettled(earlier, { orderId, venueOrderId }))) return ACCEPTED;
    if (isAgain) await calls.askAgain(earlier);
    else {
      const origin = latestOf(await store.ofOrder(orderId), clientId);
      const origClientId = origin?.clientId ?? before.clOrdId;
      const target = { clientId, origClientId, venueOrderId };
      const body = replaceBody(target, after, settings, node.clock.now());
      const request = { clientId, orderId, type: MSG.orderCancelReplaceRequest, body };
      await calls.ask({ ...request, terms: termsOf(after) });
    }
    return ACCEPTED;
  }

  async cancel(order: CancelPayload): Promise<void> {
    const { store, calls, node } = this.#parts;
    const { orderId, venueOrderId } = order;
    const requests = await store.ofOrder(orderId);
    const target = latestOf(requests);
    // It never left, so there is nothing to cancel: the comparison of the books finds it missing.
    if (target === null) return;
    const cancels = cancelsOf(requests);
    const last = cancels.at(-1);
    const word = readWord(last?.answer ?? null);
    if (word?.word === "taken") return;
    if (last !== undefined && word === null && last.sendings > 0) {
      if (await this.#isSettled(last, order)) return;
      await calls.askAgain(last);
      return;
    }
    const count = word === null ? Math.max(1, cancels.length) : cancels.length + 1;
    const clientId = cancelIdOf(orderId, count);
    const named = { clientId, origClientId: target.clientId, venueOrderId };
    const body = cancelBody(named, target.body, node.clock.now());
    await calls.ask({ clientId, orderId, type: MSG.orderCancelRequest, body, terms: null });
  }

  /**
   * Before a request that was sent goes again: how the order stands may say that it was done, or that it is being done.
   * @returns whether there is nothing more to do
   */
  async #isSettled(earlier: FixRequest, order: OrderName): Promise<boolean> {
    const { store, settings } = this.#parts;
    if (!settings.hasOrderStatus) return false;
    const status = await this.status(order);
    if (status === null || !status.isKnown) return false;
    if (status.state === "ended") {
      await store.answer(earlier.clientId, { word: "taken" });
      return true;
    }
    const found = await store.find(earlier.clientId);
    const isTaken = status.clientId === earlier.clientId && status.status !== "E";
    if (isTaken && earlier.type === MSG.orderCancelReplaceRequest)
      await store.answer(earlier.clientId, { word: "taken" });
    return isTaken || readWord(found?.answer ?? null) !== null;
  }

  /**
   * How the counterparty says that an order stands; its orders are told.
   * @returns null when it was never sent
   */
  async status(order: OrderName): Promise<FixStatus | null> {
    const { desk } = this.#parts;
    const status = await this.look(order);
    if (status !== null) await desk.tellAll(status.reports);
    return status;
  }

  /** The same, and nobody is told. */
  async look({ orderId, venueOrderId }: OrderName): Promise<FixStatus | null> {
    const { store, calls, node, venue } = this.#parts;
    const target = latestOf(await store.ofOrder(orderId));
    if (target === null) return null;
    const questionId = questionIdOf(node.newId());
    const word = await calls.ask({
      clientId: questionId,
      orderId,
      type: MSG.orderStatusRequest,
      body: statusBody(questionId, { clientId: target.clientId, venueOrderId }, target.body),
      terms: null,
    });
    if (word.word === "failed") throw new Error(`the broker does not tell orders: ${word.text}`);
    const [fields] = word.word === "status" ? word.messages : [];
    if (fields === undefined)
      throw new Error(`expected the status of order ${orderId}, found ${word.word}`);
    return readStatus(new FixMessage(fields), { venue, asked: target.terms });
  }
}

function termsOf({ orderQty, price, stopPx }: SubmitPayload): OrderTerms {
  return { orderQty, price, stopPx: stopPx ?? null };
}
