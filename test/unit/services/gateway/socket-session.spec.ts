import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import type { Identifier } from "../../../../services/gateway/identify.ts";
import type { RequestLimits } from "../../../../services/gateway/limits.ts";
import { SocketSession } from "../../../../services/gateway/socket-session.ts";
import type { StreamHub } from "../../../../mixins/rest/stream.ts";

const USER = { userId: "u", tenantId: "t1", role: "trader", email: "", sessionId: "s" } as const;

/** A connection of which the test says how much it has not taken. */
class TestSocket extends EventEmitter {
  bufferedAmount = 0;
  readonly said: string[] = [];
  readonly closed: string[] = [];
  isTerminated = false;

  send(text: string): void {
    this.said.push(text);
  }

  close(code: number, reason: string): void {
    this.closed.push(`${code} ${reason}`);
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

function begin(): TestSocket {
  const socket = new TestSocket();
  // sound: of these the session calls what stands here
  const parts = {
    identifier: {} as Identifier,
    limits: { take: async () => undefined } as unknown as RequestLimits,
  };
  const stream = { channels: new Set(), subscribe: () => undefined, unsubscribe: () => undefined };
  const hub = { add: () => stream } as unknown as StreamHub;
  const session = new SocketSession(socket as unknown as WebSocket, USER, parts);
  session.begin(hub, {} as never, 0, new URLSearchParams());
  return socket;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const PING = Buffer.from('{"type":"ping"}');

it("a client that asks and does not read is let go", async () => {
  const socket = begin();
  socket.bufferedAmount = 4_194_304;
  socket.emit("message", PING, false);
  await settle();
  expect(socket.isTerminated).toBe(false);
  socket.bufferedAmount += 1;
  socket.emit("message", PING, false);
  await settle();
  expect(socket.isTerminated).toBe(true);
});

it("a client that asks faster than it is answered is let go, and not heard any more", async () => {
  const socket = begin();
  for (let count = 0; count < 501; count += 1) socket.emit("message", PING, false);
  await settle();
  expect(socket.closed).toEqual(["1008 too many messages"]);
  expect(socket.said).toEqual([]);
  socket.emit("message", PING, false);
  await settle();
  expect(socket.said).toEqual([]);
});
