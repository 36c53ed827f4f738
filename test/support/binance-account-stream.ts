import { createHmac } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { isRecord } from "../../domain/market/field-reader.ts";
import type { BinanceBook, BinanceEvent } from "./binance-book.ts";
import { contractReport, spotReport } from "./binance-reports.ts";

interface Access {
  readonly book: BinanceBook;
  readonly apiKey: string;
  readonly secret: string;
  /** of contracts; a key is for one stream */
  readonly listenKeys: ReadonlySet<string>;
}

const SPOT = "/ws-api/v3";
const CONTRACTS = "/private/ws";
/** Half a frame: a text of 512 bytes, of which four come (RFC 6455 §5.2). */
const HALF = Buffer.from([0x81, 0x7e, 0x02, 0x00, 0x7b, 0x22, 0x65, 0x22]);

/**
 * The account's streams: that of the WebSocket API, subscribed to by a signature
 * (https://developers.binance.com/docs/binance-spot-api-docs/websocket-api/user-data-stream-requests), and that of contracts, at
 * an address with a listen key (https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams).
 */
export class BinanceAccountStream {
  readonly #access: Access;
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #listeners = new Set<WebSocket>();
  readonly #contracts = new WeakSet<WebSocket>();
  /** paths of the handshakes */
  readonly connections: string[] = [];
  pings = 0;
  /** new connections are cut at once */
  isShut = false;
  /** nothing is told, and no ping answered */
  isStalled = false;
  isTwice = false;
  /** what happens is not told, and never will be */
  isMute = false;
  /** the keys are good for everything but this */
  isRefused = false;
  /** what happens is kept until it is told in the wrong order */
  #kept: BinanceEvent[] | null = null;

  constructor(access: Access) {
    this.#access = access;
    access.book.listeners.add(this.#onEvent);
  }

  /** Sockets that hear of the account. */
  get listening(): number {
    return this.#listeners.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stream");
    this.connections.push(pathname);
    const isKnown = pathname === SPOT || pathname === CONTRACTS;
    const key = searchParams.get("listenKey");
    const isKeyGood = pathname === SPOT || this.#access.listenKeys.has(key ?? "");
    if (this.isShut || !isKnown || !isKeyGood) socket.destroy();
    else
      this.#server.handleUpgrade(request, socket, head, (ws) =>
        this.#accept(ws, pathname === CONTRACTS),
      );
  }

  cut(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  cutInMessage(): void {
    for (const client of this.#server.clients) {
      // sound: ws keeps the connection there
      const { _socket: socket } = client as unknown as { readonly _socket: NodeJS.WritableStream };
      socket.write(HALF);
      client.terminate();
    }
  }

  say(text: string): void {
    for (const client of this.#server.clients) client.send(text);
  }

  /** The line stays up, and nothing more is told on it. */
  expire(): void {
    const E = Date.now();
    for (const client of this.#listeners)
      client.send(
        this.#contracts.has(client)
          ? JSON.stringify({ e: "listenKeyExpired", E, listenKey: "expired" })
          : JSON.stringify({ subscriptionId: 0, event: { e: "eventStreamTerminated", E } }),
      );
    this.#listeners.clear();
  }

  keep(): void {
    this.#kept = [];
  }

  /** What was kept is told, the last first. */
  release(): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const event of kept.toReversed()) this.#send(event);
  }

  /** Resolves when every line is gone. */
  async quiet(): Promise<void> {
    for (const client of this.#server.clients) await once(client, "close");
  }

  async close(): Promise<void> {
    this.#access.book.listeners.delete(this.#onEvent);
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  readonly #onEvent = (event: BinanceEvent): void => {
    if (this.isStalled || this.isMute) return;
    if (this.#kept === null) this.#send(event);
    else this.#kept.push(event);
  };

  #send(event: BinanceEvent): void {
    for (const client of this.#listeners) {
      const message = this.#contracts.has(client)
        ? contractReport(event)
        : { subscriptionId: 0, event: spotReport(event) };
      // A number, larger than a double can be trusted with.
      const text = JSON.stringify(message).replaceAll(/"i":"(\d+)"/g, '"i":$1');
      for (let times = this.isTwice ? 2 : 1; times > 0; times--) client.send(text);
    }
  }

  #accept(socket: WebSocket, isContracts: boolean): void {
    socket.on("ping", (data: Buffer) => {
      this.pings += 1;
      if (!this.isStalled) socket.pong(data);
    });
    socket.on("close", () => this.#listeners.delete(socket));
    socket.on("message", (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString("utf8"));
      socket.send(JSON.stringify(this.#answer(socket, isRecord(message) ? message : {})));
    });
    if (!isContracts) return;
    this.#contracts.add(socket);
    this.#listeners.add(socket);
  }

  #answer(socket: WebSocket, message: Readonly<Record<string, unknown>>): unknown {
    const { id, method, params } = message;
    if (method !== "userDataStream.subscribe.signature")
      return { id, status: 400, error: { code: -1020, msg: "This operation is not supported." } };
    const problem = this.#problemOf(isRecord(params) ? params : {});
    if (problem !== null) return { id, status: problem.code === -2015 ? 401 : 400, error: problem };
    this.#listeners.add(socket);
    return { id, status: 200, result: { subscriptionId: 0 }, rateLimits: [] };
  }

  /** https://developers.binance.com/docs/binance-spot-api-docs/websocket-api/request-security */
  #problemOf({ signature, ...params }: Readonly<Record<string, unknown>>) {
    const { apiKey, secret } = this.#access;
    if (params["apiKey"] !== apiKey || this.isRefused)
      return { code: -2015, msg: "Invalid API-key, IP, or permissions for action." };
    const payload = Object.keys(params)
      .toSorted()
      .map((name) => `${name}=${String(params[name])}`)
      .join("&");
    const expected = createHmac("sha256", secret).update(payload).digest("hex");
    return signature === expected
      ? null
      : { code: -1022, msg: "Signature for this request is not valid." };
  }
}
