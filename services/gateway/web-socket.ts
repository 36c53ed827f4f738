import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { isPermitted } from "../../mixins/rest/permissions.ts";
import { toFailure, toProblem } from "../../mixins/rest/problem.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import type { StreamHub } from "../../mixins/rest/stream.ts";
import type { CorsConfig } from "./cors.ts";
import type { Identifier, Identity } from "./identify.ts";
import { addressOf, NO_HEADERS } from "./limits.ts";
import type { RequestLimits } from "./limits.ts";
import { SocketSession } from "./socket-session.ts";
import { socketWire } from "./socket-wire.ts";

export const SOCKET_PATH = "/api/ws";
/** What a browser asks for, because it cannot send an Authorization header: `quantumalpha.v1, bearer.<access token>`. */
const SUBPROTOCOL = "quantumalpha.v1";
const BEARER = "bearer.";
const MESSAGE_BYTES_MAX = 65_536;

export interface SocketParts {
  readonly hub: StreamHub;
  readonly identifier: Identifier;
  readonly limits: RequestLimits;
  readonly cors: CorsConfig | null;
  readonly trustedProxies: number;
}

/** The same streams over WebSockets: who may come in, and the handshake. */
export class SocketDoor {
  readonly #parts: SocketParts;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: (asked) => (asked.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  constructor(parts: SocketParts) {
    this.#parts = parts;
  }

  attach(server: Server): void {
    server.on("upgrade", (req: IncomingMessage, connection: Socket, head: Buffer) => {
      // A connection that breaks before it is a WebSocket is nobody's.
      connection.on("error", () => connection.destroy());
      this.#admit(req).then(
        (identity) =>
          this.#server.handleUpgrade(req, connection, head, (socket) =>
            this.#begin(socket, connection, req, identity),
          ),
        (error: unknown) => refuse(connection, error),
      );
    });
  }

  async #admit(req: IncomingMessage): Promise<Identity> {
    if (pathOf(req) !== SOCKET_PATH) throw new RestError("NOT_FOUND", "there is no such stream");
    this.#checkOrigin(req);
    const { limits, identifier, trustedProxies } = this.#parts;
    const identity = await identifier.identify(credentialsOf(req)).catch(async (error: unknown) => {
      await limits.take("address", addressOf(req, trustedProxies), NO_HEADERS);
      throw error;
    });
    await limits.take("user", identity.userId, NO_HEADERS);
    if (isPermitted(identity.role, "stream.read")) return identity;
    throw new RestError("FORBIDDEN", "this needs the permission stream.read");
  }

  /** Browsers let every page open a WebSocket anywhere: the origin is ours to check. */
  #checkOrigin({ headers }: IncomingMessage): void {
    const { origin, host = "" } = headers;
    if (origin === undefined || URL.parse(origin)?.host === host) return;
    const origins = this.#parts.cors?.origins ?? [];
    if (origins.includes("*") || origins.includes(origin)) return;
    throw new RestError("FORBIDDEN", "pages of this origin may not open streams");
  }

  #begin(
    socket: WebSocket,
    connection: Socket,
    req: IncomingMessage,
    { expiresAtMs, ...user }: Identity,
  ): void {
    const session = new SocketSession(socket, user, this.#parts);
    try {
      session.begin(this.#parts.hub, socketWire(socket, connection), expiresAtMs, searchOf(req));
    } catch (error) {
      session.fail(error);
    }
  }
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "/";
}

function searchOf({ url = "/" }: IncomingMessage): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
}

function credentialsOf({ headers }: IncomingMessage): string | undefined {
  if (headers.authorization !== undefined) return headers.authorization;
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
  const token = protocols.find((protocol) => protocol.startsWith(BEARER));
  return token === undefined ? undefined : `Bearer ${token.slice(BEARER.length)}`;
}

/** An ordinary answer in place of the handshake. */
function refuse(connection: Socket, error: unknown): void {
  const failure = toFailure(error);
  const body = JSON.stringify(toProblem(failure, SOCKET_PATH, ""));
  const { status, retryAfterS } = failure;
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ["WWW-Authenticate: Bearer"] : []),
    ...(retryAfterS === undefined ? [] : [`Retry-After: ${retryAfterS}`]),
  ];
  connection.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
