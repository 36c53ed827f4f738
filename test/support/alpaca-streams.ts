import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { ServerSocket } from "./alpaca-sockets.ts";

/** How the stream is to behave from now on. */
export interface StreamManners {
  /** how often each event is sent */
  readonly copies?: number;
  /** events are kept back, until they are let go */
  readonly isHeld?: boolean;
  /** lets go what was kept back */
  readonly release?: "inOrder" | "reversed";
  /** events are lost */
  readonly isMute?: boolean;
  /** cuts every line */
  readonly cut?: true;
  /** new lines are refused */
  readonly isClosed?: boolean;
}

type Update = Readonly<Record<string, unknown>>;

/** `trade_updates` of one account, to whoever has shown the keys and listens. */
export class AlpacaStreams {
  readonly #keyId: string;
  readonly #secretKey: string;
  readonly #sockets = new Set<ServerSocket>();
  readonly #listening = new Set<ServerSocket>();
  readonly #held: Update[] = [];
  #manners: StreamManners = {};

  constructor(keyId: string, secretKey: string) {
    this.#keyId = keyId;
    this.#secretKey = secretKey;
  }

  get listeners(): number {
    return this.#listening.size;
  }

  take(request: IncomingMessage, stream: Duplex): void {
    if (this.#manners.isClosed === true || request.url !== "/stream") {
      stream.destroy();
      return;
    }
    let isAuthorized = false;
    const socket = new ServerSocket(request, stream, (text) => {
      // sound: our own adapter sends it
      const said = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (said["action"] === "auth") {
        isAuthorized = said["key"] === this.#keyId && said["secret"] === this.#secretKey;
        socket.send(authorization(isAuthorized, "authenticate"));
      } else if (!isAuthorized) socket.send(authorization(false, "listen"));
      else {
        this.#listening.add(socket);
        socket.send({ stream: "listening", data: { streams: ["trade_updates"] } });
      }
    });
    this.#sockets.add(socket);
    socket.onClose(() => {
      this.#sockets.delete(socket);
      this.#listening.delete(socket);
    });
  }

  behave({ release, cut, ...manners }: StreamManners): void {
    this.#manners = { ...this.#manners, ...manners };
    if (cut) this.cut();
    if (release === undefined) return;
    const held = this.#held.splice(0);
    for (const update of release === "inOrder" ? held : held.toReversed()) this.#send(update);
  }

  publish(update: Update): void {
    if (this.#manners.isMute === true) return;
    if (this.#manners.isHeld === true) this.#held.push(update);
    else this.#send(update);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #send(data: Update): void {
    for (let copy = 0; copy < (this.#manners.copies ?? 1); copy++) {
      for (const socket of this.#listening) socket.send({ stream: "trade_updates", data });
    }
  }
}

function authorization(isAuthorized: boolean, action: string) {
  const status = isAuthorized ? "authorized" : "unauthorized";
  return { stream: "authorization", data: { status, action } };
}
