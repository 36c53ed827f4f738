import { AlpacaServer } from "../../support/alpaca-server.ts";
import { orderIdOf, revisionOf } from "../../../services/execution/brokers/client-ids.ts";
import type { Evidence } from "../check/evidence.ts";
import type { Cleanup } from "./cleanup.ts";
import { swing } from "./swings.ts";

const KEYS = { keyId: "PKCLUSTER", secretKey: "open sesame" };
const TICK_MS = 250;
/** of those whose limit the market has met; the others wait for the next tick */
const FILLED_CHANCE = 0.5;

export type Misbehaviour = "duplicate" | "delay" | "drop";

/** A broker outside of the cluster, with a market of its own, that keeps a log and misbehaves when told to. */
export class OutsideBroker {
  readonly #server: AlpacaServer;
  readonly #random: () => number;
  #symbols: readonly string[] = [];
  #ticking: NodeJS.Timeout | null = null;

  private constructor(server: AlpacaServer, random: () => number) {
    this.#server = server;
    this.#random = random;
  }

  static async create(random: () => number, cleanup: Cleanup): Promise<OutsideBroker> {
    const broker = new OutsideBroker(await AlpacaServer.start(KEYS), random);
    cleanup.add(async () => {
      broker.closeMarket();
      await broker.#server.close();
    });
    return broker;
  }

  get url(): string {
    return this.#server.url;
  }

  /** What a node has to know to reach it through a proxy on `port`. */
  env(port: number): Readonly<Record<string, string>> {
    return {
      ALPACA_KEY_ID: KEYS.keyId,
      ALPACA_SECRET_KEY: KEYS.secretKey,
      ALPACA_BASE_URL: `http://127.0.0.1:${port}`,
    };
  }

  openMarket(symbols: readonly string[]): void {
    this.#symbols = symbols;
    this.#tick();
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  closeMarket(): void {
    if (this.#ticking !== null) clearInterval(this.#ticking);
  }

  /** Until `behave`: events come thrice; or late and in reverse order; or orders are taken and the answer is lost. */
  misbehave(how: Misbehaviour): void {
    const on = "POST /v2/orders";
    if (how === "duplicate") this.#server.control({ stream: { copies: 3 } });
    if (how === "delay")
      this.#server.control({
        faults: [{ on, kind: "delayAfter", delayMs: 3_000 }],
        stream: { isHeld: true },
      });
    if (how === "drop")
      this.#server.control({ faults: [{ on, kind: "dropAfter" }], stream: { isMute: true } });
  }

  behave(): void {
    this.#server.control({
      faults: [],
      stream: { copies: 1, isHeld: false, isMute: false, release: "reversed" },
    });
  }

  /** Its own log: each order that it took, each execution that it made. */
  log(): Pick<Evidence, "brokerOrders" | "brokerFills" | "brokerAmendments"> {
    const { posts, orders, fills } = this.#server.book;
    const idOf = new Map(
      [...orders.values()].map((order) => [order.id, orderIdOf(order.client_order_id)]),
    );
    return {
      brokerOrders: posts.flatMap(({ clientOrderId, status }) =>
        status < 300 ? [clientOrderId] : [],
      ),
      brokerAmendments: [...orders.values()].flatMap(({ replaces, client_order_id: clientId }) => {
        const [orderId, revision] = [orderIdOf(clientId), revisionOf(clientId)];
        return replaces === null || orderId === null || revision === null
          ? []
          : [{ orderId, revision }];
      }),
      brokerFills: fills.map(({ id, order_id: orderId, symbol, side, qty, price }) => ({
        execId: id,
        orderId: idOf.get(orderId) ?? "",
        symbol,
        side: side === "sell" ? "sell" : "buy",
        quantity: qty,
        price,
        // It takes no commission.
        fees: "0",
      })),
    };
  }

  /** how many orders were sent to it more often than once */
  get resent(): number {
    const sendings = Map.groupBy(this.#server.book.posts, ({ clientOrderId }) => clientOrderId);
    return [...sendings.values()].filter((posts) => posts.length > 1).length;
  }

  #tick(): void {
    const { book } = this.#server;
    for (const [phase, symbol] of this.#symbols.entries())
      book.prices.set(symbol, swing(Date.now(), phase).toFixed(2));
    for (const order of book.open()) {
      const price = Number(book.prices.get(order.symbol));
      const limit = Number(order.limit_price ?? price);
      const isMet = order.side === "buy" ? limit >= price : limit <= price;
      if (!isMet || this.#random() > FILLED_CHANCE) continue;
      const left = Number(order.qty) - Number(order.filled_qty);
      const part = 1 + Math.floor(this.#random() * left);
      book.fill(order.client_order_id, price.toFixed(2), String(Math.min(part, left)));
    }
  }
}
