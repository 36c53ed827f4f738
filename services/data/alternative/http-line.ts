import type { Clock } from "../../../mixins/clock.ts";
import type { BreakerState } from "../../../mixins/resilience/circuit-breaker.ts";
import { DependencyRefused, DependencyTimedOut } from "../../../mixins/resilience/dependency.ts";
import type { Dependency } from "../../../mixins/resilience/dependency.ts";
import { SourceError } from "../sources/source.ts";
import type { Ask, SourceFault } from "../sources/source.ts";
import { TokenBucket } from "../sources/token-bucket.ts";
import type { RateLimit } from "../sources/token-bucket.ts";
import { causeOf, isIllness, retryAfterMs } from "../sources/vendor-http.ts";
import type { VendorParts } from "../sources/vendor-http.ts";

const TIMEOUT_MS = 20_000;
/** When the source does not say how long it wants to be left alone. */
const PAUSE_MS = 60_000;

export interface LineRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bytesMax: number;
}

export interface LineAnswer {
  /** of success, or 304 */
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/**
 * Requests that `VendorHttp` does not know: with headers of their own, with a body, answered in bytes of any encoding. As there,
 * each is within its limit, behind a breaker, in bounded time, and its failure is in our words.
 */
export class HttpLine {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #dependency: Dependency;

  constructor(
    { clock, dependencies, timeoutMs = TIMEOUT_MS }: VendorParts,
    name: string,
    limit: RateLimit,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock, limit);
    this.#dependency = dependencies.add({ name: `data-${name}`, timeoutMs, isFailure: isIllness });
  }

  get circuit(): BreakerState {
    return this.#dependency.circuit;
  }

  /** @throws SourceError, or the reason of the signal */
  async ask(request: LineRequest, ask: Ask): Promise<LineAnswer> {
    await this.#bucket.take(ask.signal);
    try {
      return await this.#dependency.call((signal) => this.#send(request, signal), {
        until: ask.signal,
      });
    } catch (error) {
      ask.signal.throwIfAborted();
      throw this.#inOurWords(error);
    }
  }

  malformed(expected: string): SourceError {
    return new SourceError("SOURCE_ANSWER_MALFORMED", `${this.#name}: expected ${expected}`);
  }

  async #send(request: LineRequest, signal: AbortSignal): Promise<LineAnswer> {
    const { url, method = "GET", headers = {}, body = null, bytesMax } = request;
    // Elsewhere is not the source, and would be handed our key.
    const response = await fetch(url, { method, headers, body, redirect: "error", signal });
    const { status } = response;
    if (!response.ok && status !== 304) throw this.#refusal(response);
    return { status, headers: response.headers, bytes: await this.#read(response, bytesMax) };
  }

  async #read(response: Response, bytesMax: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.byteLength;
      if (length > bytesMax) throw this.malformed(`at most ${bytesMax} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  #refusal({ status, headers, body }: Response): SourceError {
    void body?.cancel();
    const fault = faultOf(status);
    const message = `${this.#name} answered ${status}`;
    if (fault !== "SOURCE_RATE_LIMITED") return new SourceError(fault, message);
    const pauseMs = retryAfterMs(headers.get("retry-after"), this.#clock.now()) ?? PAUSE_MS;
    this.#bucket.pause(pauseMs);
    return new SourceError(fault, message, pauseMs);
  }

  #inOurWords(error: unknown): unknown {
    if (error instanceof DependencyRefused || error instanceof DependencyTimedOut)
      return new SourceError("SOURCE_UNAVAILABLE", error.message);
    if (error instanceof SourceError) return error;
    return new SourceError("SOURCE_UNAVAILABLE", `${this.#name}: ${causeOf(error)}`);
  }
}

function faultOf(status: number): SourceFault {
  if (status === 401 || status === 403) return "SOURCE_UNAUTHORISED";
  if (status === 404) return "SOURCE_SYMBOL_UNKNOWN";
  if (status === 429) return "SOURCE_RATE_LIMITED";
  return status >= 500 ? "SOURCE_UNAVAILABLE" : "SOURCE_UNSUPPORTED";
}
