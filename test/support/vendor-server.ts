import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a vendor answers: the bytes, or nothing at all. */
export interface VendorAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** `stall`: the headers, then silence; `cut`: half of the body, then the connection is gone */
  readonly manner?: "stall" | "cut";
}

type Respond = (url: URL, request: IncomingMessage) => VendorAnswer;

/** A vendor of market data on this machine, whose answers a test decides on. */
export class VendorServer {
  respond: Respond = () => ({ status: 404, body: "{}" });
  /** what was asked, in its order */
  readonly asked: URL[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  readonly #http: Server;

  private constructor() {
    this.#http = createServer((request, response) => this.#serve(request, response));
  }

  static async start(): Promise<VendorServer> {
    const server = new VendorServer();
    server.#http.listen(0, "127.0.0.1");
    await once(server.#http, "listening");
    return server;
  }

  get url(): string {
    // sound: it listens on a port
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.url);
    this.asked.push(url);
    this.headers.push(request.headers);
    const { status = 200, headers = {}, body, manner } = this.respond(url, request);
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...headers,
    });
    if (manner === undefined) return void response.end(body);
    const half = body.slice(0, Math.floor(body.length / 2));
    response.write(half, () => manner === "cut" && response.destroy());
  }
}

/** A number as it stands in the answer, digit for digit. */
export function raw(digits: string): string {
  return `\u0001${digits}\u0001`;
}

/** JSON in which `raw` figures are numbers. */
export function json(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"\\u0001(.*?)\\u0001"/g, "$1");
}
