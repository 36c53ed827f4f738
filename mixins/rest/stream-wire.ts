import type { ServerResponse } from "node:http";
import type { Json } from "../../domain/shared/json.ts";

/** Why a stream is ended by us. */
export type Farewell = "closing" | "expired";

/** One connection to a client, in the words of its protocol. */
export interface Wire {
  readonly protocol: Protocol;
  /** Answers the request; called once, before anything else. */
  open(): void;
  /** @param taken told once the network has taken them; until then the next frames wait */
  send(frames: readonly Frame[], taken: () => void): void;
  /** Something for proxies and for whoever waits in vain. */
  beat(): void;
  end(farewell: Farewell): void;
  destroy(): void;
  /** However it ended. */
  onClosed(then: () => void): void;
}

export type Protocol = "sse" | "webSocket";

/** What one write says. However many are told it, its bytes are made once. */
export class Frame {
  readonly text: string;
  #bytes: Buffer | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get bytes(): Buffer {
    return (this.#bytes ??= Buffer.from(this.text));
  }
}

/** Most are told of one thing at a time, and then nothing is copied. */
function bytesOf(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (first !== undefined && frames.length === 1) return first.bytes;
  return Buffer.concat(frames.map(({ bytes }) => bytes));
}

/** An event as each protocol says it. */
export const FRAMES: Readonly<Record<Protocol, (event: string, id: string, data: Json) => string>> =
  {
    sse: (event, id, data) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    webSocket: (event, id, data) => JSON.stringify({ type: "event", id, event, data }),
  };

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-cache, no-transform",
  // nginx would hold events back to fill its buffers
  "X-Accel-Buffering": "no",
  Connection: "close",
};

const FAREWELLS: Readonly<Record<Farewell, string>> = {
  closing: ": closing\n\n",
  expired: "event: expired\ndata: null\n\n",
};

/** Server-Sent Events as the answer to a request. */
export function eventStreamWire(res: ServerResponse): Wire {
  return {
    protocol: "sse",
    open() {
      // In chunks each event would be four pieces of its own for each client. Without them the end of the connection is the end
      // of the answer, which it is anyway, and an event is one write of bytes that all share.
      res.removeHeader("Transfer-Encoding");
      res.writeHead(200, HEADERS);
      res.write("retry: 2000\n");
    },
    send(frames, taken) {
      res.write(bytesOf(frames), taken);
    },
    beat() {
      res.write(": alive\n\n");
    },
    end(farewell) {
      res.end(FAREWELLS[farewell]);
    },
    destroy() {
      res.destroy();
    },
    onClosed(then) {
      res.once("close", then);
      res.once("error", then);
      if (res.destroyed) then();
    },
  };
}
