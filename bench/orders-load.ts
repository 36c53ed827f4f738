import { connect } from "node:net";
import type { Socket } from "node:net";
import { closedLoop } from "./closed-loop.ts";
import type { Cell } from "./closed-loop.ts";

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly durationMs: number;
  /** the request as it goes over the wire */
  readonly requestOf: (connection: number) => string;
  /** what every answer must have; 201 unless given */
  readonly status?: number;
}

export interface LoadResult extends Cell {
  readonly answered: number;
}

/**
 * Keep-alive connections in a closed loop: each sends its next request when the last one is answered, and nothing is left
 * under way at the end, so that answers can be counted against the record.
 * @throws Error on the first answer of another status
 */
export async function load({
  url,
  connections,
  durationMs,
  requestOf,
  status: expected = 201,
}: Load): Promise<LoadResult> {
  const lines = await Promise.all(
    Array.from({ length: connections }, () => HttpConnection.open(url)),
  );
  try {
    const { acknowledged, ...cell } = await closedLoop(connections, durationMs, async (at) => {
      const answer = await lines[at]?.send(requestOf(at));
      if (answer?.status !== expected)
        throw new Error(`expected ${expected}, found ${answer?.status}: ${answer?.text}`);
    });
    return { answered: acknowledged, ...cell };
  } finally {
    for (const line of lines) line.close();
  }
}

export interface PostRequest {
  readonly path: string;
  readonly token?: string;
  readonly idempotencyKey: string;
  readonly body: string;
}

/** @param body ASCII */
export function postRequest({ path, token, idempotencyKey, body }: PostRequest): string {
  const authorization = token === undefined ? "" : `Authorization: Bearer ${token}\r\n`;
  return (
    `POST ${path} HTTP/1.1\r\nHost: bench\r\n${authorization}Idempotency-Key: ${idempotencyKey}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

interface HttpAnswer {
  readonly status: number;
  /** head and body */
  readonly text: string;
}

/**
 * One HTTP/1.1 connection, one request at a time. It understands only what both servers answer with, a body of a declared
 * length: node:http costs the machine that is being measured several times as much.
 */
class HttpConnection {
  readonly #socket: Socket;
  #received = "";
  #waiting: PromiseWithResolvers<HttpAnswer> | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Bytes as characters: lengths are counted in bytes.
    socket.setEncoding("latin1").on("data", (chunk: string) => this.#take(chunk));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("the server closed the connection")));
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const connection = new HttpConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return connection;
  }

  send(request: string): Promise<HttpAnswer> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(request, "latin1");
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = this.#received.slice(0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#socket.destroy(new Error(`expected a Content-Length, found ${head}`));
      return;
    }
    const text = this.#received;
    if (text.length < headEnd + 4 + Number(length)) return;
    this.#received = "";
    // "HTTP/1.1 201 …"
    this.#waiting?.resolve({ status: Number(text.slice(9, 12)), text });
  }
}
