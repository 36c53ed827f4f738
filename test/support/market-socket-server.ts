import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

interface SocketServerOptions {
  /** what the server says first, and how it answers each message */
  readonly onConnect?: (socket: WebSocket) => void;
  readonly onMessage?: (socket: WebSocket, message: unknown) => void;
  readonly onRequest?: (req: IncomingMessage, res: ServerResponse) => void;
}

/** A vendor's HTTP and WebSocket server on this machine, with the faults that a test asks for. */
export class MarketSocketServer {
  readonly #http = createServer((req, res) => this.#options.onRequest?.(req, res));
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #options: SocketServerOptions;
  /** of WebSocket handshakes */
  connections = 0;
  /** answers pings */
  isAlive = true;
  /** new connections are shut at once */
  isShut = false;
  readonly messages: unknown[] = [];

  private constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#http.on("upgrade", (req, socket, head) => {
      this.connections += 1;
      if (this.isShut) socket.destroy();
      else this.#server.handleUpgrade(req, socket, head, (ws) => this.#accept(ws));
    });
  }

  static async start(options: SocketServerOptions): Promise<MarketSocketServer> {
    const server = new MarketSocketServer(options);
    await new Promise<void>((resolve) => server.#http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    // sound: it listens on a port
    return (this.#http.address() as AddressInfo).port;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    for (const client of this.#server.clients) client.send(text);
  }

  /** Half a frame, and then nothing: the line is cut in the middle of a message. */
  cutInMessage(): void {
    for (const client of this.#server.clients) {
      // sound: ws keeps the connection there; 0x81 0x7e: a text of 512 bytes, of which four come
      const { _socket: socket } = client as unknown as { readonly _socket: NodeJS.WritableStream };
      socket.write(Buffer.from([0x81, 0x7e, 0x02, 0x00, 0x7b, 0x22, 0x73, 0x22]));
      client.terminate();
    }
  }

  /** Resolves when each client has taken what it was sent: it answers in order. */
  async flushed(): Promise<void> {
    await Promise.all(
      [...this.#server.clients].map(async (client) => {
        const answered = new Promise((resolve) => client.once("pong", resolve));
        client.ping();
        await answered;
      }),
    );
  }

  cut(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #accept(socket: WebSocket): void {
    socket.on("ping", (data: Buffer) => {
      if (this.isAlive) socket.pong(data);
    });
    socket.on("message", (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString("utf8"));
      this.messages.push(message);
      this.#options.onMessage?.(socket, message);
    });
    this.#options.onConnect?.(socket);
  }
}
