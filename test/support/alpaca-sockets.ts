import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const OPCODE = { text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** The server's end of one WebSocket: unfragmented messages of JSON, which is all that the protocol has. */
export class ServerSocket {
  readonly #stream: Duplex;
  #waiting = Buffer.alloc(0);

  /** Answers the handshake. */
  constructor(request: IncomingMessage, stream: Duplex, onMessage: (text: string) => void) {
    this.#stream = stream;
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
    stream.write(
      [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Accept: ${accept}`,
        "\r\n",
      ].join("\r\n"),
    );
    stream.on("data", (chunk: Buffer) => this.#take(chunk, onMessage));
    // Node leaves our half open when the client has closed its own.
    stream.on("end", () => stream.end());
    // A client that is gone is noticed by `close`.
    stream.on("error", () => undefined);
  }

  onClose(listener: () => void): void {
    this.#stream.on("close", listener);
  }

  /** As a binary frame, as the account's stream of the real one. */
  send(value: unknown): void {
    this.#write(OPCODE.binary, Buffer.from(JSON.stringify(value)));
  }

  /** Without a word, as a line that is cut. */
  destroy(): void {
    this.#stream.destroy();
  }

  #take(chunk: Buffer, onMessage: (text: string) => void): void {
    this.#waiting = Buffer.concat([this.#waiting, chunk]);
    for (;;) {
      const frame = readFrame(this.#waiting);
      if (frame === null) return;
      this.#waiting = this.#waiting.subarray(frame.length);
      if (frame.opcode === OPCODE.text || frame.opcode === OPCODE.binary)
        onMessage(frame.payload.toString());
      else if (frame.opcode === OPCODE.ping) this.#write(OPCODE.pong, frame.payload);
      else if (frame.opcode === OPCODE.close) {
        this.#write(OPCODE.close, frame.payload);
        this.#stream.end();
      }
    }
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#stream.writable)
      this.#stream.write(Buffer.concat([header(opcode, payload), payload]));
  }
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** of the whole frame */
  readonly length: number;
}

/** The first frame, unmasked; null while it is not there as a whole. RFC 6455 §5.2 */
function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const sizeBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + sizeBytes + 4;
  if (bytes.length < start) return null;
  const size = sizeBytes === 0 ? short : bytes.readUIntBE(2 + sizeBytes - 2, 2);
  if (bytes.length < start + size) return null;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(
    bytes.subarray(start, start + size).map((byte, i) => byte ^ mask.readUInt8(i % 4)),
  );
  return { opcode: bytes.readUInt8(0) & 0x0f, payload, length: start + size };
}

/** A server's frames are not masked. */
function header(opcode: number, { length }: Buffer): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  return Buffer.from([first, 126, length >> 8, length & 0xff]);
}
