import assert from "node:assert/strict";
import { parseStrategy } from "../../../../../domain/execution/algorithms/catalogue.ts";
import { twapSchedule } from "../../../../../domain/execution/algorithms/twap.ts";
import type {
  GroupKind,
  GroupLeg,
  LegRole,
} from "../../../../../domain/execution/group/messages.ts";
import { isPlacedAtStart } from "../../../../../domain/execution/group/state.ts";
import type { PaperVenueCommand } from "../../../../../domain/execution/paper-messages.ts";
import type { Line } from "../../../../../domain/execution/venue-rules.ts";
import type { NewOrder, OrderType } from "../../../../../domain/order/new-order.ts";
import { isClosed } from "../../../../../domain/order/order-status.ts";
import type { MarketView, PortfolioCommand } from "../../../../../domain/portfolio/messages.ts";
import { dec, text } from "../../../../../domain/shared/decimal.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import { besideId, seededRandom } from "../../../../../mixins/actor/ids.ts";
import { openCommand } from "../../portfolio/given.ts";
import { Handlers } from "./handlers.ts";
import { INSTRUMENTS, Market, SYMBOLS } from "./market.ts";
import type { Move, Weather } from "./moves.ts";
import { type Letter, NAMESPACE, Post } from "./post.ts";

export const PORTFOLIO = { type: "portfolio", id: "b5d1f2a0-0000-4000-8000-000000000001" } as const;
const INITIAL_CASH = "25000";
/** 2026-03-02T15:00Z: New York is open */
const START_MS = 1_772_463_600_000;
const MINUTE_MS = 60_000;

type Of<K extends Move["kind"]> = Extract<Move, { readonly kind: K }>;

/** Clients, a portfolio, its orders, groups and parents, the paper venues and the market. */
export class Desk {
  readonly post: Post;
  readonly #weather: Weather;
  readonly #handlers: Handlers;
  readonly #market = new Market();
  readonly #asked: { readonly command: PortfolioCommand; readonly id: string; reply: unknown }[] =
    [];
  readonly #random: () => number;
  #serial = 0;

  constructor(weather: Weather) {
    this.#weather = weather;
    this.post = new Post(START_MS, weather.isJoint || weather.isPrompt);
    this.#random = seededRandom(String(weather.seed));
    this.#handlers = new Handlers(this.post, {
      marketOf: (symbol) => this.#view(symbol),
      latencyMs: weather.isPrompt ? 0 : weather.line.latencyMs,
      line: this.#line(),
    });
    const open = openCommand({ initialCash: INITIAL_CASH });
    this.post.call(PORTFOLIO, open, { commandId: this.#id("open") });
    for (const symbol of [0, 1]) this.#quote(symbol, null);
    // Something to sell.
    this.#request(this.#order(0, { side: "buy", ordType: "market", lots: 60 }));
    this.#settle();
    this.post.nowMs += 1;
    for (const symbol of [0, 1]) this.#quote(symbol, null);
    this.#settle();
  }

  take(move: Move): void {
    this.post.nowMs += 1;
    this.#do(move);
    if (this.#weather.isPrompt) this.#settle();
  }

  /** All that is on its way arrives, and what was refused is tried again for some minutes. */
  settle(): void {
    this.#settle();
    this.#pass(this.post.nowMs + 3 * MINUTE_MS);
    this.#settle();
    // A fill of the last moment may lead to a cancel that takes until the next.
    for (let ticks = 0; ticks < 4; ticks++) this.#tick();
  }

  /** Everybody goes home: all is canceled, until nothing is open. */
  close(): void {
    for (let rounds = 0; rounds < 40; rounds++) {
      if (this.#cancelAll() === 0 && !this.#isBusy()) return;
      this.#tick();
      this.#pass(this.post.nowMs + 5 * MINUTE_MS);
    }
    throw new Error(`the desk does not come to rest: ${JSON.stringify(this.post.letters)}`);
  }

  #do(move: Move): void {
    switch (move.kind) {
      case "order":
        return this.#request(this.#order(move.symbol, move));
      case "amend":
        return this.#amend(move);
      case "cancel":
        return this.#cancel(move.at);
      case "group":
        return this.#group(move);
      case "cancel group":
        return this.#steer("group", move.at, "RequestCancel");
      case "twap":
        return this.#twap(move);
      case "steer":
        return this.#steer("algo", move.at, move.how);
      case "repeat":
        return this.#repeat(move.at);
      case "quote":
        this.#market.move(move.symbol, move.bps);
        return this.#quote(move.symbol, move.size);
      case "bar":
        return this.#bar(move);
      case "deliver":
        return this.#deliverSome(move);
      case "wait":
        return this.#pass(this.post.nowMs + move.seconds * 1000);
      case "crash":
        return this.post.crash(move.at);
    }
  }

  #deliverSome({ at, isTwice, isAnswerLost }: Of<"deliver">): void {
    for (const pick of at) {
      const letter = this.post.letters[pick % Math.max(this.post.letters.length, 1)];
      if (letter !== undefined) this.#deliver(letter, { isTwice, isAnswerLost });
    }
  }

  #deliver(letter: Letter, how: { readonly isTwice: boolean; readonly isAnswerLost: boolean }) {
    const isDone = this.#handlers.run(letter, how.isAnswerLost);
    letter.attempts += 1;
    const { letters } = this.post;
    if (isDone && !how.isTwice) letters.splice(letters.indexOf(letter), 1);
  }

  /** Nothing comes twice any more, and nothing is lost. */
  #settle(): void {
    for (let left = 5_000; left > 0; left--) {
      const { letters } = this.post;
      const pick = this.#weather.isPrompt ? 0 : Math.floor(this.#random() * letters.length);
      const letter = letters[pick];
      if (letter === undefined) return this.#flush();
      this.#deliver(letter, { isTwice: false, isAnswerLost: false });
    }
    throw new Error(`letters go round: ${JSON.stringify(this.post.letters.slice(0, 3))}`);
  }

  /** The reports that wait for the next quote are told. */
  #flush(): void {
    const held = () =>
      SYMBOLS.some((symbol) => this.post.state("venue", `PAPER:${symbol}`).held.length > 0);
    if (held()) this.#tick();
  }

  /** A quiet moment of the market: what is on its way by market time arrives. */
  #tick(): void {
    this.post.nowMs += 1_000;
    for (const symbol of [0, 1]) this.#quote(symbol, null);
    this.#settle();
  }

  #pass(untilMs: number): void {
    while (this.post.fireNext(untilMs)) if (this.#weather.isPrompt) this.#settle();
    this.post.nowMs = Math.max(this.post.nowMs, untilMs);
    if (this.#weather.isPrompt) this.#settle();
  }

  get openOrders(): number {
    return this.post.ids("order").filter((id) => this.#isOpen(id)).length;
  }

  #isBusy(): boolean {
    return this.openOrders > 0 || this.post.letters.length > 0;
  }

  #isOpen(orderId: string): boolean {
    const state = this.post.state("order", orderId);
    return state.phase === "placed" && !isClosed(state.ordStatus);
  }

  #cancelAll(): number {
    for (const at of this.post.ids("group").keys()) this.#steer("group", at, "RequestCancel");
    for (const at of this.post.ids("algo").keys()) this.#steer("algo", at, "RequestCancel");
    const open = this.post.ids("order").filter((id) => this.#isOpen(id));
    for (const id of open) this.#cancelOrder(id);
    this.#settle();
    return open.length;
  }

  #order(
    symbol: number,
    {
      side,
      ordType,
      lots,
      away = 0,
      timeInForce = "gtc",
      flag = "none",
    }: Pick<Of<"order">, "side" | "lots"> &
      Partial<Pick<Of<"order">, "away" | "timeInForce" | "flag">> & { ordType: OrderType },
  ): NewOrder {
    const orderId = this.#id("order");
    const { lotSize } = INSTRUMENTS[symbol] ?? INSTRUMENTS[0];
    return {
      orderId,
      clOrdId: orderId,
      tenantId: "tenant-1",
      portfolioId: PORTFOLIO.id,
      symbol: SYMBOLS[symbol] ?? "",
      side,
      ordType,
      orderQty: text(dec(lots).times(lotSize)),
      timeInForce,
      placedBy: "user-1",
      ...this.#market.pricesOf(symbol, ordType, away),
      ...(timeInForce === "gtd" && { expireAtMs: this.post.nowMs + 10 * MINUTE_MS }),
      ...(flag === "postOnly" && { postOnly: true }),
      ...(flag === "reduceOnly" && { reduceOnly: true }),
      ...(flag === "displayQty" && { displayQty: lotSize }),
    };
  }

  #request(order: NewOrder): void {
    this.#ask({ type: "RequestOrder", order, market: this.#view(order.symbol) });
  }

  #ask(command: PortfolioCommand, id = this.#id("request")): void {
    try {
      const reply = this.post.call(PORTFOLIO, command, { commandId: id });
      this.#asked.push({ command, id, reply });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #repeat(at: number): void {
    const asked = this.#asked[at % Math.max(this.#asked.length, 1)];
    if (asked === undefined) return;
    const before = this.post.recorded("portfolio", PORTFOLIO.id).length;
    const { id, command, reply } = asked;
    assert.deepEqual(this.post.call(PORTFOLIO, command, { commandId: id }), reply);
    const after = this.post.recorded("portfolio", PORTFOLIO.id).length;
    assert.equal(after, before, "a repeat of a request changes nothing");
  }

  #amend({ at, lots, away }: Of<"amend">): void {
    const ids = this.post.ids("order").filter((id) => this.#isOpen(id));
    const orderId = ids[at % Math.max(ids.length, 1)];
    if (orderId === undefined) return;
    const state = this.post.state("order", orderId);
    // The slices of a parent are its own affair: services/execution/amend-order.ts refuses.
    if (state.phase !== "placed" || state.order.parent?.type === "algo") return;
    const { symbol, price, stopPx, lotSize } = state.order;
    const which = SYMBOLS.findIndex((one) => one === symbol);
    const changed = away === null ? null : text(this.#market.at(which, away));
    const amendId = this.#id("amend");
    const changes = {
      ...(lots !== null && { orderQty: text(dec(lots).times(lotSize)) }),
      ...(changed !== null && price !== undefined && { price: changed }),
      ...(changed !== null && stopPx !== undefined && { stopPx: changed }),
    };
    const market = this.#view(symbol);
    this.#ask({ type: "AmendOrder", orderId, amendId, changes, market, requestedBy: "u" }, amendId);
  }

  #cancel(at: number): void {
    const ids = this.post.ids("order").filter((id) => this.#isOpen(id));
    const id = ids[at % Math.max(ids.length, 1)];
    if (id !== undefined) this.#cancelOrder(id);
  }

  #cancelOrder(id: string): void {
    const command = { type: "RequestCancel", requestedBy: "user-1", ifOpen: true } as const;
    this.post.call({ type: "order", id }, command, { commandId: this.#id("cancel") });
  }

  #steer(type: "group" | "algo", at: number, how: "Pause" | "Resume" | "RequestCancel"): void {
    const ids = this.post.ids(type);
    const id = ids[at % Math.max(ids.length, 1)];
    if (id === undefined) return;
    const command = { type: how, requestedBy: "user-1" };
    try {
      this.post.call({ type, id }, command, { commandId: this.#id("steer") });
    } catch (error) {
      // Of what has ended, or was denied.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #group({ of, symbol, side, lots, away, canReplace }: Of<"group">): void {
    const groupId = this.#id("group");
    const [up, down] = side === "buy" ? [away, -away] : [-away, away];
    const other = side === "buy" ? "sell" : "buy";
    const limit = (role: LegRole, of_: "buy" | "sell", bps: number) =>
      [role, this.#order(symbol, { side: of_, ordType: "limit", lots, away: bps })] as const;
    const stop = (role: LegRole, of_: "buy" | "sell", bps: number) =>
      [role, this.#order(symbol, { side: of_, ordType: "stop", lots, away: bps })] as const;
    const legs: Readonly<
      Record<Exclude<GroupKind, "basket">, readonly (readonly [LegRole, NewOrder])[]>
    > = {
      oco: [limit("leg", side, down), stop("leg", side, up)],
      bracket: [
        limit("entry", side, 0),
        limit("takeProfit", other, up),
        stop("stopLoss", other, down),
      ],
      oto: [limit("first", side, 0), limit("then", other, up)],
    };
    this.#ask(this.#basket(groupId, of, canReplace, legs[of]));
  }

  #basket(
    groupId: string,
    kind: Exclude<GroupKind, "basket">,
    canReplace: boolean,
    roles: readonly (readonly [LegRole, NewOrder])[],
  ): PortfolioCommand {
    const legs = roles.map(([role, order]): GroupLeg => {
      const isShared = role === "leg" || role === "takeProfit" || role === "stopLoss";
      const parent = { type: "group", id: groupId } as const;
      const leg: NewOrder = { ...order, parent, ...(isShared && { ocoGroup: groupId }) };
      const { lotSize } = this.#market.instrument(order.symbol);
      return { role, order: leg, lotSize, canReplace };
    });
    const [orders, later] = [true, false].map((isNow) =>
      legs
        .filter(({ role }) => isPlacedAtStart(role) === isNow)
        .map(({ order }) => ({ order, market: this.#view(order.symbol) })),
    );
    const [tenantId, portfolioId, requestedBy] = ["tenant-1", PORTFOLIO.id, "user-1"];
    const trigger = kind === "oto" ? { trigger: "partial" as const } : {};
    const terms = { groupId, kind, tenantId, portfolioId, requestedBy, ...trigger, legs };
    return {
      type: "RequestBasket",
      terms,
      mode: "allOrNone",
      orders: orders ?? [],
      later: later ?? [],
    };
  }

  #twap({ symbol, side, lots, slices, away }: Of<"twap">): void {
    const ordType = away === null ? "market" : "limit";
    const order = this.#order(symbol, { side, ordType, lots, away: away ?? 0 });
    const read = parseStrategy("twap", { durationSeconds: slices * 60, intervalSeconds: 60 });
    assert("value" in read);
    const { lotSize, multiplier, currency } = this.#market.instrument(order.symbol);
    const schedule = twapSchedule({
      quantity: order.orderQty,
      lotSize,
      startMs: this.post.nowMs,
      durationSeconds: slices * 60,
      intervalSeconds: 60,
      seed: 1,
    });
    const facts = {
      instrument: { lotSize, multiplier, currency },
      arrivalPrice: "100",
      isOwnVolumeOnTape: false,
    };
    const command = { type: "Start", order, strategy: read.value, facts, schedule };
    const to = { type: "algo", id: order.orderId };
    this.post.call(to, command, { commandId: this.#id("start") });
  }

  #quote(symbol: number, size: number | null): void {
    const { quote } = this.#view(SYMBOLS[symbol] ?? "");
    assert(quote !== null);
    const lots = size === null ? null : text(dec(size).times(INSTRUMENTS[symbol]?.lotSize ?? 1));
    const seen = { ...quote, bidSize: lots, askSize: lots, tsEventMs: this.post.nowMs };
    this.#tellVenue(symbol, { type: "OnQuote", quote: seen });
  }

  #bar({ symbol, bps, volume }: Of<"bar">): void {
    this.#pass(this.post.nowMs + MINUTE_MS + 1_000);
    const open = this.#market.at(symbol, 0);
    this.#market.move(symbol, bps);
    const close = this.#market.at(symbol, 0);
    const bar = {
      symbol: SYMBOLS[symbol] ?? "",
      timeframe: "1m",
      startMs: this.post.nowMs - MINUTE_MS - 500,
      open: text(open),
      high: text(open.greaterThan(close) ? open : close),
      low: text(open.greaterThan(close) ? close : open),
      close: text(close),
      volume: text(dec(volume).times(INSTRUMENTS[symbol]?.lotSize ?? 1)),
      source: "test",
    } as const;
    this.#tellVenue(symbol, { type: "OnBar", bar, participation: "0.5" });
  }

  #tellVenue(symbol: number, command: PaperVenueCommand): void {
    const line = this.#line();
    const sent = line === undefined ? command : { ...command, line };
    const to = { type: "venue", id: `PAPER:${SYMBOLS[symbol] ?? ""}` };
    this.post.call(to, sent, { commandId: this.#id("market"), isRepeatDecided: true });
  }

  #line(): Line | undefined {
    const { isPrompt, line } = this.#weather;
    if (isPrompt || line.duplicate + line.reorder === 0) return undefined;
    const { seed, duplicate, reorder } = line;
    const delay = { probability: 0, ms: 0 };
    return { seed, reportMs: 0, jitterMs: 0, duplicate, reorder, delay };
  }

  #view(symbol: string): MarketView {
    return this.#market.view(symbol, this.post.nowMs);
  }

  #id(name: string): string {
    this.#serial += 1;
    return besideId(PORTFOLIO.id, NAMESPACE, `${name}:${this.#serial}`);
  }
}
