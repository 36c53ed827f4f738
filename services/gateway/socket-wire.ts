import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Farewell, Wire } from "../../mixins/rest/stream-wire.ts";

/** Of a WebSocket's end, beside those of RFC 6455. */
export const CLOSE_CODES = { closing: 1001, expired: 4401, misused: 1008 } as const;

/** A stream over a WebSocket: one text message an event. */
export function socketWire(socket: WebSocket, connection: Socket): Wire {
  let isAlive = true;
  socket.on("pong", () => {
    isAlive = true;
  });
  return {
    protocol: "webSocket",
    open() {},
    send(frames, taken) {
      // One packet for all that waits; a broken connection is told of by its end.
      connection.cork();
      for (const [index, frame] of frames.entries())
        socket.send(frame.text, index === frames.length - 1 ? () => taken() : () => undefined);
      connection.uncork();
    },
    beat() {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
    },
    end(farewell: Farewell) {
      if (farewell === "expired") socket.send(JSON.stringify({ type: "expired" }), () => undefined);
      socket.close(CLOSE_CODES[farewell], farewell);
    },
    destroy() {
      socket.terminate();
    },
    onClosed(then) {
      socket.once("close", then);
      if (socket.readyState === socket.CLOSED) then();
    },
  };
}
