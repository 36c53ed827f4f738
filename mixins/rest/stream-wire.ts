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
  send(frames: readonly string[], taken: () => void): void;
  /** Something for proxies and for whoever waits in vain. */
  beat(): void;
  end(farewell: Farewell): void;
  destroy(): void;
  /** However it ended. */
  onClosed(then: () => void): void;
}

export type Protocol = "sse" | "webSocket";

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
      res.writeHead(200, HEADERS);
      res.write("retry: 2000\n");
    },
    send(frames, taken) {
      res.write(frames.join(""), taken);
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
