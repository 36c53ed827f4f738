import assert from "node:assert/strict";
import { findOrder as findAtVenue } from "../../../../../domain/execution/paper-state.ts";
import { filledTogether } from "../../../../../domain/execution/group/targets.ts";
import { summarize as summarizeParent } from "../../../../../domain/execution/parent/summary.ts";
import { isClosed } from "../../../../../domain/order/order-status.ts";
import type { PlacedOrder } from "../../../../../domain/order/order-state.ts";
import type { FillApplied } from "../../../../../domain/portfolio/messages.ts";
import { findOrder, openQuantity } from "../../../../../domain/portfolio/open-orders.ts";
import { positionOf } from "../../../../../domain/portfolio/state.ts";
import { type Decimal, dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";
import { LivePortfolio } from "../../portfolio/given.ts";
import { Laws } from "../../portfolio/laws.ts";
import { PORTFOLIO } from "./desk.ts";
import { SYMBOLS } from "./market.ts";
import type { Post } from "./post.ts";

/** The laws of the whole desk, beside those of its portfolio. */
export class DeskLaws {
  readonly #post: Post;
  readonly #isPrompt: boolean;
  readonly #mirror = new LivePortfolio();
  readonly #laws = new Laws(this.#mirror);

  constructor(post: Post, isPrompt: boolean) {
    this.#post = post;
    this.#isPrompt = isPrompt;
  }

  /** What holds after every step. */
  always(): void {
    const { recorded, state } = this.#mirror;
    const events = this.#post.recorded("portfolio", PORTFOLIO.id);
    if (events.length > recorded.length || state.account === null) {
      recorded.push(...events.slice(recorded.length));
      this.#mirror.state = this.#post.state("portfolio", PORTFOLIO.id);
      this.#laws.check({ isOrderly: this.#isPrompt });
    }
  }

  /** What holds when nothing is on its way, whatever is still open. */
  atRest(): void {
    const { account } = this.#post.state("portfolio", PORTFOLIO.id);
    assert(account !== null);
    for (const [id, order] of this.#orders()) {
      const { ordStatus, cumQty } = order;
      const held = findOrder(account.orders, id);
      assert.equal(held !== undefined, !isClosed(ordStatus), `${id} is ${ordStatus}, its hold not`);
      assert.equal(order.amendment, null, `an amendment of ${id} pends for ever`);
      const isHanging = ["pendingReplace", "pendingCancel", "unknown"].includes(ordStatus);
      assert(!isHanging, `${id} hangs: ${ordStatus}`);
      if (held === undefined) continue;
      assert.equal(held.amendment, null, `an amendment of ${id} pends for ever in the portfolio`);
      assert.equal(held.cumQty, cumQty);
      const { orderQty, price, stopPx, side, ocoGroup } = order.order;
      assert.deepEqual(
        [held.approved.orderQty, held.approved.price, held.approved.stopPx],
        [orderQty, price, stopPx],
        `portfolio and order ${id} disagree on its terms`,
      );
      const leaves = dec(orderQty).minus(cumQty);
      // A leg whose shrinking is heard before its sibling's fill has that fill taken off once more.
      if (this.#isPrompt || ocoGroup === undefined)
        assert.equal(held.hold.quantity, text(leaves), `order ${id} holds for what is left of it`);
      else assert(leaves.greaterThanOrEqualTo(held.hold.quantity), `leg ${id} holds too much`);
      if (side === "buy" && ocoGroup === undefined) {
        const worst = dec(order.order.hold.worstPrice ?? 0).times(leaves);
        assert(dec(held.hold.cash).greaterThanOrEqualTo(worst), `${id} holds too little`);
      }
    }
    this.#atVenue();
  }

  /** What holds once all is closed. */
  closed(): void {
    this.#atVenue();
    this.#booked();
    this.#alarms();
    this.#parents();
    this.#groups();
    const { account } = this.#post.state("portfolio", PORTFOLIO.id);
    assert(account !== null);
    assert.equal(account.reserved, "0", "nothing is reserved when nothing is open");
    assert.equal(account.orders.byId.size, 0);
    for (const symbol of SYMBOLS)
      for (const side of ["buy", "sell"] as const)
        assert.equal(openQuantity(account.orders, symbol, side), "0");
  }

  #orders(): readonly (readonly [string, PlacedOrder])[] {
    return this.#post.ids("order").flatMap((id) => {
      const state = this.#post.state("order", id);
      return state.phase === "placed" ? [[id, state] as const] : [];
    });
  }

  #atVenue(): void {
    const fills = this.#venueFills();
    for (const [id, { order, ordStatus, cumQty }] of this.#orders()) {
      const there = findAtVenue(this.#post.state("venue", `PAPER:${order.symbol}`), id);
      assert(there !== null, `the venue knows ${id}`);
      assert.equal(cumQty, there.cumQty, `${id}: the venue and the order on what is filled`);
      assert.equal(cumQty, text(fills.get(id) ?? ZERO), `${id}: cumQty is the sum of its fills`);
      const { submitted } = there;
      assert.deepEqual(
        [order.orderQty, order.price ?? null, order.stopPx ?? null],
        [submitted.orderQty, submitted.price, submitted.stopPx ?? null],
        `${id}: the venue and the order on its terms`,
      );
      const atVenue = "ordStatus" in there ? there.ordStatus : null;
      assert.equal(isClosed(ordStatus) ? ordStatus : null, atVenue, `${id}: how it stands`);
    }
  }

  #venueFills(): ReadonlyMap<string, Decimal> {
    const fills = new Map<string, Decimal>();
    for (const symbol of SYMBOLS)
      for (const { event } of this.#post.recorded("venue", `PAPER:${symbol}`)) {
        if (event.type !== "VenueOrderFilled") continue;
        const { orderId, lastQty } = event.report;
        fills.set(orderId, (fills.get(orderId) ?? ZERO).plus(lastQty));
      }
    return fills;
  }

  #fills(): readonly FillApplied[] {
    const events = this.#post.recorded("portfolio", PORTFOLIO.id);
    return events.flatMap(({ event }) => (event.type === "FillApplied" ? [event] : []));
  }

  #booked(): void {
    const { account } = this.#post.state("portfolio", PORTFOLIO.id);
    assert(account !== null);
    const booked = new Map<string, Decimal>();
    const positions = new Map<string, Decimal>();
    let cash = dec(account.opening.initialCash);
    for (const { trade } of this.#fills()) {
      const { orderId, symbol, side, quantity, price, fees } = trade;
      const signed = side === "buy" ? dec(quantity) : dec(quantity).negated();
      booked.set(orderId, (booked.get(orderId) ?? ZERO).plus(quantity));
      positions.set(symbol, (positions.get(symbol) ?? ZERO).plus(signed));
      cash = cash.minus(signed.times(price)).minus(fees);
    }
    assert.equal(account.cash, text(cash), "cash is what the fills made of it");
    for (const symbol of SYMBOLS)
      assert.equal(
        positionOf(account, symbol)?.quantity ?? "0",
        text(positions.get(symbol) ?? ZERO),
        `the position in ${symbol} is the sum of its fills`,
      );
    for (const [id, { cumQty }] of this.#orders())
      assert.equal(text(booked.get(id) ?? ZERO), cumQty, `${id}: what is booked is what it filled`);
  }

  /** A fill that its order's end has overtaken may find its cash spent; nothing else may go wrong. */
  #alarms(): void {
    for (const [id] of this.#orders())
      for (const { event } of this.#post.recorded("order", id))
        assert(
          event.type !== "ReportConflicted" && event.type !== "OverfillRefused",
          `order ${id}: ${JSON.stringify(event)}`,
        );
    let hasLate = false;
    for (const { alarms, hold, trade } of this.#fills()) {
      hasLate ||= hold === null;
      assert(alarms.length === 0 || hasLate, `${alarms.join()} at ${JSON.stringify(trade)}`);
      if (this.#isPrompt) assert.deepEqual(alarms, []);
    }
  }

  #parents(): void {
    for (const id of this.#post.ids("algo")) {
      const state = this.#post.state("algo", id);
      if (state.phase !== "started") continue;
      const filled = this.#placedBy(id).reduce((sum, orderId) => {
        const child = this.#post.state("order", orderId);
        return child.phase === "placed" ? sum.plus(child.cumQty) : sum;
      }, ZERO);
      const summary = summarizeParent(state);
      assert.equal(summary?.cumQty, text(filled), `parent ${id} knows what its children filled`);
      assert(filled.lessThanOrEqualTo(state.order.orderQty), `parent ${id} is filled too far`);
      assert.equal(summary.ordStatus === "filled", filled.equals(state.order.orderQty));
    }
  }

  #placedBy(parentId: string): readonly string[] {
    return this.#post
      .recorded("algo", parentId)
      .flatMap(({ event }) => (event.type === "ChildPlaced" ? [event.order.orderId] : []));
  }

  #groups(): void {
    for (const id of this.#post.ids("group")) {
      const state = this.#post.state("group", id);
      if (state.phase !== "started") continue;
      const { terms, legs } = state;
      if (terms.kind !== "oco" && terms.kind !== "bracket") continue;
      const entered = legs[0]?.attempts.reduce((sum, { cumQty }) => sum.plus(cumQty), ZERO) ?? ZERO;
      const wanted = terms.kind === "oco" ? dec(terms.legs[0]?.order.orderQty ?? 0) : entered;
      const filled = filledTogether(state);
      const isOver = filled.greaterThan(wanted);
      const isTold = state.alarms.some(({ event }) => event === "LegsOverfilled");
      assert(!isOver || isTold, `group ${id} was filled for too much, and says nothing`);
      if (this.#isPrompt) assert(!isOver, `group ${id}: ${text(filled)} of ${text(wanted)}`);
    }
  }
}
