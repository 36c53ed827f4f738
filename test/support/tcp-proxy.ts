import { once } from "node:events";
import net from "node:net";

export type Direction = "toServer" | "toClient";

/** What happens to the bytes of one direction. Absent: they pass. */
export interface Weather {
  /** each chunk arrives so much later */
  readonly delayMs?: number;
  /** and up to so much later still; the order of the bytes stays */
  readonly jitterMs?: number;
  /** a narrow line, or a disk that is slow behind it */
  readonly bytesPerSecond?: number;
  /** the chance of each chunk to break its connection */
  readonly dropChance?: number;
  /** Nothing passes and nobody is told; what was held back arrives when it clears, as TCP would have sent it again. */
  readonly isHeld?: boolean;
}

/** A wire to a server that a test can cut, mend, freeze and slow, without touching the server that others use too. */
export interface TcpProxy {
  readonly port: number;
  /** the target's, with our address in it */
  readonly url: string;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Connections stay, and nothing passes, until they are broken; those made later pass. */
  freeze(): void;
  thaw(): void;
  /** From now on; `directions` that are not named keep theirs. */
  setWeather(weather: Weather, directions?: readonly Direction[]): void;
  /** Good weather both ways, and a listening door. */
  clear(): Promise<void>;
  /** Breaks every connection; new ones are taken. */
  breakAll(): void;
}

const BOTH: readonly Direction[] = ["toServer", "toClient"];
const CLEAR: Weather = {};

/** @param random decides which chunks break their connection and how long they are late */
export async function proxyTo(
  targetUrl: string,
  defaultPort = 6379,
  random: () => number = Math.random,
): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const wires = new Set<Wire>();
  const weather: Record<Direction, Weather> = { toServer: CLEAR, toClient: CLEAR };
  const server = net.createServer((near) => {
    const far = net.connect(Number(target.port || defaultPort), target.hostname);
    for (const socket of [near, far]) socket.setNoDelay(true);
    const pair = [
      new Wire(near, far, () => weather.toServer, random),
      new Wire(far, near, () => weather.toClient, random),
    ];
    for (const wire of pair) {
      wires.add(wire);
      wire.onEnd(() => wires.delete(wire));
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("expected a TCP address");
    return address.port;
  };
  const port = await listen(0);
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${port}`;
  const breakAll = (): void => {
    for (const wire of wires) wire.break();
  };
  const setWeather = (next: Weather, directions: readonly Direction[] = BOTH): void => {
    for (const direction of directions) weather[direction] = next;
    for (const wire of wires) wire.weatherChanged();
  };
  const mend = async (): Promise<void> => {
    if (!server.listening) await listen(port);
  };
  return {
    port,
    url: url.href,
    cut: async () => {
      if (!server.listening) return breakAll();
      const closed = once(server, "close");
      server.close();
      breakAll();
      await closed;
    },
    mend,
    freeze: () => {
      for (const wire of wires) wire.freeze();
    },
    thaw: breakAll,
    setWeather,
    clear: async () => {
      setWeather(CLEAR);
      await mend();
    },
    breakAll,
  };
}

interface Chunk {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

/** So much waits here at most; beyond it the sender is held up, as by a full window. */
const WINDOW_BYTES = 256 * 1024;
const HELD_POLL_MS = 20;

/** One direction of one connection. */
class Wire {
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  readonly #weather: () => Weather;
  readonly #random: () => number;
  readonly #waiting: Chunk[] = [];
  #waitingBytes = 0;
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #hasEnded = false;
  #isFrozen = false;

  constructor(from: net.Socket, to: net.Socket, weather: () => Weather, random: () => number) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    this.#random = random;
    from.on("data", (bytes) => this.#take(bytes));
    from.on("end", () => {
      this.#hasEnded = true;
      this.#pass();
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      // What is under way still arrives after a good end.
      if (!this.#hasEnded) to.destroy();
    });
    to.on("drain", () => this.#pass());
  }

  onEnd(done: () => void): void {
    this.#from.once("close", done);
  }

  break(): void {
    this.#stopTimer();
    this.#waiting.length = 0;
    this.#from.destroy();
    this.#to.destroy();
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#stopTimer();
    this.#from.pause();
  }

  weatherChanged(): void {
    this.#stopTimer();
    this.#pass();
  }

  #take(bytes: Buffer): void {
    const { delayMs = 0, jitterMs = 0, bytesPerSecond, dropChance = 0 } = this.#weather();
    if (dropChance > 0 && this.#random() < dropChance) return this.break();
    const lineMs = bytesPerSecond === undefined ? 0 : (bytes.length * 1_000) / bytesPerSecond;
    const lateMs = delayMs + jitterMs * (jitterMs > 0 ? this.#random() : 0);
    // A chunk waits for the line behind the one before it.
    this.#lastDueMs = Math.max(performance.now() + lateMs, this.#lastDueMs) + lineMs;
    this.#waiting.push({ bytes, dueMs: this.#lastDueMs });
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > WINDOW_BYTES) this.#from.pause();
    this.#pass();
  }

  #pass(): void {
    if (this.#isFrozen || this.#timer !== null) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#to.destroyed) return;
      const waitMs =
        this.#weather().isHeld === true ? HELD_POLL_MS : next.dueMs - performance.now();
      if (waitMs > 0) return this.#later(waitMs);
      this.#waiting.shift();
      this.#waitingBytes -= next.bytes.length;
      if (!this.#to.write(next.bytes)) return;
    }
    if (this.#hasEnded) this.#to.end();
    else if (this.#from.isPaused()) this.#from.resume();
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#pass();
    }, ms);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
