import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { json as readJson } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "../../domain/shared/decimal.ts";
import { AlpacaBook, type BookAnswer, problem } from "./alpaca-book.ts";
import { AlpacaStreams, type StreamManners } from "./alpaca-streams.ts";

/** What befalls calls. `dropBefore` is cut before anything was done, `dropAfter` after it was. */
export interface Fault {
  /** of those calls whose method and path begin so, as in `POST /v2/orders` */
  readonly on: string;
  /** so many calls; unless given, all */
  readonly times?: number;
  readonly kind: "dropBefore" | "dropAfter" | "delay" | "delayAfter" | "status" | "statusAfter";
  /** before whatever else befalls it; after the work where the kind says so */
  readonly delayMs?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** of the error that goes with a status */
  readonly message?: string;
}

/** What can be asked for while it runs, over HTTP too: `POST /__control` with one of these as JSON. */
export interface Control {
  /** replaces those before; all of them, or none with an empty list */
  readonly faults?: readonly Fault[];
  /** orders that the market meets are filled at once at these */
  readonly prices?: Readonly<Record<string, string>>;
  readonly buyingPower?: string | null;
  readonly areFillsHidden?: boolean;
  readonly fill?: { readonly clientOrderId: string; readonly price: string; readonly qty?: string };
  readonly end?: {
    readonly clientOrderId: string;
    readonly status: string;
    readonly event?: string;
  };
  readonly stream?: StreamManners;
}

/** What the server has seen: `GET /__control`. */
export interface Dump {
  readonly posts: AlpacaBook["posts"];
  readonly orders: readonly unknown[];
  readonly fills: AlpacaBook["fills"];
  readonly positions: Readonly<Record<string, string>>;
}

export interface AlpacaServerOptions {
  readonly port?: number;
  readonly keyId?: string;
  readonly secretKey?: string;
  /** of a server that was closed: its account goes on */
  readonly book?: AlpacaBook;
}

const FILLS_PAGE = 100;
const ORDERS_PAGE = 50;

/** Speaks as much of Alpaca's Trading API as orders need, on this machine, and misbehaves when told to. */
export class AlpacaServer {
  readonly book: AlpacaBook;
  readonly keyId: string;
  readonly secretKey: string;
  readonly #http: Server;
  readonly #streams: AlpacaStreams;
  #faults: { readonly fault: Fault; left: number }[] = [];
  /** every call, as `POST /v2/orders` */
  readonly calls: string[] = [];

  private constructor({ keyId = "PKTEST", secretKey = "sesame", book }: AlpacaServerOptions) {
    this.book = book ?? new AlpacaBook();
    this.keyId = keyId;
    this.secretKey = secretKey;
    this.#streams = new AlpacaStreams(keyId, secretKey);
    this.book.onUpdate = (data) => this.#streams.publish(data);
    this.#http = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#http.on("upgrade", (request, stream) => this.#streams.take(request, stream));
  }

  static async start(options: AlpacaServerOptions = {}): Promise<AlpacaServer> {
    const server = new AlpacaServer(options);
    server.#http.listen(options.port ?? 0, "127.0.0.1");
    await once(server.#http, "listening");
    return server;
  }

  get port(): number {
    const address = this.#http.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** how many clients listen to the stream now */
  get listeners(): number {
    return this.#streams.listeners;
  }

  control(control: Control): void {
    const { faults, prices = {}, buyingPower, areFillsHidden, fill, end, stream } = control;
    if (faults) this.#faults = faults.map((fault) => ({ fault, left: fault.times ?? Infinity }));
    for (const [symbol, price] of Object.entries(prices)) this.book.prices.set(symbol, price);
    if (buyingPower !== undefined) this.book.buyingPower = buyingPower;
    if (areFillsHidden !== undefined) this.book.areFillsHidden = areFillsHidden;
    if (stream) this.#streams.behave(stream);
    if (fill) this.book.fill(fill.clientOrderId, fill.price, fill.qty);
    if (end) this.book.end(end.clientOrderId, end.status, end.event);
  }

  dump(): Dump {
    const { posts, orders, fills, positions } = this.book;
    const held = [...positions].map(([symbol, qty]) => [symbol, text(qty)] as const);
    return { posts, orders: [...orders.values()], fills, positions: Object.fromEntries(held) };
  }

  /** How often each client order id was sent. */
  sendings(clientOrderId: string): number {
    return this.book.posts.filter((post) => post.clientOrderId === clientOrderId).length;
  }

  /** Every connection is cut; the account stays in `book`. */
  async close(): Promise<void> {
    // A line that is being taken now would keep the server open.
    this.#streams.behave({ isClosed: true, cut: true });
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const name = `${request.method} ${url.pathname}`;
    if (url.pathname === "/__control") {
      if (request.method === "POST") this.control(await bodyOf<Control>(request));
      send(response, { status: 200, body: this.dump() });
      return;
    }
    this.calls.push(name);
    const hasBody = request.method === "POST" || request.method === "PATCH";
    const body = hasBody ? await bodyOf<Record<string, string>>(request) : {};
    const fault = this.#faultFor(name);
    if (fault !== null && fault.kind !== "delayAfter") await sleep(fault.delayMs ?? 0);
    if (fault?.kind === "dropBefore") response.destroy();
    else if (fault?.kind === "status") send(response, refusal(fault), fault.headers);
    else {
      const answer = this.#answer(request, url, body);
      if (fault?.kind === "delayAfter") await sleep(fault.delayMs);
      if (fault?.kind === "dropAfter") response.destroy();
      else send(response, fault?.kind === "statusAfter" ? refusal(fault) : answer);
    }
  }

  #faultFor(name: string): Fault | null {
    const found = this.#faults.find(({ fault, left }) => left > 0 && name.startsWith(fault.on));
    if (found === undefined) return null;
    found.left -= 1;
    return found.fault;
  }

  #answer(
    { method, headers }: IncomingMessage,
    { pathname, searchParams }: URL,
    body: Readonly<Record<string, string>>,
  ): BookAnswer {
    const isKnown =
      headers["apca-api-key-id"] === this.keyId &&
      headers["apca-api-secret-key"] === this.secretKey;
    if (!isKnown) return problem(401, 40110000, "request is not authorized");
    const [, , kind, id = ""] = pathname.split("/");
    if (method === "POST" && pathname === "/v2/orders") return this.book.submit(body);
    if (method === "PATCH" && kind === "orders") return this.book.replace(id, body);
    if (method === "DELETE" && kind === "orders") return this.book.cancel(id);
    if (pathname === "/v2/account") return { status: 200, body: this.#account() };
    if (kind === "orders:by_client_order_id")
      return orderAnswer(this.book.orders.get(searchParams.get("client_order_id") ?? ""));
    if (kind === "orders" && id !== "") return orderAnswer(this.book.byId(id));
    if (kind === "orders") return { status: 200, body: this.#openOrders(searchParams) };
    if (pathname === "/v2/account/activities/FILL")
      return { status: 200, body: this.#activities(searchParams) };
    if (kind === "positions") return { status: 200, body: this.#positions() };
    return problem(404, 40410000, "endpoint not found");
  }

  /** Newest first, as many as were asked for. */
  #openOrders(query: URLSearchParams): readonly unknown[] {
    const until = query.get("until");
    return this.book
      .open()
      .filter(({ submitted_at: at }) => until === null || at < until)
      .toSorted((a, b) => (a.submitted_at < b.submitted_at ? 1 : -1))
      .slice(0, Number(query.get("limit") ?? ORDERS_PAGE));
  }

  /** Oldest first, behind the token. */
  #activities(query: URLSearchParams): readonly unknown[] {
    if (this.book.areFillsHidden) return [];
    const after = query.get("after") ?? "";
    const all = this.book.fills.filter(({ transaction_time: at }) => at > after);
    const begin = all.findIndex(({ id }) => id === query.get("page_token")) + 1;
    return all.slice(begin, begin + Number(query.get("page_size") ?? FILLS_PAGE));
  }

  /** The part of it that is read; https://docs.alpaca.markets/reference/getaccount-1 has the rest. */
  #account() {
    return {
      id: "904837e3-3b76-47ec-b432-046db621571b",
      account_number: "PA3ALPHA1234",
      status: "ACTIVE",
      currency: "USD",
      cash: "100000.25",
      buying_power: this.book.buyingPower ?? "200000.5",
      trading_blocked: false,
      account_blocked: false,
      trade_suspended_by_user: false,
    };
  }

  #positions(): readonly unknown[] {
    return [...this.book.positions]
      .filter(([, qty]) => !qty.isZero())
      .map(([symbol, qty]) => ({
        symbol,
        qty: text(qty),
        side: qty.gt(0) ? "long" : "short",
        avg_entry_price: "99.5",
      }));
  }
}

async function bodyOf<T>(request: IncomingMessage): Promise<T> {
  // sound: tests and our own adapter send it
  return (await readJson(request)) as T;
}

function orderAnswer(order: unknown): BookAnswer {
  return order === undefined
    ? problem(404, 40410000, "order not found")
    : { status: 200, body: order };
}

function refusal({ status = 500, message }: Fault): BookAnswer {
  const words = status === 429 ? "too many requests." : "internal server error occurred";
  return problem(status, status * 100_000, message ?? words);
}

function send(
  response: ServerResponse,
  { status, body }: BookAnswer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === null ? undefined : JSON.stringify(body));
}
