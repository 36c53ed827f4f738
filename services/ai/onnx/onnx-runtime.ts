import { type BreakerOptions, CircuitBreaker } from "../../../mixins/resilience/circuit-breaker.ts";
import type { Clock } from "../../../mixins/clock.ts";
import type { Metrics } from "../../../mixins/metrics.ts";
import { RestError, unavailable } from "../../../mixins/rest/rest-error.ts";
import { Lru } from "../../../models/cache/lru.ts";
import { OnnxChild, OnnxLost } from "./child.ts";
import type { Answer, Feed, Output, Ports, Request } from "./wire.ts";

export interface OnnxOptions {
  /** of the process, with all that is loaded */
  readonly rssMaxBytes: number;
  /** of files that are kept loaded */
  readonly loadedMaxBytes: number;
  /** for a file, or a batch: beyond it the process is killed, and started anew for the next */
  readonly deadlineMs: number;
  /** of questions that wait or are being answered */
  readonly queuedMax: number;
}

const DEFAULTS: OnnxOptions = {
  rssMaxBytes: 2_147_483_648,
  loadedMaxBytes: 268_435_456,
  deadlineMs: 4_000,
  queuedMax: 64,
};

/** A model that has cost the process its life twice is left alone for a while: the others need it too. */
const BREAKER: BreakerOptions = {
  windowMs: 300_000,
  minCalls: 2,
  failureRatio: 0.5,
  openMs: 60_000,
  probes: 1,
};
const BREAKERS_MAX = 1_000;
/** Of a file: to send it takes a millisecond. */
const PART_BYTES = 524_288;

/** ONNX Runtime refuses the file, or the rows. */
export class OnnxRefused extends RestError {
  constructor(message: string) {
    super("VALIDATION_FAILED", `ONNX Runtime refuses it: ${message}`);
    this.name = "OnnxRefused";
  }
}

export interface OnnxFile {
  readonly sha256: string;
  /** asked for when the process does not hold it */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

interface Loaded {
  readonly size: number;
  readonly ports: Ports;
}

/**
 * Models in ONNX Runtime, which lives in a process of its own: ending a thread that holds it would abort the node. The process
 * is started when it is first needed, and again after it was lost; questions are answered one after the other.
 */
export class OnnxRuntime {
  readonly #clock: Clock;
  readonly #options: OnnxOptions;
  readonly #breakers = new Lru<CircuitBreaker>(BREAKERS_MAX);
  readonly #countLost: (labels?: Readonly<Record<string, string>>) => void;
  /** in the process, longest unused first */
  readonly #loaded = new Map<string, Loaded>();
  #child: OnnxChild | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #isStopped = false;

  constructor(clock: Clock, metrics: Metrics, options: Partial<OnnxOptions> = {}) {
    this.#clock = clock;
    this.#options = { ...DEFAULTS, ...options };
    this.#countLost = metrics.counter(
      "onnx_processes_lost_total",
      "Processes of ONNX Runtime that ended before they had answered",
    );
  }

  /** Of the process that there is; undefined when there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What goes into a model and what comes out of it. @throws OnnxRefused, RestError 429, 503 */
  ports(file: OnnxFile): Promise<Ports> {
    return this.#enqueue(file.sha256, () => this.#load(file));
  }

  /** @throws OnnxRefused, RestError 429, 503 */
  run(file: OnnxFile, feed: Feed): Promise<Output> {
    return this.#enqueue(file.sha256, async () => {
      await this.#load(file);
      const answer = await this.#ask({ kind: "run", key: file.sha256, feed });
      if (answer.kind !== "ran") throw new OnnxRefused(messageOf(answer));
      return answer.output;
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#child?.end("the node stops");
  }

  async #enqueue<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#queued >= this.#options.queuedMax)
      throw new RestError("RATE_LIMITED", "too many rows wait for ONNX Runtime", {
        retryAfterS: 1,
      });
    this.#queued += 1;
    const turn = this.#queue.then(() => this.#guarded(key, work));
    // Whoever asked is told; the queue goes on.
    this.#queue = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#queued -= 1;
    }
  }

  async #guarded<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#isStopped) throw unavailable("the node stops");
    const breaker = this.#breakerOf(key);
    const passage = breaker.enter();
    if (passage === null) throw quarantined(breaker.retryInMs);
    try {
      const result = await work();
      // Of a healthy model only failures are counted: thousands of answers a second are not kept.
      passage.end(breaker.state === "closed" ? "unknown" : "success");
      return result;
    } catch (error) {
      passage.end(error instanceof OnnxLost ? "failure" : "unknown");
      if (!(error instanceof OnnxLost)) throw error;
      this.#countLost();
      throw unavailable(`${error.message}; it is started again for the next question`, 1);
    }
  }

  #breakerOf(key: string): CircuitBreaker {
    const known = this.#breakers.get(key);
    if (known !== undefined) return known;
    const breaker = new CircuitBreaker(this.#clock, BREAKER);
    this.#breakers.set(key, breaker);
    return breaker;
  }

  async #load(file: OnnxFile): Promise<Ports> {
    const { sha256: key } = file;
    const child = this.#childNow();
    const held = this.#loaded.get(key);
    if (held !== undefined) {
      this.#loaded.delete(key);
      this.#loaded.set(key, held);
      return held.ports;
    }
    const bytes = await file.bytes();
    await this.#makeRoom(bytes.length);
    await this.#send(bytes, child);
    const answer = await this.#ask({ kind: "load", key }, child);
    if (answer.kind !== "loaded") throw new OnnxRefused(messageOf(answer));
    this.#loaded.set(key, { size: bytes.length, ports: answer.ports });
    return answer.ports;
  }

  async #send(file: Uint8Array<ArrayBuffer>, child: OnnxChild): Promise<void> {
    for (let at = 0; at < file.length; at += PART_BYTES) {
      const bytes = file.subarray(at, at + PART_BYTES);
      await this.#ask({ kind: "part", part: { size: file.length, at, bytes } }, child);
    }
  }

  async #makeRoom(size: number): Promise<void> {
    let total = size;
    for (const held of this.#loaded.values()) total += held.size;
    for (const [key, held] of this.#loaded) {
      if (total <= this.#options.loadedMaxBytes) return;
      await this.#ask({ kind: "unload", key });
      this.#loaded.delete(key);
      total -= held.size;
    }
  }

  #childNow(): OnnxChild {
    if (this.#child !== null && !this.#child.isLost) return this.#child;
    this.#loaded.clear();
    return (this.#child = new OnnxChild(this.#options.rssMaxBytes));
  }

  /** A process that does not answer in time is killed: nothing else ends what a model does. */
  async #ask(request: Request, child = this.#childNow()): Promise<Answer> {
    const { deadlineMs } = this.#options;
    const timer = this.#clock.setTimer(deadlineMs, () => {
      void child.end(`the model did not answer in ${deadlineMs} ms`);
    });
    try {
      return await child.ask(request);
    } finally {
      timer.cancel();
    }
  }
}

function messageOf(answer: Answer): string {
  return answer.kind === "refused" ? answer.message : `it answers ${answer.kind}`;
}

function quarantined(retryInMs: number): RestError {
  const seconds = Math.max(1, Math.ceil(retryInMs / 1_000));
  return unavailable(
    "the model keeps ending the process of ONNX Runtime; it is left alone",
    seconds,
  );
}
