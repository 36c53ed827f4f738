import type { ExecutionReport } from "../../../domain/order/execution-report.ts";
import type { ReplacePayload, SubmitPayload } from "../../../domain/order/messages.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import type { ReplaceOutcome } from "./broker.ts";
import { editingOf } from "./ccxt-editing.ts";
import { CcxtFailure } from "./ccxt-errors.ts";
import type { CcxtOrder } from "./ccxt-messages.ts";
import { type CcxtOrdersParts, rejected } from "./ccxt-orders.ts";
import { Unplaceable } from "./ccxt-placing.ts";
import { meaningOf } from "./ccxt-reports.ts";

const ACCEPTED: ReplaceOutcome = { outcome: "accepted" };

/** Changes of orders, where the exchange has a way of its own for them. */
export class CcxtAmendments {
  readonly #parts: CcxtOrdersParts;

  constructor(parts: CcxtOrdersParts) {
    this.#parts = parts;
  }

  async replace({
    revision,
    venueOrderId,
    before,
    after,
  }: ReplacePayload): Promise<ReplaceOutcome> {
    const { family } = this.#parts;
    if (family.edit === "none") return rejected("notSupported", "orders cannot be changed there");
    const old = await this.#current(venueOrderId, before);
    const clientId = family.edit === "amend" ? null : family.clientIdOf(after.orderId, revision);
    const done = await this.#replacement(clientId, old, after);
    if (done !== null) return this.#replaced(revision, after, done);
    const refusal = this.#whyNot(old);
    if (refusal !== null) return rejected("notAmendable", refusal);
    return this.#edit(revision, old, after, clientId);
  }

  /** @throws Error when the exchange does not show it: then nothing is known of it */
  async #current(venueOrderId: string | null, before: SubmitPayload): Promise<CcxtOrder> {
    const { api, symbols, lookup } = this.#parts;
    const found =
      venueOrderId === null
        ? await lookup.order(before)
        : await api.orderById(venueOrderId, symbols.theirs(before.symbol));
    if (found === null) throw new Error(`the exchange does not show order ${before.orderId}`);
    return found;
  }

  /** The order with its new terms, when an earlier call has made it. */
  async #replacement(
    clientId: string | null,
    old: CcxtOrder,
    after: SubmitPayload,
  ): Promise<CcxtOrder | null> {
    if (clientId === null) return hasTerms(old, after) ? old : null;
    return this.#parts.lookup.revision(after, clientId);
  }

  /**
   * @returns why it cannot be changed; null when it can
   * @throws Error while an earlier call may still bring the new order
   */
  #whyNot(old: CcxtOrder): string | null {
    const { node, family, quietMs, expect } = this.#parts;
    if (meaningOf(old) !== "live") {
      expect();
      const endedAtMs = old.updatedAtMs ?? node.clock.now();
      if (family.edit === "cancelReplace" && node.clock.now() - endedAtMs < quietMs)
        throw new Error("the order has ended, and its replacement does not show yet");
      return `the order is ${old.venueStatus} at the exchange`;
    }
    // What fills between the look and the call would be bought twice: the exchange replaces whole orders alone.
    const isPart = family.edit === "cancelReplace" && !dec(old.filled ?? "1").isZero();
    return isPart ? "a partly filled order cannot be changed at this exchange" : null;
  }

  async #edit(
    revision: number,
    old: CcxtOrder,
    after: SubmitPayload,
    clientId: string | null,
  ): Promise<ReplaceOutcome> {
    const { api, family, lookup, expect } = this.#parts;
    try {
      const placing = await lookup.placing(after, clientId ?? "");
      const editing = editingOf(placing, after, family);
      const id = await api.edit(old.id, editing);
      expect();
      if (clientId !== null) return await this.#replaced(revision, after, { ...old, id });
    } catch (error) {
      if (error instanceof Unplaceable) return rejected(error.reason, error.message);
      if (!(error instanceof CcxtFailure)) throw error;
      return this.#editFailed(revision, old, after, clientId, error);
    }
    // An amendment is only taken for now: what the order shows is what counts.
    const now = await this.#current(old.id, after);
    if (hasTerms(now, after)) return this.#replaced(revision, after, now);
    throw new Error("the exchange has taken the amendment, and the order does not show it yet");
  }

  /** The venue's answer settles it, once it is seen what it has left behind. */
  async #editFailed(
    revision: number,
    old: CcxtOrder,
    after: SubmitPayload,
    clientId: string | null,
    failure: CcxtFailure,
  ): Promise<ReplaceOutcome> {
    const { verdict } = failure.verdict;
    if (verdict === "clock" || verdict === "limited" || verdict === "unknown") throw failure;
    const now = await this.#current(old.id, after);
    const done = await this.#replacement(clientId, now, after);
    if (done !== null) return this.#replaced(revision, after, done);
    this.#parts.expect();
    return rejected("notAmendable", failure.message);
  }

  async #replaced(
    revision: number,
    after: SubmitPayload,
    { id: venueOrderId }: CcxtOrder,
  ): Promise<ReplaceOutcome> {
    const { node, venue, desk, expect } = this.#parts;
    const { orderId, orderQty, price, stopPx } = after;
    const report: ExecutionReport = {
      execId: `replaced:${venueOrderId}:${revision}`,
      venue,
      clOrdId: orderId,
      orderId,
      transactTimeMs: node.clock.now(),
      execType: "replaced",
      revision,
      venueOrderId,
      orderQty,
      price,
      stopPx: stopPx ?? null,
    };
    await desk.tell(report);
    expect();
    return ACCEPTED;
  }
}

function hasTerms({ amount, price }: CcxtOrder, after: SubmitPayload): boolean {
  if (amount === null || !dec(amount).equals(after.orderQty)) return false;
  return after.price === null || (price !== null && dec(price).equals(after.price));
}
