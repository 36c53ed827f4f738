import type { Clock } from "../../../mixins/clock.ts";
import { parseLossless } from "../../../mixins/lossless-json.ts";
import type { BreakerState } from "../../../mixins/resilience/circuit-breaker.ts";
import { DependencyRefused, DependencyTimedOut } from "../../../mixins/resilience/dependency.ts";
import type { Dependency, DependencyBook } from "../../../mixins/resilience/dependency.ts";
import { SourceError } from "./source.ts";
import type { Ask, SourceFault } from "./source.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { RateLimit } from "./token-bucket.ts";

/** A page of ten thousand rows is two megabytes. */
const BODY_MAX = 64 * 1_048_576;
const TIMEOUT_MS = 20_000;
/** When the vendor does not say how long it wants to be left alone. */
const PAUSE_MS = 60_000;
/** So many symbols of the vendor's words are shown. */
const WORDS_MAX = 200;

/** What a source needs of the node to ask its vendor. */
export interface VendorParts {
  readonly clock: Clock;
  readonly dependencies: DependencyBook;
  readonly timeoutMs?: number;
}

export interface VendorTerms {
  /** of metrics and messages, e.g. `polygon` */
  readonly name: string;
  readonly baseUrl: string;
  readonly limit: RateLimit;
  /** with the key, where the vendor takes it there */
  readonly headers?: Readonly<Record<string, string>>;
  /** in the query of each request, for vendors that take their key there: never shown */
  readonly secretQuery?: Readonly<Record<string, string>>;
  /** What a refusal means, where its status alone does not say. */
  readonly explain?: (status: number, text: string) => SourceFault | null;
}

export type Query = Readonly<Record<string, string | number>>;

/** A vendor's REST API: each request within its limit, with a breaker, in bounded time, its failures in our words. */
export class VendorHttp {
  readonly bucket: TokenBucket;
  readonly #terms: VendorTerms;
  readonly #clock: Clock;
  readonly #dependency: Dependency;

  constructor({ clock, dependencies, timeoutMs = TIMEOUT_MS }: VendorParts, terms: VendorTerms) {
    this.#terms = terms;
    this.#clock = clock;
    this.bucket = new TokenBucket(clock, terms.limit);
    this.#dependency = dependencies.add({
      name: `data-${terms.name}`,
      timeoutMs,
      isFailure: isIllness,
    });
  }

  get circuit(): BreakerState {
    return this.#dependency.circuit;
  }

  /** @throws SourceError, or the reason of the signal */
  json(path: string, query: Query, ask: Ask): Promise<unknown> {
    return this.#call(path, query, ask, (text) => this.parse(text));
  }

  /** @throws SourceError, or the reason of the signal */
  text(path: string, query: Query, ask: Ask): Promise<string> {
    return this.#call(path, query, ask, (text) => text);
  }

  /** For answers that are JSON in success only. @throws SourceError */
  parse(text: string): unknown {
    const value = parseLossless(text);
    if (value === undefined) throw this.malformed("JSON", text);
    return value;
  }

  malformed(expected: string, found: unknown): SourceError {
    return new SourceError(
      "SOURCE_ANSWER_MALFORMED",
      `${this.#terms.name}: expected ${expected}, found ${wordsOf(found)}`,
    );
  }

  /** A refusal that came with a 200. */
  refused(fault: SourceFault, words: unknown): SourceError {
    const message = `${this.#terms.name}: ${wordsOf(words)}`;
    if (fault !== "SOURCE_RATE_LIMITED") return new SourceError(fault, message);
    this.bucket.pause(PAUSE_MS);
    return new SourceError(fault, message, PAUSE_MS);
  }

  async #call<T>(path: string, query: Query, ask: Ask, read: (text: string) => T): Promise<T> {
    await this.bucket.take(ask.signal);
    try {
      return await this.#dependency.call(
        async (signal) => read(await this.#send(path, query, signal)),
        { until: ask.signal },
      );
    } catch (error) {
      ask.signal.throwIfAborted();
      throw this.#inOurWords(error);
    }
  }

  #inOurWords(error: unknown): unknown {
    const { name } = this.#terms;
    if (error instanceof DependencyRefused || error instanceof DependencyTimedOut)
      return new SourceError("SOURCE_UNAVAILABLE", error.message);
    if (error instanceof SourceError) return error;
    return new SourceError("SOURCE_UNAVAILABLE", `${name}: ${causeOf(error)}`);
  }

  async #send(path: string, query: Query, signal: AbortSignal): Promise<string> {
    const { baseUrl, headers = {}, secretQuery = {} } = this.#terms;
    const url = new URL(baseUrl.replace(/\/$/, "") + path);
    for (const [name, value] of Object.entries({ ...query, ...secretQuery }))
      url.searchParams.set(name, String(value));
    const response = await sendGet(url, headers, signal);
    const text = await readBody(response);
    if (response.ok) return text;
    throw this.#refusal(response.status, text, response.headers.get("retry-after"));
  }

  #refusal(status: number, text: string, retryAfter: string | null): SourceError {
    const { name, explain } = this.#terms;
    const fault = explain?.(status, text) ?? faultOf(status);
    const message = `${name} answered ${status}: ${wordsOf(text)}`;
    if (fault !== "SOURCE_RATE_LIMITED") return new SourceError(fault, message);
    const pauseMs = retryAfterMs(retryAfter, this.#clock.now()) ?? PAUSE_MS;
    this.bucket.pause(pauseMs);
    return new SourceError(fault, message, pauseMs);
  }
}

/** Whether the vendor is ill, and not our request. */
export function isIllness(error: unknown): boolean {
  if (!(error instanceof SourceError)) return true;
  return error.fault === "SOURCE_UNAVAILABLE" || error.fault === "SOURCE_ANSWER_MALFORMED";
}

function faultOf(status: number): SourceFault {
  if (status === 401 || status === 403) return "SOURCE_UNAUTHORISED";
  if (status === 404) return "SOURCE_SYMBOL_UNKNOWN";
  // 418: Binance's ban for not heeding 429.
  if (status === 429 || status === 418) return "SOURCE_RATE_LIMITED";
  return status >= 500 ? "SOURCE_UNAVAILABLE" : "SOURCE_UNSUPPORTED";
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

type Headers = Readonly<Record<string, string>>;

export function sendGet(url: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    headers: { accept: "application/json, text/csv, */*", ...headers },
    // Elsewhere is not the vendor, and would be handed our key.
    redirect: "error",
    signal,
  });
}

/** @throws Error when it is longer than any answer of market data */
export async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > BODY_MAX) throw new Error(`an answer of more than ${BODY_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function wordsOf(found: unknown): string {
  const text = typeof found === "string" ? found : (JSON.stringify(found) ?? "nothing");
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line;
}

export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown cause";
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
