import type {
  BookOptions,
  BookOrder,
  DepthLevel,
  MarketLevel,
  ReplaceOutcome,
  SubmitOutcome,
} from "../../../../../domain/execution/engine/book-types.ts";
import type { Side } from "../../../../../domain/order/new-order.ts";
import type { BookEvent } from "./given.ts";

interface Own extends BookOrder {
  readonly kind: "own";
  shown: number;
  left: number;
}

interface Outside {
  readonly kind: "outside";
  left: number;
}

interface Naive {
  readonly price: number;
  queue: (Own | Outside)[];
}

interface Incoming {
  readonly id: number;
  readonly side: Side;
  readonly owner: number;
  left: number;
  isStopped: boolean;
}

/** The rules of the matching book on arrays, searched and sorted anew each time: slow, and plain to read. */
export class NaiveBook {
  readonly events: BookEvent[] = [];
  readonly #options: BookOptions;
  readonly #levels: Record<Side, Naive[]> = { buy: [], sell: [] };

  constructor(options: BookOptions) {
    this.#options = options;
  }

  submit(order: BookOrder): SubmitOutcome {
    const { id, side, price, lots, owner, timeInForce } = order;
    if (order.isPostOnly && this.#crossing(side, price).length > 0) return "wouldCross";
    if (timeInForce === "fok" && !this.#wouldFill(order)) {
      this.events.push(["canceled", id, lots, "notFillable"]);
      return "canceled";
    }
    const incoming: Incoming = { id, side, owner, left: lots, isStopped: false };
    this.#match(incoming, price);
    const mayRest = price !== null && timeInForce === "gtc";
    return this.#finish(order, incoming, mayRest);
  }

  /** Tries it on a copy. */
  #wouldFill(order: BookOrder): boolean {
    const copy = new NaiveBook(this.#options);
    copy.#levels.buy = structuredClone(this.#levels.buy);
    copy.#levels.sell = structuredClone(this.#levels.sell);
    copy.submit({ ...order, timeInForce: "ioc" });
    const filled = copy.events.filter(([what]) => what === "fill").map((event) => Number(event[5]));
    return filled.reduce((sum, lots) => sum + lots, 0) === order.lots;
  }

  #finish(order: BookOrder, incoming: Incoming, mayRest: boolean): SubmitOutcome {
    const { left, isStopped } = incoming;
    if (left === 0) return "filled";
    if (isStopped || !mayRest || order.price === null) {
      this.events.push(["canceled", order.id, left, isStopped ? "selfMatch" : "unfilled"]);
      return "canceled";
    }
    const shown = Math.min(left, order.displayLots ?? left);
    this.#level(order.side, order.price).queue.push({ ...order, kind: "own", left, shown });
    return "rests";
  }

  cancel(id: number): number {
    const found = this.#find(id);
    if (found === undefined) return 0;
    this.#remove(found);
    return found.order.left;
  }

  replace(id: number, price: number, lots: number): ReplaceOutcome {
    const found = this.#find(id);
    if (found === undefined) return "unknown";
    const { order, level } = found;
    if (price === level.price && lots <= order.left) {
      const hidden = order.left - order.shown;
      order.shown -= Math.max(0, order.left - lots - hidden);
      order.left = lots;
      return "kept";
    }
    if (order.isPostOnly && this.#crossing(order.side, price).length > 0) return "wouldCross";
    this.#remove(found);
    const { side, owner } = order;
    const incoming: Incoming = { id, side, owner, left: lots, isStopped: false };
    this.#match(incoming, price);
    return this.#finish({ ...order, price }, incoming, true);
  }

  setMarketLevel(side: Side, price: number, lots: number): void {
    const incoming: Incoming = { id: 0, side, owner: 0, left: lots, isStopped: false };
    if (lots > 0) for (const level of this.#crossing(side, price)) this.#through(level, incoming);
    const { queue } = this.#level(side, price);
    const before = queue.reduce(
      (sum, entry) => sum + (entry.kind === "outside" ? entry.left : 0),
      0,
    );
    const target = incoming.left;
    if (target >= before) queue.push({ kind: "outside", left: target - before });
    else if (this.#options.cancellations === "conservative") cancelNewest(queue, before - target);
    else cancelByShare(queue, before, target);
    this.#tidy();
  }

  setMarket(bids: readonly MarketLevel[], asks: readonly MarketLevel[]): void {
    for (const [side, given] of [
      ["buy", bids],
      ["sell", asks],
    ] as const) {
      const gone = this.#levels[side].filter(({ price }) => given.every(([p]) => p !== price));
      for (const { price } of gone) this.setMarketLevel(side, price, 0);
    }
    for (const [price, lots] of bids) this.setMarketLevel("buy", price, lots);
    for (const [price, lots] of asks) this.setMarketLevel("sell", price, lots);
  }

  marketTrade(price: number, lots: number, aggressor: Side): void {
    const incoming: Incoming = { id: 0, side: aggressor, owner: 0, left: lots, isStopped: false };
    for (const level of this.#crossing(aggressor, price)) {
      if (level.price === price) this.#meet(level, incoming);
      else this.#through(level, incoming);
    }
    this.#tidy();
  }

  queueAhead(id: number): number | null {
    const found = this.#find(id);
    if (found === undefined) return null;
    const { queue } = found.level;
    const ahead = queue.slice(0, queue.indexOf(found.order));
    return ahead.reduce((sum, entry) => sum + (entry.kind === "own" ? entry.shown : entry.left), 0);
  }

  depth(side: Side): DepthLevel[] {
    return this.#sorted(side).map(({ price, queue }) => {
      const outside = queue.filter((entry) => entry.kind === "outside");
      const own = queue.filter((entry) => entry.kind === "own");
      const outsideLots = outside.reduce((sum, { left }) => sum + left, 0);
      return { price, lots: own.reduce((sum, { shown }) => sum + shown, outsideLots), outsideLots };
    });
  }

  #find(id: number): { readonly order: Own; readonly level: Naive } | undefined {
    for (const level of [...this.#levels.buy, ...this.#levels.sell]) {
      for (const order of level.queue)
        if (order.kind === "own" && order.id === id) return { order, level };
    }
    return undefined;
  }

  #remove({ order, level }: { readonly order: Own; readonly level: Naive }): void {
    level.queue = level.queue.filter((entry) => entry !== order);
    this.#tidy();
  }

  #level(side: Side, price: number): Naive {
    const found = this.#levels[side].find((level) => level.price === price);
    if (found !== undefined) return found;
    const level: Naive = { price, queue: [] };
    this.#levels[side].push(level);
    return level;
  }

  /** Best first. */
  #sorted(side: Side): Naive[] {
    const sign = side === "buy" ? -1 : 1;
    return this.#levels[side].toSorted((a, b) => sign * (a.price - b.price));
  }

  /** The levels that an order of `side` can take, best first. */
  #crossing(side: Side, price: number | null): Naive[] {
    if (side === "buy")
      return this.#sorted("sell").filter((ask) => price === null || ask.price <= price);
    return this.#sorted("buy").filter((bid) => price === null || bid.price >= price);
  }

  #match(incoming: Incoming, price: number | null): void {
    for (const level of this.#crossing(incoming.side, price)) this.#meet(level, incoming);
    this.#tidy();
  }

  #through(level: Naive, incoming: Incoming): void {
    level.queue = level.queue.filter((entry) => entry.kind === "own");
    this.#meet(level, incoming);
    this.#tidy();
  }

  #meet(level: Naive, incoming: Incoming): void {
    while (incoming.left > 0 && !incoming.isStopped) {
      level.queue = merged(level.queue);
      const first = level.queue[0];
      if (first === undefined) return;
      if (first.kind === "outside") this.#takeOutside(level, first, incoming);
      else this.#meetOwn(level, first, incoming);
    }
  }

  #takeOutside(level: Naive, first: Outside, incoming: Incoming): void {
    const lots = Math.min(first.left, incoming.left);
    first.left -= lots;
    incoming.left -= lots;
    const { id, side, left } = incoming;
    if (id !== 0) this.events.push(["fill", 0, id, side, level.price, lots, first.left, left]);
  }

  #meetOwn(level: Naive, first: Own, incoming: Incoming): void {
    const isSelf = incoming.owner !== 0 && incoming.owner === first.owner;
    const policy = isSelf ? this.#options.selfMatch : "none";
    if (policy === "cancelNewest") {
      incoming.isStopped = true;
      return;
    }
    if (policy === "cancelOldest") {
      level.queue.shift();
      this.events.push(["canceled", first.id, first.left, "selfMatch"]);
      return;
    }
    const lots = Math.min(first.shown, incoming.left);
    first.shown -= lots;
    first.left -= lots;
    incoming.left -= lots;
    if (first.shown === 0) level.queue.shift();
    if (first.shown === 0 && first.left > 0) {
      level.queue.push({ ...first, shown: Math.min(first.left, first.displayLots ?? first.left) });
    }
    const { id, side, left } = incoming;
    this.events.push(
      policy === "decrement"
        ? ["decremented", first.id, id, lots, first.left, left]
        : ["fill", first.id, id, side, level.price, lots, first.left, left],
    );
  }

  #tidy(): void {
    for (const side of ["buy", "sell"] as const) {
      for (const level of this.#levels[side]) level.queue = merged(level.queue);
      this.#levels[side] = this.#levels[side].filter(({ queue }) => queue.length > 0);
    }
  }
}

/** Neighbours of the others become one. */
function merged(queue: (Own | Outside)[]): (Own | Outside)[] {
  const result: (Own | Outside)[] = [];
  for (const entry of queue) {
    const last = result.at(-1);
    if (entry.kind === "outside" && entry.left === 0) continue;
    if (entry.kind === "outside" && last?.kind === "outside") last.left += entry.left;
    else result.push(entry);
  }
  return result;
}

function cancelNewest(queue: readonly (Own | Outside)[], canceled: number): void {
  let left = canceled;
  for (const entry of queue.toReversed()) {
    if (entry.kind === "own") continue;
    const lots = Math.min(left, entry.left);
    entry.left -= lots;
    left -= lots;
  }
}

function cancelByShare(queue: readonly (Own | Outside)[], before: number, target: number): void {
  let passed = 0;
  let kept = 0;
  for (const entry of queue) {
    if (entry.kind === "own") continue;
    passed += entry.left;
    const keptSoFar = passed === before ? target : Math.ceil((passed * target) / before);
    entry.left = keptSoFar - kept;
    kept = keptSoFar;
  }
}
