/**
 * Orders by id: open addressing with linear probing (Knuth, The Art of Computer Programming 3, 6.4, algorithms L and R).
 * An id lives for one order, so that every order costs one insertion and one removal: with a Map the whole book does
 * between 0.4 and 0.8 times as many operations a second (bench/matching.bench.ts).
 */
import { RestingOrder } from "./level.ts";

const EMPTY = 0;

export class OrderTable {
  // Small at first: a decider restores a book for every step.
  #ids = new Float64Array(16);
  #orders: (RestingOrder | undefined)[] = vacant(16);
  #mask = 15;
  /** 32 less the bits of the mask */
  #shift = 28;
  #size = 0;
  /** chained by `next` */
  #free: RestingOrder | null = null;

  get size(): number {
    return this.#size;
  }

  find(id: number): RestingOrder | undefined {
    return this.#orders[this.#placeOf(id)];
  }

  /** A node for an order that is not in the table. Its other fields are those of an earlier order: set them all. */
  open(id: number): RestingOrder {
    if (this.#size * 2 > this.#mask) this.#grow();
    const order = this.#free ?? new RestingOrder();
    this.#free = order.next;
    order.id = id;
    this.#put(order);
    this.#size++;
    return order;
  }

  close(order: RestingOrder): void {
    this.#vacate(this.#placeOf(order.id));
    this.#size--;
    order.prev = null;
    order.next = this.#free;
    this.#free = order;
  }

  /** Where the id is, or the free place where it would be put. */
  #placeOf(id: number): number {
    const ids = this.#ids;
    let place = this.#home(id);
    for (;;) {
      const there = ids[place];
      if (there === id || there === EMPTY) return place;
      place = (place + 1) & this.#mask;
    }
  }

  /** Multiplicative hashing (Knuth, 6.4): ids in steps of any size are spread evenly. */
  #home(id: number): number {
    const word = id <= 0x7fff_ffff ? id : (id | 0) ^ Math.imul((id / 0x1_0000_0000) | 0, 31);
    return Math.imul(word, 0x9e37_79b1) >>> this.#shift;
  }

  #put(order: RestingOrder): void {
    const place = this.#placeOf(order.id);
    this.#ids[place] = order.id;
    this.#orders[place] = order;
  }

  /** Moves those up that had to make way, so that no tombstones are needed. */
  #vacate(place: number): void {
    const mask = this.#mask;
    let hole = place;
    for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
      const id = this.#ids[next] ?? EMPTY;
      if (id === EMPTY) break;
      const isBehindHole = ((next - this.#home(id)) & mask) >= ((next - hole) & mask);
      if (!isBehindHole) continue;
      this.#ids[hole] = id;
      this.#orders[hole] = this.#orders[next];
      hole = next;
    }
    this.#ids[hole] = EMPTY;
    this.#orders[hole] = undefined;
  }

  #grow(): void {
    const orders = this.#orders;
    const length = orders.length * 2;
    this.#ids = new Float64Array(length);
    this.#orders = vacant(length);
    this.#mask = length - 1;
    this.#shift--;
    for (const order of orders) if (order !== undefined) this.#put(order);
  }
}

function vacant(length: number): (RestingOrder | undefined)[] {
  return Array.from<RestingOrder | undefined>({ length });
}
